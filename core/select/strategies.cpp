#include "core/select/strategies.h"

#include "core/cost/receipt.h"
#include "core/select/qualities.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

constexpr int draws = 200;
/// Chosen evenly among all that can be, so that every propensity is above 0.
constexpr double explored = 0.005;
/// Of the beliefs' width: a narrower one explores less than Thompson sampling as it is taught.
constexpr double sampledWidth = 0.5;
/// By so much another's utility must be better to leave a model whose prompt cache is warm.
constexpr double switchMargin = 0.1;
constexpr qint64 cacheLifeMs = 5 * 60'000;

Shares only(const Field &field, qsizetype index, const QString &why = {})
{
    Shares shares { QList<double>(field.rows.size(), 0.0), why };
    shares.shares[index] = 1;
    return shares;
}

template <typename Better>
qsizetype first(const Field &field, Better better)
{
    return std::min_element(field.rows.begin(), field.rows.end(), better) - field.rows.begin();
}

double gamma(double shape, QRandomGenerator &random)
{
    return std::gamma_distribution<double>(shape, 1)(random);
}

/// What is believed of a candidate, ready to be drawn from.
struct Believed {
    double loss;
    double ttft;
    double ttftSd;
    double rest;
    double restSd;
    double failures;
    double successes;
};

Believed believed(const Field &field, const DecisionRow &row)
{
    const qint64 now = field.choice.nowMs;
    const double fast = weightsFor(field.choice).fast / 10'000;
    const auto [failures, successes] = field.measurements.failureBeta(row.ref, now);
    return { -row.utility - fast * row.predictedMs - failurePenalty * row.failureProbability,
             fast * row.predictedTtftMs,
             sampledWidth * field.measurements.ttft(row.ref, field.choice.subject.tokens, now).meanSd,
             fast * (row.predictedMs - row.predictedTtftMs),
             sampledWidth * field.measurements.tpot(row.ref, now).meanSd,
             failures,
             successes };
}

/// One draw, as a loss.
double sampled(const Believed &b, QRandomGenerator &random)
{
    std::normal_distribution<double> normal;
    const double ttft = b.ttft * std::exp(b.ttftSd * normal(random));
    const double rest = b.rest * std::exp(b.restSd * normal(random));
    const double failing = gamma(b.failures, random);
    const double working = gamma(b.successes, random);
    return b.loss + ttft + rest + failurePenalty * (failing + working > 0 ? failing / (failing + working) : 0.05);
}

/// The incumbent where its provider still holds a part of the prompt and nobody else is better by more than the margin.
std::optional<qsizetype> stays(const Field &field)
{
    const auto &incumbent = field.choice.incumbent;
    if (!incumbent || incumbent->cachedTokens <= 0 || field.choice.nowMs - incumbent->usedMs > cacheLifeMs)
        return {};
    const auto row = std::find_if(field.rows.begin(), field.rows.end(),
                                  [&](const DecisionRow &r) { return r.ref == incumbent->ref; });
    if (row == field.rows.end())
        return {};
    const auto best = std::max_element(field.rows.begin(), field.rows.end(),
                                       [](const auto &a, const auto &b) { return a.utility < b.utility; });
    return best->utility - row->utility > switchMargin ? std::nullopt : std::optional(row - field.rows.begin());
}

/// Thompson sampling. The choice is drawn from the shares of `draws` simulated choices, so these are its propensities.
Shares measured(const Field &field, QRandomGenerator &random)
{
    if (const auto index = stays(field))
        return only(field, *index, u"it stays: the provider still holds this conversation"_s);
    const auto count = static_cast<double>(field.rows.size());
    Shares shares { QList<double>(field.rows.size(), explored / count), {} };
    QList<Believed> beliefs;
    for (const DecisionRow &row : field.rows)
        beliefs.append(believed(field, row));
    for (int draw = 0; draw < draws; ++draw) {
        qsizetype best = 0;
        double least = sampled(beliefs.constFirst(), random);
        for (qsizetype i = 1; i < field.rows.size(); ++i) {
            const double loss = sampled(beliefs.at(i), random);
            if (loss < least) {
                least = loss;
                best = i;
            }
        }
        shares.shares[best] += (1 - explored) / draws;
    }
    return shares;
}

/// 0.4 latency, 0.5 success, 0.1 recency: each from 0 to 1. Latency and success of what has not been tried are 1.
double guideScore(const Measured *model, qint64 nowMs)
{
    if (!model || model->calls == 0)
        return 1;
    const double latency = 1 / (1 + model->averageMs / 1000);
    const double success = static_cast<double>(model->answered) / static_cast<double>(model->calls);
    const double recency = 1 / (1 + static_cast<double>(std::max<qint64>(nowMs - model->lastUsedMs, 0)) / 3'600'000);
    return 0.4 * latency + 0.5 * success + 0.1 * recency;
}

Shares guide(const Field &field, QRandomGenerator &)
{
    const auto score = [&](const DecisionRow &row) {
        return guideScore(field.measurements.find(row.ref), field.choice.nowMs);
    };
    return only(field, first(field, [&](const auto &a, const auto &b) { return score(a) > score(b); }));
}

/// What has no price is not known to be cheap.
Shares cheapest(const Field &field, QRandomGenerator &)
{
    const auto usd = [](const DecisionRow &row) { return row.predictedUsd.value_or(HUGE_VAL); };
    return only(field, first(field, [&](const auto &a, const auto &b) { return usd(a) < usd(b); }));
}

Shares fastest(const Field &field, QRandomGenerator &)
{
    return only(field, first(field, [](const auto &a, const auto &b) { return a.predictedMs < b.predictedMs; }));
}

/// The one that was used longest ago. Many calls of a batch go out within a millisecond: their turns tell them apart.
Shares roundRobin(const Field &field, QRandomGenerator &)
{
    const auto used = [&](const DecisionRow &row) {
        const Measured *model = field.measurements.find(row.ref);
        return model ? std::pair(model->turn, model->lastUsedMs) : std::pair(quint64(0), qint64(0));
    };
    return only(field, first(field, [&](const auto &a, const auto &b) { return used(a) < used(b); }));
}

/// The first that can be asked, in the order of the set.
Shares fixed(const Field &field, QRandomGenerator &)
{
    return only(field, 0);
}

constexpr std::array table {
    Strategy { "measured", "Measured: the best by time, cost, failures and quality", measured },
    Strategy { "guide", "Score: 0.4 latency, 0.5 success, 0.1 recency", guide },
    Strategy { "cheapest", "Cheapest", cheapest },
    Strategy { "fastest", "Fastest", fastest },
    Strategy { "roundrobin", "In turn", roundRobin },
    Strategy { "fixed", "In order: the first that can be asked", fixed },
};

} // namespace

std::span<const Strategy> strategies()
{
    return table;
}

const Strategy *strategyById(const QString &id)
{
    const auto row = std::find_if(table.begin(), table.end(),
                                  [&](const Strategy &strategy) { return id == QLatin1StringView(strategy.id); });
    return id.isEmpty() ? table.data() : row == table.end() ? nullptr : &*row;
}

Weights weightsFor(const Choice &choice)
{
    Weights weights = choice.weights;
    if (choice.subject.quality == Quality::High)
        weights.good *= 2;
    if (choice.subject.quality == Quality::Low)
        weights.good /= 2;
    return weights;
}

DecisionRow predict(const Candidate &candidate, const Choice &choice, const Measurements &measurements)
{
    const qint64 now = choice.nowMs;
    const auto &incumbent = choice.incumbent;
    const bool warm = incumbent && incumbent->ref == candidate.ref && now - incumbent->usedMs <= cacheLifeMs;
    const qint64 cached = warm ? std::clamp<qint64>(incumbent->cachedTokens, 0, choice.subject.tokens) : 0;
    const qint64 fresh = choice.subject.tokens - cached;
    const double output = measurements.output(candidate.ref, now).expected();
    DecisionRow row { .ref = candidate.ref, .quality = candidate.quality };
    row.predictedTtftMs = measurements.ttft(candidate.ref, fresh, now).expected();
    row.predictedMs = row.predictedTtftMs + output * measurements.tpot(candidate.ref, now).expected();
    if (candidate.price) {
        llm::Usage usage;
        usage.input = fresh;
        usage.cacheRead = cached;
        usage.output = std::llround(output);
        const QDateTime when = QDateTime::fromMSecsSinceEpoch(now).toUTC();
        row.predictedUsd = cost::receiptOf(usage, candidate.price, { when }).totalUsd();
    }
    const auto [failures, successes] = measurements.failureBeta(candidate.ref, now);
    row.failureProbability = failures / (failures + successes);
    const Measured *model = measurements.find(candidate.ref);
    row.calls = model ? model->calls : 0;
    row.circuit = measurements.circuit(candidate.ref, now);
    const Weights weights = weightsFor(choice);
    row.preference = preferenceWeight * std::max({ weights.fast, weights.cheap, weights.good })
        * measurements.preference(candidate.ref, choice.subject.tokens, now);
    return row;
}

double lossOf(const Weights &weights, double ms, std::optional<double> usd, std::optional<double> quality, bool failed)
{
    return weights.fast * ms / 10'000 + weights.cheap * usd.value_or(0) * 100
        + weights.good * (1 - quality.value_or(scoreOf(Quality::Balanced))) * 10 + (failed ? failurePenalty : 0);
}

void weigh(QList<DecisionRow> &rows, const Choice &choice)
{
    double dearest = 0;
    for (const DecisionRow &row : std::as_const(rows))
        dearest = std::max(dearest, row.predictedUsd.value_or(0));
    for (DecisionRow &row : rows)
        row.utility =
            -lossOf(weightsFor(choice), row.predictedMs, row.predictedUsd.value_or(dearest), row.quality, false)
            - failurePenalty * row.failureProbability + row.preference;
}

} // namespace talkbench::select
