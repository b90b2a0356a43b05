#include "core/simulator/knobs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

quint64 Random::next()
{
    m_state += 0x9e3779b97f4a7c15ULL;
    quint64 z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

double Random::uniform()
{
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Random::normal()
{
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

int Random::below(int count)
{
    return static_cast<int>(next() % static_cast<quint64>(count));
}

double Spread::draw(Random &random) const
{
    switch (shape) {
    case Shape::Constant:
        return std::max(0.0, mean);
    case Shape::Normal:
        return std::max(0.0, mean + deviation * random.normal());
    case Shape::LogNormal:
        break;
    }
    if (mean <= 0)
        return 0;
    // mean and deviation are those of the drawn values, not of their logarithms
    const double variance = std::log1p((deviation * deviation) / (mean * mean));
    return std::exp(std::log(mean) - variance / 2 + std::sqrt(variance) * random.normal());
}

namespace {

constexpr double maxMs = 3'600'000;
constexpr int maxTokens = 1'000'000;

std::optional<double> number(QStringView text, double min, double max)
{
    bool ok = false;
    const double value = text.trimmed().toDouble(&ok);
    if (!ok || !(value >= min && value <= max))
        return std::nullopt;
    return value;
}

QString setNumber(double &target, const QString &value, double max)
{
    const auto parsed = number(value, 0, max);
    if (!parsed)
        return u"a number from 0 to %1"_s.arg(max, 0, 'f', max < 10 ? 1 : 0);
    target = *parsed;
    return {};
}

template <typename Target>
QString setCount(Target &target, const QString &value, int min = 0)
{
    bool ok = false;
    const int parsed = value.trimmed().toInt(&ok);
    if (!ok || parsed < min || parsed > maxTokens)
        return u"a whole number from %1 to %2"_s.arg(min).arg(maxTokens);
    target = parsed;
    return {};
}

QString setSwitch(bool &target, const QString &value)
{
    static const QStringList on { u""_s, u"1"_s, u"true"_s, u"on"_s, u"yes"_s };
    static const QStringList off { u"0"_s, u"false"_s, u"off"_s, u"no"_s };
    const QString word = value.trimmed().toLower();
    if (!on.contains(word) && !off.contains(word))
        return u"on or off"_s;
    target = on.contains(word);
    return {};
}

QString setSpread(std::optional<Spread> &target, const QString &value)
{
    const QString wanted = u"MS, constant:MS, normal:MEAN,SPREAD or lognormal:MEAN,SPREAD in milliseconds"_s;
    Spread spread;
    QString numbers = value.trimmed();
    if (const qsizetype colon = numbers.indexOf(u':'); colon >= 0) {
        const QString shape = numbers.left(colon).trimmed().toLower();
        numbers = numbers.mid(colon + 1);
        if (shape == u"normal")
            spread.shape = Spread::Shape::Normal;
        else if (shape == u"lognormal")
            spread.shape = Spread::Shape::LogNormal;
        else if (shape != u"constant")
            return wanted;
    }
    const QStringList parts = numbers.split(u',');
    if (parts.size() != (spread.shape == Spread::Shape::Constant ? 1 : 2))
        return wanted;
    const auto mean = number(parts.first(), 0, maxMs);
    const auto deviation = parts.size() == 2 ? number(parts.last(), 0, maxMs) : 0.0;
    if (!mean || !deviation)
        return wanted;
    spread.mean = *mean;
    spread.deviation = *deviation;
    target = spread;
    return {};
}

QString setSeed(Knobs &knobs, const QString &value)
{
    bool ok = false;
    const quint64 seed = value.trimmed().toULongLong(&ok);
    if (!ok)
        return u"a whole number"_s;
    knobs.seed = seed;
    return {};
}

QString setStall(Knobs &knobs, const QString &value)
{
    const QStringList parts = value.split(u':');
    Stall stall;
    if (parts.size() != 2 || !setCount(stall.token, parts.first(), 1).isEmpty()
        || !setNumber(stall.ms, parts.last(), maxMs).isEmpty())
        return u"TOKEN:MS, such as 40:2000"_s;
    knobs.stall = stall;
    return {};
}

QString setCut(Knobs &knobs, const QString &value)
{
    static const std::array<std::pair<QString, Cut::Kind>, 4> kinds { {
        { u"fin"_s, Cut::Kind::Fin },
        { u"rst"_s, Cut::Kind::Rst },
        { u"half-json"_s, Cut::Kind::HalfJson },
        { u"error"_s, Cut::Kind::Error },
    } };
    const QStringList parts = value.trimmed().split(u':');
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto &k) { return k.first == parts.last(); });
    Cut cut;
    if (parts.size() != 2 || kind == kinds.end() || !setCount(cut.token, parts.first()).isEmpty())
        return u"TOKEN:fin, TOKEN:rst, TOKEN:half-json or TOKEN:error, such as 20:rst"_s;
    cut.kind = kind->second;
    knobs.cut = cut;
    return {};
}

QString setErrorStatus(Knobs &knobs, const QString &value)
{
    bool ok = false;
    const int status = value.trimmed().toInt(&ok);
    if (!ok || (status != 0 && (status < 300 || status > 599)))
        return u"an HTTP status from 300 to 599, or 0 for none"_s;
    knobs.errorStatus = status;
    return {};
}

QString setErrorAt(Knobs &knobs, const QString &value)
{
    std::set<quint64> numbers;
    const QStringList parts = value.split(u',');
    for (const QString &part : parts) {
        bool ok = false;
        const quint64 request = part.trimmed().toULongLong(&ok);
        if (!ok || request == 0)
            return u"numbers of requests from 1, such as 3,5"_s;
        numbers.insert(request);
    }
    knobs.errorAt = std::move(numbers);
    return {};
}

QString setLine(QString &target, const QString &value)
{
    if (value.contains(u'\n') || value.contains(u'\r'))
        return u"one line"_s;
    target = value;
    return {};
}

constexpr std::array table {
    Knob { "seed", "N", "Seed of everything drawn.", setSeed },
    Knob { "ttft", "SPREAD",
           "Time to the first token, in ms: constant:MEAN, normal:MEAN,SPREAD, lognormal:MEAN,SPREAD or MS.",
           [](Knobs &k, const QString &v) { return setSpread(k.ttft, v); } },
    Knob { "gap", "SPREAD", "Time between tokens, in ms, in the same shapes.",
           [](Knobs &k, const QString &v) { return setSpread(k.gap, v); } },
    Knob { "prefill", "MS", "Added to the first token's time for each token of the prompt.",
           [](Knobs &k, const QString &v) { return setNumber(k.prefillMs, v, maxMs); } },
    Knob { "tokens", "N", "Exactly so many tokens of text; 0: as long as the text is.",
           [](Knobs &k, const QString &v) { return setCount(k.tokens, v); } },
    Knob { "tokens-per-chunk", "N", "Tokens in one chunk of the stream.",
           [](Knobs &k, const QString &v) { return setCount(k.tokensPerChunk, v, 1); } },
    Knob { "reasoning", "N", "Tokens of reasoning before the text.",
           [](Knobs &k, const QString &v) { return setCount(k.reasoning, v); } },
    Knob { "max-tokens", "N", "End for length after so many tokens, as if the request had asked for it; 0: don't.",
           [](Knobs &k, const QString &v) { return setCount(k.maxTokens, v); } },
    Knob { "tool-calls", "N", "Call so many of the request's tools; otherwise as its prompt and its tool choice ask.",
           [](Knobs &k, const QString &v) { return setCount(k.toolCalls, v); } },
    Knob { "refusal", "", "Decline, in the protocol's own way.",
           [](Knobs &k, const QString &v) { return setSwitch(k.refusal, v); } },
    Knob { "filter", "N", "The content filter ends the answer after so many tokens; 0: it refuses the prompt.",
           [](Knobs &k, const QString &v) { return setCount(k.filter, v); } },
    Knob { "cache-read", "N", "Tokens of the prompt that the usage says were read from a cache.",
           [](Knobs &k, const QString &v) { return setCount(k.cacheRead, v); } },
    Knob { "cache-write", "N", "Tokens of the prompt that the usage says were written to a cache.",
           [](Knobs &k, const QString &v) { return setCount(k.cacheWrite, v); } },
    Knob { "context", "N", "Refuse prompts of more tokens, as the protocol refuses what is too long; 0: take any.",
           [](Knobs &k, const QString &v) { return setCount(k.context, v); } },
    Knob { "require-key", "KEY", "Refuse requests that bring another key, or none, where the protocol has its key.",
           [](Knobs &k, const QString &v) { return setLine(k.requireKey, v); } },
    Knob { "rate-limit", "N",
           "Rate-limit headers of the protocol for N requests a minute, of which each one takes one.",
           [](Knobs &k, const QString &v) { return setCount(k.rateLimit, v); } },
    Knob { "stall", "TOKEN:MS", "A pause of so many ms before that token.", setStall },
    Knob { "cut", "TOKEN:HOW", "Break off after so many tokens: fin, rst, half-json or error (one inside the stream).",
           setCut },
    Knob { "error-status", "STATUS", "Answer with this HTTP status: always, or as error-rate and error-at say.",
           setErrorStatus },
    Knob { "error-rate", "0..1", "Share of requests that fail (status 500 unless error-status is set).",
           [](Knobs &k, const QString &v) { return setNumber(k.errorRate, v, 1); } },
    Knob { "error-at", "N,N", "Numbers of the requests that fail, from 1.", setErrorAt },
    Knob { "error-body", "TEXT", "The body of such an answer; otherwise an error object of the protocol.",
           [](Knobs &k, const QString &v) { return setLine(k.errorBody, v); } },
    Knob { "retry-after", "VALUE", "Retry-After of such an answer, sent as it is (Gemini says it in the body too).",
           [](Knobs &k, const QString &v) { return setLine(k.retryAfter, v); } },
    Knob { "split-utf8", "", "Split each chunk inside a character of several bytes, with a flush between.",
           [](Knobs &k, const QString &v) { return setSwitch(k.splitUtf8, v); } },
    Knob { "crlf", "", "End lines with CR LF.", [](Knobs &k, const QString &v) { return setSwitch(k.crlf, v); } },
    Knob { "comments", "N", "An SSE comment after every N chunks.",
           [](Knobs &k, const QString &v) { return setCount(k.comments, v); } },
    Knob { "pings", "N", "A ping event after every N chunks.",
           [](Knobs &k, const QString &v) { return setCount(k.pings, v); } },
    Knob { "wait-comments", "MS", "An SSE comment every MS until the first token.",
           [](Knobs &k, const QString &v) { return setNumber(k.waitCommentsMs, v, maxMs); } },
    Knob { "late-headers", "", "Send the response's headers with the first token only.",
           [](Knobs &k, const QString &v) { return setSwitch(k.lateHeaders, v); } },
    Knob { "no-done", "", "Leave out the stream's last event: [DONE], message_stop or what the protocol ends with.",
           [](Knobs &k, const QString &v) { return setSwitch(k.noDone, v); } },
    Knob { "no-usage", "", "Leave out the usage, even where the request asks for it.",
           [](Knobs &k, const QString &v) { return setSwitch(k.noUsage, v); } },
    Knob { "batch-ms", "MS", "How long a batch takes, of OpenAI's or Anthropic's batch API (5000).",
           [](Knobs &k, const QString &v) { return setNumber(k.batchMs, v, 25 * maxMs); } },
    Knob { "batch-expire", "N", "So many requests of each batch, its last ones, expire.",
           [](Knobs &k, const QString &v) { return setCount(k.batchExpire, v); } },
    Knob { "batch-lost", "N", "Make the first N batches, but close the connection instead of saying so.",
           [](Knobs &k, const QString &v) { return setCount(k.batchLost, v); } },
    Knob { "files-stay", "", "Refuse to delete uploaded files.",
           [](Knobs &k, const QString &v) { return setSwitch(k.filesStay, v); } },
};

} // namespace

std::span<const Knob> knobTable()
{
    return table;
}

base::Result<void> setKnob(Knobs &knobs, const QString &name, const QString &value)
{
    const auto knob =
        std::find_if(table.begin(), table.end(), [&](const Knob &k) { return name == QLatin1String(k.name); });
    if (knob == table.end())
        return base::Error { base::ErrorKind::Usage, u"There is no knob '%1'."_s.arg(name), {}, 0, {} };
    if (const QString wanted = knob->parse(knobs, value); !wanted.isEmpty()) {
        return base::Error {
            base::ErrorKind::Usage, u"'%1' is no value for %2: it takes %3."_s.arg(value, name, wanted), {}, 0, {}
        };
    }
    return {};
}

} // namespace talkbench::simulator
