#include "core/profile/alerts.h"

#include "core/profile/format.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::profile {

namespace {

using Compare = AlertRule::Compare;
using Severity = AlertRule::Severity;

constexpr double clearShare = 0.1;
constexpr int longestHoldSeconds = 24 * 3600;

#define TITLE(text) QT_TRANSLATE_NOOP("AlertSignal", text)

constexpr std::array signalTable {
    AlertSignal { "resident_mb", TITLE("Memory of the app"), "MB" },
    AlertSignal { "pss_mb", TITLE("Memory of the app, shared parts by their share"), "MB" },
    AlertSignal { "cpu_percent", TITLE("CPU of the app, of one core"), "%" },
    AlertSignal { "threads", TITLE("Threads of the app"), "" },
    AlertSignal { "sockets", TITLE("Open sockets"), "" },
    AlertSignal { "stall_ms", TITLE("Stall of the window"), "ms" },
    AlertSignal { "queued", TITLE("Calls waiting"), "" },
    AlertSignal { "in_flight", TITLE("Calls in flight"), "" },
    AlertSignal { "error_rate", TITLE("Failed calls of the last hour"), "%" },
    AlertSignal { "retry_rate", TITLE("Retries of the last hour"), "%" },
    AlertSignal { "ttft_p95_ms", TITLE("Time to first token of the last hour, p95"), "ms" },
    AlertSignal { "response_p95_ms", TITLE("Response time of the last hour, p95"), "ms" },
    AlertSignal { "cost_today_usd", TITLE("Cost of today"), "USD" },
};

#undef TITLE

constexpr std::array<const char *, 2> compareNames { "above", "below" };
constexpr std::array<const char *, 3> severityNames { "info", "warning", "error" };

template <typename Enum, std::size_t count>
Enum enumOf(const QJsonValue &value, const std::array<const char *, count> &names, Enum otherwise)
{
    for (std::size_t i = 0; i < count; ++i) {
        if (value.toString() == QLatin1StringView(names[i]))
            return static_cast<Enum>(i);
    }
    return otherwise;
}

AlertRule ruleFrom(const QJsonObject &object, AlertRule rule)
{
    if (alertSignalById(object[u"signal"_s].toString()))
        rule.signal = object[u"signal"_s].toString();
    rule.compare = enumOf(object[u"compare"_s], compareNames, rule.compare);
    rule.severity = enumOf(object[u"severity"_s], severityNames, rule.severity);
    if (const double threshold = object[u"threshold"_s].toDouble(-1); std::isfinite(threshold) && threshold >= 0)
        rule.threshold = threshold;
    if (const int hold = object[u"hold_s"_s].toInt(-1); hold >= 0 && hold <= longestHoldSeconds)
        rule.holdSeconds = hold;
    rule.enabled = object[u"enabled"_s].toBool(rule.enabled);
    return rule;
}

bool crosses(const AlertRule &rule, double value)
{
    return rule.compare == Compare::Above ? value > rule.threshold : value < rule.threshold;
}

/// Far enough on the right side to be over.
bool isClear(const AlertRule &rule, std::optional<double> value)
{
    if (!value)
        return true;
    return rule.compare == Compare::Above ? *value <= rule.threshold * (1 - clearShare)
                                          : *value >= rule.threshold * (1 + clearShare);
}

QString words(const AlertRule &rule, std::optional<double> value, bool raised)
{
    const AlertSignal *row = alertSignalById(rule.signal);
    const QString title = QString::fromUtf8(row->title);
    const QString now = value ? formatFigure(*value, row->unit) : u"unknown"_s;
    if (!raised)
        return u"%1: %2, all right again."_s.arg(title, now);
    QString text = u"%1: %2, %3 %4"_s.arg(title, now, rule.compare == Compare::Above ? u"above"_s : u"below"_s,
                                          formatFigure(rule.threshold, row->unit));
    if (rule.holdSeconds > 0)
        text += u" for %1"_s.arg(formatMs(rule.holdSeconds * 1000.0));
    return text + u'.';
}

} // namespace

std::span<const AlertSignal> alertSignals()
{
    return signalTable;
}

const AlertSignal *alertSignalById(const QString &id)
{
    const auto found = std::find_if(signalTable.begin(), signalTable.end(),
                                    [&](const AlertSignal &row) { return id == QLatin1StringView(row.id); });
    return found == signalTable.end() ? nullptr : &*found;
}

QList<AlertRule> defaultAlertRules()
{
    return {
        { u"memory"_s, u"resident_mb"_s, Compare::Above, 500, 30, Severity::Warning, true },
        { u"cpu"_s, u"cpu_percent"_s, Compare::Above, 90, 60, Severity::Warning, true },
        { u"stall"_s, u"stall_ms"_s, Compare::Above, 500, 0, Severity::Info, false },
        { u"queue"_s, u"queued"_s, Compare::Above, 100, 30, Severity::Warning, true },
        { u"errors"_s, u"error_rate"_s, Compare::Above, 20, 0, Severity::Error, true },
        { u"ttft"_s, u"ttft_p95_ms"_s, Compare::Above, 10'000, 60, Severity::Warning, false },
        { u"cost"_s, u"cost_today_usd"_s, Compare::Above, 10, 0, Severity::Warning, true },
    };
}

QJsonObject toJson(const QList<AlertRule> &rules)
{
    QJsonObject object;
    for (const AlertRule &rule : rules) {
        object[rule.id] = QJsonObject {
            { u"signal"_s, rule.signal },
            { u"compare"_s, QLatin1StringView(compareNames.at(static_cast<std::size_t>(rule.compare))) },
            { u"threshold"_s, rule.threshold },
            { u"hold_s"_s, rule.holdSeconds },
            { u"severity"_s, QLatin1StringView(severityNames.at(static_cast<std::size_t>(rule.severity))) },
            { u"enabled"_s, rule.enabled },
        };
    }
    return object;
}

QList<AlertRule> alertRulesFromJson(const QJsonObject &object)
{
    QList<AlertRule> rules = defaultAlertRules();
    QSet<QString> known;
    for (AlertRule &rule : rules) {
        known.insert(rule.id);
        rule = ruleFrom(object[rule.id].toObject(), rule);
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (known.contains(it.key()))
            continue;
        const AlertRule own = ruleFrom(it.value().toObject(), AlertRule { .id = it.key(), .signal = {} });
        if (!own.signal.isEmpty())
            rules.append(own);
    }
    return rules;
}

AlertEvaluator::AlertEvaluator(const QList<AlertRule> &rules) : m_rules(rules)
{
}

void AlertEvaluator::setRules(const QList<AlertRule> &rules)
{
    std::map<QString, State> kept;
    for (const AlertRule &rule : rules) {
        const auto state = m_states.find(rule.id);
        if (m_rules.contains(rule) && state != m_states.end())
            kept.insert(*state);
    }
    m_rules = rules;
    m_states = std::move(kept);
}

bool AlertEvaluator::isRaised(const QString &ruleId) const
{
    const auto state = m_states.find(ruleId);
    return state != m_states.end() && state->second.raised;
}

QList<AlertEvent> AlertEvaluator::evaluate(const SignalValues &values, qint64 nowNs)
{
    QList<AlertEvent> events;
    for (const AlertRule &rule : std::as_const(m_rules)) {
        if (!rule.enabled || !alertSignalById(rule.signal))
            continue;
        const auto found = values.constFind(rule.signal);
        const auto value = found != values.cend() && std::isfinite(*found) ? std::optional(*found) : std::nullopt;
        State &state = m_states[rule.id];
        const bool otherwise = state.raised ? isClear(rule, value) : value && crosses(rule, *value);
        if (!otherwise) {
            state.sinceNs.reset();
            continue;
        }
        if (!state.sinceNs)
            state.sinceNs = nowNs;
        if (nowNs - *state.sinceNs < rule.holdSeconds * qint64(1'000'000'000))
            continue;
        state = { !state.raised, {} };
        events.append({ rule.id, state.raised, rule.severity, words(rule, value, state.raised) });
    }
    return events;
}

} // namespace talkbench::profile
