#pragma once

#include "core/llm/answer.h"
#include "core/profile/trace.h"
#include "core/profile/verdict.h"

#include <QJsonObject>
#include <QMetaType>

namespace talkbench::profile {

/// What a call is for. Unknown: the record is of a version that did not keep it.
enum class Operation { Unknown, Chat, Compare, Batch, Judge, Summary, Test };

/// An attempt that failed and was followed by another, or a judge's call.
struct Attempt {
    Trace trace = {};
    /// Unset in records of versions that did not keep it, and where the answer came whole.
    std::optional<base::Error> error = {};
    /// Empty in records of versions that kept it only where the answer came whole.
    QString model = {};
    /// Only of an answer that came whole and failed its checks, with its verdicts.
    QString text = {};
    QList<Verdict> validation = {};
    /// Unset where the server had nothing to charge for; estimated where the attempt was cut off.
    std::optional<llm::Usage> usage = {};
    std::optional<double> costUsd = {};
    /// Who was paid; empty: the record's provider, and in records of versions that did not keep it.
    QString providerId = {};

    bool operator==(const Attempt &) const = default;
};

/// Of an answer that was not asked for again: what that spared. It comes from the cache, or from a call that was in flight.
struct CacheHit {
    QString runId; ///< the call that did ask
    qint64 ageMs = 0; ///< of the answer
    /// From that call's dispatch to its end, less what this one waited; unset where unknown.
    std::optional<double> savedMs;
    std::optional<double> savedUsd; ///< unset where nobody knows what the call cost

    bool operator==(const CacheHit &) const = default;
};

/// The reason of the stage "cache" where a call asked the response cache, and nothing was there.
inline constexpr QLatin1StringView cacheMiss { "miss" };

/// The stage that estimated the thinking's share of the tokens: true of the answer, wherever it goes.
inline constexpr QLatin1StringView reasoningStage { "reasoning" };

/// Everything that is known of one call when it has ended. Every chart, table and export derives from these.
struct RunRecord {
    QString id;
    QString conversationId; ///< empty for a call outside a conversation
    QString messageId; ///< the answer's message, empty likewise
    QString providerId;
    QString protocol;
    QString model;
    qint64 startedWallMs = 0;
    bool streamed = true;
    Operation operation = Operation::Unknown;
    /// Not asked for again: it enters no latency statistic and cost nothing.
    bool cached = false;
    /// One of a provider's batch, at the price of those: nobody waited for it, so that it has no stamps.
    bool batch = false;
    /// Unset in records of versions that did not keep it, and where it was not cached.
    std::optional<CacheHit> cacheHit = {};
    llm::Answer answer;
    /// The last attempt's.
    Trace trace;
    /// Attempts before the last one.
    QList<Attempt> earlierAttempts;
    /// Of the answer; empty where there was nothing to check.
    QList<Verdict> validation;
    /// The calls of the models that judged.
    QList<Attempt> judgements;
    /// Of the whole call: of the answer, of the attempts before it, and of the judges.
    std::optional<double> costUsd;
    QString priceVersion;
    /// The price's row as it was then, as cost::toJson() writes it: a later price changes no receipt. Empty: none was known.
    QJsonObject price = {};
    /// How the model was chosen, as select::toJson(Decision) writes it; empty where a person chose it.
    QJsonObject decision = {};
    /// Our own count of the prompt, where the server has told its: tokens of the vocabulary nearest to the model's, before any
    /// factor. 0: there was more to it than text, or nobody counted.
    qint64 promptCounted = 0;

    /// Requests that went out; 0 where nothing did.
    qsizetype attempts() const { return earlierAttempts.size() + (trace.dispatchedNs != 0 ? 1 : 0); }
    qsizetype retries() const { return qMax<qsizetype>(attempts() - 1, 0); }
    bool ok() const { return answer.finished && !answer.error; }
    /// It asked the response cache and had to go out.
    bool missedCache() const;
    bool cancelled() const { return answer.error && answer.error->kind == base::ErrorKind::Cancelled; }
    /// The program ended before the call did.
    bool interrupted() const { return answer.error && answer.error->kind == base::ErrorKind::Interrupted; }
    /// It used tokens, and nobody knows what all of them cost.
    bool isUnpriced() const;
    /// By the user or with the program: no failure, and in no rate.
    bool cutShort() const { return cancelled() || interrupted(); }
};

/// [{"validator", "outcome": "passed" | "failed" | "not_checked", "reason"}]
QJsonArray toJson(const QList<Verdict> &verdicts);
/// Reads what toJson wrote.
QList<Verdict> verdictsFromJson(const QJsonArray &array);
/// The whole record, chunk stamps included, to the nanosecond.
QJsonObject toJson(const RunRecord &record);
/// Reads what toJson wrote; what is missing or of another type keeps its default.
RunRecord runRecordFromJson(const QJsonObject &object);

} // namespace talkbench::profile

Q_DECLARE_METATYPE(talkbench::profile::RunRecord)
