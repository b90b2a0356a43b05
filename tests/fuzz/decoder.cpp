#include "core/llm/answer.h"
#include "core/run/bodydecoder.h"
#include "tests/fuzz/input.h"

#include <QJsonDocument>

#include <array>

using namespace talkbench;

namespace {

constexpr std::array statuses { 200, 200, 400, 401, 404, 429, 500, 529, 307, 204 };
constexpr qsizetype bodyLimit = qsizetype(32) << 10;

struct Case {
    int status = 200;
    bool streamed = true;
    QByteArray body;
};

llm::Answer decoded(const Case &one, int seed)
{
    static const llm::Provider *provider = llm::providerFor(QStringLiteral(PROTOCOL));
    run::BodyDecoder decoder(*provider, one.streamed, bodyLimit);
    decoder.head({ one.status, { { "retry-after", "1" } } });
    llm::Answer answer;
    const auto apply = [&answer](const llm::StreamEvents &events) {
        for (const llm::StreamEvent &event : events)
            answer.apply(event);
    };
    fuzz::inPieces(one.body, seed, [&](QByteArrayView piece) { apply(decoder.bytes(piece)); });
    apply(decoder.end());
    const auto incomplete = decoder.incomplete();
    fuzz::require(!incomplete || !answer.error, "an answer that failed is not incomplete too");
    if (incomplete)
        answer.error = incomplete;
    return answer;
}

QByteArray text(const llm::Answer &answer)
{
    return QJsonDocument(llm::toJson(answer)).toJson();
}

/// Without the wait, which a date in the body makes depend on the time of day.
QByteArray comparable(llm::Answer answer)
{
    if (answer.error && answer.error->retryAfterMs)
        answer.error->retryAfterMs = 0;
    return text(answer);
}

void check(const llm::Usage &usage)
{
    for (const qint64 count : { usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning })
        fuzz::require(count >= 0, "no count is negative");
    fuzz::require(usage.inputTotal() >= usage.input && usage.outputTotal() >= usage.output, "sums don't overflow");
    const double cost = usage.reportedCostUsd.value_or(0);
    fuzz::require(std::isfinite(cost) && cost >= 0, "a cost is a number");
}

void check(const llm::Answer &answer, const Case &one)
{
    fuzz::require(answer.finished || answer.error, "an answer ends well or says why not");
    fuzz::require(!answer.error || !answer.error->message.isEmpty(), "an error says something");
    fuzz::require(one.status < 300 || answer.error, "an HTTP error is an error");
    fuzz::require(answer.text.size() + answer.reasoning.size() + answer.refusal.size() <= one.body.size(),
                  "no text comes from nowhere");
    fuzz::require(answer.toolCalls.size() <= 1024, "tool calls are bounded");
    if (answer.usage)
        check(*answer.usage);
    fuzz::require(fuzz::finite(answer.serverTimings), "a time is a number");
    const QByteArray json = text(answer);
    fuzz::require(text(llm::answerFromJson(QJsonDocument::fromJson(json).object())) == json, "an answer can be stored");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input(data, size);
    Case one;
    one.status = statuses[static_cast<std::size_t>(input.choice(static_cast<int>(statuses.size())))];
    one.streamed = input.choice(2) == 0;
    const int seed = input.choice(256);
    one.body = input.rest();
    const llm::Answer whole = decoded(one, 0);
    check(whole, one);
    // What lies beyond the limit is taken or not by where the reads end.
    if (one.body.size() <= bodyLimit)
        fuzz::require(comparable(decoded(one, seed)) == comparable(whole), "a split changes no answer");
    return 0;
}
