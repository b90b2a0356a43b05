#include "core/run/plannedcall.h"

#include "core/cost/tokencounter.h"
#include "core/validate/judge.h"
#include "core/validate/validators.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

using OnFailure = llm::Validation::OnFailure;

/// Of the words in which a model is told what failed.
constexpr qint64 complaintTokens = 500;

/// Adds what may follow the first answer.
class Followers final {
public:
    Followers(cost::PlannedCall &planned, const cost::PriceBook &prices, const QDateTime &when)
        : m_planned(planned), m_prices(prices), m_when(when)
    {
    }

    void add(const QString &providerId, const llm::ChatRequest &chat, const cost::TokenCount &prompt, int times)
    {
        const cost::PlannedCall more = cost::planCall(providerId, chat, prompt, m_prices, m_when);
        if (more.cost && m_planned.cost)
            m_planned.cost->maxUsd += times * more.cost->maxUsd;
        else if (!more.cost && !m_planned.unpriced.contains(chat.model))
            m_planned.unpriced.append(chat.model);
    }

private:
    cost::PlannedCall &m_planned;
    const cost::PriceBook &m_prices;
    const QDateTime m_when;
};

} // namespace

cost::PlannedCall plannedCall(const RunRequest &request, const cost::TokenCounter *counter,
                              const cost::PriceBook &prices, const QDateTime &when)
{
    const QString &provider = request.endpoint.providerId;
    const llm::Validation &validation = request.validation;
    const cost::TokenCount prompt =
        request.promptTokens ? *request.promptTokens : cost::countPrompt(counter, provider, request.chat);
    cost::PlannedCall planned = cost::planCall(provider, request.chat, prompt, prices, when);
    if (validation.validators.isEmpty())
        return planned;
    Followers followers(planned, prices, when);
    const qint64 longest =
        cost::longestAnswer(provider, request.chat.model, request.chat.options.maxTokens, prices, when);
    int answers = 1;
    if (validation.onFailure == OnFailure::Retry) {
        cost::TokenCount longer = prompt;
        longer.high += longest + complaintTokens;
        followers.add(provider, request.chat, longer, validation.retries);
        answers += validation.retries;
    } else if (validation.onFailure == OnFailure::FallBack) {
        for (const Fallback &other : request.fallbacks) {
            llm::ChatRequest chat = request.chat;
            chat.model = other.model;
            followers.add(other.endpoint.providerId, chat, prompt, 1);
        }
        answers += static_cast<int>(request.fallbacks.size());
    }
    for (const llm::Validator &row : validation.validators) {
        if (row.kind != QLatin1String(validate::judgeId))
            continue;
        const llm::ChatRequest judge = validate::judgeRequest(row.parameters.value(u"model"_s),
                                                              row.parameters.value(u"prompt"_s), request.chat, {});
        cost::TokenCount told = cost::roughCount(judge.messages);
        told.high += longest;
        followers.add(provider, judge, told, answers);
    }
    return planned;
}

} // namespace talkbench::run
