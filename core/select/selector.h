#pragma once

#include "core/cost/pricebook.h"
#include "core/select/measurements.h"
#include "core/select/subject.h"

#include <QJsonObject>

namespace talkbench::select {

struct Candidate {
    ModelRef ref;
    std::optional<cost::Price> price = {};
    std::optional<qint64> contextTokens = {};
    /// From 0 to 1, the user's or a table's word; unset is taken for balanced.
    std::optional<double> quality = {};
    /// Why it can't be asked at all, such as a provider that is gone; empty where it can.
    QString barred = {};
};

/// The slider fast ↔ cheap ↔ good. At equal weights 10 seconds, one cent and a tenth of quality are worth the same.
struct Weights {
    double fast = 1;
    double cheap = 0;
    double good = 0;

    bool operator==(const Weights &) const = default;
};

/// The model that answered last in this conversation, and what its provider still holds of the prompt.
struct Incumbent {
    ModelRef ref;
    qint64 cachedTokens = 0;
    qint64 usedMs = 0; ///< wall; a prompt cache is taken for gone after five minutes

    bool operator==(const Incumbent &) const = default;
};

struct Choice {
    QString strategy; ///< a row's id; empty: measured
    QList<Candidate> candidates;
    Subject subject;
    Weights weights = {};
    std::optional<Incumbent> incumbent = {};
    /// A prompt that is too long is made shorter: where no context is long enough, the longest will do.
    bool fits = false;
    qint64 nowMs = 0; ///< wall
    /// Of all that is random in the choice: the same seed, the same decision.
    quint32 seed = 1;
};

/// A candidate with its numbers, as a decision's card shows them.
struct DecisionRow {
    ModelRef ref;
    /// Why it can't be chosen now; empty where it can.
    QString excluded = {};
    double predictedMs = 0; ///< to the whole answer
    double predictedTtftMs = 0;
    std::optional<double> predictedUsd = {}; ///< unset: unknown, not free
    double failureProbability = 0;
    std::optional<double> quality = {};
    double utility = 0; ///< of the expectations; higher is better, 0 is the best thinkable
    /// What the user's own choices add to the utility, or take from it.
    double preference = 0;
    double propensity = 0; ///< with which it could have been chosen; all of them together are 1
    qsizetype calls = 0; ///< that the numbers rest on, faded ones too
    Circuit circuit = Circuit::Closed;

    bool operator==(const DecisionRow &) const = default;
};

struct Decision {
    QString strategy;
    /// Unset where no candidate fits: `reason` says why.
    std::optional<ModelRef> chosen;
    /// One line, for the message.
    QString reason;
    qint64 inputTokens = 0;
    qint64 atMs = 0;
    Weights weights;
    QList<DecisionRow> rows;
    /// Whose models these are; empty: no rule matched.
    QString rule = {};
    /// The run whose choice a person put this one in place of; then there is no more than `chosen`. Empty: chosen automatically.
    QString overrules = {};
    /// Overruled: the model whose answer did not please; what the measurements learn from.
    std::optional<ModelRef> insteadOf = {};
    /// The run whose answer this one only went on with: the choice was made for that one, and counts there. Empty: made for this.
    QString goesOnFrom = {};
    /// As it was wanted; unset: an earlier version did not keep it, nor the next two.
    std::optional<Quality> quality = {};
    std::optional<Incumbent> incumbent = {};
    bool fits = false; ///< Choice::fits

    bool operator==(const Decision &) const = default;
};

/// {"strategy", "rule", "chosen": "provider/model" or null, "reason", "input_tokens", "at_ms", "weights": {"fast", "cheap", "good"},
/// "candidates": [{"model", "excluded", "predicted_ms", "predicted_ttft_ms", "predicted_usd", "failure_probability",
/// "quality", "utility", "preference", "propensity", "calls", "circuit"}], and where they are known "quality": "low", "balanced"
/// or "high", "incumbent": {"model", "cached_tokens", "used_ms"}, "fits": true, and where a person chose "overrules": a run's
/// id, "instead_of": "provider/model", and where an answer was gone on with "goes_on_from": a run's id}
QJsonObject toJson(const Decision &decision);
Decision decisionFromJson(const QJsonObject &object);

/// The candidate with its price, context and the like filled in; excluded ones have no propensity. Where every circuit
/// is open, the one that closes first is tried all the same.
Decision decide(const Choice &choice, const Measurements &measurements);

/// What a call has cost the user, on the scale of DecisionRow::utility: a loss, so lower is better. A failure is the time it
/// took and `failurePenalty`.
constexpr double failurePenalty = 2;
/// The most that the user's own choices add to a utility or take from it, times the largest weight: as three seconds.
constexpr double preferenceWeight = 0.3;
double lossOf(const Weights &weights, double ms, std::optional<double> usd, std::optional<double> quality, bool failed);

} // namespace talkbench::select
