#pragma once

#include "core/select/selector.h"

#include <functional>
#include <map>

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
/// was known then, of calls that had ended. Strategies are compared by the measured losses of the choices that they share
/// with what was done. A price and a context are as the caller knows them now.
class Replay final {
public:
    /// `candidateOf` gives price and context.
    Replay(const QStringList &strategyIds, std::function<Candidate(const ModelRef &)> candidateOf);

    /// The runs in the order of their starts. Held are those that were under way at the latest start.
    void add(const profile::RunRecord &record);

    QList<ReplayRow> rows() const;
    /// Choices that are left out: an earlier version did not keep the wanted quality, nor who held the conversation.
    qsizetype leftOut() const { return m_leftOut; }

private:
    struct Sums {
        double weights = 0;
        double squares = 0;
        double losses = 0;
        qsizetype count = 0;
    };

    void learnUntil(qint64 wallMs);
    void weigh(const profile::RunRecord &record, const Decision &decision);
    Choice choiceOf(const Decision &decision) const;

    const QStringList m_strategies;
    const std::function<Candidate(const ModelRef &)> m_candidateOf;
    Measurements m_measurements;
    std::multimap<qint64, profile::RunRecord> m_underWay; ///< by their ends
    QList<Sums> m_sums; ///< one a strategy
    qsizetype m_leftOut = 0;
};

} // namespace talkbench::select
