#pragma once

#include "core/run/limits.h"

#include <QList>

namespace talkbench::run {

/// What one provider was asked for within the last minute: a sliding window, to the nanosecond.
class RateWindow {
public:
    static constexpr qint64 lengthNs = 60'000'000'000;

    /// Whether a call that may use `tokens` may go now; if not, why and when. One that is larger than the limit itself goes
    /// when nothing else is in the window.
    Wait next(const llm::ProviderLimits &limits, qint64 tokens, qint64 nowNs) const;
    /// It goes: `tokens` are reserved.
    void admit(const QString &callId, qint64 tokens, qint64 nowNs);
    /// What it used in truth.
    void correct(const QString &callId, qint64 tokens);

private:
    struct Entry {
        QString callId;
        qint64 ns;
        qint64 tokens;
    };

    QList<Entry> m_entries; ///< in the order of their time
};

} // namespace talkbench::run
