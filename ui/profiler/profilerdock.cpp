#include "ui/profiler/profilerdock.h"

#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/charttable.h"
#include "ui/profiler/gapstrip.h"
#include "ui/profiler/numbersline.h"
#include "ui/profiler/waterfall.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int refreshMs = 100;

QFont demiBold(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

ProfilerDock::ProfilerDock(ActivityMonitor &monitor, QWidget *parent)
    : QDockWidget(tr("Profiler"), parent), m_monitor(monitor)
{
    setObjectName(u"profilerDock"_s);
    setAccessibleName(tr("Profiler"));
    setAllowedAreas(Qt::LeftDockWidgetArea | Qt::RightDockWidgetArea);
    auto *panel = new QWidget(this);
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(chartsPanel(), 1);
    layout->addWidget(lastCallPanel());
    setWidget(panel);
    setTitleBarWidget(titleBar());
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(refreshMs);
    connect(&m_refresh, &QTimer::timeout, this, &ProfilerDock::showLastCall);
    connect(&monitor, &ActivityMonitor::callEnded, this, &ProfilerDock::addCall);
    connect(&monitor, &ActivityMonitor::callsRewritten, this, &ProfilerDock::replaceCalls);
    connect(&monitor, &ActivityMonitor::sampled, this, &ProfilerDock::addSample);
    connect(&monitor, &ActivityMonitor::lastCallChanged, this, &ProfilerDock::scheduleLastCall);
    connect(this, &QDockWidget::visibilityChanged, this, &ProfilerDock::scheduleLastCall);
    showLastCall();
}

QWidget *ProfilerDock::titleBar()
{
    auto *bar = new QWidget(this);
    auto *title = new QLabel(windowTitle(), bar);
    title->setFont(demiBold(title->font()));
    auto *close = iconButton(u"closeProfiler"_s, u"close"_s, tr("Hide the profiler (Ctrl+Shift+B)"), bar);
    close->setAccessibleName(tr("Hide the profiler"));
    connect(close, &QToolButton::clicked, this, &ProfilerDock::closeRequested);
    auto *line = new QHBoxLayout(bar);
    line->setContentsMargins(grid::wide, grid::half, grid::half, 0);
    line->addWidget(title, 1);
    line->addWidget(close);
    return bar;
}

QWidget *ProfilerDock::chartsPanel()
{
    auto *charts = new QWidget;
    auto *layout = new QVBoxLayout(charts);
    layout->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::unit);
    layout->setSpacing(grid::half);
    for (const ChartRow &row : chartTable())
        addChart(layout, row);
    layout->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setObjectName(u"profilerCharts"_s);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // The charts within take the focus.
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(charts);
    scroll->setMinimumWidth(grid::gap * 17);
    return scroll;
}

void ProfilerDock::addChart(QVBoxLayout *layout, const ChartRow &row)
{
    const ChartSpec spec = specOf(row);
    auto *header = new Disclosure(u"section_"_s + spec.id, spec.title, this);
    header->setFont(demiBold(header->font()));
    header->setChecked(row.open);
    header->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    header->setAccessibleName(tr("Show or hide %1").arg(spec.title));
    auto *chart = new LiveChart(spec);
    chart->setTitleVisible(false);
    chart->setRefreshDelay(LiveChart::refreshMs + 2 * FrameMonitor::frameMs * static_cast<int>(m_feeds.size()));
    layout->addWidget(header);
    layout->addWidget(chart);
    connect(header, &QToolButton::toggled, chart, &QWidget::setVisible);
    chart->setVisible(row.open);
    m_feeds.push_back({ &row, chart });
}

QWidget *ProfilerDock::lastCallPanel()
{
    auto *panel = new QWidget(this);
    panel->setObjectName(u"lastCall"_s);
    m_lastTitle = new ElidedLabel(panel);
    m_lastTitle->setFont(demiBold(m_lastTitle->font()));
    m_waterfall = new Waterfall(panel);
    m_gaps = new GapStrip(panel);
    m_numbers = new NumbersLine(panel);
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(grid::wide, grid::unit, grid::wide, grid::wide);
    layout->setSpacing(grid::half);
    auto *line = new QFrame(panel);
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    layout->addWidget(line);
    layout->addWidget(m_lastTitle);
    layout->addWidget(m_waterfall);
    layout->addWidget(m_gaps);
    layout->addWidget(m_numbers);
    return new GrowingArea(panel, this);
}

void ProfilerDock::setElsewhere(const ElsewhereOf &elsewhereOf)
{
    m_numbers->setElsewhere(elsewhereOf);
}

void ProfilerDock::setProviderNames(const select::ProviderNames &nameOf)
{
    m_numbers->setProviderNames(nameOf);
}

LiveChart *ProfilerDock::chart(QLatin1StringView id) const
{
    const auto found = std::find_if(m_feeds.begin(), m_feeds.end(),
                                    [id](const Feed &feed) { return QLatin1StringView(feed.row->id) == id; });
    return found == m_feeds.end() ? nullptr : found->chart;
}

void ProfilerDock::addCall(const profile::RunRecord &record)
{
    countCall(record);
    for (const Feed &feed : m_feeds)
        feedCall(feed, record);
}

/// Charts over time show no costs, which are all that may have changed.
void ProfilerDock::replaceCalls(const QList<profile::RunRecord> &records)
{
    m_calls = 0;
    m_totalUsd = 0;
    const auto isOfCalls = [](const Feed &feed) { return feed.row->x == ChartSpec::XAxis::Calls; };
    for (const Feed &feed : m_feeds) {
        if (isOfCalls(feed))
            feed.chart->clear();
    }
    for (const profile::RunRecord &record : records) {
        countCall(record);
        for (const Feed &feed : m_feeds) {
            if (isOfCalls(feed))
                feedCall(feed, record);
        }
    }
}

void ProfilerDock::countCall(const profile::RunRecord &record)
{
    ++m_calls;
    m_totalUsd += record.cached ? 0 : record.costUsd.value_or(0);
}

void ProfilerDock::feedCall(const Feed &feed, const profile::RunRecord &record)
{
    const EndedCall call { record, m_totalUsd };
    const double x = feed.row->x == ChartSpec::XAxis::Calls ? m_calls : m_monitor.seconds();
    for (std::size_t i = 0; i < feed.row->series.size(); ++i) {
        const SeriesRow &series = feed.row->series[i];
        if (const auto value = series.ofCall ? series.ofCall(call) : std::nullopt)
            feed.chart->append(static_cast<int>(i), x, *value);
    }
}

void ProfilerDock::addSample(const ActivitySample &sample)
{
    for (const Feed &feed : m_feeds) {
        for (std::size_t i = 0; i < feed.row->series.size(); ++i) {
            const SeriesRow &series = feed.row->series[i];
            if (const auto value = series.ofSample ? series.ofSample(sample) : std::nullopt)
                feed.chart->append(static_cast<int>(i), sample.seconds, *value);
        }
    }
}

void ProfilerDock::scheduleLastCall()
{
    if (!m_refresh.isActive() && m_waterfall->isVisible())
        m_refresh.start();
}

void ProfilerDock::showLastCall()
{
    const profile::RunRecord &record = m_monitor.lastCall();
    const bool live = m_monitor.isLastCallLive();
    const bool none = record.trace.submittedNs == 0;
    if (none)
        m_lastTitle->setText(tr("Last call: none yet"));
    else
        m_lastTitle->setText(live ? tr("This call") : tr("Last call · %1").arg(record.model));
    m_lastTitle->setToolTip(m_lastTitle->text().toHtmlEscaped());
    if (live)
        m_waterfall->setLive(record.trace, m_monitor.nowNs());
    else
        m_waterfall->setRecord(record);
    m_gaps->setChunks(record.cached ? QList<profile::ChunkStamp>() : record.trace.chunks);
    m_gaps->setVisible(!m_gaps->isEmpty());
    m_numbers->setVisible(!none && !live);
    if (!none && !live)
        m_numbers->setRecord(record);
    if (live)
        scheduleLastCall();
}

} // namespace talkbench::ui
