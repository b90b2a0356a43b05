#include "core/profile/metrictable.h"

#include "core/base/histogram.h"

#include <QCoreApplication>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

// The formulas' letters are those of the header of Trace: t0 submitted, s dispatched, c1 … cm content, a1 first output,
// e end, n output tokens.
namespace talkbench::profile {

namespace {

using Value = std::optional<double>;
using Compute = Value (*)(const RunRecord &);

/// From one stamp to another; nothing if either is missing or they are in disorder.
Value span(qint64 fromNs, qint64 toNs)
{
    if (fromNs == 0 || toNs == 0 || toNs < fromNs)
        return {};
    return static_cast<double>(toNs - fromNs) / 1e6;
}

/// A cached answer enters no latency statistic.
template <Compute compute>
Value timed(const RunRecord &record)
{
    return record.cached ? Value() : compute(record);
}

template <qint64 Trace::*from, qint64 Trace::*to>
Value between(const RunRecord &record)
{
    return record.cached ? Value() : span(record.trace.*from, record.trace.*to);
}

/// A phase of setting up the connection: 0 where the connection was reused.
template <qint64 Trace::*from, qint64 Trace::*to>
Value setup(const RunRecord &record)
{
    if (record.cached)
        return {};
    return record.trace.reusedConnection ? Value(0) : span(record.trace.*from, record.trace.*to);
}

Value queueMs(const RunRecord &record)
{
    const Trace &trace = record.trace;
    if (trace.waitsToRetry())
        return {};
    // A call that ended before it went out waited until then.
    return span(trace.queuedNs != 0 ? trace.queuedNs : trace.submittedNs,
                trace.dispatchedNs != 0 ? trace.dispatchedNs : trace.endNs);
}

Value retryMs(const RunRecord &record)
{
    const Trace &trace = record.trace;
    const qint64 sinceQueuedNs = trace.queuedNs != 0 ? trace.queuedNs : trace.submittedNs;
    return span(trace.submittedNs, trace.waitsToRetry() ? trace.endNs : sinceQueuedNs);
}

/// In clear, Qt tells only when the request is sent, not when TCP is connected.
Value connectMs(const RunRecord &record)
{
    const Trace &trace = record.trace;
    if (trace.reusedConnection)
        return 0;
    return trace.encryptedNs != 0 ? Value() : span(trace.dispatchedNs, trace.sentNs);
}

Value sendMs(const RunRecord &record)
{
    const Trace &trace = record.trace;
    if (trace.reusedConnection)
        return span(trace.dispatchedNs, trace.sentNs);
    return span(trace.encryptedNs, trace.sentNs);
}

bool hasReasoningChunk(const RunRecord &record)
{
    const auto &chunks = record.trace.chunks;
    return std::any_of(chunks.cbegin(), chunks.cend(),
                       [](const ChunkStamp &chunk) { return chunk.kind == ChunkKind::Reasoning; });
}

Value thinkingMs(const RunRecord &record)
{
    const Trace &trace = record.trace;
    return hasReasoningChunk(record) ? span(trace.firstContentNs, trace.firstOutputNs) : Value();
}

Value outputTokens(const RunRecord &record)
{
    if (!record.answer.usage)
        return {};
    return static_cast<double>(record.answer.usage->outputTotal());
}

/// Of the output, what the chunks brought: reasoning that a server keeps to itself is over before the first of them.
Value streamedTokens(const RunRecord &record)
{
    if (!record.answer.usage || hasReasoningChunk(record))
        return outputTokens(record);
    return static_cast<double>(record.answer.usage->output);
}

/// (cm − c1) / (n − 1). One arrival has no pace, however many tokens it brought.
Value tpotMs(const RunRecord &record)
{
    const Value tokens = streamedTokens(record);
    const Value streamed = span(record.trace.firstContentNs, record.trace.lastContentNs);
    if (!tokens || *tokens < 2 || !streamed || *streamed <= 0)
        return {};
    return *streamed / (*tokens - 1);
}

Value tokensPerSecond(const RunRecord &record)
{
    const Value tpot = tpotMs(record);
    return tpot ? Value(1000 / *tpot) : Value();
}

Value endToEndTokensPerSecond(const RunRecord &record)
{
    const Value tokens = outputTokens(record);
    const Value whole = span(record.trace.submittedNs, record.trace.lastContentNs);
    if (!tokens || *tokens <= 0 || !whole || *whole <= 0)
        return {};
    return *tokens / *whole * 1000;
}

/// Output can be counted from its chunks; of the input there is then only a guess, which is no figure.
bool inputIsCounted(const RunRecord &record)
{
    return record.answer.usage && record.answer.usage->source != llm::UsageSource::Chunks;
}

Value prefillTokensPerSecond(const RunRecord &record)
{
    const Value waited = span(record.trace.dispatchedNs, record.trace.firstContentNs);
    if (!inputIsCounted(record) || !waited || *waited <= 0)
        return {};
    const llm::Usage &usage = *record.answer.usage;
    const qint64 fresh = usage.inputTotal() - usage.cacheRead;
    return fresh > 0 ? Value(static_cast<double>(fresh) / *waited * 1000) : Value();
}

/// The gaps between chunks, each with how often it counts.
using Gaps = std::vector<std::pair<double, quint64>>;

Gaps interChunkGaps(const RunRecord &record)
{
    Gaps gaps;
    const auto &chunks = record.trace.chunks;
    for (qsizetype i = 1; i < chunks.size(); ++i)
        gaps.emplace_back(static_cast<double>(chunks[i].ns - chunks[i - 1].ns) / 1e6, 1);
    return gaps;
}

/// Gap ÷ tokens in the chunk, once for each of its tokens. Servers tell the total only: it is shared out among the
/// chunks by their characters.
Gaps interTokenGaps(const RunRecord &record)
{
    const Value tokens = streamedTokens(record);
    const auto &chunks = record.trace.chunks;
    double characters = 0;
    for (const ChunkStamp &chunk : chunks)
        characters += chunk.characters;
    if (!tokens || characters <= 0)
        return {};
    Gaps gaps;
    for (qsizetype i = 1; i < chunks.size(); ++i) {
        const double gap = static_cast<double>(chunks[i].ns - chunks[i - 1].ns) / 1e6;
        const double share = std::max(1.0, std::round(*tokens * chunks[i].characters / characters));
        gaps.emplace_back(gap / share, static_cast<quint64>(share));
    }
    return gaps;
}

/// Exact; 100 is the largest.
Value percentileOf(Gaps gaps, double percentile)
{
    quint64 count = 0;
    for (const auto &[gap, times] : gaps)
        count += times;
    if (count == 0 || count < base::samplesForPercentile(percentile))
        return {};
    std::sort(gaps.begin(), gaps.end());
    const auto wanted = static_cast<quint64>(std::ceil(percentile / 100 * static_cast<double>(count)));
    quint64 seen = 0;
    for (const auto &[gap, times] : gaps) {
        seen += times;
        if (seen >= wanted)
            return gap;
    }
    return gaps.back().first;
}

template <Gaps (*gaps)(const RunRecord &), int percentile>
Value gapPercentile(const RunRecord &record)
{
    return record.cached ? Value() : percentileOf(gaps(record), percentile);
}

template <qint64 llm::Usage::*tokens>
Value cacheClass(const RunRecord &record)
{
    return inputIsCounted(record) ? Value(static_cast<double>((*record.answer.usage).*tokens)) : Value();
}

Value reasoningTokens(const RunRecord &record)
{
    return record.answer.usage ? Value(static_cast<double>(record.answer.usage->reasoning)) : Value();
}

Value inputTokens(const RunRecord &record)
{
    return inputIsCounted(record) ? Value(static_cast<double>(record.answer.usage->inputTotal())) : Value();
}

Value totalTokens(const RunRecord &record)
{
    if (!inputIsCounted(record))
        return {};
    return static_cast<double>(record.answer.usage->inputTotal() + record.answer.usage->outputTotal());
}

Value tokenEfficiency(const RunRecord &record)
{
    const Value total = totalTokens(record);
    return total && *total > 0 ? Value(*outputTokens(record) / *total * 100) : Value();
}

/// What was paid beside the answer; unset where that was nothing, or nobody knows it. Of the attempts before, those with an
/// error were cut off, the others' answers failed their checks.
Value besideUsd(const RunRecord &record, bool withCutOff)
{
    Value sum;
    bool known = true;
    const auto add = [&](const Attempt &attempt) {
        known = known && (!attempt.usage || attempt.costUsd);
        if (attempt.costUsd)
            sum = sum.value_or(0) + *attempt.costUsd;
    };
    for (const Attempt &attempt : record.earlierAttempts) {
        if (withCutOff || !attempt.error)
            add(attempt);
    }
    for (const Attempt &judgement : record.judgements)
        add(judgement);
    return known ? sum : Value();
}

/// Of answers that failed their checks and of judges.
Value validationUsd(const RunRecord &record)
{
    return besideUsd(record, false);
}

/// Of all that could be checked.
Value validationPass(const RunRecord &record)
{
    using enum Verdict::Outcome;
    const auto is = [](Verdict::Outcome outcome) {
        return [outcome](const Verdict &verdict) { return verdict.outcome == outcome; };
    };
    const auto &verdicts = record.validation;
    if (std::any_of(verdicts.cbegin(), verdicts.cend(), is(Failed)))
        return 0;
    const bool all = !verdicts.isEmpty() && std::all_of(verdicts.cbegin(), verdicts.cend(), is(Passed));
    return all ? Value(1) : Value();
}

Value costPerMillionOutput(const RunRecord &record)
{
    const Value tokens = outputTokens(record);
    return record.costUsd && tokens && *tokens > 0
        ? Value((*record.costUsd - besideUsd(record, true).value_or(0)) / *tokens * 1e6)
        : Value();
}

Value costUsd(const RunRecord &record)
{
    return record.costUsd;
}

template <std::optional<double> CacheHit::*figure>
Value saved(const RunRecord &record)
{
    return record.cacheHit ? (*record.cacheHit).*figure : Value();
}

Value retries(const RunRecord &record)
{
    return static_cast<double>(record.retries());
}

Value chunkCount(const RunRecord &record)
{
    // Of a call that was interrupted none is kept.
    return record.cached || record.interrupted() ? Value() : static_cast<double>(record.trace.chunks.size());
}

/// Of every attempt: what was sent again was sent.
template <qint64 Trace::*bytes>
Value bytesOf(const RunRecord &record)
{
    if (record.cached)
        return {};
    qint64 sum = record.trace.*bytes;
    for (const auto &attempts : { record.earlierAttempts, record.judgements }) {
        for (const Attempt &attempt : attempts)
            sum += attempt.trace.*bytes;
    }
    return static_cast<double>(sum);
}

/// A server's usage that doesn't tell reasoning from output.
bool isReasoningEstimated(const RunRecord &record)
{
    const auto &decisions = record.trace.decisions;
    return std::any_of(decisions.cbegin(), decisions.cend(),
                       [](const Decision &decision) { return decision.stage == reasoningStage; });
}

bool isPriceEstimated(const std::optional<llm::Usage> &usage)
{
    return usage && usage->source != llm::UsageSource::Server && !usage->reportedCostUsd;
}

/// One estimated part makes the sum an estimate.
bool isCostEstimated(const RunRecord &record)
{
    const auto isEstimated = [](const Attempt &attempt) { return isPriceEstimated(attempt.usage); };
    return isPriceEstimated(record.answer.usage)
        || std::any_of(record.earlierAttempts.cbegin(), record.earlierAttempts.cend(), isEstimated)
        || std::any_of(record.judgements.cbegin(), record.judgements.cend(), isEstimated);
}

using enum Better;

#define TITLE(text) QT_TRANSLATE_NOOP("Metric", text)

constexpr Metric table[] = {
    { "ttft_ms", TITLE("Time to first token"), "ms", Lower, between<&Trace::submittedNs, &Trace::firstContentNs> },
    { "ttft_dispatch_ms", TITLE("Time to first token, without queueing"), "ms", Lower,
      between<&Trace::dispatchedNs, &Trace::firstContentNs> },
    { "ttfo_ms", TITLE("Time to first output"), "ms", Lower, between<&Trace::submittedNs, &Trace::firstOutputNs> },
    { "thinking_ms", TITLE("Thinking time"), "ms", Lower, timed<thinkingMs> },
    { "response_ms", TITLE("Response time"), "ms", Lower, between<&Trace::submittedNs, &Trace::endNs> },
    { "tpot_ms", TITLE("Time per output token"), "ms", Lower, timed<tpotMs> },
    { "tokens_per_s", TITLE("Tokens per second"), "tok/s", Higher, timed<tokensPerSecond> },
    { "e2e_tokens_per_s", TITLE("End-to-end tokens per second"), "tok/s", Higher, timed<endToEndTokensPerSecond> },
    { "prefill_tokens_per_s", TITLE("Prefill rate"), "tok/s", Higher, timed<prefillTokensPerSecond> },
    { "icl_p50_ms", TITLE("Inter-chunk latency, median"), "ms", Lower, gapPercentile<interChunkGaps, 50> },
    { "icl_p95_ms", TITLE("Inter-chunk latency, p95"), "ms", Lower, gapPercentile<interChunkGaps, 95> },
    { "icl_max_ms", TITLE("Inter-chunk latency, longest"), "ms", Lower, gapPercentile<interChunkGaps, 100> },
    { "itl_p50_ms", TITLE("Inter-token latency, median (tokens shared out by characters)"), "ms", Lower,
      gapPercentile<interTokenGaps, 50> },
    { "itl_p95_ms", TITLE("Inter-token latency, p95 (tokens shared out by characters)"), "ms", Lower,
      gapPercentile<interTokenGaps, 95> },
    { "itl_max_ms", TITLE("Inter-token latency, longest (tokens shared out by characters)"), "ms", Lower,
      gapPercentile<interTokenGaps, 100> },
    { "before_ms", TITLE("Before this call: its prompt made shorter, other models tried"), "ms", Lower,
      between<&Trace::askedNs, &Trace::submittedNs> },
    { "queue_ms", TITLE("Queue time"), "ms", Lower, timed<queueMs> },
    { "retry_ms", TITLE("Time lost to earlier attempts"), "ms", Lower, timed<retryMs> },
    { "connect_ms", TITLE("Connect"), "ms", Lower, timed<connectMs> },
    { "tls_ms", TITLE("Connect and TLS"), "ms", Lower, setup<&Trace::dispatchedNs, &Trace::encryptedNs> },
    { "send_ms", TITLE("Send"), "ms", Lower, timed<sendMs> },
    { "headers_ms", TITLE("Wait for headers"), "ms", Lower, between<&Trace::sentNs, &Trace::headersNs> },
    { "input_tokens", TITLE("Input tokens, all classes"), "tok", Neither, inputTokens },
    { "cache_read_tokens", TITLE("Input tokens read from the cache"), "tok", Higher,
      cacheClass<&llm::Usage::cacheRead> },
    { "cache_write_tokens", TITLE("Input tokens written to the cache"), "tok", Neither,
      cacheClass<&llm::Usage::cacheWrite> },
    { "output_tokens", TITLE("Output tokens, with reasoning"), "tok", Neither, outputTokens },
    { "reasoning_tokens", TITLE("Reasoning tokens"), "tok", Neither, reasoningTokens },
    { "total_tokens", TITLE("Total tokens"), "tok", Neither, totalTokens },
    { "token_efficiency", TITLE("Output share of all tokens"), "%", Higher, tokenEfficiency },
    { "cost_usd", TITLE("Cost"), "USD", Lower, costUsd },
    { "cost_per_m_output_usd", TITLE("Cost per million output tokens"), "USD", Lower, timed<costPerMillionOutput> },
    { "saved_ms", TITLE("Time saved by the response cache"), "ms", Higher, saved<&CacheHit::savedMs> },
    { "saved_usd", TITLE("Cost saved by the response cache"), "USD", Higher, saved<&CacheHit::savedUsd> },
    { "validation_pass", TITLE("Passed its checks"), "", Higher, validationPass },
    { "validation_cost_usd", TITLE("Cost of failed answers and judges"), "USD", Lower, validationUsd },
    { "retries", TITLE("Retries"), "", Lower, retries },
    { "chunks", TITLE("Chunks with content"), "", Neither, chunkCount },
    { "bytes", TITLE("Bytes received"), "B", Neither, bytesOf<&Trace::bytesReceived> },
    { "bytes_sent", TITLE("Bytes sent"), "B", Neither, bytesOf<&Trace::bytesSent> },
};

#undef TITLE

} // namespace

std::span<const Metric> metricTable()
{
    return table;
}

const Metric *metricById(QByteArrayView id)
{
    const auto found =
        std::find_if(std::begin(table), std::end(table), [id](const Metric &row) { return id == row.id; });
    return found == std::end(table) ? nullptr : found;
}

bool isEstimate(const Metric &metric, const RunRecord &record)
{
    const auto &usage = record.answer.usage;
    const QByteArrayView id = metric.id;
    const QByteArrayView unit = metric.unit;
    if (id == "cost_usd")
        return isCostEstimated(record);
    if (!usage)
        return false;
    if (usage->source == llm::UsageSource::Server)
        return id == "reasoning_tokens" && isReasoningEstimated(record);
    if (unit == "USD")
        return !usage->reportedCostUsd;
    return unit == "tok" || unit == "tok/s" || id == "token_efficiency" || id == "tpot_ms" || id.startsWith("itl_");
}

bool isNone(const Metric &metric, const RunRecord &record)
{
    return QByteArrayView(metric.id) == "thinking_ms" && !hasReasoningChunk(record) && record.answer.usage
        && record.answer.usage->reasoning == 0;
}

QJsonObject metricsJson(const RunRecord &record)
{
    QJsonObject object;
    for (const Metric &metric : table) {
        const Value value = metric.compute(record);
        object.insert(QLatin1String(metric.id), value ? QJsonValue(*value) : QJsonValue());
    }
    return object;
}

} // namespace talkbench::profile
