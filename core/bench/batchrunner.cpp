#include "core/bench/batchrunner.h"

#include "core/profile/format.h"
#include "core/profile/metrictable.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QUuid>

#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

/// Results that the rate is taken from.
constexpr qsizetype recent = 200;

/// No other prompt would fare better.
bool isHopeless(base::ErrorKind kind)
{
    using enum base::ErrorKind;
    return kind == Auth || kind == Forbidden || kind == Quota || kind == Config || kind == Dns || kind == Refused
        || kind == Tls || kind == Proxy || kind == Redirect || kind == NotJson || kind == NotFound;
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

QJsonObject rowOf(const profile::RunRecord &record)
{
    const llm::Answer &answer = record.answer;
    return { { u"provider"_s, record.providerId },
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
             { u"attempts"_s, record.attempts() },
             { u"error"_s, answer.error ? QJsonValue(llm::toJson(*answer.error)) : QJsonValue() },
             { u"run_id"_s, record.id },
             { u"started_ms"_s, record.startedWallMs } };
}

} // namespace

QString progressLine(const BatchProgress &progress)
{
    QStringList parts { u"%1 of %2"_s.arg(progress.done()).arg(progress.total) };
    if (progress.inFlight > 0)
        parts << u"%1 in flight"_s.arg(progress.inFlight);
    if (progress.failed > 0)
        parts << u"%1 failed"_s.arg(progress.failed);
    if (progress.perSecond > 0)
        parts << u"%1/s"_s.arg(progress.perSecond, 0, 'f', progress.perSecond < 10 ? 1 : 0);
    if (progress.remainingMs && progress.done() < progress.total)
        parts << u"%1 left"_s.arg(profile::formatMs(static_cast<double>(*progress.remainingMs)));
    if (progress.costUsd > 0)
        parts << profile::formatUsd(progress.costUsd);
    return parts.join(u" · "_s);
}

BatchRunner::BatchRunner(run::RunService &runs, const base::Clock &clock, BatchJournal &journal, const BatchPlan &plan,
                         QObject *parent)
    : QObject(parent), m_service(runs), m_clock(clock), m_journal(journal), m_plan(plan),
      m_id(QUuid::createUuid().toString(QUuid::WithoutBraces))
{
}

BatchRunner::~BatchRunner() = default;

void BatchRunner::add(const QList<BatchPrompt> &prompts)
{
    for (const BatchPrompt &prompt : prompts) {
        for (qsizetype target = 0; target < m_plan.targets.size(); ++target) {
            ++m_progress.total;
            const QString key = keyOf(prompt, m_plan.targets[target]);
            const auto before = m_journal.entries().constFind(key);
            if (before != m_journal.entries().cend() && (before->ok || !m_plan.retryFailed)) {
                ++(before->ok ? m_progress.ok : m_progress.failed);
                ++m_progress.fromBefore;
                continue;
            }
            m_waiting.append({ key, prompt, target });
        }
    }
    pump();
}

/// What is asked of whom; the same a second time is another.
QString BatchRunner::keyOf(const BatchPrompt &prompt, const BatchTarget &target)
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

void BatchRunner::endInput()
{
    m_inputEnded = true;
    finishIfDone();
}

void BatchRunner::pause()
{
    m_paused = true;
}

void BatchRunner::resume()
{
    m_paused = false;
    m_recentNs.clear(); // the pause is no part of the rate
    pump();
}

void BatchRunner::stop()
{
    m_stopped = true;
    finishIfDone();
}

void BatchRunner::cancel()
{
    for (const auto &[key, run] : m_runs)
        run->cancel();
    stop();
}

void BatchRunner::pump()
{
    while (!m_paused && !m_stopped && m_next < m_waiting.size() && static_cast<int>(m_runs.size()) < m_plan.concurrency)
        begin(std::exchange(m_waiting[m_next++], {}));
    if (m_next == m_waiting.size())
        std::exchange(m_waiting, {}), m_next = 0;
    m_progress.inFlight = static_cast<qsizetype>(m_runs.size());
    Q_EMIT progressed(m_progress);
    finishIfDone();
}

void BatchRunner::begin(const Item &item)
{
    run::RunRequest request;
    request.operation = profile::Operation::Batch;
    request.endpoint = m_plan.targets[item.target].endpoint;
    request.chat.model = m_plan.targets[item.target].model;
    request.chat.options = m_plan.options;
    const QString system = item.prompt.system.isEmpty() ? m_plan.system : item.prompt.system;
    if (!system.isEmpty())
        request.chat.messages.append(llm::Message::fromText(llm::Role::System, system));
    request.chat.messages.append(llm::Message::fromText(llm::Role::User, item.prompt.text));
    request.limits = m_plan.limits;
    request.conversationId = m_id;
    request.priority = run::Priority::Batch;
    auto run = m_service.start(request);
    connect(run.get(), &run::Run::finished, this,
            [this, item](const profile::RunRecord &record) { onFinished(item, record); });
    m_runs[item.key] = std::move(run);
}

void BatchRunner::onFinished(const Item &item, const profile::RunRecord &record)
{
    m_runs.at(item.key).release()->deleteLater(); // it is the sender
    m_runs.erase(item.key);
    if (!record.cancelled())
        keep(item, record);
    pump();
}

BatchResult BatchRunner::resultOf(const Item &item, const profile::RunRecord &record)
{
    const auto figure = [&record](const char *id) {
        const profile::Metric *metric = profile::metricById(id);
        return metric ? metric->compute(record) : std::nullopt;
    };
    const llm::Answer &answer = record.answer;
    return {
        item.prompt.id,          record.model,   record.ok(),       answer.error ? answer.error->message : answer.text,
        figure("output_tokens"), record.costUsd, figure("ttft_ms"), figure("response_ms")
    };
}

void BatchRunner::keep(const Item &item, const profile::RunRecord &record)
{
    QJsonObject row = rowOf(record);
    row.insert("key"_L1, item.key);
    row.insert("id"_L1, item.prompt.id);
    if (const auto kept = m_journal.append(row); !kept) {
        m_error = kept.error();
        cancel();
        return;
    }
    ++(record.ok() ? m_progress.ok : m_progress.failed);
    if (record.costUsd)
        m_progress.costUsd += *record.costUsd;
    else
        ++m_progress.unpriced;
    countResult();
    const bool lost = record.answer.error && isHopeless(record.answer.error->kind);
    m_failuresInARow = lost ? m_failuresInARow + 1 : 0;
    Q_EMIT resulted(resultOf(item, record));
    if (m_failuresInARow == hopeless) {
        m_error = record.answer.error;
        cancel();
    }
}

void BatchRunner::countResult()
{
    m_recentNs.append(m_clock.nowNs());
    if (m_recentNs.size() > recent)
        m_recentNs.removeFirst();
    const qint64 spanNs = m_recentNs.constLast() - m_recentNs.constFirst();
    if (spanNs <= 0)
        return;
    m_progress.perSecond = static_cast<double>(m_recentNs.size() - 1) * 1e9 / static_cast<double>(spanNs);
    const auto left = static_cast<double>(m_progress.total - m_progress.done());
    m_progress.remainingMs = qRound64(left / m_progress.perSecond * 1000);
}

void BatchRunner::finishIfDone()
{
    const bool done = m_stopped || (m_inputEnded && m_waiting.isEmpty());
    if (done && m_runs.empty() && !std::exchange(m_finished, true))
        Q_EMIT finished(m_error);
}

} // namespace talkbench::bench
