#include "core/run/engine.h"

#include <utility>

namespace talkbench::run {

namespace {

/// Updates of one frame travel together: 60 a second are all that a screen can show.
constexpr qint64 frameMs = 16;

} // namespace

Engine::Engine(const base::Clock &clock, std::unique_ptr<Scheduler> scheduler, cost::PriceBook prices)
    : m_clock(clock), m_scheduler(std::move(scheduler)), m_prices(std::move(prices)), m_retry(RetryPolicy())
{
}

Engine::~Engine() = default;

void Engine::open(const TransportFactory &transport)
{
    m_transport = transport();
    connect(m_transport.get(), &net::HttpTransport::connectionFreed, this, &Engine::pump);
}

QList<profile::RunRecord> Engine::close()
{
    QList<profile::RunRecord> records;
    m_transport->disconnect(this);
    for (auto &[id, call] : m_calls) {
        call->disconnect(this);
        connect(call.get(), &Call::ended, this,
                [&records](const profile::RunRecord &record) { records.append(record); });
        call->cancel();
    }
    m_dirty.clear();
    m_calls.clear();
    m_queries.clear();
    m_transport.reset();
    return records;
}

void Engine::start(const QString &id, const RunRequest &request, qint64 submittedNs)
{
    const Call::Services services { m_clock, *m_scheduler, m_retry, m_prices };
    Call &call = *(m_calls[id] = std::make_unique<Call>(id, m_started++, request, submittedNs, services));
    connect(&call, &Call::changed, this, [this, &call](bool atOnce) { onChanged(call, atOnce); });
    connect(&call, &Call::ended, this, [this, &call](const profile::RunRecord &record) { onEnded(call, record); });
    connect(&call, &Call::wantsTurn, this, [this, &call] {
        m_admission.enqueue({ call.id(), call.order(), call.endpoint().providerId, call.endpoint().baseUrl });
        pump();
    });
    connect(&call, &Call::gaveTurnBack, this, [this, &call] {
        m_admission.leave(call.id());
        pump();
    });
    call.begin();
}

void Engine::cancel(const QString &id)
{
    if (const auto call = m_calls.find(id); call != m_calls.end())
        call->second->cancel();
}

void Engine::retryNow(const QString &id)
{
    if (const auto call = m_calls.find(id); call != m_calls.end())
        call->second->retryNow();
}

void Engine::listModels(const llm::Endpoint &endpoint, const std::shared_ptr<ModelPromise> &promise)
{
    m_queries.push_back(std::make_unique<ModelQuery>(endpoint, promise));
    connect(m_queries.back().get(), &ModelQuery::finished, this, &Engine::pump, Qt::QueuedConnection);
    pump();
}

void Engine::setConcurrency(const ConcurrencyLimits &limits)
{
    m_admission.setLimits(limits);
    pump();
}

void Engine::setRetryPolicy(const RetryPolicy &policy)
{
    m_retry = Retry(policy);
}

/// Dispatches whatever may go now, and tells the rest where they stand.
void Engine::pump()
{
    std::erase_if(m_queries, [](const auto &query) { return query->done(); });
    for (const auto &query : m_queries) {
        if (!query->started() && m_transport->hasFreeConnection(query->url()))
            query->start(*m_transport);
    }
    const auto hasFreeConnection = [this](const QUrl &url) { return m_transport->hasFreeConnection(url); };
    while (const auto id = m_admission.admitNext(hasFreeConnection))
        m_calls.at(*id)->takeTurn(*m_transport);
    int position = 0;
    for (const Ticket &ticket : m_admission.queue())
        m_calls.at(ticket.id)->setQueuePosition(position++);
    reportState();
}

void Engine::onChanged(Call &call, bool atOnce)
{
    if (atOnce) {
        m_dirty.removeOne(&call);
        Q_EMIT updated({ { call.id(), call.takeUpdate() } });
        return;
    }
    if (!m_dirty.contains(&call))
        m_dirty.append(&call);
    if (!std::exchange(m_frameScheduled, true))
        m_scheduler->after(frameMs, this, [this] { flushFrame(); });
}

void Engine::flushFrame()
{
    m_frameScheduled = false;
    Updates updates;
    for (Call *call : std::exchange(m_dirty, {}))
        updates.append({ call->id(), call->takeUpdate() });
    if (!updates.isEmpty())
        Q_EMIT updated(updates);
}

void Engine::onEnded(Call &call, const profile::RunRecord &record)
{
    m_dirty.removeOne(&call);
    Q_EMIT updated({ { call.id(), call.takeUpdate() } });
    Q_EMIT ended(record);
    m_admission.leave(call.id());
    const auto ended = m_calls.find(call.id());
    ended->second.release()->deleteLater(); // it is the sender
    m_calls.erase(ended);
    pump();
}

void Engine::reportState()
{
    int waiting = static_cast<int>(m_admission.queue().size());
    for (const auto &[id, call] : m_calls)
        waiting += call->isWaitingToRetry() ? 1 : 0;
    const EngineState state { waiting, m_admission.inFlight() };
    if (state == m_reported)
        return;
    m_reported = state;
    Q_EMIT stateChanged(state);
}

} // namespace talkbench::run
