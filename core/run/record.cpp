#include "core/run/record.h"

#include "core/cost/tokenestimate.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mostCharactersPerToken = 8;

qint64 estimateOutput(const QString &text, qint64 chunks, qint64 characters)
{
    const bool chunkIsToken = chunks > 1 && characters <= chunks * mostCharactersPerToken;
    return chunkIsToken ? chunks : cost::estimateTokens(QStringView(text));
}

} // namespace

llm::Usage estimateUsage(const llm::ChatRequest &request, const llm::Answer &answer,
                         const QList<profile::ChunkStamp> &chunks)
{
    qint64 count[2] = {};
    qint64 characters[2] = {};
    for (const profile::ChunkStamp &chunk : chunks) {
        const int which = chunk.kind == profile::ChunkKind::Reasoning ? 1 : 0;
        ++count[which];
        characters[which] += chunk.characters;
    }
    QString output = answer.text + answer.refusal;
    for (const llm::ToolCall &call : answer.toolCalls)
        output += call.name + call.arguments;
    llm::Usage usage;
    usage.source = llm::UsageSource::Chunks;
    usage.input = cost::estimateTokens(request.messages);
    usage.output = estimateOutput(output, count[0], characters[0]);
    usage.reasoning = estimateOutput(answer.reasoning, count[1], characters[1]);
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
    record.providerId = request.endpoint.providerId;
    record.protocol = request.endpoint.protocol;
    record.model = request.chat.model;
    record.startedWallMs = startedWallMs;
    record.streamed = request.chat.options.stream;
    record.answer = answer;
    record.trace = trace;
    record.earlierAttempts = earlierAttempts;
    record.priceVersion = prices.version();
    auto &decisions = record.trace.decisions;
    if (!answer.usage && !record.trace.chunks.isEmpty()) {
        record.answer.usage = estimateUsage(request.chat, answer, record.trace.chunks);
        decisions.append({ u"tokens"_s, u"estimated: the server sent no usage"_s });
    }
    if (!record.answer.usage)
        return record;
    if (record.answer.usage->reportedCostUsd) {
        record.costUsd = record.answer.usage->reportedCostUsd;
        decisions.append({ u"cost"_s, u"the server's own figure"_s });
    } else if (const auto price = prices.find(record.providerId, record.model)) {
        record.costUsd = cost::costUsd(*record.answer.usage, *price);
        decisions.append({ u"cost"_s, u"price of %1: %2"_s.arg(price->model, price->source) });
    } else {
        decisions.append({ u"cost"_s, u"no known price for %1"_s.arg(record.model) });
    }
    return record;
}

} // namespace talkbench::run
