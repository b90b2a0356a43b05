#include "ui/chat/answercall.h"

#include "core/select/chooser.h"
#include "ui/budgetcheck.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

#include <QPointer>

#include <utility>

namespace talkbench::ui {

AnswerCall::AnswerCall(AppContext &context, PromptFitting &fitting, const Prompt &prompt,
                       const run::RunRequest &request, const QList<select::Candidate> &order)
    : m_context(context), m_fitting(&fitting), m_prompt(prompt), m_request(request), m_order(order)
{
}

AnswerCall::~AnswerCall()
{
    if (m_fitting)
        m_fitting->cancel(m_request.messageId);
}

void AnswerCall::start()
{
    if (m_order.isEmpty()) {
        fail({ base::ErrorKind::Config, select::decisionFromJson(m_request.decision).reason, {}, 0, std::nullopt });
        return;
    }
    whenReady(this, m_context.endpoints.resolve(m_request.endpoint.providerId),
              [this](const base::Result<llm::Endpoint> &endpoint) {
                  if (!endpoint) {
                      fail(endpoint.error());
                      return;
                  }
                  m_request.endpoint = *endpoint;
                  for (const QString &other : std::as_const(m_request.validation.fallbackModels))
                      m_request.fallbacks.append({ *endpoint, other });
                  addFallbacks(1);
              });
}

/// Who is asked where the answer fails its checks and no models are named for that: the others of the order, that can be
/// reached.
void AnswerCall::addFallbacks(qsizetype next)
{
    const bool asksOthers = m_request.validation.onFailure == llm::Validation::OnFailure::FallBack
        && m_request.validation.fallbackModels.isEmpty();
    if (!asksOthers || next >= m_order.size()) {
        fit();
        return;
    }
    const select::ModelRef other = m_order.at(next).ref;
    whenReady(this, m_context.endpoints.resolve(other.providerId),
              [this, next, other](const base::Result<llm::Endpoint> &endpoint) {
                  if (m_failed)
                      return; // stopped meanwhile
                  if (endpoint)
                      m_request.fallbacks.append({ *endpoint, other.model });
                  addFallbacks(next + 1);
              });
}

void AnswerCall::fit()
{
    if (!m_fitting)
        return;
    m_fitting->fit(m_prompt, m_request, [self = QPointer<AnswerCall>(this)](const run::RunRequest &fitted) {
        if (!self || self->m_failed)
            return;
        self->m_request = fitted;
        self->checkSpending();
    });
}

void AnswerCall::checkSpending()
{
    checkBudgets(this, m_context, { m_request }, [this](const base::Result<cost::Verdict> &verdict) {
        if (verdict)
            judge(*verdict);
        else
            fail(verdict.error());
    });
}

void AnswerCall::judge(const cost::Verdict &verdict)
{
    using enum cost::BudgetAction;
    const base::Error error { base::ErrorKind::Budget, verdict.reason, {}, 0, std::nullopt };
    if (verdict.action == Refuse) {
        fail(error);
        return;
    }
    m_held = verdict.action == Ask;
    if (m_held) {
        Q_EMIT questioned(verdict.reason);
        return;
    }
    if (verdict.action)
        Q_EMIT warned(error);
    launch();
}

void AnswerCall::allowSpending()
{
    if (std::exchange(m_held, false))
        launch();
}

void AnswerCall::launch()
{
    run::Relay::Plan plan;
    plan.order = m_order;
    plan.inputTokens = cost::roughCount(m_request.chat.messages).tokens;
    if (m_request.promptTokens)
        plan.inputTokens = m_request.promptTokens->tokens;
    plan.hedgeAfterMs = m_context.chooser.hedgeDelayMs({ m_request.endpoint.providerId, m_request.chat.model });
    const auto resolve = [&app = m_context](const QString &providerId, QObject *context, const auto &then) {
        whenReady(context, app.endpoints.resolve(providerId), then);
    };
    m_run = std::make_unique<run::Relay>(m_context.runs, m_scheduler, resolve, m_request, plan);
    connect(m_run.get(), &run::Relay::sent, this,
            [this](const select::ModelRef &ref) { m_context.chooser.sent(ref, m_context.clock.wallMs()); });
    connect(m_run.get(), &run::Run::updated, this, &AnswerCall::updated);
    connect(m_run.get(), &run::Run::finished, this, &AnswerCall::finished);
    Q_EMIT launched(m_request.chat.model);
}

void AnswerCall::cancel()
{
    if (m_run)
        m_run->cancel();
    else
        fail({ base::ErrorKind::Cancelled, tr("Stopped."), {}, 0, std::nullopt });
}

void AnswerCall::retryNow()
{
    if (m_run)
        m_run->retryNow();
}

void AnswerCall::fail(const base::Error &error)
{
    m_failed = true;
    profile::RunRecord record;
    record.conversationId = m_request.conversationId;
    record.messageId = m_request.messageId;
    record.providerId = m_request.endpoint.providerId;
    record.model = m_request.chat.model;
    record.decision = m_request.decision;
    record.startedWallMs = m_context.clock.wallMs();
    record.answer.error = error;
    Q_EMIT finished(record);
}

} // namespace talkbench::ui
