#include "core/select/measurements.h"

#include "core/profile/metrictable.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

/// Before anything is known: a second to the first token, 20 ms a token, 300 tokens. Weak: half a value's worth.
constexpr double priorWeight = 0.5;
constexpr double priorSpread = 0.7; ///< of single values, in logarithms: half to double
const Belief ttftGuess { std::log(1000.0), 1.0, priorSpread };
const Belief tpotGuess { std::log(20.0), 0.7, priorSpread };
const Belief outputGuess { std::log(300.0), 1.0, 1.0 };
constexpr double priorFailures = 0.5;
constexpr double priorSuccesses = 9.5;
/// Overrules are rare: one is remembered for weeks.
constexpr double preferenceHalfLifeMs = 30 * 24 * 3'600'000.0;
constexpr double preferencePrior = 3;
constexpr qsizetype keptTtfts = 64;
constexpr qsizetype enoughForP95 = 8;

double left(qint64 sinceMs, qint64 nowMs, double halfLifeMs)
{
    return std::exp2(-static_cast<double>(std::max<qint64>(nowMs - sinceMs, 0)) / halfLifeMs);
}

/// Evidence on top of what would be believed without it.
Belief updated(const Belief &before, const FadingLog &evidence, double weight)
{
    if (weight <= 0)
        return before;
    const double total = priorWeight + weight;
    Belief belief;
    belief.mean = (priorWeight * before.mean + weight * evidence.mean()) / total;
    // A few values don't tell their spread: the guess counts as two of them.
    const double variance =
        (2 * before.spread * before.spread * 0.1 + weight * evidence.variance()) / (2 + weight) + 1e-4;
    belief.spread = std::sqrt(variance);
    const double known = variance / total;
    const double shift = priorWeight / total;
    belief.meanSd = std::sqrt(known + shift * shift * before.meanSd * before.meanSd);
    return belief;
}

std::optional<double> metric(const char *id, const profile::RunRecord &record)
{
    const profile::Metric *row = profile::metricById(id);
    return row ? row->compute(record) : std::nullopt;
}

} // namespace

qint64 endMsOf(const profile::RunRecord &record)
{
    const qint64 ns = record.trace.endNs - record.trace.submittedNs;
    return record.startedWallMs + (record.trace.endNs != 0 && ns > 0 ? ns / 1'000'000 : 0);
}

void FadingLog::add(double value, qint64 atMs, double keep, double halfLifeMs)
{
    if (!(value > 0) || !std::isfinite(value))
        return;
    const double kept = keep * left(m_atMs, atMs, halfLifeMs);
    const double log = std::log(value);
    m_weight = m_weight * kept + 1;
    m_sum = m_sum * kept + log;
    m_squares = m_squares * kept + log * log;
    m_atMs = std::max(m_atMs, atMs);
}

double FadingLog::weight(qint64 nowMs, double halfLifeMs) const
{
    return m_weight * left(m_atMs, nowMs, halfLifeMs);
}

double FadingLog::variance() const
{
    return m_weight > 0 ? std::max(m_squares / m_weight - mean() * mean(), 0.0) : 0;
}

double Belief::expected() const
{
    return std::exp(mean + (spread * spread + meanSd * meanSd) / 2);
}

void Preference::add(bool isPreferred, qint64 nowMs)
{
    const double kept = left(atMs, nowMs, preferenceHalfLifeMs);
    preferred = preferred * kept + (isPreferred ? 1 : 0);
    rejected = rejected * kept + (isPreferred ? 0 : 1);
    atMs = std::max(atMs, nowMs);
}

double Preference::score(double before, qint64 nowMs) const
{
    const double kept = left(atMs, nowMs, preferenceHalfLifeMs);
    return (preferencePrior * before + kept * (preferred - rejected))
        / (preferencePrior + kept * (preferred + rejected));
}

QString circuitName(Circuit circuit)
{
    return circuit == Circuit::Closed ? u"closed"_s : circuit == Circuit::Open ? u"open"_s : u"half-open"_s;
}

Circuit Breaker::circuit(qint64 nowMs) const
{
    if (openUntilMs == 0)
        return Circuit::Closed;
    return nowMs < openUntilMs ? Circuit::Open : Circuit::HalfOpen;
}

bool Breaker::probing(qint64 nowMs) const
{
    return probeSentMs != 0 && nowMs - probeSentMs < Measurements::probeLimitMs;
}

void Breaker::fail(const base::Error &error, qint64 endMs, int failuresToOpen)
{
    ++failuresInARow;
    const bool wasProbe = openUntilMs != 0 && endMs >= openUntilMs;
    if (!wasProbe && (openUntilMs != 0 || failuresInARow < failuresToOpen))
        return;
    constexpr int mostDoublings = 10;
    constexpr qint64 longest = Measurements::longestPauseMs;
    const qint64 pause = std::min(Measurements::firstPauseMs << std::min(openings, mostDoublings), longest);
    openUntilMs = endMs + std::max(pause, std::min(error.retryAfterMs.value_or(0), longest));
    probeSentMs = 0;
    ++openings;
}

void Breaker::sent(qint64 nowMs)
{
    if (openUntilMs != 0 && nowMs >= openUntilMs)
        probeSentMs = nowMs;
}

void Breaker::takeBack(qint64 sentMs)
{
    if (probeSentMs == sentMs)
        probeSentMs = 0;
}

size_t Measured::bucketOf(qint64 inputTokens)
{
    return static_cast<size_t>(std::upper_bound(bucketEnds.begin(), bucketEnds.end(), inputTokens)
                               - bucketEnds.begin());
}

Measurements Measurements::of(QList<profile::RunRecord> records, const Fading &fading)
{
    std::stable_sort(records.begin(), records.end(),
                     [](const auto &a, const auto &b) { return endMsOf(a) < endMsOf(b); });
    Measurements all(fading);
    for (const profile::RunRecord &record : std::as_const(records))
        all.add(record);
    return all;
}

bool Measurements::isFailure(const base::Error &error)
{
    using enum base::ErrorKind;
    switch (error.kind) {
    case Cancelled:
    case Interrupted:
    case Queue:
    case Storage:
    case Config:
    case Usage:
    case InvalidRequest:
    case ContextTooLong:
    case Filtered:
    case Refusal:
        return false;
    default:
        return true;
    }
}

/// Of the models that took over for the chosen one none was the user's choice.
void Measurements::addOverrule(const profile::RunRecord &record)
{
    const ModelRef ref { record.providerId, record.model };
    const auto insteadOf = modelRefFromText(record.decision["instead_of"_L1].toString());
    if (record.decision.contains("goes_on_from"_L1) || !insteadOf || *insteadOf == ref
        || modelRefFromText(record.decision["chosen"_L1].toString()) != ref)
        return;
    const size_t bucket = Measured::bucketOf(record.decision["input_tokens"_L1].toInteger());
    for (const bool isPreferred : { true, false }) {
        Measured &model = m_models[isPreferred ? ref : *insteadOf];
        model.preferences.at(bucket).add(isPreferred, record.startedWallMs);
        model.preferenceAll.add(isPreferred, record.startedWallMs);
    }
}

void Measurements::add(const profile::RunRecord &record)
{
    addOverrule(record);
    if (record.cached || record.model.isEmpty())
        return;
    const bool failed = record.answer.error && isFailure(*record.answer.error);
    if (!failed && !record.ok() && record.earlierAttempts.isEmpty())
        return;
    const qint64 endMs = endMsOf(record);
    const ModelRef ref { record.providerId, record.model };
    for (const profile::Attempt &attempt : record.earlierAttempts) {
        if (attempt.error && isFailure(*attempt.error))
            addFailure(ref, *attempt.error, endMs);
    }
    if (failed) {
        addFailure(ref, *record.answer.error, endMs);
    } else if (record.ok()) {
        m_keys.remove(ref.providerId);
        addSuccess(m_models[ref], record, endMs);
    }
}

void Measurements::count(Measured &model, bool failed, qint64 atMs) const
{
    const double kept = m_fading.keep * left(model.countedAtMs, atMs, m_fading.failureHalfLifeMs);
    model.failures = model.failures * kept + (failed ? 1 : 0);
    model.successes = model.successes * kept + (failed ? 0 : 1);
    model.countedAtMs = std::max(model.countedAtMs, atMs);
    model.lastUsedMs = std::max(model.lastUsedMs, atMs);
    ++model.calls;
    model.answered += failed ? 0 : 1;
}

void Measurements::addSuccess(Measured &model, const profile::RunRecord &record, qint64 endMs)
{
    count(model, false, endMs);
    model.breaker = {};
    const auto usage = record.answer.usage;
    // Our own queue and earlier attempts are not the model's.
    const profile::Trace &trace = record.trace;
    if (trace.dispatchedNs != 0 && trace.firstContentNs > trace.dispatchedNs) {
        const double ttft = static_cast<double>(trace.firstContentNs - trace.dispatchedNs) / 1e6;
        // What a provider's prompt cache gave is not read again: the fresh input takes the time.
        const qint64 input = usage ? usage->input + usage->cacheWrite : 0;
        model.ttftMs.at(Measured::bucketOf(input)).add(ttft, endMs, m_fading.keep, m_fading.latencyHalfLifeMs);
        model.ttftAllMs.add(ttft, endMs, m_fading.keep, m_fading.latencyHalfLifeMs);
        model.recentTtftMs.append(ttft);
        if (model.recentTtftMs.size() > keptTtfts)
            model.recentTtftMs.removeFirst();
    }
    if (const auto tpot = metric("tpot_ms", record))
        model.tpotMs.add(*tpot, endMs, m_fading.keep, m_fading.latencyHalfLifeMs);
    if (usage) {
        const auto tokens = static_cast<double>(usage->outputTotal());
        model.outputTokens.add(tokens, endMs, m_fading.keep, m_fading.latencyHalfLifeMs);
        m_allOutputTokens.add(tokens, endMs, m_fading.keep, m_fading.latencyHalfLifeMs);
    }
    if (const auto response = metric("response_ms", record))
        model.averageMs = model.averageMs > 0 ? 0.9 * model.averageMs + 0.1 * *response : *response;
}

void Measurements::addFailure(const ModelRef &ref, const base::Error &error, qint64 endMs)
{
    Measured &model = m_models[ref];
    count(model, true, endMs);
    if (error.kind == base::ErrorKind::Auth)
        m_keys[ref.providerId].fail(error, endMs, 1); // another call would be refused as well
    else
        model.breaker.fail(error, endMs, failuresToOpen);
}

void Measurements::sent(const ModelRef &ref, qint64 nowMs)
{
    Measured &model = m_models[ref];
    model.usedBeforeMs = model.lastUsedMs;
    model.turnBefore = std::exchange(model.turn, ++m_turns);
    model.lastUsedMs = std::max(model.lastUsedMs, nowMs);
    model.breaker.sent(nowMs);
    if (const auto key = m_keys.find(ref.providerId); key != m_keys.end())
        key->sent(nowMs);
}

void Measurements::takeBack(const ModelRef &ref, qint64 sentMs)
{
    Measured &model = m_models[ref];
    if (model.lastUsedMs == sentMs) {
        model.lastUsedMs = model.usedBeforeMs;
        model.turn = model.turnBefore;
    }
    model.breaker.takeBack(sentMs);
    if (const auto key = m_keys.find(ref.providerId); key != m_keys.end())
        key->takeBack(sentMs);
}

const Measured *Measurements::find(const ModelRef &ref) const
{
    const auto found = m_models.constFind(ref);
    return found == m_models.cend() ? nullptr : &*found;
}

const Breaker *Measurements::breakerOf(const ModelRef &ref) const
{
    if (const auto key = m_keys.constFind(ref.providerId); key != m_keys.cend())
        return &*key;
    const Measured *model = find(ref);
    return model ? &model->breaker : nullptr;
}

Circuit Measurements::circuit(const ModelRef &ref, qint64 nowMs) const
{
    const Breaker *breaker = breakerOf(ref);
    return breaker ? breaker->circuit(nowMs) : Circuit::Closed;
}

bool Measurements::probing(const ModelRef &ref, qint64 nowMs) const
{
    const Breaker *breaker = breakerOf(ref);
    return breaker && breaker->probing(nowMs);
}

qint64 Measurements::openUntilMs(const ModelRef &ref) const
{
    const Breaker *breaker = breakerOf(ref);
    return breaker ? breaker->openUntilMs : 0;
}

Belief Measurements::ttft(const ModelRef &ref, qint64 inputTokens, qint64 nowMs) const
{
    const Measured *model = find(ref);
    if (!model)
        return ttftGuess;
    const double halfLife = m_fading.latencyHalfLifeMs;
    const Belief overall = updated(ttftGuess, model->ttftAllMs, model->ttftAllMs.weight(nowMs, halfLife));
    const FadingLog &bucket = model->ttftMs.at(Measured::bucketOf(inputTokens));
    return updated(overall, bucket, bucket.weight(nowMs, halfLife));
}

Belief Measurements::tpot(const ModelRef &ref, qint64 nowMs) const
{
    const Measured *model = find(ref);
    return model ? updated(tpotGuess, model->tpotMs, model->tpotMs.weight(nowMs, m_fading.latencyHalfLifeMs))
                 : tpotGuess;
}

Belief Measurements::output(const ModelRef &ref, qint64 nowMs) const
{
    const double halfLife = m_fading.latencyHalfLifeMs;
    const Belief common = updated(outputGuess, m_allOutputTokens, m_allOutputTokens.weight(nowMs, halfLife));
    const Measured *model = find(ref);
    return model ? updated(common, model->outputTokens, model->outputTokens.weight(nowMs, halfLife)) : common;
}

std::pair<double, double> Measurements::failureBeta(const ModelRef &ref, qint64 nowMs) const
{
    const Measured *model = find(ref);
    const double kept = model ? left(model->countedAtMs, nowMs, m_fading.failureHalfLifeMs) : 0;
    return { priorFailures + (model ? model->failures * kept : 0),
             priorSuccesses + (model ? model->successes * kept : 0) };
}

double Measurements::preference(const ModelRef &ref, qint64 inputTokens, qint64 nowMs) const
{
    const Measured *model = find(ref);
    if (!model)
        return 0;
    const double overall = model->preferenceAll.score(0, nowMs);
    return model->preferences.at(Measured::bucketOf(inputTokens)).score(overall, nowMs);
}

std::optional<double> Measurements::ttftP95Ms(const ModelRef &ref) const
{
    const Measured *model = find(ref);
    if (!model || model->recentTtftMs.size() < enoughForP95)
        return {};
    QList<double> sorted = model->recentTtftMs;
    std::sort(sorted.begin(), sorted.end());
    return sorted.at((sorted.size() * 95 + 99) / 100 - 1);
}

} // namespace talkbench::select
