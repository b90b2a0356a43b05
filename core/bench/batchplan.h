#pragma once

#include "core/bench/batchchoice.h"
#include "core/bench/batchjournal.h"
#include "core/bench/prompts.h"
#include "core/llm/chatoptions.h"
#include "core/llm/provider.h"
#include "core/llm/validation.h"
#include "core/net/httptransport.h"
#include "core/profile/runrecord.h"
#include "core/run/run.h"

#include <QHash>
#include <QList>
#include <QMap>
#include <QMetaType>

#include <optional>
#include <stop_token>

namespace talkbench::bench {

struct BatchTarget {
    llm::Endpoint endpoint;
    QString model;
    /// What tells this server from others the next time: the provider's id, or an address that somebody typed.
    QString server;

    /// A model for each prompt, by the plan's choice.
    static BatchTarget automatic() { return { {}, select::autoRef.model, select::autoRef.providerId }; }
    bool isAutomatic() const { return server == select::autoRef.providerId; }
};

/// How a batch's requests go out.
enum class BatchWay {
    Calls, ///< one by one
    Provider, ///< as batches of the provider's own: at most a day, usually half the price
};

struct BatchPlan {
    QList<BatchTarget> targets;
    BatchChoice choice; ///< of a target that is automatic
    QString system; ///< for prompts that have none of their own
    llm::ChatOptions options;
    llm::Validation validation;
    net::TransportLimits limits;
    BatchWay way = BatchWay::Calls;
    int concurrency = 8; ///< calls at once, of this batch
    int pollMs = 60'000; ///< BatchWay::Provider: between two questions how far it is, at most
    /// BatchWay::Provider: a batch whose making was not answered may take so long to be in the provider's list.
    int doubtMs = 60'000;
    /// Ask again what had failed, or failed its checks, when the batch last ran.
    bool retryFailed = false;
};

/// One prompt for one target.
struct BatchItem {
    QString key; ///< what is asked of whom; the same a second time is another
    BatchPrompt prompt;
    qsizetype target = 0;
};

struct BatchResult;

/// Calls that failed for the same reason.
struct BatchFailure {
    qsizetype count = 0;
    QString message; ///< of the first of them
};

struct BatchProgress {
    qsizetype total = 0; ///< so far: prompts × targets
    qsizetype ok = 0;
    qsizetype failed = 0;
    qsizetype invalid = 0; ///< of ok: answers that fail their checks
    qsizetype unchecked = 0; ///< of ok: none of their checks fails, but not all could be made
    /// Of unchecked: found in the journal, without a word of this plan's judge.
    qsizetype unjudged = 0;
    QMap<QString, BatchFailure> failures = {}; ///< of failed, by the error's kind
    qsizetype fromBefore = 0; ///< of ok and failed: found in the journal
    qsizetype inFlight = 0;
    QMap<QString, qsizetype> waiting = {}; ///< begun, but not in flight: how many for what, in words
    double perSecond = 0; ///< of the last few results; 0: not known yet, or paused, or stopped
    /// Unset before a first round of calls, while calls wait for what other calls don't decide, and with the rate.
    std::optional<qint64> remainingMs;
    double costUsd = 0; ///< of all that are done
    double costBeforeUsd = 0; ///< of those found in the journal
    qsizetype unpriced = 0; ///< calls that used tokens whose cost nobody knows
    qsizetype remoteDone = 0; ///< BatchWay::Provider: requests that the provider is through with, not here yet
    QString remote = {}; ///< BatchWay::Provider: how far the provider is, in words
    qsizetype unanswered = 0; ///< BatchWay::Provider: requests of which batches that have ended say nothing
    QString warning = {}; ///< what was not done that nothing depends on, or at the end which budgets were passed

    qsizetype done() const { return ok + failed; }
    void count(const BatchResult &result);
    void countCost(std::optional<double> usd, bool isUnpriced);
    /// What was found in the journal of prompts that follow.
    void add(const BatchProgress &before);
};

/// "not_found 4: The model 'x' does not exist.", one a kind, the most frequent first.
QStringList failuresInWords(const BatchProgress &progress);

/// "1200 of 10000 · 64 in flight · 8 waiting for the tokens a minute · 2 failed · 210/s · 42 s left · $0.12"
QString progressLine(const BatchProgress &progress);

/// What a result in the journal is of, as this plan names it.
struct BatchPlace {
    QString key;
    QString id; ///< the prompt's
};

/// Prompts × targets.
class BatchItems final {
public:
    explicit BatchItems(const BatchPlan &plan) : m_plan(plan) { }

    /// What is to be asked; the rest is in the journal, and counted as done. A stop leaves it half done.
    QList<BatchItem> pending(const QList<BatchPrompt> &prompts, const BatchJournal &journal, BatchProgress &progress,
                             const std::stop_token &stop = {});
    /// The results that pending() found; whether each is invalid is by this plan's checks.
    const QList<BatchJournal::Entry> &kept() const { return m_kept; }
    /// Of all that pending() has seen, done or not, in their order.
    const QList<BatchPlace> &places() const { return m_places; }

private:
    bool keeps(const BatchJournal::Entry &entry, const BatchJournal &journal, BatchProgress &progress);
    QList<profile::Verdict> verdictsNow(const QJsonObject &row, bool *unjudged) const;
    QString keyOf(const BatchPrompt &prompt, const BatchTarget &target);

    const BatchPlan m_plan;
    QHash<QByteArray, int> m_seen; ///< the same request may be wanted several times
    QList<BatchJournal::Entry> m_kept;
    QList<BatchPlace> m_places;
};

/// What an item asks of its target; of an automatic one, whoever chooses fills in.
run::RunRequest requestOf(const BatchItem &item, const BatchPlan &plan);
/// The same of a model that was chosen for it.
run::RunRequest requestOf(const BatchItem &item, const BatchPlan &plan, const llm::Endpoint &endpoint,
                          const QString &model);

/// A result as a table shows it; the whole is in the journal. What is unknown is unset.
struct BatchResult {
    QString key; ///< BatchItem::key
    QString id; ///< the prompt's
    QString model;
    bool ok = false;
    bool invalid = false; ///< it fails its checks
    bool unchecked = false; ///< it fails none, but not all could be made
    QString text; ///< the answer, or what went wrong
    QString errorKind = {}; ///< of what went wrong
    std::optional<double> outputTokens = {};
    std::optional<double> costUsd = {};
    std::optional<double> ttftMs = {};
    std::optional<double> responseMs = {};
    QString providerId = {};
};

BatchResult resultOf(const QString &key, const QString &promptId, const profile::RunRecord &record,
                     const BatchPlan &plan);
/// Of one that is in the journal.
BatchResult resultOf(const BatchJournal::Entry &entry, const BatchJournal &journal);

/// The journal's row: {"key", "id", "prompt", "provider", "model", "ok", "text", "reasoning", "refusal", "tool_calls", "finish_reason",
/// "usage", "cost_usd", "metrics", "validation", "decision", "cached", "attempts", "error", "run_id", "started_ms"}; unknown is null.
QJsonObject rowOf(const QString &key, const BatchPrompt &prompt, const profile::RunRecord &record);

} // namespace talkbench::bench

Q_DECLARE_METATYPE(talkbench::bench::BatchProgress)
