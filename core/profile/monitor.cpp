#include "core/profile/monitor.h"

#include "core/profile/operation.h"

#include <algorithm>

namespace talkbench::profile {

namespace {

bool covers(const Series &wanted, const Series &series)
{
    return (wanted.providerId.isEmpty() || wanted.providerId == series.providerId)
        && (wanted.model.isEmpty() || wanted.model == series.model)
        && (!wanted.operation || wanted.operation == series.operation);
}

} // namespace

Monitor::Monitor(const base::Clock &clock)
    : m_clock(clock), m_startNs(clock.nowNs()), m_knownSinceNs(m_startNs), m_queued(m_startNs)
{
}

void Monitor::add(const RunRecord &record, qint64 endNs)
{
    const QList<RunRecord> calls = callsOf(record);
    for (const RunRecord &call : calls)
        addCall(call, endNs);
}

void Monitor::replace(const QList<std::pair<qint64, RunRecord>> &ended)
{
    m_series.clear();
    m_knownSinceNs = m_startNs;
    for (const auto &[endNs, record] : ended)
        add(record, endNs);
}

void Monitor::setQueued(int calls)
{
    m_queued.set(calls, m_clock.nowNs());
}

void Monitor::addEarlier(const RunRecord &record, qint64 endNs)
{
    m_knownSinceNs = std::min(m_knownSinceNs, endNs);
    const QList<RunRecord> calls = callsOf(record);
    for (const RunRecord &call : calls)
        addToWindows(m_series[{ call.providerId, call.model, call.operation }], Sample(call), endNs);
}

void Monitor::mergeEarlier(const Monitor &other)
{
    m_knownSinceNs = std::min(m_knownSinceNs, other.m_knownSinceNs);
    for (const auto &[series, theirs] : other.m_series) {
        History &history = m_series[series];
        for (std::size_t i = 0; i < windowSteps.size(); ++i) {
            for (const Slot &slot : theirs.windows[i])
                tallyAt(history.windows[i], slot.index).merge(slot.tally);
        }
        forgetOld(history);
    }
}

void Monitor::addCall(const RunRecord &call, qint64 endNs)
{
    const Sample sample(call);
    History &history = m_series[{ call.providerId, call.model, call.operation }];
    history.all.add(sample);
    addToWindows(history, sample, endNs);
}

void Monitor::addToWindows(History &history, const Sample &sample, qint64 endNs)
{
    for (std::size_t i = 0; i < windowSteps.size(); ++i)
        tallyAt(history.windows[i], windowSteps[i].indexOf(endNs)).add(sample);
    forgetOld(history);
}

/// As a rule it is the last one.
Tally &Monitor::tallyAt(Slots &ring, qint64 index)
{
    auto at = std::lower_bound(ring.begin(), ring.end(), index,
                               [](const Slot &slot, qint64 wanted) { return slot.index < wanted; });
    if (at == ring.end() || at->index != index)
        at = ring.insert(at, { index, {} });
    return at->tally;
}

void Monitor::forgetOld(History &history)
{
    const qint64 now = m_clock.nowNs();
    for (std::size_t i = 0; i < windowSteps.size(); ++i) {
        Slots &ring = history.windows[i];
        while (!ring.empty() && ring.front().index < windowSteps[i].firstIndex(now))
            ring.pop_front();
    }
}

QList<Series> Monitor::series() const
{
    QList<Series> all;
    for (const auto &[series, history] : m_series)
        all.append(series);
    return all;
}

void Monitor::visit(Window window, const Series &series, const auto &use) const
{
    for (const auto &[key, history] : m_series) {
        if (!covers(series, key))
            continue;
        if (window == Window::Start) {
            use(history.all);
            continue;
        }
        const std::size_t row = rowOf(window);
        const qint64 first = windowSteps[row].firstIndex(m_clock.nowNs());
        for (const Slot &slot : history.windows[row]) {
            if (slot.index >= first)
                use(slot.tally);
        }
    }
}

Tally Monitor::tally(Window window, const Series &series) const
{
    Tally sum;
    visit(window, series, [&sum](const Tally &part) { sum.merge(part); });
    return sum;
}

Counts Monitor::counts(Window window, const Series &series) const
{
    Counts sum;
    visit(window, series, [&sum](const Tally &part) { sum.merge(part.counts()); });
    return sum;
}

double Monitor::seconds(Window window) const
{
    const qint64 now = m_clock.nowNs();
    qint64 from = m_startNs;
    if (window != Window::Start) {
        const Steps &row = windowSteps[rowOf(window)];
        from = std::max(m_knownSinceNs, row.firstIndex(now) * row.widthNs);
    }
    return static_cast<double>(now - from) / static_cast<double>(secondNs);
}

} // namespace talkbench::profile
