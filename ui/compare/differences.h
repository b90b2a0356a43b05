#pragma once

#include "core/profile/metrictable.h"

namespace talkbench::ui {

/// One metric of several answers to the same prompt.
struct Difference {
    const profile::Metric *metric;
    /// Of each answer; unset where unknown.
    QList<std::optional<double>> values;
    /// Whether each answer ended well: else it is neither best nor compared with it.
    QList<bool> whole;
    /// Whether each value rests on an estimate.
    QList<bool> estimated;
    /// Whether each that is unset is known to be none.
    QList<bool> none;
    /// Index of the best one; -1 where the metric knows no better, fewer than two are known or all are equal.
    qsizetype best = -1;

    /// value ÷ best value; nothing for the best itself and where it can't be said.
    std::optional<double> ratio(qsizetype index) const;
};

/// The metrics worth comparing that at least one of the records knows, in the metric table's order.
QList<Difference> differencesOf(const QList<profile::RunRecord> &records);

} // namespace talkbench::ui
