#include "ui/profiler/framemonitor.h"

#include "core/base/clock.h"

#include <algorithm>
#include <utility>

namespace talkbench::ui {

FrameMonitor::FrameMonitor(const base::Clock &clock, QObject *parent) : QObject(parent), m_clock(clock)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(frameMs);
    connect(&m_timer, &QTimer::timeout, this, &FrameMonitor::tick);
}

void FrameMonitor::setActive(bool active)
{
    if (active == m_timer.isActive())
        return;
    m_lastNs = m_clock.nowNs();
    if (active)
        m_timer.start();
    else
        m_timer.stop();
}

void FrameMonitor::tick()
{
    const qint64 now = m_clock.nowNs();
    const double awayMs = std::max(0.0, static_cast<double>(now - m_lastNs) / 1e6 - frameMs);
    m_worstMs = std::max(m_worstMs.value_or(0), awayMs);
    m_lastNs = now;
}

std::optional<double> FrameMonitor::takeWorstMs()
{
    return std::exchange(m_worstMs, std::nullopt);
}

} // namespace talkbench::ui
