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

Monitor::Monitor(const base::Clock &clock) : m_clock(clock), m_startNs(clock.nowNs()), m_queued(m_startNs)
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
    for (const auto &[endNs, record] : ended)
        add(record, endNs);
}

void Monitor::setQueued(int calls)
{
    m_queued.set(calls, m_clock.nowNs());
}

void Monitor::addCall(const RunRecord &call, qint64 endNs)
{
    const Sample sample(call);
    History &history = m_series[{ call.providerId, call.model, call.operation }];
    history.all.add(sample);
    for (std::size_t i = 0; i < windowSteps.size(); ++i) {
        Slots &ring = history.windows[i];
        const qint64 index = windowSteps[i].indexOf(endNs);
        if (ring.empty() || ring.back().index != index)
            ring.push_back({ index, {} });
        while (ring.front().index < windowSteps[i].firstIndex(endNs))
            ring.pop_front();
        ring.back().tally.add(sample);
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
        from = std::max(from, row.firstIndex(now) * row.widthNs);
    }
    return static_cast<double>(now - from) / static_cast<double>(secondNs);
}

} // namespace talkbench::profile
