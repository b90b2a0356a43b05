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

    /// "412 ms", "~120 tok", "none", "unknown".
    QString text(qsizetype index) const;
    /// value ÷ best value; nothing for the best itself and where it can't be said.
    std::optional<double> ratio(qsizetype index) const;
};

/// The metrics worth comparing that at least one of the records knows, in the metric table's order.
QList<Difference> differencesOf(const QList<profile::RunRecord> &records);

/// RFC 4180, a line a metric: its id and unit, then its value in each answer as it was measured; empty where unknown.
QString toCsv(const QList<Difference> &rows, const QStringList &titles);
/// A table with the figures as they are shown; the best is bold.
QString toMarkdown(const QList<Difference> &rows, const QStringList &titles);

} // namespace talkbench::ui
