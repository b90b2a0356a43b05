#pragma once

#include "core/base/result.h"

#include <QString>

namespace talkbench::validate {

/// A regular expression of unknown origin: it is refused where it is no regular expression, and gives up where a match
/// takes too long, whatever the pattern and the text.
class BoundedRegex final {
public:
    /// Of processor time, for one search over the whole text.
    static constexpr qint64 longestMs = 100;

    /// An error says where the pattern is wrong.
    static base::Result<BoundedRegex> fromPattern(const QString &pattern, bool ignoreCase = false);

    /// Whether the pattern occurs anywhere in the text; an error if that took too long to find out.
    base::Result<bool> occursIn(const QString &text) const;

private:
    BoundedRegex() = default;

    QString m_pattern; ///< with the limits, as PCRE2 takes it
    bool m_ignoreCase = false;
};

} // namespace talkbench::validate
