#include "ui/budgetwatch.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "core/select/chooser.h"
#include "ui/appcontext.h"
#include "ui/whenready.h"

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

BudgetWatch::BudgetWatch(AppContext &context, QObject *parent) : QObject(parent), m_context(context)
{
    // Behind whoever stores the record.
    connect(&context.runs, &run::RunService::recorded, this, &BudgetWatch::ask, Qt::QueuedConnection);
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
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()));
    whenReady(this, m_context.store.spending({ m_conversationId, starts.dayMs, starts.monthMs }),
              [this, starts, number = ++m_asked](const base::Result<QList<store::Spending>> &spending) {
                  if (number == m_asked)
                      answer(spending, starts);
              });
}

void BudgetWatch::answer(const base::Result<QList<store::Spending>> &spending, const cost::PeriodStarts &starts)
{
    if (!spending)
        return; // whoever sends says why
    m_starts = starts;
    m_spent.emplace();
    for (const store::Spending &row : *spending)
        m_spent->append({ row.providerId, row.conversationUsd, row.dayUsd, row.monthUsd });
    Q_EMIT changed();
}

std::optional<double> BudgetWatch::left() const
{
    if (!m_spent)
        return {};
    QStringList unread;
    const QList<cost::Budget> budgets = cost::budgetsFromSetting(m_context.settings.value("budgets").toMap(), &unread);
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(m_context.clock.wallMs()));
    QList<cost::Spent> spent = *m_spent;
    for (cost::Spent &row : spent) {
        row.dayUsd = starts.dayMs == m_starts.dayMs ? row.dayUsd : 0;
        row.monthUsd = starts.monthMs == m_starts.monthMs ? row.monthUsd : 0;
    }
    return cost::budgetLeft(budgets, spent, m_context.chooser.policy().providers());
}

} // namespace talkbench::ui
