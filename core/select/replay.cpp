#include "core/select/replay.h"

#include <algorithm>

namespace talkbench::select {

namespace {

struct Sums {
    double weights = 0;
    double squares = 0;
    double losses = 0;
    qsizetype count = 0;
};

double propensityOf(const Decision &decision, const ModelRef &ref)
{
    const auto row =
        std::find_if(decision.rows.begin(), decision.rows.end(), [&](const DecisionRow &r) { return r.ref == ref; });
    return row == decision.rows.end() ? 0 : row->propensity;
}

double lossOf(const profile::RunRecord &record, const Decision &decision)
{
    const auto row = std::find_if(decision.rows.begin(), decision.rows.end(),
                                  [&](const DecisionRow &r) { return r.ref == decision.chosen; });
    const double ms = static_cast<double>(record.trace.endNs - record.trace.submittedNs) / 1e6;
    return lossOf(decision.weights, std::max(ms, 0.0), record.costUsd, row->quality, !record.ok());
}

Choice choiceOf(const Decision &decision, const QString &strategy,
                const std::function<Candidate(const ModelRef &)> &candidateOf)
{
    Choice choice;
    choice.strategy = strategy;
    choice.subject.tokens = decision.inputTokens;
    choice.weights = decision.weights;
    choice.nowMs = decision.atMs;
    for (const DecisionRow &row : decision.rows)
        choice.candidates.append(candidateOf(row.ref));
    return choice;
}

} // namespace

QList<ReplayRow> replay(const QList<profile::RunRecord> &records, const QStringList &strategyIds,
                        const std::function<Candidate(const ModelRef &)> &candidateOf)
{
    QList<profile::RunRecord> ordered = records;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto &a, const auto &b) { return a.startedWallMs < b.startedWallMs; });
    Measurements measurements;
    QList<Sums> sums(strategyIds.size());
    for (const profile::RunRecord &record : std::as_const(ordered)) {
        const Decision decision = decisionFromJson(record.decision);
        const double logged = decision.chosen ? propensityOf(decision, *decision.chosen) : 0;
        const bool counts = logged > 0 && !record.cached && !record.cutShort()
            && decision.chosen == ModelRef { record.providerId, record.model };
        for (qsizetype i = 0; counts && i < strategyIds.size(); ++i) {
            const Decision then = decide(choiceOf(decision, strategyIds[i], candidateOf), measurements);
            const double weight = propensityOf(then, *decision.chosen) / logged;
            Sums &sum = sums[i];
            sum.weights += weight;
            sum.squares += weight * weight;
            sum.losses += weight * lossOf(record, decision);
            ++sum.count;
        }
        measurements.add(record);
    }
    QList<ReplayRow> rows;
    for (qsizetype i = 0; i < strategyIds.size(); ++i) {
        const Sums &sum = sums.at(i);
        ReplayRow row { strategyIds[i], sum.count, 0, {}, 0 };
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
