#pragma once

#include "core/profile/runrecord.h"
#include "core/select/modelref.h"

#include <array>

namespace talkbench::select {

/// How fast evidence fades. A mean of n equal values keeps the weight of at most 1 / (1 - keep) of them.
struct Fading {
    double keep = 0.9; ///< of the evidence, at each new value
    double latencyHalfLifeMs = 180 * 60'000.0;
    double failureHalfLifeMs = 15 * 60'000.0;
};

/// A mean and spread of logarithms that fade with each value and with time. Times are wall milliseconds.
class FadingLog {
public:
    void add(double value, qint64 atMs, double keep, double halfLifeMs);
    /// What is left of the evidence, in values.
    double weight(qint64 nowMs, double halfLifeMs) const;
    double mean() const { return m_weight > 0 ? m_sum / m_weight : 0; }
    double variance() const;

private:
    double m_weight = 0;
    double m_sum = 0;
    double m_squares = 0;
    qint64 m_atMs = 0;
};

/// A logarithm as it is believed to be: its mean, how sure that is, and how single values scatter around it.
struct Belief {
    double mean = 0;
    double meanSd = 0; ///< of the mean
    double spread = 0; ///< standard deviation of single values

    /// Of the value itself, not of its logarithm.
    double expected() const;
};

enum class Circuit { Closed, Open, HalfOpen };

QString circuitName(Circuit circuit); // "closed", "open", "half-open"

/// How often the user put a model in an automatic choice's place, and how often another in its place. Both fade.
struct Preference {
    double preferred = 0;
    double rejected = 0;
    qint64 atMs = 0; ///< wall

    void add(bool isPreferred, qint64 nowMs);
    /// From -1 to 1: `before` without evidence, which counts as three choices.
    double score(double before, qint64 nowMs) const;
};

/// Keeps calls from what fails: for a while, then one call finds out whether it is back. Times are wall milliseconds.
struct Breaker {
    int failuresInARow = 0;
    int openings = 0; ///< since the last success
    qint64 openUntilMs = 0;
    qint64 probeSentMs = 0;

    Circuit circuit(qint64 nowMs) const;
    bool probing(qint64 nowMs) const;
    /// Opens it after so many in a row.
    void fail(const base::Error &error, qint64 endMs, int failuresToOpen);
    void sent(qint64 nowMs);
    void takeBack(qint64 sentMs);
};

/// What is known of one model at one provider.
struct Measured {
    /// Buckets of the input: under 256, 1 Ki, 4 Ki, 16 Ki, 64 Ki tokens, and more.
    static constexpr std::array<qint64, 5> bucketEnds { 256, 1024, 4096, 16'384, 65'536 };
    static size_t bucketOf(qint64 inputTokens);

    std::array<FadingLog, bucketEnds.size() + 1> ttftMs; ///< by bucket
    std::array<Preference, bucketEnds.size() + 1> preferences; ///< by bucket
    Preference preferenceAll;
    FadingLog ttftAllMs;
    FadingLog tpotMs;
    FadingLog outputTokens;
    /// Discounted counts of a Beta, without its prior.
    double failures = 0;
    double successes = 0;
    qint64 countedAtMs = 0;
    /// The latest times to first token, oldest first.
    QList<double> recentTtftMs;

    /// The guide's score: latency as a moving average 0.9/0.1, undiscounted successes, the time of the latest use.
    double averageMs = 0;
    qint64 calls = 0;
    qint64 answered = 0;
    qint64 lastUsedMs = 0;
    /// Which of all calls that this process sent was its last; 0: it has sent none.
    quint64 turn = 0;
    /// Both before the call that went out last.
    qint64 usedBeforeMs = 0;
    quint64 turnBefore = 0;

    Breaker breaker;
};

/// Wall milliseconds.
qint64 endMsOf(const profile::RunRecord &record);

/// Everything that is measured for the choice of models: a fold over the runs, in the order of their ends.
class Measurements {
public:
    static constexpr int failuresToOpen = 3;
    static constexpr qint64 firstPauseMs = 30'000; ///< doubled at each failed probe
    static constexpr qint64 longestPauseMs = 600'000;
    /// A probe that has not ended by then no longer counts as under way.
    static constexpr qint64 probeLimitMs = 120'000;

    Measurements() = default;
    explicit Measurements(const Fading &fading) : m_fading(fading) { }
    /// Of stored runs in any order.
    static Measurements of(QList<profile::RunRecord> records, const Fading &fading = {});

    /// Of calls, cached answers and what the user cancelled teach nothing; nor does what the request itself was refused for.
    /// Of choices, those that the user put another in place of.
    void add(const profile::RunRecord &record);
    /// A call goes out: the one probe of a half-open circuit is taken.
    void sent(const ModelRef &ref, qint64 nowMs);
    /// What was said to be sent then was not.
    void takeBack(const ModelRef &ref, qint64 sentMs);

    const Measured *find(const ModelRef &ref) const;
    /// Of the provider's key, which holds for all its models, where that was refused; else of the model.
    Circuit circuit(const ModelRef &ref, qint64 nowMs) const;
    bool probing(const ModelRef &ref, qint64 nowMs) const;
    qint64 openUntilMs(const ModelRef &ref) const;
    /// A call was refused for the provider's key, wrong or missing, and none was answered since.
    bool isKeyRefused(const ModelRef &ref) const { return m_keys.contains(ref.providerId); }

    /// Logarithms of milliseconds and tokens. Faded or missing evidence gives way: of a bucket to the model's other
    /// buckets, of a model to a modest guess, so that what was slow long ago is no longer believed to be.
    Belief ttft(const ModelRef &ref, qint64 inputTokens, qint64 nowMs) const;
    Belief tpot(const ModelRef &ref, qint64 nowMs) const;
    /// Of all models together where the model's own is not known.
    Belief output(const ModelRef &ref, qint64 nowMs) const;
    /// The parameters of the Beta: failures, successes, with the prior of one failure in twenty.
    std::pair<double, double> failureBeta(const ModelRef &ref, qint64 nowMs) const;
    /// What the user's own choices say of it, for prompts of such a length and then for all: from -1 to 1.
    double preference(const ModelRef &ref, qint64 inputTokens, qint64 nowMs) const;
    /// 95th percentile of the latest times to first token; unset under 8 of them.
    std::optional<double> ttftP95Ms(const ModelRef &ref) const;

    /// Whether an error says that the model, its server or the way there failed.
    static bool isFailure(const base::Error &error);

private:
    void addOverrule(const profile::RunRecord &record);
    void addSuccess(Measured &model, const profile::RunRecord &record, qint64 endMs);
    void addFailure(const ModelRef &ref, const base::Error &error, qint64 endMs);
    const Breaker *breakerOf(const ModelRef &ref) const;
    void count(Measured &model, bool failed, qint64 atMs) const;

    Fading m_fading;
    QHash<ModelRef, Measured> m_models;
    QHash<QString, Breaker> m_keys; ///< that were refused, by provider
    FadingLog m_allOutputTokens;
    quint64 m_turns = 0; ///< calls that went out
};

} // namespace talkbench::select
