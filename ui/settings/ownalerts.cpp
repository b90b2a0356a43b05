#include "ui/settings/ownalerts.h"

#include "ui/settings/monitoringpage.h"
#include "ui/theme/metrics.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr auto idProperty = "alertId";
constexpr auto severityProperty = "alertSeverity";
constexpr int usualHoldSeconds = 30;

QComboBox *signalBox(const QString &id)
{
    auto *box = new QComboBox;
    box->setObjectName(u"ownAlertSignal"_s);
    box->setAccessibleName(OwnAlerts::tr("What is watched"));
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    for (const profile::AlertSignal &row : profile::alertSignals())
        box->addItem(QCoreApplication::translate("AlertSignal", row.title), QString::fromLatin1(row.id));
    box->setCurrentIndex(std::max(box->findData(id), 0));
    return box;
}

QComboBox *compareBox(profile::AlertRule::Compare compare)
{
    auto *box = new QComboBox;
    box->setObjectName(u"ownAlertCompare"_s);
    box->setAccessibleName(OwnAlerts::tr("Above or below"));
    box->addItems({ OwnAlerts::tr("above"), OwnAlerts::tr("below") });
    box->setCurrentIndex(static_cast<int>(compare));
    return box;
}

} // namespace

OwnAlerts::OwnAlerts(const QList<profile::AlertRule> &rules, QWidget *parent) : QWidget(parent), m_rows(new QVBoxLayout)
{
    auto *add = new QPushButton(tr("Add an alert"), this);
    add->setObjectName(u"ownAlertAdd"_s);
    add->setAutoDefault(false);
    m_rows->setSpacing(grid::unit);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::unit);
    column->addLayout(m_rows);
    column->addWidget(add, 0, Qt::AlignLeft);
    for (const profile::AlertRule &rule : rules)
        addRow(rule);
    connect(add, &QPushButton::clicked, this, [this] {
        profile::AlertRule rule { .id = freeId(), .signal = u"queued"_s };
        rule.threshold = 10;
        rule.holdSeconds = usualHoldSeconds;
        addRow(rule);
    });
}

/// An alert that was removed may still be known by its id: a new one takes the next after the last.
QString OwnAlerts::freeId() const
{
    int last = 0;
    for (int i = 0; i < m_rows->count(); ++i)
        last = std::max(last, m_rows->itemAt(i)->widget()->property(idProperty).toString().section(u'-', 1).toInt());
    return u"own-%1"_s.arg(last + 1);
}

void OwnAlerts::addRow(const profile::AlertRule &rule)
{
    auto *row = new QWidget(this);
    row->setObjectName(u"ownAlertRow"_s);
    row->setProperty(idProperty, rule.id);
    row->setProperty(severityProperty, static_cast<int>(rule.severity));
    auto *enabled = new QCheckBox;
    enabled->setObjectName(u"ownAlertEnabled"_s);
    enabled->setAccessibleName(tr("On"));
    enabled->setChecked(rule.enabled);
    QComboBox *watched = signalBox(rule.signal);
    QComboBox *compare = compareBox(rule.compare);
    QDoubleSpinBox *threshold = thresholdBox(rule);
    threshold->setObjectName(u"ownAlertThreshold"_s);
    threshold->setAccessibleName(tr("Threshold"));
    QSpinBox *hold = holdBox(rule);
    hold->setObjectName(u"ownAlertHold"_s);
    hold->setAccessibleName(tr("For how long"));
    auto *remove = new QPushButton(tr("Remove"));
    remove->setObjectName(u"ownAlertRemove"_s);
    remove->setAccessibleName(tr("Remove this alert"));
    remove->setAutoDefault(false);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(enabled);
    line->addWidget(watched, 1);
    for (QWidget *field : { static_cast<QWidget *>(compare), static_cast<QWidget *>(threshold),
                            static_cast<QWidget *>(hold), static_cast<QWidget *>(remove) })
        line->addWidget(field);
    m_rows->addWidget(row);
    connect(watched, &QComboBox::currentIndexChanged, threshold,
            [watched, threshold] { showUnit(*threshold, watched->currentData().toString()); });
    connect(remove, &QPushButton::clicked, row, [this, row] {
        m_rows->removeWidget(row);
        row->hide();
        row->deleteLater();
    });
}

QList<profile::AlertRule> OwnAlerts::rules() const
{
    QList<profile::AlertRule> rules;
    for (int i = 0; i < m_rows->count(); ++i) {
        const QWidget *row = m_rows->itemAt(i)->widget();
        profile::AlertRule rule;
        rule.id = row->property(idProperty).toString();
        rule.severity = static_cast<profile::AlertRule::Severity>(row->property(severityProperty).toInt());
        rule.signal = row->findChild<QComboBox *>(u"ownAlertSignal"_s)->currentData().toString();
        rule.compare =
            static_cast<profile::AlertRule::Compare>(row->findChild<QComboBox *>(u"ownAlertCompare"_s)->currentIndex());
        rule.threshold = row->findChild<QDoubleSpinBox *>(u"ownAlertThreshold"_s)->value();
        rule.holdSeconds = row->findChild<QSpinBox *>(u"ownAlertHold"_s)->value();
        rule.enabled = row->findChild<QCheckBox *>(u"ownAlertEnabled"_s)->isChecked();
        rules.append(rule);
    }
    return rules;
}

} // namespace talkbench::ui
