#include "ui/budgetwatch.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "core/select/chooser.h"
#include "core/store/store.h"
#include "ui/budgetcheck.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

BudgetWatch::BudgetWatch(AppContext &context, QObject *parent) : QObject(parent), m_context(context)
{
    connect(&context.runs, &run::RunService::recorded, this, &BudgetWatch::count);
    connect(&context.store, &store::Store::runsRewritten, this, &BudgetWatch::ask);
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == "budgets"_L1 || key == "select/rules"_L1)
            ask();
    });
    ask();
}

void BudgetWatch::setConversation(const QString &id)
{
    if (std::exchange(m_conversationId, id) == id)
        return;
    if (m_spent) {
        for (cost::Spent &row : *m_spent)
            row.conversationUsd = 0;
    }
    ask();
}

void BudgetWatch::ask()
{
    if (m_context.settings.value("budgets").toMap().isEmpty())
        return;
    m_asking = true;
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()));
    whenSpent(this, m_context, m_conversationId,
              [this, starts, number = ++m_asked](const base::Result<QList<cost::Spent>> &spent) {
                  if (number != m_asked || !spent)
                      return; // whoever sends says why
                  m_asking = false;
                  m_starts = starts;
                  m_spent = *spent;
                  Q_EMIT changed();
              });
}

void BudgetWatch::count(const profile::RunRecord &record)
{
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()));
    if (!m_spent || m_asking || starts.dayMs != m_starts.dayMs) {
        // Behind whoever stores the record.
        QMetaObject::invokeMethod(this, &BudgetWatch::ask, Qt::QueuedConnection);
        return;
    }
    const double usd = record.costUsd.value_or(0);
    auto row = std::find_if(m_spent->begin(), m_spent->end(),
                            [&record](const cost::Spent &r) { return r.providerId == record.providerId; });
    if (row == m_spent->end())
        row = m_spent->insert(row, { record.providerId, 0, 0, 0 });
    row->dayUsd += usd;
    row->monthUsd += usd;
    if (!m_conversationId.isEmpty() && record.conversationId == m_conversationId)
        row->conversationUsd += usd;
    Q_EMIT changed();
}

QList<cost::Budget> BudgetWatch::budgets() const
{
    QStringList unread; // whoever sends says so
    return cost::budgetsFromSetting(m_context.settings.value("budgets").toMap(), &unread);
}

QList<cost::Spent> BudgetWatch::spent() const
{
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()));
    QList<cost::Spent> spent = m_spent.value_or(QList<cost::Spent>());
    for (cost::Spent &row : spent) {
        row.dayUsd = starts.dayMs == m_starts.dayMs ? row.dayUsd : 0;
        row.monthUsd = starts.monthMs == m_starts.monthMs ? row.monthUsd : 0;
    }
    return spent;
}

std::optional<double> BudgetWatch::left() const
{
    if (!m_spent)
        return {};
    return cost::budgetLeft(budgets(), spent(), m_context.chooser.policy().providers());
}

QHash<QString, QString> BudgetWatch::usedUp() const
{
    return m_spent ? cost::usedUp(budgets(), spent()) : QHash<QString, QString>();
}

} // namespace talkbench::ui
