#pragma once

#include "core/select/selector.h"
#include "core/select/strategies.h"
#include "runs.h"

#include <QRandomGenerator>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

namespace talkbench::test {

/// What a simulated model does: slow spells, outages and a drift come and go.
struct WorldModel {
    select::ModelRef ref;
    double ttftMs;
    double prefillMsPerToken;
    double tpotMs;
    double failing;
    double drift = 0; ///< logarithm of a factor
    double slow = 1;
    qint64 slowUntilMs = 0;
    qint64 downUntilMs = 0;
};

struct WorldKind {
    const char *name;
    double driftStep;
    double slowPerHour;
    double downPerHour;
};

inline constexpr WorldKind worldKinds[] = {
    { "steady", 0.0, 0.0, 0.0 },   { "drifting", 0.06, 0.0, 0.0 },    { "slow spells", 0.02, 0.15, 0.0 },
    { "outages", 0.02, 0.0, 0.2 }, { "all of it", 0.04, 0.15, 0.15 },
};

/// One call's weather, the same for every strategy.
class World {
public:
    World(const WorldKind &kind, quint32 seed) : m_kind(kind), m_random(seed)
    {
        const double prefills[] = { 0.02, 0.15, 0.05, 0.3, 0.1 };
        for (int i = 0; i < 5; ++i)
            models.push_back({ { QStringLiteral("p%1").arg(i), QStringLiteral("m") },
                               between(200, 1500),
                               prefills[i] * between(0.5, 2),
                               between(5, 35),
                               between(0.002, 0.03) });
    }

    void step()
    {
        const double gapMs = -std::log(1 - m_random.generateDouble()) * 60'000;
        nowMs += static_cast<qint64>(gapMs) + 1;
        tokens = static_cast<qint64>(std::exp(between(std::log(50), std::log(30'000))));
        outputTokens = static_cast<qint64>(std::exp(between(std::log(80), std::log(600))));
        noise = std::exp(between(-0.35, 0.35));
        luck = m_random.generateDouble();
        timesOut = m_random.generateDouble() < 0.3;
        for (WorldModel &model : models) {
            model.drift = 0.98 * model.drift + m_kind.driftStep * between(-1.7, 1.7);
            const double hours = gapMs / 3'600'000;
            if (m_random.generateDouble() < m_kind.slowPerHour * hours && nowMs > model.slowUntilMs) {
                model.slow = between(3, 8);
                model.slowUntilMs = nowMs + static_cast<qint64>(between(20, 120) * 60'000);
            }
            if (m_random.generateDouble() < m_kind.downPerHour * hours)
                model.downUntilMs = nowMs + static_cast<qint64>(between(5, 60) * 60'000);
        }
    }

    double failing(const WorldModel &model) const { return nowMs < model.downUntilMs ? 0.95 : model.failing; }
    double failedMs() const { return timesOut ? 30'000 : 1500; }
    double ttft(const WorldModel &model) const
    {
        return (model.ttftMs + model.prefillMsPerToken * static_cast<double>(tokens)) * factor(model);
    }
    double tpot(const WorldModel &model) const { return model.tpotMs * factor(model); }
    /// Of this call, over its luck: what regret is counted in.
    double expectedLoss(const WorldModel &model) const
    {
        const double ms = ttft(model) + tpot(model) * static_cast<double>(outputTokens);
        const double p = failing(model);
        constexpr double meanFailedMs = 0.3 * 30'000 + 0.7 * 1500;
        return (1 - p) * select::lossOf({}, ms, {}, {}, false) + p * select::lossOf({}, meanFailedMs, {}, {}, true);
    }
    profile::RunRecord call(const WorldModel &model) const
    {
        if (luck < failing(model))
            return failed(model.ref, nowMs, timesOut ? base::ErrorKind::FirstByteTimeout : base::ErrorKind::Overloaded,
                          static_cast<qint64>(failedMs()));
        return answered(model.ref, nowMs, ttft(model) * noise, tpot(model) * noise, tokens, outputTokens);
    }

    std::vector<WorldModel> models;
    qint64 nowMs = 1'700'000'000'000;
    qint64 tokens = 0;
    qint64 outputTokens = 0;
    double noise = 1;
    double luck = 0;
    bool timesOut = false;

private:
    double between(double low, double high) { return low + (high - low) * m_random.generateDouble(); }
    double factor(const WorldModel &model) const
    {
        return std::exp(model.drift) * (nowMs < model.slowUntilMs ? model.slow : 1);
    }

    WorldKind m_kind;
    QRandomGenerator m_random;
};

/// LiteLLM's latency-based routing, from its description: the mean of the last 10 seconds per completion token, a model that
/// has none goes first, a timeout counts 1000 s, lists live an hour; and its router's pause of 5 s after an error.
class LowestLatency {
public:
    size_t choose(const World &world, QRandomGenerator &random)
    {
        std::vector<size_t> order;
        for (size_t i = 0; i < world.models.size(); ++i)
            order.push_back(i);
        std::shuffle(order.begin(), order.end(), random);
        size_t best = order.front();
        double least = HUGE_VAL;
        for (const size_t i : order) {
            if (world.nowMs < m_pausedUntilMs[i])
                continue;
            if (world.nowMs - m_writtenMs[i] > 3'600'000)
                m_latencies[i].clear();
            const auto &list = m_latencies[i];
            double sum = 0;
            for (const double latency : list)
                sum += latency;
            const double mean = list.empty() ? 0 : sum / static_cast<double>(list.size());
            if (mean < least) {
                least = mean;
                best = i;
            }
        }
        return best;
    }
    void learn(size_t i, const World &world, const profile::RunRecord &record)
    {
        if (record.ok()) {
            const double seconds = static_cast<double>(record.trace.endNs - record.trace.submittedNs) / 1e9;
            push(i, world.nowMs, seconds / static_cast<double>(record.answer.usage->output));
            return;
        }
        m_pausedUntilMs[i] = world.nowMs + 5000;
        if (record.answer.error->kind == base::ErrorKind::FirstByteTimeout)
            push(i, world.nowMs, 1000);
    }

private:
    void push(size_t i, qint64 nowMs, double latency)
    {
        m_latencies[i].push_back(latency);
        if (m_latencies[i].size() > 10)
            m_latencies[i].pop_front();
        m_writtenMs[i] = nowMs;
    }

    std::map<size_t, std::deque<double>> m_latencies;
    std::map<size_t, qint64> m_writtenMs;
    std::map<size_t, qint64> m_pausedUntilMs;
};

/// Mean regret a call against the oracle, which knows the weather but not the luck.
inline double regretOf(const QString &strategy, const WorldKind &kind, quint32 seed, int calls)
{
    World world(kind, seed);
    select::Measurements measurements;
    LowestLatency litellm;
    QRandomGenerator random(seed + 1);
    double regret = 0;
    for (int call = 0; call < calls; ++call) {
        world.step();
        size_t chosen = 0;
        if (strategy == QLatin1StringView("litellm")) {
            chosen = litellm.choose(world, random);
        } else {
            select::Choice choice;
            choice.strategy = strategy;
            choice.subject.tokens = world.tokens;
            choice.nowMs = world.nowMs;
            choice.seed = random.generate();
            for (const WorldModel &model : world.models)
                choice.candidates.append({ model.ref });
            const auto ref = *select::decide(choice, measurements).chosen;
            while (world.models[chosen].ref != ref)
                ++chosen;
            measurements.sent(ref, world.nowMs);
        }
        const profile::RunRecord record = world.call(world.models[chosen]);
        measurements.add(record);
        litellm.learn(chosen, world, record);
        double best = HUGE_VAL;
        for (const WorldModel &model : world.models)
            best = std::min(best, world.expectedLoss(model));
        regret += world.expectedLoss(world.models[chosen]) - best;
    }
    return regret / calls;
}

} // namespace talkbench::test
