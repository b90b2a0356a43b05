#pragma once

#include "core/base/result.h"
#include "core/cost/budget.h"
#include "core/run/run.h"
#include "ui/appcontext.h"

#include <functional>

namespace talkbench::ui {

/// What was spent of the day, the month and the conversation (empty: of none), when the store has answered, unless `context`
/// has gone.
void whenSpent(QObject *context, AppContext &app, const QString &conversationId,
               const std::function<void(const base::Result<QList<cost::Spent>> &)> &then);

/// What the budgets say of calls about to be sent together; an error where what was spent can't be known. Answers at once where
/// there are no budgets, else when the store has, unless `context` has gone.
void checkBudgets(QObject *context, AppContext &app, const QList<run::RunRequest> &requests,
                  const std::function<void(const base::Result<cost::Verdict> &)> &then);

struct SpendingQuestion {
    QString title;
    QString reason;
    QString yes;
    QString no; ///< the default
};

/// A dialog over `parent`; `then` is told whether the money may be spent, unless `parent` has gone.
void askToSpend(QWidget *parent, const SpendingQuestion &question, const std::function<void(bool may)> &then);

} // namespace talkbench::ui
