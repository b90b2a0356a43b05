#pragma once

#include <QString>

namespace talkbench::profile {

/// What one validator says of an answer.
struct Verdict {
    /// NotChecked: the validator could not do its work (a pattern that takes too long, a judge that can't be asked).
    enum class Outcome { Passed, Failed, NotChecked };

    /// For a person: "between 3 and 10 words".
    QString validator;
    Outcome outcome = Outcome::NotChecked;
    /// Why not; empty if passed, but for a judge's words.
    QString reason;

    bool operator==(const Verdict &) const = default;
};

} // namespace talkbench::profile
