#pragma once

#include <QWidget>

class QLabel;

namespace talkbench::ui {

class ActivityMonitor;

/// For the status bar: requests a second, today's cost, the app's memory, the worst frame of the stream.
class StatusStrip final : public QWidget {
    Q_OBJECT

public:
    explicit StatusStrip(ActivityMonitor &monitor, QWidget *parent = nullptr);

    QString text() const;

private:
    void refresh();

    ActivityMonitor &m_monitor;
    QLabel *m_label;
    /// Since the calls now in flight began, or of those that were last.
    double m_worstMs = 0;
    bool m_measured = false;
    bool m_busy = false;
};

} // namespace talkbench::ui
