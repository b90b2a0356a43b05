#include "core/cost/tokenestimate.h"

#include "core/cost/tokencount.h"

#include <cmath>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

/// How far an estimated prompt may be from the server's count: see estimateTokens().
constexpr double leastOfEstimate = 0.6;
constexpr double mostOfEstimate = 1.7;

enum class Class { Letter, Digit, Ideograph, Space, NewLine, Other };

Class classOf(QChar c)
{
    switch (c.script()) {
    case QChar::Script_Han:
    case QChar::Script_Hiragana:
    case QChar::Script_Katakana:
    case QChar::Script_Hangul:
    case QChar::Script_Thai:
        return Class::Ideograph;
    default:
        break;
    }
    if (c == u'\n' || c == u'\r')
        return Class::NewLine;
    if (c.isSpace())
        return Class::Space;
    if (c.isDigit())
        return Class::Digit;
    return c.isLetter() || c.isMark() ? Class::Letter : Class::Other;
}

/// A run of one class. A vocabulary holds most English words whole, with the space before them, and numbers in threes.
double tokensInRun(Class kind, QStringView run)
{
    const auto length = static_cast<double>(run.size());
    switch (kind) {
    case Class::Letter: {
        const bool ascii = run.front().unicode() < 128;
        return ascii ? (length <= 7 ? 1 : 1 + (length - 7) / 5) : (length <= 4 ? 1 : length / 3.5);
    }
    case Class::Digit:
        return std::ceil(length / 3);
    case Class::Ideograph:
        return length * 0.75;
    case Class::Space:
        return run.size() > 1 ? 1 : 0;
    case Class::NewLine:
        return 1;
    case Class::Other:
        return run.front().isSurrogate() ? length : length <= 2 ? 1 : length / 2;
    }
    return 0;
}

constexpr int tokensAroundMessage = 4;
constexpr qsizetype mostCharactersPerToken = 8;

} // namespace

qint64 estimateTokens(QStringView text)
{
    double tokens = 0;
    qsizetype start = 0;
    while (start < text.size()) {
        const Class kind = classOf(text[start]);
        qsizetype end = start + 1;
        while (end < text.size() && classOf(text[end]) == kind)
            ++end;
        tokens += tokensInRun(kind, text.sliced(start, end - start));
        start = end;
    }
    return qRound64(tokens);
}

qint64 estimateStreamed(QStringView text, qsizetype chunks)
{
    const bool chunkIsToken = text.size() <= chunks * mostCharactersPerToken;
    return chunkIsToken ? chunks : estimateTokens(text);
}

qint64 estimateTokens(const QList<llm::Message> &messages)
{
    qint64 tokens = 0;
    for (const llm::Message &message : messages)
        tokens += estimateTokens(message.text()) + tokensAroundMessage;
    return tokens;
}

TokenCount roughCount(const QList<llm::Message> &messages)
{
    const qint64 tokens = estimateTokens(messages);
    TokenCount count;
    count.tokens = tokens;
    count.low = qRound64(static_cast<double>(tokens) * leastOfEstimate);
    count.high = qRound64(static_cast<double>(tokens) * mostOfEstimate);
    count.why = u"a rough estimate from its letters and words"_s;
    return count;
}

} // namespace talkbench::cost
