#include "app/commands/watch.h"

#include "core/base/whenready.h"
#include "core/config/settings.h"
#include "core/cost/budget.h"
#include "core/run/runservice.h"

#include <QDateTime>

namespace talkbench::app {

namespace {

QList<profile::AlertRule> rulesOf(const config::Settings &settings)
{
    return profile::alertRulesFromJson(QJsonObject::fromVariantMap(settings.value("monitor/alerts").toMap()));
}

} // namespace

Watch::Watch(const base::Clock &clock, const config::Settings &settings, run::RunService &runs, store::Store &store,
             const QString &dataDir, QObject *parent)
    : QObject(parent), m_clock(clock), m_calls(clock), m_resources(clock), m_alerts(rulesOf(settings)), m_day(today()),
      m_reports(settings, dataDir, [this] {
          m_activity.setResources(m_resources.sample());
          return profile::reportSinceStart(m_activity, m_calls);
      })
{
    connect(&runs, &run::RunService::recorded, this, &Watch::add);
    connect(&runs, &run::RunService::stateChanged, this, [this](const run::EngineState &state) {
        m_activity.inFlight = state.inFlight;
        if (std::exchange(m_activity.queued, state.queued) != state.queued)
            m_calls.setQueued(state.queued);
    });
    readToday(store);
    connect(&m_timer, &QTimer::timeout, this, &Watch::look);
    m_timer.start(everyMs);
}

QDate Watch::today() const
{
    return QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()).date();
}

/// What was spent before: the store answers in order, so that no call from now on is in it.
void Watch::readToday(store::Store &store)
{
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_clock.wallMs()));
    base::whenReady(this, store.spending({ {}, starts.dayMs, starts.monthMs }), [this](const auto &spending) {
        if (!spending)
            return;
        for (const auto &row : *spending)
            m_todayUsd += row.dayUsd;
    });
}

void Watch::add(const profile::RunRecord &record)
{
    m_calls.add(record);
    const QDate now = today();
    if (std::exchange(m_day, now) != now)
        m_todayUsd = 0;
    if (QDateTime::fromMSecsSinceEpoch(record.startedWallMs).date() == now)
        m_todayUsd += record.cached ? 0 : record.costUsd.value_or(0);
}

void Watch::look()
{
    m_activity.setResources(m_resources.sample());
    profile::SignalValues values = profile::signalValues(m_activity, m_calls);
    values.insert(QStringLiteral("cost_today_usd"), m_day == today() ? m_todayUsd : 0);
    const auto events = m_alerts.evaluate(values, m_clock.nowNs());
    for (const profile::AlertEvent &event : events)
        Q_EMIT changed(event);
}

} // namespace talkbench::app
