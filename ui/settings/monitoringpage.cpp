#include "ui/settings/monitoringpage.h"

#include "core/config/settings.h"
#include "ui/settings/formparts.h"
#include "ui/settings/ownalerts.h"
#include "ui/settings/valuespage.h"
#include "ui/theme/metrics.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr double largestThreshold = 1e9;
constexpr int longestHoldSeconds = 24 * 3600;

QString thresholdPrefix(const profile::AlertRule &rule)
{
    return rule.compare == profile::AlertRule::Compare::Above ? MonitoringPage::tr("above ")
                                                              : MonitoringPage::tr("below ");
}

bool isOwn(const profile::AlertRule &rule)
{
    const auto defaults = profile::defaultAlertRules();
    return std::none_of(defaults.begin(), defaults.end(),
                        [&rule](const profile::AlertRule &known) { return known.id == rule.id; });
}

QList<profile::AlertRule> ownOf(QList<profile::AlertRule> rules)
{
    rules.removeIf([](const profile::AlertRule &rule) { return !isOwn(rule); });
    return rules;
}

} // namespace

void showUnit(QDoubleSpinBox &threshold, const QString &signalId)
{
    const profile::AlertSignal *watched = profile::alertSignalById(signalId);
    threshold.setDecimals(QByteArrayView(watched->unit) == "USD" ? 2 : 0);
    threshold.setSuffix(*watched->unit != '\0' ? u' ' + QString::fromUtf8(watched->unit) : QString());
}

QDoubleSpinBox *thresholdBox(const profile::AlertRule &rule)
{
    auto *threshold = new QDoubleSpinBox;
    threshold->setRange(0, largestThreshold);
    threshold->setGroupSeparatorShown(true);
    showUnit(*threshold, rule.signal);
    threshold->setValue(rule.threshold);
    return threshold;
}

QSpinBox *holdBox(const profile::AlertRule &rule)
{
    auto *hold = new QSpinBox;
    hold->setRange(0, longestHoldSeconds);
    hold->setPrefix(MonitoringPage::tr("for "));
    hold->setSuffix(MonitoringPage::tr(" s"));
    hold->setSpecialValueText(MonitoringPage::tr("at once"));
    hold->setValue(rule.holdSeconds);
    return hold;
}

MonitoringPage::MonitoringPage(AppContext &context, QWidget *parent)
    : QWidget(parent), m_settings(context.settings),
      m_values(new ValuesPage(context, { "monitor/report_s", "monitor/notify" }, this))
{
    auto *title = new ToneLabel(u"alertsHint"_s, ToneLabel::Tone::Muted, this);
    title->setText(
        tr("Alerts appear above the page and in the log. An alert is over when its figure has been on the other side "
           "of the threshold, by a tenth of it, for the same time."));
    title->setWordWrap(true);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(grid::gap);
    grid->setVerticalSpacing(grid::unit);
    grid->setColumnStretch(0, 1);
    m_kept = profile::alertRulesFromJson(QJsonObject::fromVariantMap(m_settings.value("monitor/alerts").toMap()));
    for (const profile::AlertRule &rule : std::as_const(m_kept)) {
        if (!isOwn(rule))
            addRule(grid, rule);
    }
    m_own = new OwnAlerts(ownOf(m_kept), this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(m_values);
    column->addWidget(title);
    column->addLayout(grid);
    column->addWidget(m_own);
    column->addStretch();
}

void MonitoringPage::addRule(QGridLayout *grid, const profile::AlertRule &rule)
{
    const profile::AlertSignal *watched = profile::alertSignalById(rule.signal);
    const QString title = QCoreApplication::translate("AlertSignal", watched->title);
    auto *enabled = new QCheckBox(title, this);
    enabled->setObjectName(u"alertEnabled_"_s + rule.id);
    enabled->setAccessibleName(title);
    enabled->setChecked(rule.enabled);
    QDoubleSpinBox *threshold = thresholdBox(rule);
    threshold->setObjectName(u"alertThreshold_"_s + rule.id);
    threshold->setAccessibleName(tr("%1: threshold").arg(title));
    threshold->setPrefix(thresholdPrefix(rule));
    QSpinBox *hold = holdBox(rule);
    hold->setObjectName(u"alertHold_"_s + rule.id);
    hold->setAccessibleName(tr("%1: for how long").arg(title));
    for (QWidget *field : { static_cast<QWidget *>(threshold), static_cast<QWidget *>(hold) }) {
        field->setEnabled(rule.enabled);
        connect(enabled, &QCheckBox::toggled, field, &QWidget::setEnabled);
    }
    const int line = grid->rowCount();
    grid->addWidget(enabled, line, 0);
    grid->addWidget(threshold, line, 1);
    grid->addWidget(hold, line, 2);
    m_rows.append({ rule, enabled, threshold, hold });
}

base::Result<void> MonitoringPage::save()
{
    if (auto saved = m_values->save(); !saved)
        return saved;
    QList<profile::AlertRule> rules;
    for (const Row &row : std::as_const(m_rows)) {
        profile::AlertRule rule = row.rule;
        rule.enabled = row.enabled->isChecked();
        rule.holdSeconds = row.hold->value();
        // A field shows fewer digits than a file may hold.
        if (const double shown = row.threshold->value();
            qAbs(shown - rule.threshold) >= 0.5 || row.threshold->decimals())
            rule.threshold = shown;
        rules.append(rule);
    }
    rules.append(m_own->rules());
    if (rules == m_kept)
        return {};
    m_kept = rules;
    return m_settings.setValue("monitor/alerts", profile::toJson(rules).toVariantMap());
}

} // namespace talkbench::ui
