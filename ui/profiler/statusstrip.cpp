#include "ui/profiler/statusstrip.h"

#include "core/profile/format.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString todayText(const Spending &spending)
{
    if (spending.unpricedCalls == 0)
        return StatusStrip::tr("today %1").arg(profile::formatUsd(spending.usd));
    if (spending.usd > 0)
        return StatusStrip::tr("today ≥ %1").arg(profile::formatUsd(spending.usd));
    return StatusStrip::tr("today: price unknown");
}

QString requestRate(double perS)
{
    return perS == 0 ? u"0"_s : QString::number(perS, 'f', perS < 0.1 ? 2 : 1);
}

} // namespace

StatusStrip::StatusStrip(ActivityMonitor &monitor, QWidget *parent)
    : QWidget(parent), m_monitor(monitor), m_label(new ElidedLabel(this))
{
    setObjectName(u"statusStrip"_s);
    m_label->setObjectName(u"statusText"_s);
    m_label->setForegroundRole(QPalette::PlaceholderText);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(grid::unit, 0, grid::unit, 0);
    layout->addWidget(m_label, 1);
    connect(&monitor, &ActivityMonitor::sampled, this, &StatusStrip::refresh);
    connect(&monitor, &ActivityMonitor::spendingChanged, this, &StatusStrip::refresh);
    refresh();
}

QString StatusStrip::text() const
{
    return m_label->text();
}

void StatusStrip::refresh()
{
    const ActivitySample &sample = m_monitor.sample();
    const bool busy = sample.inFlight > 0;
    if (busy && !m_busy)
        m_worstMs = 0;
    m_busy = busy;
    m_measured = m_measured || sample.stallMs;
    m_worstMs = std::max(m_worstMs, sample.stallMs.value_or(0));
    QStringList parts { tr("%1 req/s").arg(requestRate(sample.requestsPerS)) };
    if (sample.cacheHitRate)
        parts << tr("cache %1 %").arg(QString::number(*sample.cacheHitRate, 'f', 0));
    parts << todayText(m_monitor.spending());
    if (sample.residentMb)
        parts << tr("app %1").arg(profile::formatMegabytes(*sample.residentMb));
    if (m_measured)
        parts << tr("worst frame %1").arg(profile::formatMs(m_worstMs));
    const QString text = parts.join(u" · "_s);
    if (text == m_label->text())
        return;
    m_label->setText(text);
    m_label->setAccessibleName(text);
    // A narrow window shows its beginning only.
    const int unpriced = m_monitor.spending().unpricedCalls;
    m_label->setToolTip(unpriced == 0 ? text
                            : unpriced == 1
                            ? tr("%1\n1 call of today has no known price and is not in the sum.").arg(text)
                            : tr("%1\n%2 calls of today have no known price and are not in the sum.")
                                  .arg(text, QString::number(unpriced)));
}

} // namespace talkbench::ui
