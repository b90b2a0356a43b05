#pragma once

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QMetaType>
#include <QString>

#include <map>
#include <optional>
#include <span>

namespace talkbench::profile {

/// Something that a rule can watch.
struct AlertSignal {
    const char *id; ///< "resident_mb"
    const char *title; ///< as a rule's words begin: "Memory of the app"
    const char *unit; ///< as of the metric table; "MB" beside
};

std::span<const AlertSignal> alertSignals();
const AlertSignal *alertSignalById(const QString &id);

/// What the signals are now, by id. One that is missing is unknown.
using SignalValues = QHash<QString, double>;

struct AlertRule {
    enum class Compare { Above, Below };
    enum class Severity { Info, Warning, Error };

    QString id;
    QString signal; ///< of alertSignals()
    Compare compare = Compare::Above;
    double threshold = 0; ///< in the signal's unit
    int holdSeconds = 0; ///< for how long, before it is said
    Severity severity = Severity::Warning;
    bool enabled = true;

    bool operator==(const AlertRule &) const = default;
};

QList<AlertRule> defaultAlertRules();
/// By id: {"memory": {"signal", "compare": "above", "threshold", "hold_s", "severity": "warning", "enabled"}, …}.
QJsonObject toJson(const QList<AlertRule> &rules);
/// The default rules with what `object` says of them, and its own. What is missing, or can't be, stays as it was; a rule of
/// its own that can't be is left out.
QList<AlertRule> alertRulesFromJson(const QJsonObject &object);

struct AlertEvent {
    QString ruleId;
    bool raised = true; ///< false: it is over
    AlertRule::Severity severity = AlertRule::Severity::Warning;
    QString text; ///< "Memory of the app: 612 MB, above 500 MB for 30 s."
};

/// Says when a rule begins to hold and when it is over. It is over when the signal has been a tenth of the threshold on the
/// right side, or unknown, for as long as it took to be said: a value that hovers about its threshold says nothing twice.
class AlertEvaluator {
public:
    explicit AlertEvaluator(const QList<AlertRule> &rules = defaultAlertRules());

    /// What is raised and no longer a rule, or changed, is forgotten without a word.
    void setRules(const QList<AlertRule> &rules);
    const QList<AlertRule> &rules() const { return m_rules; }
    QList<AlertEvent> evaluate(const SignalValues &values, qint64 nowNs);
    bool isRaised(const QString &ruleId) const;

private:
    struct State {
        bool raised = false;
        /// Since when the signal speaks for the other state.
        std::optional<qint64> sinceNs;
    };

    QList<AlertRule> m_rules;
    std::map<QString, State> m_states;
};

} // namespace talkbench::profile

Q_DECLARE_METATYPE(talkbench::profile::AlertEvent)
