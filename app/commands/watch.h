#pragma once

#include "app/reportwriter.h"
#include "core/profile/activity.h"
#include "core/store/store.h"

#include <QDate>
#include <QTimer>

namespace talkbench::run {
class RunService;
}

namespace talkbench::app {

/// What the window does over itself, over a command that may run for hours: the periodic report, and the alerts of the settings.
class Watch final : public QObject {
    Q_OBJECT

public:
    /// Between two looks.
    static constexpr int everyMs = 5000;

    Watch(const base::Clock &clock, const config::Settings &settings, run::RunService &runs, store::Store &store,
          const QString &dataDir, QObject *parent = nullptr);

    /// Holds the alerts against what is now.
    void look();

Q_SIGNALS:
    void changed(const talkbench::profile::AlertEvent &event);

private:
    void add(const profile::RunRecord &record);
    void readToday(store::Store &store);
    QDate today() const;

    const base::Clock &m_clock;
    profile::Monitor m_calls;
    profile::ResourceSampler m_resources;
    profile::Activity m_activity;
    profile::AlertEvaluator m_alerts;
    QDate m_day;
    double m_todayUsd = 0; ///< of m_day
    QTimer m_timer;
    ReportWriter m_reports; ///< first to go: it writes the last one
};

} // namespace talkbench::app
