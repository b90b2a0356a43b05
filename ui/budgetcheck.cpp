#include "ui/budgetcheck.h"

#include "core/config/settings.h"
#include "core/cost/tokencounter.h"
#include "core/store/store.h"
#include "ui/whenready.h"

namespace talkbench::ui {

void checkBudgets(QObject *context, AppContext &app, const QList<run::RunRequest> &requests,
                  const std::function<void(const base::Result<cost::Verdict> &)> &then)
{
    QStringList unread;
    const QList<cost::Budget> budgets = cost::budgetsFromSetting(app.settings.value("budgets").toMap(), &unread);
    if (budgets.isEmpty() || requests.isEmpty()) {
        then(cost::Verdict());
        return;
    }
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(app.clock.wallMs());
    const cost::PeriodStarts starts = cost::periodStarts(now);
    QList<cost::PlannedCall> planned;
    for (const run::RunRequest &request : requests) {
        const QString &provider = request.endpoint.providerId;
        const cost::TokenCount prompt =
            request.promptTokens ? *request.promptTokens : cost::countPrompt(app.tokens.get(), provider, request.chat);
        planned.append(cost::planCall(provider, request.chat, prompt, app.prices, now));
    }
    whenReady(context, app.store.spending({ requests.constFirst().conversationId, starts.dayMs, starts.monthMs }),
              [budgets, planned, then](const base::Result<QList<store::Spending>> &spending) {
                  if (!spending) {
                      then(spending.error());
                      return;
                  }
                  QList<cost::Spent> spent;
                  for (const store::Spending &row : *spending)
                      spent.append({ row.providerId, row.conversationUsd, row.dayUsd, row.monthUsd });
                  then(cost::check(budgets, spent, planned));
              });
}

} // namespace talkbench::ui
