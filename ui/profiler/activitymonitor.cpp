#include "ui/profiler/activitymonitor.h"

#include "core/cost/tokenestimate.h"
#include "core/store/store.h"
#include "ui/appcontext.h"
#include "ui/whenready.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace talkbench::ui {

namespace {

constexpr qint64 secondNs = 1'000'000'000;
/// A rate over less would leap.
constexpr double minuteSeconds = 60;

void forgetBefore(auto &arrivals, qint64 ns)
{
    while (!arrivals.empty() && arrivals.front().ns < ns)
        arrivals.pop_front();
}

} // namespace

ActivityMonitor::ActivityMonitor(AppContext &context, QObject *parent)
    : QObject(parent), m_clock(context.clock), m_start { context.clock.nowNs(), context.clock.wallMs() },
      m_calls(context.clock), m_resources(context.clock), m_frames(context.clock)
{
    m_timer.setInterval(idleMs);
    connect(&m_timer, &QTimer::timeout, this, &ActivityMonitor::take);
    connect(&context.runs, &run::RunService::stateChanged, this, &ActivityMonitor::setState);
    connect(&context.runs, &run::RunService::streamed, this, &ActivityMonitor::addArrivals);
    connect(&context.runs, &run::RunService::recorded, this, &ActivityMonitor::record);
    readPast(context.store);
    connect(&context.store, &store::Store::runsRewritten, this, [this, &context] { reload(context.store); });
    m_timer.start();
    QTimer::singleShot(0, this, &ActivityMonitor::take);
}

double ActivityMonitor::seconds() const
{
    return static_cast<double>(m_clock.nowNs() - m_start.ns) / 1e9;
}

/// What ends from now on adds to it, what had ended before is in the store's answer.
void ActivityMonitor::readPast(store::Store &store)
{
    m_spending = { .day = today(m_clock) };
    readPastCalls(this, store, m_clock, m_start, [this, number = ++m_pasts](const PastCalls &past) {
        if (number != m_pasts)
            return;
        m_calls.mergeEarlier(past.earlier);
        if (m_spending.day == past.today.day) {
            m_spending.usd += past.today.usd;
            m_spending.unpricedCalls += past.today.unpricedCalls;
        }
        Q_EMIT spendingChanged();
    });
}

void ActivityMonitor::reload(store::Store &store)
{
    m_reloading = true;
    m_meanwhile.clear();
    whenReady(this, store.runs(0, {}, m_start.wallMs),
              [this, &store, number = ++m_reloads](const base::Result<QList<profile::RunRecord>> &runs) {
                  if (number != m_reloads)
                      return;
                  m_reloading = false;
                  const QList<profile::RunRecord> meanwhile = std::exchange(m_meanwhile, {});
                  if (!runs)
                      return;
                  replaceCalls(*runs + meanwhile);
                  readPast(store);
              });
}

/// Monotonic; of a call that nobody timed, when it began.
qint64 ActivityMonitor::endOf(const profile::RunRecord &record) const
{
    return record.trace.endNs != 0 ? record.trace.endNs
                                   : m_start.ns + (record.startedWallMs - m_start.wallMs) * 1'000'000;
}

void ActivityMonitor::replaceCalls(QList<profile::RunRecord> records)
{
    std::stable_sort(records.begin(), records.end(),
                     [this](const profile::RunRecord &a, const profile::RunRecord &b) { return endOf(a) < endOf(b); });
    QList<std::pair<qint64, profile::RunRecord>> ended;
    for (const profile::RunRecord &record : std::as_const(records)) {
        ended.append({ endOf(record), record });
        if (record.id == m_lastCall.record().id && !isLastCallLive())
            m_lastCall = LiveCall(record);
    }
    m_calls.replace(ended);
    Q_EMIT callsRewritten(records);
    Q_EMIT lastCallChanged();
}

Spending ActivityMonitor::spending() const
{
    const QDate day = today(m_clock);
    return m_spending.day == day ? m_spending : Spending { .day = day };
}

void ActivityMonitor::addArrivals(const run::RunUpdate &update)
{
    const qint64 tokens = cost::estimateStreamed(update.text + update.reasoning, update.chunks.size());
    const double each = static_cast<double>(tokens) / static_cast<double>(update.chunks.size());
    for (const profile::ChunkStamp &chunk : update.chunks)
        m_arrivals.push_back({ chunk.ns, each });
    forgetBefore(m_arrivals, m_clock.nowNs() - secondNs);
}

void ActivityMonitor::callUpdated(const QString &key, const run::RunUpdate &update)
{
    const qint64 submitted = update.trace.submittedNs;
    m_live.insert(key, submitted);
    if (key != m_lastKey) {
        // Of several calls at once the newest is the one to show.
        if (m_live.contains(m_lastKey) && submitted < m_lastSubmittedNs)
            return;
        m_lastKey = key;
        m_lastSubmittedNs = submitted;
        m_lastCall = {};
    }
    m_lastCall.apply(update);
    Q_EMIT lastCallChanged();
}

void ActivityMonitor::setState(const run::EngineState &state)
{
    const bool sameCounts = state.queued == m_state.queued && state.inFlight == m_state.inFlight;
    const bool onlyPlaces = sameCounts && !(state == m_state);
    m_state = state;
    if (onlyPlaces) // as often as a call gets on: too often to measure
        return;
    m_sample.queued = state.queued;
    m_calls.setQueued(state.queued);
    m_sample.inFlight = state.inFlight;
    m_frames.setActive(state.inFlight > 0);
    take();
}

void ActivityMonitor::record(const profile::RunRecord &record)
{
    m_calls.add(record);
    m_spending = spending();
    m_spending.add(record);
    if (m_reloading)
        m_meanwhile.append(record);
    const QString key = m_live.contains(record.messageId) ? record.messageId : record.id;
    m_live.remove(key);
    if (m_lastKey.isEmpty() || key == m_lastKey || !m_live.contains(m_lastKey)) {
        m_lastKey = key;
        m_lastCall = LiveCall(record);
        Q_EMIT lastCallChanged();
    }
    Q_EMIT callEnded(record);
    Q_EMIT spendingChanged();
}

double ActivityMonitor::tokensPerS()
{
    forgetBefore(m_arrivals, m_clock.nowNs() - secondNs);
    return std::accumulate(m_arrivals.begin(), m_arrivals.end(), 0.0,
                           [](double sum, const Arrival &arrival) { return sum + arrival.tokens; });
}

void ActivityMonitor::take()
{
    const bool busy = m_sample.inFlight > 0;
    const profile::ResourceSample used = m_resources.sample();
    m_sample.seconds = seconds();
    const double minute = std::max(m_calls.seconds(profile::Window::Minute), minuteSeconds);
    m_sample.requestsPerS = static_cast<double>(m_calls.counts(profile::Window::Minute).ok) / minute;
    m_sample.cacheHitRate = m_calls.counts(profile::Window::Start).cacheHitRate();
    // Told down to nothing: the line ends there, and begins there again.
    const bool told = busy || m_sample.tokensPerS.value_or(0) > 0;
    m_sample.tokensPerS = told ? std::optional(tokensPerS()) : std::nullopt;
    if (const int interval = told ? busyMs : idleMs; m_timer.interval() != interval)
        m_timer.setInterval(interval);
    m_sample.setResources(used);
    m_sample.stallMs = m_frames.takeWorstMs();
    Q_EMIT sampled(m_sample);
}

} // namespace talkbench::ui
