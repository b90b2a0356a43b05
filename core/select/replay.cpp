#include "core/select/replay.h"

#include "core/select/strategies.h"

#include <algorithm>

namespace talkbench::select {

namespace {

double propensityOf(const Decision &decision, const ModelRef &ref)
{
    const auto row =
        std::find_if(decision.rows.begin(), decision.rows.end(), [&](const DecisionRow &r) { return r.ref == ref; });
    return row == decision.rows.end() ? 0 : row->propensity;
}

double lossOf(const profile::RunRecord &record, const Decision &decision, const Weights &weights)
{
    const auto row = std::find_if(decision.rows.begin(), decision.rows.end(),
                                  [&](const DecisionRow &r) { return r.ref == decision.chosen; });
    const double ms = static_cast<double>(record.trace.endNs - record.trace.submittedNs) / 1e6;
    return lossOf(weights, std::max(ms, 0.0), record.costUsd, row->quality, !record.ok());
}

} // namespace

Replay::Replay(const QStringList &strategyIds, std::function<Candidate(const ModelRef &)> candidateOf)
    : m_strategies(strategyIds), m_candidateOf(std::move(candidateOf)), m_sums(strategyIds.size())
{
}

void Replay::add(const profile::RunRecord &record)
{
    const Decision decision = decisionFromJson(record.decision);
    const bool isChoice =
        decision.goesOnFrom.isEmpty() && decision.chosen && propensityOf(decision, *decision.chosen) > 0;
    learnUntil(isChoice ? std::min(decision.atMs, record.startedWallMs) : record.startedWallMs);
    const bool counts = isChoice && !record.cached && !record.cutShort()
        && decision.chosen == ModelRef { record.providerId, record.model };
    if (counts && decision.quality)
        weigh(record, decision);
    else if (counts)
        ++m_leftOut;
    if (isChoice && !record.cached)
        m_measurements.sent({ record.providerId, record.model }, record.startedWallMs);
    m_underWay.emplace(endMsOf(record), record);
}

/// Of the calls that had ended by then.
void Replay::learnUntil(qint64 wallMs)
{
    const auto end = m_underWay.upper_bound(wallMs);
    for (auto run = m_underWay.begin(); run != end; run = m_underWay.erase(run))
        m_measurements.add(run->second);
}

void Replay::weigh(const profile::RunRecord &record, const Decision &decision)
{
    Choice choice = choiceOf(decision);
    const double logged = propensityOf(decision, *decision.chosen);
    const double loss = lossOf(record, decision, weightsFor(choice));
    for (qsizetype i = 0; i < m_strategies.size(); ++i) {
        choice.strategy = m_strategies.at(i);
        const double weight = propensityOf(decide(choice, m_measurements), *decision.chosen) / logged;
        Sums &sum = m_sums[i];
        sum.weights += weight;
        sum.squares += weight * weight;
        sum.losses += weight * loss;
        ++sum.count;
    }
}

Choice Replay::choiceOf(const Decision &decision) const
{
    Choice choice;
    choice.subject.tokens = decision.inputTokens;
    choice.subject.quality = *decision.quality;
    choice.weights = decision.weights;
    choice.incumbent = decision.incumbent;
    choice.fits = decision.fits;
    choice.nowMs = decision.atMs;
    for (const DecisionRow &row : decision.rows) {
        Candidate candidate = m_candidateOf(row.ref);
        candidate.quality = row.quality;
        if (row.circuit == Circuit::Closed) // else it is the measurements that say
            candidate.barred = row.excluded;
        choice.candidates.append(candidate);
    }
    return choice;
}

QList<ReplayRow> Replay::rows() const
{
    QList<ReplayRow> rows;
    for (qsizetype i = 0; i < m_strategies.size(); ++i) {
        const Sums &sum = m_sums.at(i);
        ReplayRow row { m_strategies.at(i), sum.count, 0, {}, 0 };
        if (sum.count > 0)
            row.ips = sum.losses / static_cast<double>(sum.count);
        if (sum.weights > 0) {
            row.snips = sum.losses / sum.weights;
            row.effective = sum.weights * sum.weights / sum.squares;
        }
        rows.append(row);
    }
    return rows;
}

} // namespace talkbench::select
