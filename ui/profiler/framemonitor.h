#pragma once

#include <QObject>
#include <QTimer>

#include <optional>

namespace talkbench::base {
class Clock;
}

namespace talkbench::ui {

/// How long the GUI thread was away from its event loop: a timer of one frame, and how late it fires. Runs only while it
/// is told to.
class FrameMonitor final : public QObject {
    Q_OBJECT

public:
    static constexpr int frameMs = 16;

    explicit FrameMonitor(const base::Clock &clock, QObject *parent = nullptr);

    void setActive(bool active);
    bool isActive() const { return m_timer.isActive(); }
    /// The longest absence since the last call, in milliseconds; nothing if it has not measured.
    std::optional<double> takeWorstMs();

private:
    void tick();

    const base::Clock &m_clock;
    QTimer m_timer;
    qint64 m_lastNs = 0;
    std::optional<double> m_worstMs;
};

} // namespace talkbench::ui
