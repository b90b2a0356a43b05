#include "core/run/summary.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

SummaryCall summaryCall(const llm::Endpoint &endpoint, const llm::ModelInfo &model, const RunRequest &waiting,
                        const cost::ContextFit &fit, const cost::TokenCounter &counter)
{
    const cost::SummaryRequest summary =
        cost::summaryRequest(endpoint.providerId, model, waiting.chat.messages, fit.fit, counter);
    SummaryCall call { {}, fit };
    call.fit.summaryLacks = summary.lacks;
    RunRequest &asked = call.request;
    asked.endpoint = endpoint;
    asked.chat = summary.chat;
    asked.operation = profile::Operation::Summary;
    asked.conversationId = waiting.conversationId;
    asked.limits = waiting.limits;
    const QString why = u"the summary of what another prompt has no room for"_s;
    asked.steps.append({ u"fit"_s, summary.lacks.isEmpty() ? why : why + u". "_s + summary.lacks });
    return call;
}

base::Result<cost::ContextFit> withSummary(const cost::ContextFit &fit, const profile::RunRecord &record,
                                           const RunRequest &waiting, const cost::TokenCounter &counter)
{
    const QString summary = record.answer.text.trimmed();
    if (record.answer.error)
        return *record.answer.error;
    if (!record.ok() || summary.isEmpty())
        return base::Error { base::ErrorKind::BadEvent, u"The summary came empty."_s, {}, 0, std::nullopt };
    return cost::withSummary(fit, summary, waiting.endpoint.providerId, waiting.chat, counter);
}

RunRequest fitted(RunRequest request, const cost::ContextFit &fit, const QString &more)
{
    const QString decision = QStringList { fit.decision(), more }.join(u' ').trimmed();
    request.chat.messages = fit.fit.messages;
    request.promptTokens = fit.prompt;
    if (!decision.isEmpty())
        request.steps.append({ u"fit"_s, decision });
    return request;
}

} // namespace talkbench::run
