#include "core/run/engine.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

namespace {

/// Updates of one frame travel together: 60 a second are all that a screen can show.
constexpr qint64 frameMs = 16;

} // namespace

Engine::Engine(const base::Clock &clock, std::unique_ptr<Scheduler> scheduler, cost::PriceBook prices)
    : m_clock(clock), m_scheduler(std::move(scheduler)), m_prices(std::move(prices)), m_retry(RetryPolicy()),
      m_cache(clock, *m_scheduler)
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
    }
    for (auto &[id, call] : m_calls) // which may end others
        call->cancel();
    m_dirty.clear();
    m_wakeTimer.reset();
    m_calls.clear();
    m_errands.clear();
    m_transport.reset();
    m_cache.setStorage({}); // its sockets belong to this thread
    return records;
}

void Engine::start(const QString &id, const RunRequest &request, qint64 submittedNs)
{
    const Call::Services services { m_clock,    *m_scheduler, m_retry,
                                    m_refusals, m_prices,     m_cache,
                                    m_flights,  m_counter,    m_admission.limits().maxWaitMs };
    Call &call = *(m_calls[id] = std::make_unique<Call>(id, m_started++, request, submittedNs, services));
    connect(&call, &Call::changed, this, [this, &call](bool atOnce) { onChanged(call, atOnce); });
    connect(&call, &Call::begun, this, &Engine::begun);
    connect(&call, &Call::ended, this, [this, &call](const profile::RunRecord &record) { onEnded(call, record); });
    connect(&call, &Call::done, this, [this, &call] { onDone(call); });
    connect(&call, &Call::wantsTurn, this, [this, &call] {
        m_admission.enqueue(call.ticket());
        pump();
    });
    connect(&call, &Call::hurried, this, [this, &call] {
        m_admission.hurry(call.id(), call.ticket().priority);
        pump();
    });
    connect(&call, &Call::gaveTurnBack, this, [this, &call] {
        m_admission.leave(call.id(), call.tokensUsed());
        pump();
    });
    call.begin();
}

void Engine::cancel(const QString &id)
{
    if (const auto call = m_calls.find(id); call != m_calls.end())
        call->second->cancel();
}

void Engine::cancelWaiting()
{
    QStringList waiting;
    for (const auto &[id, call] : m_calls) {
        if (call->isWaitingToRetry() || m_admission.isQueued(id))
            waiting.append(id);
    }
    for (const QString &id : std::as_const(waiting))
        cancel(id);
}

void Engine::withdraw(const QString &id)
{
    if (const auto call = m_calls.find(id); call != m_calls.end() && call->second->isUnsent())
        call->second->cancel();
}

void Engine::retryNow(const QString &id)
{
    if (const auto call = m_calls.find(id); call != m_calls.end())
        call->second->retryNow();
}

void Engine::lookUp(const RunRequest &request, const std::function<void(bool)> &then)
{
    if (Validating::mayAskAgain(request.validation)) {
        then(false);
        return;
    }
    const auto encoded = m_refusals.encode(request.chat, request.endpoint);
    const CachePlan plan = encoded ? m_cache.planFor(request, encoded->unsent) : CachePlan();
    if (plan.mayRead)
        m_cache.find(plan, this, [then](const ResponseCache::Found &found) { then(found.has_value()); });
    else
        then(false);
}

void Engine::send(std::unique_ptr<Errand> errand)
{
    connect(errand.get(), &Errand::changed, this, &Engine::pump, Qt::QueuedConnection);
    m_errands.push_back(std::move(errand));
    m_errands.back()->begin();
    pump();
}

void Engine::setLimits(const Limits &limits)
{
    m_admission.setLimits(limits);
    pump();
}

void Engine::setRetryPolicy(const RetryPolicy &policy)
{
    m_retry = Retry(policy);
}

void Engine::setPrices(const cost::PriceBook &prices)
{
    m_prices = prices;
}

/// Dispatches whatever may go now, and tells the rest where they stand.
void Engine::pump()
{
    std::erase_if(m_errands, [](const auto &errand) { return errand->done(); });
    for (const auto &errand : m_errands)
        errand->advance(*m_transport);
    const auto hasFreeConnection = [this](const QUrl &url) { return m_transport->hasFreeConnection(url); };
    while (const auto id = m_admission.admitNext(m_clock.nowNs(), hasFreeConnection))
        m_calls.at(*id)->takeTurn(*m_transport);
    tellWaits();
    reportState();
}

void Engine::tellWaits()
{
    const auto hasFreeConnection = [this](const QUrl &url) { return m_transport->hasFreeConnection(url); };
    qint64 nextNs = 0;
    m_shownQueue.clear();
    const auto waits = m_admission.waits(m_clock.nowNs(), hasFreeConnection);
    for (const auto &[id, wait] : waits) {
        Call &call = *m_calls.at(id);
        call.setWait(wait);
        if (m_shownQueue.size() < EngineState::mostShown)
            m_shownQueue.append(call.openCall());
        if (wait.untilNs != 0 && (nextNs == 0 || wait.untilNs < nextNs))
            nextNs = wait.untilNs;
    }
    wakeAt(nextNs);
}

void Engine::wakeAt(qint64 ns)
{
    if (ns == m_wakeNs)
        return;
    m_wakeNs = ns;
    m_wakeTimer.reset();
    if (ns == 0)
        return;
    m_wakeTimer = std::make_unique<QObject>();
    const qint64 ms = (ns - m_clock.nowNs() + 999'999) / 1'000'000;
    m_scheduler->after(std::max<qint64>(ms, 0), m_wakeTimer.get(), [this] {
        m_wakeTimer.release()->deleteLater(); // its own call is running
        m_wakeNs = 0;
        pump();
    });
}

void Engine::onChanged(Call &call, bool atOnce)
{
    if (atOnce) {
        m_dirty.removeOne(&call);
        Q_EMIT updated({ { call.id(), call.takeUpdate() } });
        reportState();
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
    reportState();
}

void Engine::onEnded(Call &call, const profile::RunRecord &record)
{
    m_dirty.removeOne(&call);
    Q_EMIT updated({ { call.id(), call.takeUpdate() } });
    Q_EMIT ended(record);
}

void Engine::onDone(Call &call)
{
    m_dirty.removeOne(&call); // one without an owner says no more that it has ended
    m_admission.leave(call.id(), call.tokensUsed());
    const auto ended = m_calls.find(call.id());
    ended->second.release()->deleteLater(); // it is the sender
    m_calls.erase(ended);
    pump();
}

template <typename Which>
QList<OpenCall> Engine::openCalls(const Which &which) const
{
    QList<const Call *> calls;
    for (const auto &[id, call] : m_calls) {
        if (which(*call))
            calls.append(call.get());
    }
    std::sort(calls.begin(), calls.end(), [](const Call *a, const Call *b) { return a->order() < b->order(); });
    QList<OpenCall> shown;
    for (const Call *call : std::as_const(calls).first(std::min<qsizetype>(calls.size(), EngineState::mostShown)))
        shown.append(call->openCall());
    return shown;
}

void Engine::reportState()
{
    EngineState state { m_admission.queued(), m_admission.inFlight(), m_shownQueue,
                        openCalls([this](const Call &call) { return m_admission.isInFlight(call.id()); }),
                        openCalls([](const Call &call) { return call.hasJoined(); }) };
    for (const auto &[id, call] : m_calls) {
        if (!call->isWaitingToRetry())
            continue;
        ++state.queued;
        if (state.queue.size() < EngineState::mostShown)
            state.queue.append(call->openCall());
    }
    if (state == m_reported)
        return;
    m_reported = state;
    Q_EMIT stateChanged(state);
}

} // namespace talkbench::run
