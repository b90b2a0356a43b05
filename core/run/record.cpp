#include "core/run/record.h"

#include "core/cost/receipt.h"
#include "core/cost/tokenestimate.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// What comes in one piece was not streamed token by token, however short it is.
qint64 estimateOutput(const QString &text, qsizetype chunks)
{
    return chunks > 1 ? cost::estimateStreamed(text, chunks) : cost::estimateTokens(text);
}

/// Puts the price on the record; gives the reason for it.
QString price(profile::RunRecord &record, const cost::PriceBook &prices)
{
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(record.startedWallMs, Qt::UTC);
    const auto price = prices.find(record.providerId, record.model, when);
    const cost::Receipt receipt = cost::receiptOf(*record.answer.usage, price, { when });
    record.costUsd = receipt.totalUsd();
    if (price)
        record.price = cost::toJson(*price);
    if (receipt.reportedUsd)
        return u"the server's own figure"_s;
    return price ? u"price of %1: %2"_s.arg(price->model, price->source) : u"no known price for %1"_s.arg(record.model);
}

} // namespace

llm::Usage estimateUsage(const llm::ChatRequest &request, const llm::Answer &answer,
                         const QList<profile::ChunkStamp> &chunks)
{
    const auto reasoned = std::count_if(chunks.begin(), chunks.end(), [](const profile::ChunkStamp &chunk) {
        return chunk.kind == profile::ChunkKind::Reasoning;
    });
    QString output = answer.text + answer.refusal;
    for (const llm::ToolCall &call : answer.toolCalls)
        output += call.name + call.arguments;
    llm::Usage usage;
    usage.input = cost::estimateTokens(request.messages);
    if (answer.usage) // of the input it is final
        usage = *answer.usage;
    usage.outputPending = false;
    usage.source = llm::UsageSource::Chunks;
    usage.output = estimateOutput(output, chunks.size() - reasoned);
    usage.reasoning = estimateOutput(answer.reasoning, reasoned);
    return usage;
}

profile::RunRecord makeRecord(const QString &id, const RunRequest &request, qint64 startedWallMs,
                              const llm::Answer &answer, const profile::Trace &trace,
                              const QList<profile::Attempt> &earlierAttempts, const cost::PriceBook &prices)
{
    profile::RunRecord record;
    record.id = id;
    record.conversationId = request.conversationId;
    record.messageId = request.messageId;
    record.decision = request.decision;
    record.providerId = request.endpoint.providerId;
    record.protocol = request.endpoint.protocol;
    record.model = request.chat.model;
    record.startedWallMs = startedWallMs;
    record.streamed = request.chat.options.stream;
    record.answer = answer;
    record.trace = trace;
    record.trace.decisions = request.steps + trace.decisions;
    record.earlierAttempts = earlierAttempts;
    record.priceVersion = prices.version();
    auto &decisions = record.trace.decisions;
    const bool none = !answer.usage;
    if (none ? !record.trace.chunks.isEmpty() : answer.usage->outputPending) {
        record.answer.usage = estimateUsage(request.chat, answer, record.trace.chunks);
        decisions.append({ u"tokens"_s,
                           none ? u"estimated: the server sent no usage"_s
                                : u"output estimated: the answer ended before the server had counted it"_s });
    }
    if (!record.answer.usage)
        return record;
    decisions.append({ u"cost"_s, price(record, prices) });
    return record;
}

profile::RunRecord cachedRecord(profile::RunRecord own, const profile::RunRecord &original,
                                const profile::CacheHit &hit)
{
    own.answer = original.answer;
    own.cached = true;
    own.cacheHit = hit;
    own.costUsd = 0;
    return own;
}

profile::RunRecord inheritedRecord(profile::RunRecord own, const profile::RunRecord &original)
{
    const QList<profile::Decision> decisions = own.trace.decisions;
    own.answer = original.answer;
    own.trace = original.trace;
    own.trace.decisions = decisions + original.trace.decisions;
    own.earlierAttempts = original.earlierAttempts;
    own.costUsd = original.costUsd;
    own.cached = false;
    return own;
}

} // namespace talkbench::run
