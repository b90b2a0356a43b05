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
    if (progress.perSecond > 0)
        parts << u"%1/s"_s.arg(progress.perSecond, 0, 'f', progress.perSecond < 10 ? 1 : 0);
    if (progress.remainingMs && progress.done() < progress.total)
        parts << u"%1 left"_s.arg(profile::formatMs(static_cast<double>(*progress.remainingMs)));
    if (progress.costUsd > 0)
        parts << profile::formatUsd(progress.costUsd);
    return parts.join(u" · "_s);
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
    const bool invalid = entry.ok && failsNow(entry, journal);
    if (m_plan.retryFailed && (!entry.ok || invalid))
        return false;
    ++(entry.ok ? progress.ok : progress.failed);
    ++progress.fromBefore;
    progress.invalid += invalid ? 1 : 0;
    progress.costUsd += entry.costUsd.value_or(0);
    progress.costBeforeUsd += entry.costUsd.value_or(0);
    progress.unpriced += entry.costUsd ? 0 : 1;
    m_kept.append(entry);
    m_kept.last().invalid = invalid;
    return true;
}

/// By this run's checks, which may be others than those it had; of a judge its verdict of then counts.
bool BatchItems::failsNow(const BatchJournal::Entry &entry, const BatchJournal &journal) const
{
    const QList<llm::Validator> &validators = m_plan.validation.validators;
    if (validators.isEmpty())
        return false;
    const bool judged = std::any_of(validators.begin(), validators.end(), [](const llm::Validator &row) {
        return row.kind == QLatin1StringView(validate::judgeId);
    });
    if (judged && entry.invalid)
        return true;
    const QString text = journal.row(entry)["text"_L1].toString();
    return validate::outcomeOf(validate::check(validators, text)) == profile::Verdict::Outcome::Failed;
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

BatchResult resultOf(const QString &key, const QString &promptId, const profile::RunRecord &record)
{
    const auto figure = [&record](const char *id) {
        const profile::Metric *metric = profile::metricById(id);
        return metric ? metric->compute(record) : std::nullopt;
    };
    const llm::Answer &answer = record.answer;
    return { key,
             promptId,
             record.model,
             record.ok(),
             validate::outcomeOf(record.validation) == profile::Verdict::Outcome::Failed,
             answer.error ? answer.error->message : answer.text,
             figure("output_tokens"),
             record.costUsd,
             figure("ttft_ms"),
             figure("response_ms") };
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
             row["error"_L1].isObject() ? row["error"_L1]["message"_L1].toString() : row["text"_L1].toString(),
             figure("output_tokens"_L1),
             entry.costUsd,
             figure("ttft_ms"_L1),
             figure("response_ms"_L1) };
}

QJsonObject rowOf(const QString &key, const QString &promptId, const profile::RunRecord &record)
{
    const llm::Answer &answer = record.answer;
    return { { u"key"_s, key },
             { u"id"_s, promptId },
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
