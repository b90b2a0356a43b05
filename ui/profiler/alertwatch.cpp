#include "ui/profiler/alertwatch.h"

#include "core/base/logging.h"
#include "core/config/settings.h"
#include "core/profile/activity.h"
#include "ui/profiler/activitymonitor.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr auto rulesKey = "monitor/alerts";

} // namespace

AlertWatch::AlertWatch(AppContext &context, const ActivityMonitor &monitor, QObject *parent)
    : QObject(parent), m_settings(context.settings), m_monitor(monitor)
{
    loadRules();
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == QLatin1StringView(rulesKey))
            loadRules();
    });
    connect(&monitor, &ActivityMonitor::sampled, this, &AlertWatch::look);
}

void AlertWatch::loadRules()
{
    m_alerts.setRules(profile::alertRulesFromJson(QJsonObject::fromVariantMap(m_settings.value(rulesKey).toMap())));
}

void AlertWatch::look(const ActivitySample &sample)
{
    m_worstStallMs = std::max(m_worstStallMs, sample.stallMs.value_or(0));
    const qint64 now = m_monitor.nowNs();
    if (m_lastNs && now - *m_lastNs < everyNs)
        return;
    m_lastNs = now;
    const auto events = m_alerts.evaluate(values(sample), now);
    m_worstStallMs = 0;
    for (const profile::AlertEvent &event : events)
        say(event);
}

profile::SignalValues AlertWatch::values(const ActivitySample &sample) const
{
    profile::SignalValues values = profile::signalValues(sample, m_monitor.calls());
    values.insert(u"stall_ms"_s, m_worstStallMs);
    values.insert(u"cost_today_usd"_s, m_monitor.spending().usd);
    return values;
}

void AlertWatch::say(const profile::AlertEvent &event)
{
    qCWarning(base::logMonitor, "%s: %s", event.raised ? "alert" : "over", qUtf8Printable(event.text));
    Q_EMIT changed(event);
}

} // namespace talkbench::ui
