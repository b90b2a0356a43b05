#include "ui/budgetcheck.h"

#include "core/config/settings.h"
#include "core/run/plannedcall.h"
#include "core/store/store.h"
#include "ui/whenready.h"

#include <QMessageBox>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

void whenSpent(QObject *context, AppContext &app, const QString &conversationId,
               const std::function<void(const base::Result<QList<cost::Spent>> &)> &then)
{
    const cost::PeriodStarts starts = cost::periodStarts(QDateTime::fromMSecsSinceEpoch(app.clock.wallMs()));
    whenReady(context, app.store.spending({ conversationId, starts.dayMs, starts.monthMs }),
              [then](const base::Result<QList<store::Spending>> &spending) {
                  if (!spending) {
                      then(spending.error());
                      return;
                  }
                  QList<cost::Spent> spent;
                  for (const store::Spending &row : *spending)
                      spent.append({ row.providerId, row.conversationUsd, row.dayUsd, row.monthUsd });
                  then(spent);
              });
}

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
    QList<cost::PlannedCall> planned;
    for (const run::RunRequest &request : requests)
        planned.append(run::plannedCall(request, app.tokens.get(), app.prices, now));
    whenSpent(context, app, requests.constFirst().conversationId,
              [budgets, planned, then](const base::Result<QList<cost::Spent>> &spent) {
                  then(spent ? base::Result<cost::Verdict>(cost::check(budgets, *spent, planned)) : spent.error());
              });
}

void askToSpend(QWidget *parent, const SpendingQuestion &question, const std::function<void(bool may)> &then)
{
    auto *box = new QMessageBox(QMessageBox::Question, question.title, question.reason, QMessageBox::NoButton, parent);
    box->setObjectName(u"budgetQuestion"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton *yes = box->addButton(question.yes, QMessageBox::AcceptRole);
    box->setDefaultButton(box->addButton(question.no, QMessageBox::RejectRole));
    QObject::connect(box, &QDialog::finished, parent, [box, yes, then] { then(box->clickedButton() == yes); });
    box->open();
}

} // namespace talkbench::ui
