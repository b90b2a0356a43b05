#include "core/bench/batchrunner.h"

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

} // namespace

BatchRunner::BatchRunner(run::RunService &runs, const base::Clock &clock, BatchJournal &journal, const BatchPlan &plan,
                         QObject *parent)
    : QObject(parent), m_service(runs), m_clock(clock), m_journal(journal), m_plan(plan), m_items(plan),
      m_id(QUuid::createUuid().toString(QUuid::WithoutBraces))
{
}

BatchRunner::~BatchRunner() = default;

void BatchRunner::add(const QList<BatchPrompt> &prompts)
{
    m_waiting += m_items.pending(prompts, m_journal, m_progress);
    pump();
}

void BatchRunner::add(const QList<BatchItem> &items, const BatchProgress &before)
{
    m_progress.total += before.total;
    m_progress.ok += before.ok;
    m_progress.failed += before.failed;
    m_progress.fromBefore += before.fromBefore;
    m_waiting += items;
    pump();
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

void BatchRunner::begin(const BatchItem &item)
{
    run::RunRequest request = requestOf(item, m_plan);
    request.conversationId = m_id;
    auto run = m_service.start(request);
    connect(run.get(), &run::Run::finished, this,
            [this, item](const profile::RunRecord &record) { onFinished(item, record); });
    m_runs[item.key] = std::move(run);
}

void BatchRunner::onFinished(const BatchItem &item, const profile::RunRecord &record)
{
    m_runs.at(item.key).release()->deleteLater(); // it is the sender
    m_runs.erase(item.key);
    if (!record.cancelled())
        keep(item, record);
    pump();
}

void BatchRunner::keep(const BatchItem &item, const profile::RunRecord &record)
{
    if (const auto kept = m_journal.append(rowOf(item.key, item.prompt.id, record)); !kept) {
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
    const BatchResult result = resultOf(item.prompt.id, record);
    m_progress.invalid += result.invalid ? 1 : 0;
    Q_EMIT resulted(result);
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
