#include "core/simulator/script.h"

#include <algorithm>

namespace talkbench::simulator {

namespace {

enum class Stream : quint64 { Timing = 1, Error = 2 };

/// Draws of one purpose never shift those of another.
Random randomFor(const Knobs &knobs, quint64 number, Stream stream)
{
    Random seeds(knobs.seed * 0x100000001b3ULL + static_cast<quint64>(stream));
    return Random(seeds.next() ^ (knobs.seedOfRequest ? 0 : number * 0x9e3779b97f4a7c15ULL));
}

TextRequest textRequest(const ChatInput &input, const Model &model, const Knobs &knobs)
{
    TextRequest request;
    request.turns = input.turns;
    request.seed = input.seed.value_or(knobs.seed);
    request.model = input.model;
    request.sections = model.sections;
    request.tokens = knobs.tokens;
    request.json = input.json;
    return request;
}

void stopAt(QString &text, const QStringList &stops)
{
    qsizetype end = text.size();
    for (const QString &stop : stops) {
        if (const qsizetype at = stop.isEmpty() ? -1 : text.indexOf(stop); at >= 0)
            end = std::min(end, at);
    }
    text.truncate(end);
}

void appendPieces(std::vector<Piece> &pieces, Piece::Kind kind, const QStringList &tokens, int firstToken, int perChunk)
{
    for (qsizetype at = 0; at < tokens.size(); at += perChunk) {
        const qsizetype count = std::min<qsizetype>(perChunk, tokens.size() - at);
        Piece piece;
        piece.kind = kind;
        piece.text = tokens.mid(at, count).join(QString());
        piece.firstToken = firstToken + static_cast<int>(at);
        piece.tokens = static_cast<int>(count);
        pieces.push_back(std::move(piece));
    }
}

/// The first piece goes out at the first token's time, however many tokens it has; each other one after as many gaps as it has tokens.
void drawDelays(Script &script, const Spread &gap, const Stall &stall, Random &random)
{
    for (Piece &piece : script.pieces) {
        if (piece.firstToken == 1)
            piece.delayMs = script.ttftMs;
        else
            for (int i = 0; i < piece.tokens; ++i)
                piece.delayMs += gap.draw(random);
        if (stall.token >= piece.firstToken && stall.token < piece.firstToken + piece.tokens)
            piece.delayMs += stall.ms;
    }
}

QString joined(const std::vector<Piece> &pieces, Piece::Kind kind)
{
    QString text;
    for (const Piece &piece : pieces) {
        if (piece.kind == kind)
            text += piece.text;
    }
    return text;
}

} // namespace

QString Script::reasoning() const
{
    return joined(pieces, Piece::Kind::Reasoning);
}

QString Script::text() const
{
    return joined(pieces, Piece::Kind::Text);
}

Script writeScript(const ChatInput &input, const Model &model, const Knobs &knobs, quint64 number)
{
    const TextRequest request = textRequest(input, model, knobs);
    QString text = composeText(request);
    stopAt(text, input.stops);
    QStringList tokens = tokenize(text);
    if (knobs.tokens > 0)
        tokens.resize(std::min<qsizetype>(tokens.size(), knobs.tokens));
    const int reasoningWanted = input.think ? knobs.reasoning.value_or(model.reasoning) : 0;
    QStringList reasoning = reasoningWanted > 0 ? tokenize(composeReasoning(request, reasoningWanted)) : QStringList();
    reasoning.resize(std::min<qsizetype>(reasoning.size(), reasoningWanted));

    Script script;
    if (input.maxTokens) {
        const qsizetype max = *input.maxTokens;
        script.cutByLength = reasoning.size() + tokens.size() > max;
        reasoning.resize(std::min(reasoning.size(), max));
        tokens.resize(std::min(tokens.size(), max - reasoning.size()));
    }
    script.promptTokens = countPromptTokens(input.turns);
    script.reasoningTokens = static_cast<int>(reasoning.size());
    script.textTokens = static_cast<int>(tokens.size());
    appendPieces(script.pieces, Piece::Kind::Reasoning, reasoning, 1, knobs.tokensPerChunk);
    appendPieces(script.pieces, Piece::Kind::Text, tokens, script.reasoningTokens + 1, knobs.tokensPerChunk);

    Random random = randomFor(knobs, number, Stream::Timing);
    script.ttftMs = knobs.ttft.value_or(model.ttft).draw(random) + knobs.prefillMs * script.promptTokens;
    drawDelays(script, knobs.gap.value_or(model.gap), knobs.stall, random);
    return script;
}

bool drawError(const Knobs &knobs, quint64 number)
{
    if (knobs.errorAt.contains(number))
        return true;
    if (knobs.errorRate > 0)
        return randomFor(knobs, number, Stream::Error).uniform() < knobs.errorRate;
    return knobs.errorAt.empty() && knobs.errorStatus != 0;
}

} // namespace talkbench::simulator
