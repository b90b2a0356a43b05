#pragma once

#include "core/select/selector.h"

#include <functional>

namespace talkbench::select {

/// What a strategy would have lost over the stored choices (select::lossOf): estimates from what was chosen then.
struct ReplayRow {
    QString strategy;
    qsizetype decisions = 0; ///< stored choices that ended, with their propensity
    /// Inverse propensity scoring: unbiased, but wild where few choices agree.
    double ips = 0;
    /// Self-normalized: calmer, slightly biased. Unset where no choice agrees.
    std::optional<double> snips;
    /// So many choices are as good as those that agree: under about 30 nothing can be said.
    double effective = 0;
};

/// Each strategy over the history: the measurements are built up run by run, so that a strategy knows at each choice what
/// was known then. Strategies are compared by the measured losses of the choices that they share with what was done.
/// `candidateOf` gives price, context and quality.
QList<ReplayRow> replay(const QList<profile::RunRecord> &records, const QStringList &strategyIds,
                        const std::function<Candidate(const ModelRef &)> &candidateOf);

} // namespace talkbench::select
