#include "ui/profiler/alertwatch.h"

#include "core/base/logging.h"
#include "core/config/settings.h"
#include "core/profile/metrictable.h"
#include "core/profile/monitor.h"
#include "ui/profiler/activitymonitor.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr auto rulesKey = "monitor/alerts";

void insert(profile::SignalValues &values, const QString &id, std::optional<double> value)
{
    if (value)
        values.insert(id, *value);
}

std::optional<double> p95(const profile::Tally &tally, QByteArrayView metricId)
{
    const profile::Metric *metric = profile::metricById(metricId);
    const auto found = metric ? tally.figures(*metric) : profile::Figures();
    return found.count > 0 && found.p95.missing == 0 ? std::optional(found.p95.value) : std::nullopt;
}

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
    profile::SignalValues values;
    insert(values, u"resident_mb"_s, sample.residentMb);
    insert(values, u"pss_mb"_s, sample.proportionalMb);
    insert(values, u"cpu_percent"_s, sample.cpuPercent);
    insert(values, u"threads"_s, sample.threads);
    insert(values, u"sockets"_s, sample.sockets);
    values.insert(u"stall_ms"_s, m_worstStallMs);
    values.insert(u"queued"_s, sample.queued);
    values.insert(u"in_flight"_s, sample.inFlight);
    values.insert(u"cost_today_usd"_s, m_monitor.spending().usd);
    const profile::Tally hour = m_monitor.calls().tally(profile::Window::Hour);
    const profile::Counts &counts = hour.counts();
    if (counts.ok + counts.failed >= callsForRate)
        insert(values, u"error_rate"_s, counts.errorRate());
    if (counts.sent >= callsForRate)
        insert(values, u"retry_rate"_s, counts.retryRate());
    insert(values, u"ttft_p95_ms"_s, p95(hour, "ttft_ms"));
    insert(values, u"response_p95_ms"_s, p95(hour, "response_ms"));
    return values;
}

void AlertWatch::say(const profile::AlertEvent &event)
{
    qCWarning(base::logMonitor, "%s: %s", event.raised ? "alert" : "over", qUtf8Printable(event.text));
    Q_EMIT changed(event);
}

} // namespace talkbench::ui
