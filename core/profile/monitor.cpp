#include "core/profile/monitor.h"

#include <algorithm>

namespace talkbench::profile {

namespace {

constexpr qint64 secondNs = 1'000'000'000;
constexpr qint64 minuteNs = 60 * secondNs;

struct Steps {
    qint64 widthNs;
    qint64 count;

    qint64 indexOf(qint64 ns) const { return ns / widthNs; }
    qint64 firstIndex(qint64 nowNs) const { return indexOf(nowNs) - count + 1; }
};

/// By Window.
constexpr std::array steps { Steps { secondNs, 60 }, Steps { minuteNs, 60 }, Steps { 15 * minuteNs, 96 } };

std::size_t rowOf(Window window)
{
    return static_cast<std::size_t>(window);
}

bool covers(const Series &wanted, const Series &series)
{
    return (wanted.providerId.isEmpty() || wanted.providerId == series.providerId)
        && (wanted.model.isEmpty() || wanted.model == series.model);
}

} // namespace

Monitor::Monitor(const base::Clock &clock) : m_clock(clock), m_startNs(clock.nowNs())
{
}

void Monitor::add(const RunRecord &record)
{
    Tally one;
    one.add(record);
    History &history = m_series[{ record.providerId, record.model }];
    history.all.merge(one);
    const qint64 now = m_clock.nowNs();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        Slots &ring = history.windows[i];
        const qint64 index = steps[i].indexOf(now);
        if (ring.empty() || ring.back().index != index)
            ring.push_back({ index, {} });
        while (ring.front().index < steps[i].firstIndex(now))
            ring.pop_front();
        ring.back().tally.merge(one);
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
        const qint64 first = steps[row].firstIndex(m_clock.nowNs());
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
        const Steps &row = steps[rowOf(window)];
        from = std::max(from, row.firstIndex(now) * row.widthNs);
    }
    return static_cast<double>(now - from) / static_cast<double>(secondNs);
}

} // namespace talkbench::profile
