#include "core/bench/batchplan.h"

#include "core/bench/batchjournal.h"
#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "core/validate/validators.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

using Outcome = profile::Verdict::Outcome;

/// Characters of what a server says.
constexpr qsizetype longestReason = 300;

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

} // namespace

QString progressLine(const BatchProgress &progress)
{
    QStringList parts { u"%1 of %2"_s.arg(progress.done()).arg(progress.total) };
    if (!progress.remote.isEmpty())
        parts << progress.remote;
    else if (progress.inFlight > 0)
        parts << u"%1 in flight"_s.arg(progress.inFlight);
    for (auto it = progress.waiting.begin(); it != progress.waiting.end(); ++it)
        parts << u"%1 waiting for %2"_s.arg(it.value()).arg(it.key());
    if (progress.failed > 0)
        parts << u"%1 failed"_s.arg(progress.failed);
    if (progress.invalid > 0)
        parts << u"%1 failed their checks"_s.arg(progress.invalid);
    if (progress.unchecked > 0)
        parts << u"%1 not checked"_s.arg(progress.unchecked);
    if (progress.perSecond > 0)
        parts << u"%1/s"_s.arg(progress.perSecond, 0, 'f', progress.perSecond < 10 ? 1 : 0);
    if (progress.remainingMs && progress.done() < progress.total)
        parts << u"%1 left"_s.arg(profile::formatMs(static_cast<double>(*progress.remainingMs)));
    if (progress.costUsd > 0)
        parts << profile::formatUsd(progress.costUsd);
    return parts.join(u" · "_s);
}

void BatchProgress::count(const BatchResult &result)
{
    ++(result.ok ? ok : failed);
    invalid += result.invalid ? 1 : 0;
    unchecked += result.unchecked ? 1 : 0;
    if (result.ok)
        return;
    BatchFailure &failure = failures[result.errorKind];
    if (failure.count++ == 0)
        failure.message = result.text.simplified().left(longestReason);
}

void BatchProgress::countCost(std::optional<double> usd, bool isUnpriced)
{
    costUsd += usd.value_or(0);
    unpriced += isUnpriced ? 1 : 0;
}

void BatchProgress::add(const BatchProgress &before)
{
    total += before.total;
    ok += before.ok;
    failed += before.failed;
    invalid += before.invalid;
    unchecked += before.unchecked;
    unjudged += before.unjudged;
    fromBefore += before.fromBefore;
    costUsd += before.costUsd;
    costBeforeUsd += before.costBeforeUsd;
    unpriced += before.unpriced;
    for (auto failure = before.failures.begin(); failure != before.failures.end(); ++failure) {
        BatchFailure &same = failures[failure.key()];
        if (same.count == 0)
            same.message = failure->message;
        same.count += failure->count;
    }
}

QStringList failuresInWords(const BatchProgress &progress)
{
    QStringList kinds = progress.failures.keys();
    std::stable_sort(kinds.begin(), kinds.end(), [&progress](const QString &one, const QString &other) {
        return progress.failures[one].count > progress.failures[other].count;
    });
    QStringList words;
    for (const QString &kind : std::as_const(kinds)) {
        const BatchFailure &failure = progress.failures[kind];
        words << u"%1 %2: %3"_s.arg(kind).arg(failure.count).arg(failure.message);
    }
    return words;
}

QList<BatchItem> BatchItems::pending(const QList<BatchPrompt> &prompts, const BatchJournal &journal,
                                     BatchProgress &progress, const std::stop_token &stop)
{
    QList<BatchItem> items;
    for (const BatchPrompt &prompt : prompts) {
        if (stop.stop_requested())
            break;
        for (qsizetype target = 0; target < m_plan.targets.size(); ++target) {
            ++progress.total;
            const QString key = keyOf(prompt, m_plan.targets[target]);
            m_places.append({ key, prompt.id });
            const auto before = journal.entries().constFind(key);
            if (before == journal.entries().cend() || !keeps(*before, journal, progress))
                items.append({ key, prompt, target });
        }
    }
    return items;
}

/// Whether the entry is the item's result; it is counted then.
bool BatchItems::keeps(const BatchJournal::Entry &entry, const BatchJournal &journal, BatchProgress &progress)
{
    BatchJournal::Entry kept = entry;
    kept.invalid = false;
    bool unjudged = false;
    if (entry.ok && !m_plan.validation.validators.isEmpty()) {
        const Outcome outcome = validate::outcomeOf(verdictsNow(journal.row(entry), &unjudged));
        kept.invalid = outcome == Outcome::Failed;
        kept.unchecked = outcome == Outcome::NotChecked;
    }
    if (m_plan.retryFailed && (!kept.ok || kept.invalid))
        return false;
    BatchResult result;
    result.ok = kept.ok;
    result.invalid = kept.invalid;
    result.unchecked = kept.unchecked;
    if (!kept.ok)
        result = resultOf(kept, journal);
    progress.count(result);
    progress.countCost(kept.costUsd, kept.unpriced);
    progress.costBeforeUsd += kept.costUsd.value_or(0);
    progress.unjudged += kept.unchecked && unjudged ? 1 : 0;
    ++progress.fromBefore;
    m_kept.append(kept);
    return true;
}

/// By this run's checks, which may be others than those it had; of a judge its verdict of then counts.
QList<profile::Verdict> BatchItems::verdictsNow(const QJsonObject &row, bool *unjudged) const
{
    const QList<llm::Validator> &validators = m_plan.validation.validators;
    QList<profile::Verdict> verdicts = validate::check(validators, row["text"_L1].toString());
    const QList<profile::Verdict> before = profile::verdictsFromJson(row["validation"_L1].toArray());
    for (const llm::Validator &validator : validators) {
        if (validator.kind != QLatin1StringView(validate::judgeId))
            continue;
        const QString title = validate::describe(validator);
        const auto said = std::find_if(before.begin(), before.end(),
                                       [&title](const auto &verdict) { return verdict.validator == title; });
        verdicts.append({ title, said == before.end() ? Outcome::NotChecked : said->outcome, {} });
        *unjudged = *unjudged || verdicts.constLast().outcome == Outcome::NotChecked;
    }
    return verdicts;
}

QString BatchItems::keyOf(const BatchPrompt &prompt, const BatchTarget &target)
{
    QJsonObject options = toJson(m_plan.options);
    options.remove("stream"_L1);
    const QJsonArray asked { target.server, target.model, prompt.system.isEmpty() ? m_plan.system : prompt.system,
                             options, prompt.text };
    const QByteArray hash =
        QCryptographicHash::hash(QJsonDocument(asked).toJson(QJsonDocument::Compact), QCryptographicHash::Sha256)
            .toHex()
            .first(32);
    return u"%1-%2"_s.arg(QLatin1StringView(hash)).arg(++m_seen[hash]);
}

run::RunRequest requestOf(const BatchItem &item, const BatchPlan &plan)
{
    const BatchTarget &target = plan.targets[item.target];
    return requestOf(item, plan, target.endpoint, target.model);
}

run::RunRequest requestOf(const BatchItem &item, const BatchPlan &plan, const llm::Endpoint &endpoint,
                          const QString &model)
{
    run::RunRequest request;
    request.endpoint = endpoint;
    request.chat.model = model;
    request.chat.options = plan.options;
    const QString system = item.prompt.system.isEmpty() ? plan.system : item.prompt.system;
    if (!system.isEmpty())
        request.chat.messages.append(llm::Message::fromText(llm::Role::System, system));
    request.chat.messages.append(llm::Message::fromText(llm::Role::User, item.prompt.text));
    request.limits = plan.limits;
    request.operation = profile::Operation::Batch;
    request.priority = run::Priority::Batch;
    request.validation = plan.validation;
    for (const QString &other : plan.validation.fallbackModels)
        request.fallbacks.append({ endpoint, other });
    return request;
}

BatchResult resultOf(const QString &key, const QString &promptId, const profile::RunRecord &record,
                     const BatchPlan &plan)
{
    const auto figure = [&record](const char *id) {
        const profile::Metric *metric = profile::metricById(id);
        return metric ? metric->compute(record) : std::nullopt;
    };
    const llm::Answer &answer = record.answer;
    const Outcome outcome = validate::outcomeOf(record.validation);
    const bool checked = record.ok() && !plan.validation.validators.isEmpty();
    return { key,
             promptId,
             record.model,
             record.ok(),
             outcome == Outcome::Failed,
             checked && outcome == Outcome::NotChecked,
             answer.error ? answer.error->message : answer.text,
             answer.error ? base::errorKindName(answer.error->kind) : QString(),
             figure("output_tokens"),
             record.costUsd,
             figure("ttft_ms"),
             figure("response_ms"),
             record.providerId };
}

BatchResult resultOf(const BatchJournal::Entry &entry, const BatchJournal &journal)
{
    const QJsonObject row = journal.row(entry);
    const QJsonObject metrics = row["metrics"_L1].toObject();
    const auto figure = [&metrics](QLatin1StringView id) {
        const QJsonValue value = metrics[id];
        return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
    };
    return { row["key"_L1].toString(),
             row["id"_L1].toString(),
             row["model"_L1].toString(),
             entry.ok,
             entry.invalid,
             entry.unchecked,
             row["error"_L1].isObject() ? row["error"_L1]["message"_L1].toString() : row["text"_L1].toString(),
             row["error"_L1]["kind"_L1].toString(),
             figure("output_tokens"_L1),
             entry.costUsd,
             figure("ttft_ms"_L1),
             figure("response_ms"_L1),
             row["provider"_L1].toString() };
}

QJsonObject rowOf(const QString &key, const BatchPrompt &prompt, const profile::RunRecord &record)
{
    const llm::Answer &answer = record.answer;
    return { { u"key"_s, key },
             { u"id"_s, prompt.id },
             { u"prompt"_s, orNull(prompt.text) },
             { u"provider"_s, record.providerId },
             { u"model"_s, record.model },
             { u"ok"_s, record.ok() },
             { u"text"_s, answer.text },
             { u"reasoning"_s, orNull(answer.reasoning) },
             { u"refusal"_s, orNull(answer.refusal) },
             { u"tool_calls"_s, answer.toolCalls.isEmpty() ? QJsonValue() : toJson(answer.toolCalls) },
             { u"finish_reason"_s,
               answer.finishReason ? QJsonValue(llm::finishReasonName(*answer.finishReason)) : QJsonValue() },
             { u"usage"_s, answer.usage ? QJsonValue(toJson(*answer.usage)) : QJsonValue() },
             { u"cost_usd"_s, record.costUsd ? QJsonValue(*record.costUsd) : QJsonValue() },
             { u"metrics"_s, profile::metricsJson(record) },
             { u"validation"_s, record.validation.isEmpty() ? QJsonValue() : toJson(record.validation) },
             { u"decision"_s, record.decision.isEmpty() ? QJsonValue() : record.decision },
             { u"cached"_s, record.cached },
             { u"attempts"_s, record.attempts() },
             { u"error"_s, answer.error ? QJsonValue(llm::toJson(*answer.error)) : QJsonValue() },
             { u"run_id"_s, record.id },
             { u"started_ms"_s, record.startedWallMs } };
}

} // namespace talkbench::bench
