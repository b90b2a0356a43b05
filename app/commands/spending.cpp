#include "app/commands/spending.h"

#include "app/commands/choiceoptions.h"
#include "core/run/plannedcall.h"

#include <QDateTime>

namespace talkbench::app {

QList<cost::Budget> budgetsOf(const Session &session, QStringList *problems)
{
    QStringList unread;
    return cost::budgetsFromSetting(session.settings().value("budgets").toMap(), problems ? problems : &unread);
}

void whenSpent(Session &session, QObject *context, const QString &conversationId,
               const std::function<void(const base::Result<QList<cost::Spent>> &)> &then)
{
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(session.clock().wallMs());
    const cost::PeriodStarts starts = cost::periodStarts(now);
    session.store()
        .spending({ conversationId, starts.dayMs, starts.monthMs })
        .then(context, [then](const base::Result<QList<store::Spending>> &spending) {
            then(spending ? base::Result<QList<cost::Spent>>(spentOf(*spending)) : spending.error());
        });
}

void judgeSpending(Session &session, QObject *context, const run::RunRequest &request,
                   const std::function<void(const base::Result<Judged> &)> &then)
{
    const QList<cost::Budget> budgets = budgetsOf(session);
    if (budgets.isEmpty()) {
        then(Judged());
        return;
    }
    const auto onSpent = [&session, budgets, request, then](const base::Result<QList<cost::Spent>> &spent) {
        if (!spent) {
            then(spent.error());
            return;
        }
        const QDateTime now = QDateTime::fromMSecsSinceEpoch(session.clock().wallMs());
        const auto planned = run::plannedCall(request, nullptr, session.prices(), now);
        then(Judged { cost::check(budgets, *spent, planned), *spent });
    };
    whenSpent(session, context, request.conversationId, onSpent);
}

} // namespace talkbench::app
