#pragma once

#include "app/commands/session.h"
#include "core/cost/budget.h"

#include <functional>

namespace talkbench::app {

/// The budgets of the settings; what can't be read of them is left out.
QList<cost::Budget> budgetsOf(const Session &session, QStringList *problems = nullptr);

/// What was spent so far, of a conversation too where one is named.
void whenSpent(Session &session, QObject *context, const QString &conversationId,
               const std::function<void(const base::Result<QList<cost::Spent>> &)> &then);

struct Judged {
    cost::Verdict verdict;
    QList<cost::Spent> spent; ///< before the call; empty where there are no budgets
};

/// What the budgets say of a call about to be sent; an error where what was spent can't be known.
void judgeSpending(Session &session, QObject *context, const run::RunRequest &request,
                   const std::function<void(const base::Result<Judged> &)> &then);

} // namespace talkbench::app
