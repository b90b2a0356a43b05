#include "ui/compare/comparestart.h"

#include "core/run/ledger.h"
#include "ui/budgetcheck.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

#include <QWidget>

#include <utility>

namespace talkbench::ui {

CompareStart::CompareStart(AppContext &context, QWidget *page) : QObject(page), m_context(context), m_page(page)
{
}

CompareStart::~CompareStart() = default;

void CompareStart::begin(const QList<run::RunRequest> &calls)
{
    ++m_round;
    m_busy = true;
    m_calls.clear();
    for (const run::RunRequest &call : calls)
        m_calls.append(call);
    m_unresolved = m_calls.size();
    for (qsizetype i = 0; i < calls.size(); ++i)
        resolve(i);
}

void CompareStart::cancel()
{
    if (m_busy)
        refuse({});
}

void CompareStart::resolve(qsizetype index)
{
    whenReady(this, m_context.endpoints.resolve(m_calls.at(index)->endpoint.providerId),
              [this, index, round = m_round](const base::Result<llm::Endpoint> &endpoint) {
                  if (round != m_round)
                      return;
                  if (endpoint)
                      m_calls[index]->endpoint = *endpoint;
                  else
                      m_calls[index] = endpoint.error();
                  if (--m_unresolved == 0)
                      checkSpending();
              });
}

void CompareStart::checkSpending()
{
    QList<run::RunRequest> requests;
    for (const auto &call : std::as_const(m_calls))
        if (call)
            requests.append(*call);
    m_context.ledger.judge(requests, m_context.tokens.get(), this,
                           [this, round = m_round](const base::Result<run::Judged> &judged) {
                               if (round != m_round)
                                   return;
                               if (judged)
                                   judge(judged->verdict);
                               else
                                   refuse(judged.error().message);
                           });
}

void CompareStart::judge(const cost::Verdict &verdict)
{
    using enum cost::BudgetAction;
    if (verdict.action == Refuse)
        return refuse(verdict.reason);
    if (verdict.action == Ask)
        return ask(verdict.reason);
    if (verdict.action)
        Q_EMIT warned({ base::ErrorKind::Budget, verdict.reason, {}, 0, std::nullopt });
    allow();
}

void CompareStart::ask(const QString &reason)
{
    askToSpend(m_page, { tr("Run this comparison?"), reason, tr("Run"), tr("Don't run") },
               [this, round = m_round](bool may) {
                   if (round != m_round)
                       return;
                   if (may)
                       allow();
                   else
                       refuse({});
               });
}

void CompareStart::allow()
{
    ++m_round;
    m_busy = false;
    Q_EMIT allowed(std::exchange(m_calls, {}));
}

void CompareStart::refuse(const QString &reason)
{
    ++m_round;
    m_busy = false;
    m_calls.clear();
    Q_EMIT refused(reason);
}

} // namespace talkbench::ui
