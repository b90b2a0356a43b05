#pragma once

#include "core/profile/alerts.h"
#include "ui/appcontext.h"

#include <QObject>

namespace talkbench::ui {

class ActivityMonitor;
struct ActivitySample;

/// Holds the alert rules of the settings against what the monitor samples, and writes into the log what begins and ends.
class AlertWatch final : public QObject {
    Q_OBJECT

public:
    /// Between two looks, at least.
    static constexpr qint64 everyNs = 5'000'000'000;

    AlertWatch(AppContext &context, const ActivityMonitor &monitor, QObject *parent = nullptr);

Q_SIGNALS:
    void changed(const talkbench::profile::AlertEvent &event);

private:
    void loadRules();
    void look(const ActivitySample &sample);
    profile::SignalValues values(const ActivitySample &sample) const;
    void say(const profile::AlertEvent &event);

    const config::Settings &m_settings;
    const ActivityMonitor &m_monitor;
    profile::AlertEvaluator m_alerts;
    std::optional<qint64> m_lastNs;
    double m_worstStallMs = 0; ///< since the last look
};

} // namespace talkbench::ui
