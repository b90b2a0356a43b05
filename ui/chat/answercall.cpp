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
    if (!m_run)
        takeBack();
}

void AnswerCall::start()
{
    if (m_order.isEmpty()) {
        fail({ base::ErrorKind::Config, select::decisionFromJson(m_request.decision).reason, {}, 0, std::nullopt });
        return;
    }
    const select::ModelRef first { m_request.endpoint.providerId, m_request.chat.model };
    m_sentMs = m_context.clock.wallMs(); // others choose before it goes out
    m_context.chooser.sent(first, m_sentMs);
    make(first, this, [this](const base::Result<run::RunRequest> &request) {
        if (m_failed)
            return;
        if (!request) {
            fail(request.error());
            return;
        }
        m_request = *request;
        checkSpending();
    });
}

void AnswerCall::make(const select::ModelRef &ref, QObject *context, const Then &then)
{
    const auto onResolved = [this, ref, context, then](const base::Result<llm::Endpoint> &endpoint) {
        if (!endpoint) {
            then(endpoint.error());
            return;
        }
        const Prompt prompt = madeFor(m_prompt, ref);
        run::RunRequest request = m_request;
        request.endpoint = *endpoint;
        request.chat = prompt.request;
        request.promptTokens.reset(); // another model counts otherwise
        request.steps.clear();
        request.fallbacks.clear();
        for (const QString &other : request.validation.fallbackModels)
            request.fallbacks.append({ *endpoint, other });
        addFallbacks(request, 0, context, [this, prompt, context, then](const run::RunRequest &whole) {
            if (!m_fitting)
                return;
            m_fitting->fit(prompt, whole, [guard = QPointer<QObject>(context), then](const run::RunRequest &fitted) {
                if (guard)
                    then(fitted);
            });
        });
    };
    whenReady(context, m_context.endpoints.resolve(ref.providerId), onResolved);
}

void AnswerCall::makeAllowed(const select::ModelRef &ref, QObject *context, const Then &then)
{
    make(ref, context, [this, context, then](const base::Result<run::RunRequest> &made) {
        if (!made) {
            then(made.error());
            return;
        }
        m_context.ledger.judge({ *made }, m_context.tokens.get(), context,
                               [this, request = *made, then](const base::Result<run::Judged> &judged) {
                                   if (const auto refusal = run::refusalOf(judged, m_allowed))
                                       then(*refusal);
                                   else
                                       then(request);
                               });
    });
}

void AnswerCall::takeBack()
{
    if (const qint64 sentMs = std::exchange(m_sentMs, 0))
        m_context.chooser.takeBack({ m_request.endpoint.providerId, m_request.chat.model }, sentMs);
}

void AnswerCall::addFallbacks(const run::RunRequest &request, qsizetype next, QObject *context, const Made &then)
{
    const bool asksOthers = request.validation.onFailure == llm::Validation::OnFailure::FallBack
        && request.validation.fallbackModels.isEmpty();
    if (!asksOthers || next >= m_order.size()) {
        then(request);
        return;
    }
    const select::ModelRef other = m_order.at(next).ref;
    if (other == select::ModelRef { request.endpoint.providerId, request.chat.model }) {
        addFallbacks(request, next + 1, context, then);
        return;
    }
    whenReady(context, m_context.endpoints.resolve(other.providerId),
              [this, request, next, other, context, then](const base::Result<llm::Endpoint> &endpoint) {
                  run::RunRequest wider = request;
                  if (endpoint)
                      wider.fallbacks.append({ *endpoint, other.model });
                  addFallbacks(wider, next + 1, context, then);
              });
}

void AnswerCall::checkSpending()
{
    m_context.ledger.judge({ m_request }, m_context.tokens.get(), this,
                           [this](const base::Result<run::Judged> &judged) {
                               if (m_failed)
                                   return;
                               if (judged)
                                   judge(*judged);
                               else
                                   fail(judged.error());
                           });
}

void AnswerCall::judge(const run::Judged &judged)
{
    using enum cost::BudgetAction;
    const cost::Verdict &verdict = judged.verdict;
    if (verdict.action == Ask && !m_allowed) {
        m_heldBy = verdict.reason;
        Q_EMIT questioned(verdict.reason);
        return;
    }
    if (const auto refusal = run::refusalOf(judged, m_allowed)) {
        fail(*refusal);
        return;
    }
    if (verdict.action == Warn)
        Q_EMIT warned({ base::ErrorKind::Budget, verdict.reason, {}, 0, std::nullopt });
    launch();
}

/// Asked again: others may have spent what was left meanwhile.
void AnswerCall::allowSpending()
{
    if (!std::exchange(m_heldBy, std::nullopt))
        return;
    m_allowed = true;
    m_request.askedNs = m_context.clock.nowNs(); // the time to answer is the user's own
    checkSpending();
}

void AnswerCall::refuseSpending()
{
    if (const auto reason = std::exchange(m_heldBy, std::nullopt))
        fail(notSent(*reason));
}

void AnswerCall::launch()
{
    run::Relay::Plan plan;
    plan.order = m_order;
    plan.inputTokens = cost::roughCount(m_request.chat.messages).tokens;
    if (m_request.promptTokens)
        plan.inputTokens = m_request.promptTokens->tokens;
    plan.fits = m_fitting && m_fitting->shortens(m_request.conversationId);
    plan.hedgeAfterMs = m_context.chooser.hedgeDelayMs({ m_request.endpoint.providerId, m_request.chat.model });
    const auto prepare = [this](const select::ModelRef &ref, QObject *context, const Then &then) {
        makeAllowed(ref, context, then);
    };
    m_run = std::make_unique<run::Relay>(m_context.runs, m_scheduler, prepare, m_request, plan);
    connect(m_run.get(), &run::Relay::tookOver, this,
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
    takeBack();
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
