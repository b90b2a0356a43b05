#pragma once

#include "core/profile/runrecord.h"
#include "core/select/handoverwords.h"
#include "ui/profiler/elsewhere.h"

#include <QDockWidget>
#include <QTimer>

#include <vector>

class QLabel;
class QVBoxLayout;

namespace talkbench::ui {

class ActivityMonitor;
class GapStrip;
class LiveChart;
class NumbersLine;
class Waterfall;
struct ActivitySample;
struct ChartRow;

/// The live charts of the chart table, and the last call's phases below them.
class ProfilerDock final : public QDockWidget {
    Q_OBJECT

public:
    explicit ProfilerDock(ActivityMonitor &monitor, QWidget *parent = nullptr);

    LiveChart *chart(QLatin1StringView id) const;
    void setElsewhere(const ElsewhereOf &elsewhereOf);
    void setProviderNames(const select::ProviderNames &nameOf);

Q_SIGNALS:
    void closeRequested();

private:
    struct Feed {
        const ChartRow *row;
        LiveChart *chart;
    };

    QWidget *titleBar();
    QWidget *chartsPanel();
    QWidget *lastCallPanel();
    void addChart(QVBoxLayout *layout, const ChartRow &row);
    void addCall(const profile::RunRecord &record);
    void replaceCalls(const QList<profile::RunRecord> &records);
    void countCall(const profile::RunRecord &record);
    void feedCall(const Feed &feed, const profile::RunRecord &record);
    void addSample(const ActivitySample &sample);
    void scheduleLastCall();
    void showLastCall();

    ActivityMonitor &m_monitor;
    std::vector<Feed> m_feeds;
    int m_calls = 0;
    double m_totalUsd = 0;
    QTimer m_refresh;
    QLabel *m_lastTitle = nullptr;
    Waterfall *m_waterfall = nullptr;
    GapStrip *m_gaps = nullptr;
    NumbersLine *m_numbers = nullptr;
};

} // namespace talkbench::ui
