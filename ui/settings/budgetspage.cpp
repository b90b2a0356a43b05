#include "ui/settings/budgetspage.h"

#include "core/config/settings.h"
#include "ui/settings/formparts.h"
#include "ui/theme/metrics.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// The entries stand in the order of the enumeration.
QComboBox *comboBox(const QString &objectName, const QString &accessibleName, const QStringList &entries, int current)
{
    auto *box = new QComboBox;
    box->setObjectName(objectName);
    box->setAccessibleName(accessibleName);
    box->addItems(entries);
    box->setCurrentIndex(current);
    return box;
}

template <typename T>
T *part(const QWidget *row, const QString &objectName)
{
    return row->findChild<T *>(objectName);
}

} // namespace

BudgetsPage::BudgetsPage(config::Settings &settings, QWidget *parent)
    : QWidget(parent), m_settings(settings), m_rows(new QVBoxLayout)
{
    auto *hint = new ToneLabel(u"budgetsHint"_s);
    hint->setWordWrap(true);
    hint->setText(
        tr("Checked before a message is sent, with its estimated cost and what calls of known price have cost. "
           "“Don't send” refuses what is sure to pass the limit, and asks first where it only may. Days and months are "
           "those of your calendar."));
    auto *add = new QPushButton(tr("Add a budget"), this);
    add->setObjectName(u"budgetAdd"_s);
    add->setAutoDefault(false);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::gap);
    column->addWidget(hint);
    column->addLayout(m_rows);
    column->addWidget(add, 0, Qt::AlignLeft);
    column->addStretch();
    connect(add, &QPushButton::clicked, this, [this] {
        addRow({ cost::BudgetScope::Day, {}, 1, cost::BudgetAction::Ask });
    });
    QStringList unread;
    const auto kept = cost::budgetsFromSetting(m_settings.value("budgets").toMap(), &unread);
    for (const cost::Budget &budget : kept)
        addRow(budget);
}

void BudgetsPage::addRow(const cost::Budget &budget)
{
    auto *row = new QWidget(this);
    row->setObjectName(u"budgetRow"_s);
    auto *limit = new QDoubleSpinBox;
    limit->setObjectName(u"budgetLimit"_s);
    limit->setAccessibleName(tr("Limit in US dollars"));
    limit->setPrefix(u"$ "_s);
    limit->setDecimals(4);
    limit->setRange(0, 1'000'000);
    limit->setValue(budget.limitUsd);
    auto *provider = comboBox(u"budgetProvider"_s, tr("Of which provider"), {}, -1);
    provider->addItem(tr("all providers"), QString());
    const auto providers = m_settings.providers();
    for (const config::ProviderConfig &config : providers)
        provider->addItem(config.name, config.id);
    if (provider->findData(budget.providerId) < 0)
        provider->addItem(budget.providerId, budget.providerId);
    provider->setCurrentIndex(provider->findData(budget.providerId));
    auto *remove = new QPushButton(tr("Remove"));
    remove->setObjectName(u"budgetRemove"_s);
    remove->setAccessibleName(tr("Remove this budget"));
    remove->setAutoDefault(false);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::unit);
    line->addWidget(limit);
    line->addWidget(comboBox(u"budgetScope"_s, tr("For what"),
                             { tr("a call"), tr("a conversation"), tr("a day"), tr("a month") }, int(budget.scope)));
    line->addWidget(provider);
    line->addWidget(comboBox(u"budgetAction"_s, tr("Beyond it"), { tr("warn"), tr("ask first"), tr("don't send") },
                             int(budget.action)));
    line->addWidget(remove);
    line->addStretch();
    m_rows->addWidget(row);
    connect(remove, &QPushButton::clicked, row, [this, row] {
        m_rows->removeWidget(row);
        row->hide();
        row->deleteLater();
    });
}

QList<cost::Budget> BudgetsPage::budgets() const
{
    QList<cost::Budget> budgets;
    for (int i = 0; i < m_rows->count(); ++i) {
        const QWidget *row = m_rows->itemAt(i)->widget();
        budgets.append({ cost::BudgetScope(part<QComboBox>(row, u"budgetScope"_s)->currentIndex()),
                         part<QComboBox>(row, u"budgetProvider"_s)->currentData().toString(),
                         part<QDoubleSpinBox>(row, u"budgetLimit"_s)->value(),
                         cost::BudgetAction(part<QComboBox>(row, u"budgetAction"_s)->currentIndex()) });
    }
    return budgets;
}

base::Result<void> BudgetsPage::save()
{
    QStringList unread;
    const QList<cost::Budget> edited = budgets();
    if (edited == cost::budgetsFromSetting(m_settings.value("budgets").toMap(), &unread))
        return {};
    return m_settings.setValue("budgets", cost::toSetting(edited));
}

} // namespace talkbench::ui
