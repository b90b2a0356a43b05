#include "core/run/record.h"

#include "core/cost/receipt.h"
#include "core/cost/tokenestimate.h"
#include "core/llm/secrets.h"
#include "core/run/bill.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// A template around the messages that is unlike OpenAI's explains as many.
constexpr qint64 leastDifference = 16;
constexpr double mostDifference = 0.1;

/// What a server has not told, or as a nought that can't be.
struct Lack {
    bool input = false;
    bool output = false;

    bool any() const { return input || output; }
};

Lack lackOf(const llm::Answer &answer)
{
    const auto &usage = answer.usage;
    if (!usage)
        return { true, true };
    const bool came = answer.hasOutput();
    return { came && usage->inputTotal() == 0, usage->outputPending || (came && usage->outputTotal() == 0) };
}

QString lackText(const llm::Answer &answer, const Lack &lack)
{
    if (!answer.usage)
        return u"estimated: the server sent no usage"_s;
    if (answer.usage->outputPending)
        return u"output estimated: the answer ended before the server had counted it"_s;
    return u"%1 estimated: the server's usage doesn't tell it"_s.arg(lack.input && lack.output ? u"input and output"_s
                                                                         : lack.input          ? u"input"_s
                                                                                               : u"output"_s);
}

/// What comes in one piece was not streamed token by token, however short it is.
qint64 estimateOutput(const QString &text, qsizetype chunks)
{
    return chunks > 1 ? cost::estimateStreamed(text, chunks) : cost::estimateTokens(text);
}

/// Unset where the model's vocabulary isn't known, or the text is long.
std::optional<qint64> exactCount(const RunRequest &request, const QString &text, const Accounting &accounting)
{
    if (text.isEmpty())
        return 0;
    if (!accounting.counter || text.size() > longestCountedHere)
        return std::nullopt;
    const cost::TokenCount count = accounting.counter->countText(request.endpoint.providerId, request.chat.model, text);
    return count.exact ? std::optional(count.tokens) : std::nullopt;
}

bool differ(qint64 served, qint64 counted)
{
    const qint64 off = std::abs(served - counted);
    return off > leastDifference && static_cast<double>(off) > mostDifference * static_cast<double>(counted);
}

QString difference(const QString &what, qint64 served, qint64 counted, const QString &how)
{
    const QLocale english = QLocale::c();
    const double percent = 100.0 * (static_cast<double>(served) / static_cast<double>(qMax<qint64>(counted, 1)) - 1);
    return u"the server counted %1 tokens of %2, we %3 (%4%5 %; %6)"_s.arg(
        english.toString(served), what, english.toString(counted), percent > 0 ? u"+"_s : QString(),
        QString::number(qRound(percent)), how);
}

/// Puts the price on the record; gives the reason for it.
QString price(profile::RunRecord &record, const cost::PriceBook &prices)
{
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(record.startedWallMs).toUTC();
    const auto price = prices.find(record.providerId, record.model, when);
    const cost::Receipt receipt = cost::receiptOf(*record.answer.usage, price, { when, record.batch });
    record.costUsd = receipt.totalUsd();
    if (price)
        record.price = cost::toJson(*price);
    if (receipt.reportedUsd)
        return u"the server's own figure"_s;
    if (!price)
        return u"no known price for %1"_s.arg(record.model);
    const QString batch = receipt.batch ? u"; as a batch: "_s + price->batchRule() : QString();
    return u"price of %1: %2%3"_s.arg(price->model, price->source, batch);
}

/// Our own count of an answer.
struct OutputCount {
    qint64 output = 0;
    qint64 reasoning = 0;
    bool exact = false;
};

OutputCount countOutput(const RunRequest &request, const llm::Answer &answer, const QList<profile::ChunkStamp> &chunks,
                        const Accounting &accounting)
{
    const auto reasoned = std::count_if(chunks.begin(), chunks.end(), [](const profile::ChunkStamp &chunk) {
        return chunk.kind == profile::ChunkKind::Reasoning;
    });
    QString output = answer.text + answer.refusal;
    for (const llm::ToolCall &call : answer.toolCalls)
        output += call.name + call.arguments;
    const auto counted = exactCount(request, output, accounting);
    const auto thought = exactCount(request, answer.reasoning, accounting);
    return { counted.value_or(estimateOutput(output, chunks.size() - reasoned)),
             thought.value_or(estimateOutput(answer.reasoning, reasoned)), counted && thought };
}

/// Whether the exchange ended while the server was at work on it: a provider charges for a prompt that it has, whether its
/// answer is waited for or not.
bool wasCutOff(const profile::RunRecord &record)
{
    using enum base::ErrorKind;
    constexpr std::array kinds { Cancelled, FirstByteTimeout, IdleTimeout, TotalTimeout, Reset, Truncated };
    if (record.interrupted())
        return record.trace.dispatchedNs != 0;
    return record.answer.error && record.trace.sentNs != 0
        && std::find(kinds.begin(), kinds.end(), record.answer.error->kind) != kinds.end();
}

/// Where thinking came and the server doesn't tell its tokens, they are among those of the output.
bool hidesReasoning(const llm::Answer &answer, const Lack &lack)
{
    return answer.usage && !lack.output && answer.usage->reasoning == 0 && !answer.reasoning.isEmpty();
}

/// Sets the thinking's share of the output apart, in the proportion of `count`. The total stays the server's.
void setReasoningApart(llm::Usage &usage, const OutputCount &count)
{
    const qint64 total = usage.outputTotal();
    const double share = static_cast<double>(count.reasoning) / static_cast<double>(count.reasoning + count.output);
    usage.reasoning = count.reasoning > 0 ? qRound64(static_cast<double>(total) * share) : 0;
    usage.output = total - usage.reasoning;
}

} // namespace

std::optional<cost::TokenCount> countPrompt(const RunRequest &request, const cost::TokenCounter *counter)
{
    qsizetype characters = 0;
    for (const llm::Message &message : request.chat.messages)
        characters += message.text().size();
    if (!counter || characters > longestCountedHere)
        return std::nullopt;
    return cost::countPrompt(counter, request.endpoint.providerId, request.chat);
}

base::Error stopped()
{
    return { base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt };
}

base::Error interrupted()
{
    return { base::ErrorKind::Interrupted, u"Talkbench ended before this call did."_s, {}, 0, std::nullopt };
}

llm::Answer endedBy(llm::Answer answer, const std::optional<base::Error> &error)
{
    answer.error = error;
    const bool cancelled = error && error->kind == base::ErrorKind::Cancelled;
    if (cancelled || (error && !answer.finishReason))
        answer.finishReason = cancelled ? llm::FinishReason::Cancelled : llm::FinishReason::Error;
    return answer;
}

llm::Usage estimateUsage(const RunRequest &request, const llm::Answer &answer, const QList<profile::ChunkStamp> &chunks,
                         const Accounting &accounting)
{
    llm::Usage usage = answer.usage.value_or(llm::Usage());
    const Lack lack = lackOf(answer);
    if (lack.input)
        usage.input = accounting.prompt.value_or(cost::roughCount(request.chat.messages)).tokens;
    usage.outputPending = false;
    const bool own = !lack.input || (accounting.prompt && accounting.prompt->ownVocabulary);
    if (!lack.output) {
        usage.source = own ? llm::UsageSource::Tokenizer : llm::UsageSource::Chunks;
        return usage;
    }
    const OutputCount count = countOutput(request, answer, chunks, accounting);
    usage.output = count.output;
    usage.reasoning = count.reasoning;
    usage.source = count.exact && own ? llm::UsageSource::Tokenizer : llm::UsageSource::Chunks;
    return usage;
}

QStringList countDifferences(const profile::RunRecord &record, const Accounting &accounting)
{
    const llm::Usage &usage = *record.answer.usage;
    QStringList sentences;
    const auto &prompt = accounting.prompt;
    if (prompt && prompt->counted > 0 && differ(usage.inputTotal(), prompt->tokens))
        sentences += difference(u"input"_s, usage.inputTotal(), prompt->tokens, prompt->why);
    const llm::Answer &answer = record.answer;
    const bool onlyText =
        answer.toolCalls.isEmpty() && answer.refusal.isEmpty() && answer.reasoning.isEmpty() && usage.reasoning == 0;
    const bool served = usage.source == llm::UsageSource::Server && !usage.outputPending;
    if (!accounting.counter || !onlyText || !served || answer.text.size() > longestCountedHere)
        return sentences;
    const cost::TokenCount output = accounting.counter->countText(record.providerId, record.model, answer.text);
    if (differ(usage.output, output.tokens))
        sentences += difference(u"output"_s, usage.output, output.tokens, output.why);
    return sentences;
}

profile::RunRecord makeRecord(const QString &id, const RunRequest &request, qint64 startedWallMs,
                              const llm::Answer &answer, const profile::Trace &trace,
                              const QList<profile::Attempt> &earlierAttempts, Accounting accounting)
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
    record.batch = accounting.batch;
    record.operation = request.operation;
    record.answer = llm::withoutSecrets(answer, request.endpoint);
    if (record.interrupted())
        accounting.counter = nullptr; // told again and again while it comes: estimated, as is cheap
    record.trace = trace;
    record.trace.decisions = request.steps + trace.decisions;
    record.earlierAttempts = earlierAttempts;
    record.priceVersion = accounting.prices.version();
    auto &decisions = record.trace.decisions;
    const Lack lack = lackOf(answer);
    const bool unheard = !answer.usage && record.trace.chunks.isEmpty() && wasCutOff(record);
    if (answer.usage ? lack.any() : unheard || !record.trace.chunks.isEmpty()) {
        record.answer.usage = estimateUsage(request, answer, record.trace.chunks, accounting);
        decisions.append({ u"tokens"_s,
                           unheard ? u"estimated: cut short before the answer began, when the server had the prompt"_s
                                   : lackText(answer, lack) });
    }
    if (hidesReasoning(answer, lack)) {
        setReasoningApart(*record.answer.usage, countOutput(request, answer, record.trace.chunks, accounting));
        decisions.append({ QString(profile::reasoningStage),
                           u"its tokens are estimated by its length: the server counts them within the output"_s });
    }
    if (answer.usage && accounting.prompt) {
        record.promptCounted = answer.usage->derived || lack.input ? 0 : accounting.prompt->counted;
        const QStringList differences = countDifferences(record, accounting);
        for (const QString &sentence : differences)
            decisions.append({ u"tokens"_s, sentence });
    }
    if (!record.answer.usage)
        return record;
    decisions.append({ u"cost"_s, price(record, accounting.prices) });
    return record;
}

profile::Attempt attemptOf(const RunRequest &request, qint64 startedWallMs, const llm::Answer &answer,
                           const profile::Trace &trace, const Accounting &accounting)
{
    const profile::RunRecord record = makeRecord({}, request, startedWallMs, answer, trace, {}, accounting);
    return { trace, record.answer.error, record.model, {}, {}, record.answer.usage, record.costUsd, record.providerId };
}

profile::RunRecord countsOnly(profile::RunRecord record)
{
    llm::Answer &answer = record.answer;
    answer.text.clear();
    answer.reasoning.clear();
    answer.refusal.clear();
    answer.toolCalls.clear();
    answer.replay.reset();
    answer.finished = false;
    record.trace.chunks.clear();
    record.trace.lastContentNs = 0;
    return record;
}

profile::RunRecord interruptedRecord(profile::RunRecord begun)
{
    llm::Answer &answer = begun.answer;
    if (!answer.usage || answer.finished || answer.usage->source == llm::UsageSource::Server)
        return begun;
    const qint64 output = cost::estimateTokens(answer.text);
    const qint64 reasoning = cost::estimateTokens(answer.reasoning);
    if (output + reasoning <= answer.usage->outputTotal())
        return begun;
    const auto before = receiptOf(begun).totalUsd();
    answer.usage->output = output;
    answer.usage->reasoning = reasoning;
    answer.usage->source = llm::UsageSource::Chunks;
    begun.trace.decisions.append(
        { u"tokens"_s, u"output estimated: as much of the answer as was kept when the program ended"_s });
    const auto after = receiptOf(begun).totalUsd();
    if (begun.costUsd && before && after)
        *begun.costUsd += *after - *before;
    return begun;
}

profile::RunRecord cachedRecord(profile::RunRecord own, const profile::RunRecord &original,
                                const profile::CacheHit &hit)
{
    own.answer = original.answer;
    for (const profile::Decision &decision : original.trace.decisions) {
        if (decision.stage == profile::reasoningStage) // what it says of the tokens holds for the copy, too
            own.trace.decisions.append(decision);
    }
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
    own.costUsd = answerUsd(original);
    own.price = original.price;
    own.priceVersion = original.priceVersion;
    own.promptCounted = original.promptCounted;
    own.cached = false;
    return own;
}

QList<profile::Attempt> attemptsOf(const profile::RunRecord &record)
{
    QList<profile::Attempt> attempts = record.earlierAttempts;
    if (record.trace.dispatchedNs != 0)
        attempts.append(
            { record.trace, record.answer.error, record.model, {}, {}, record.answer.usage, answerUsd(record) });
    return attempts;
}

profile::RunRecord withoutBill(profile::RunRecord record)
{
    record.costUsd = 0;
    for (profile::Attempt &attempt : record.earlierAttempts) {
        attempt.usage.reset();
        attempt.costUsd.reset();
    }
    return record;
}

} // namespace talkbench::run
