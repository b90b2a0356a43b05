#pragma once

#include "core/profile/report.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <functional>

namespace talkbench::config {
class Settings;
}

namespace talkbench::app {

/// Writes a report into report.log of the data folder every `monitor/report_s` seconds, and into the log category
/// talkbench.monitor. Nothing where no call has ended since the last one. The disk is left to a thread of its own. A file
/// that has grown to `largestBytes` becomes report.log.1, in place of the one before.
class ReportWriter final : public QObject {
    Q_OBJECT

public:
    static constexpr qint64 largestBytes = 1 << 20;

    using Source = std::function<profile::Report()>;

    ReportWriter(const config::Settings &settings, const QString &dir, Source source, QObject *parent = nullptr);
    ~ReportWriter() override; ///< writes the last one, and waits until it is there

    void write();
    /// Until what was given to the thread is written.
    void wait();

private:
    void schedule();

    const config::Settings &m_settings;
    QString m_path;
    Source m_source;
    QTimer m_timer;
    QThreadPool m_disk;
    quint64 m_calls = 0; ///< of the last report
};

} // namespace talkbench::app
