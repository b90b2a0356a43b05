#include "core/profile/levelseries.h"

#include <algorithm>

namespace talkbench::profile {

LevelSeries::LevelSeries(qint64 startNs) : m_nowNs(startNs)
{
}

void LevelSeries::set(double level, qint64 nowNs)
{
    advance(nowNs);
    m_level = level;
    advance(nowNs); // however short it is, it was so long
}

/// The level has been the same until now.
void LevelSeries::advance(qint64 nowNs)
{
    const qint64 fromNs = m_nowNs;
    m_nowNs = std::max(nowNs, m_nowNs);
    const auto add = [this](Slot &slot, qint64 ns) {
        slot.levelNs += m_level * static_cast<double>(ns);
        slot.ns += ns;
        slot.max = std::max(slot.max, m_level);
    };
    add(m_all, m_nowNs - fromNs);
    for (std::size_t row = 0; row < windowSteps.size(); ++row) {
        const Steps &steps = windowSteps[row];
        auto &slots = m_windows[row];
        const qint64 first = steps.firstIndex(m_nowNs);
        while (!slots.empty() && slots.front().index < first)
            slots.pop_front();
        for (qint64 index = std::max(steps.indexOf(fromNs), first); index <= steps.indexOf(m_nowNs); ++index) {
            if (slots.empty() || slots.back().index != index)
                slots.push_back({ index });
            const qint64 beginNs = std::max(fromNs, index * steps.widthNs);
            add(slots.back(), std::min(m_nowNs, (index + 1) * steps.widthNs) - beginNs);
        }
    }
}

LevelSeries::Figures LevelSeries::figures(Window window, qint64 nowNs) const
{
    LevelSeries until = *this;
    until.advance(nowNs);
    Slot sum {};
    if (window == Window::Start)
        sum = until.m_all;
    else
        for (const Slot &slot : until.m_windows[rowOf(window)]) {
            sum.levelNs += slot.levelNs;
            sum.ns += slot.ns;
            sum.max = std::max(sum.max, slot.max);
        }
    return { sum.ns > 0 ? sum.levelNs / static_cast<double>(sum.ns) : until.m_level, sum.max };
}

} // namespace talkbench::profile
