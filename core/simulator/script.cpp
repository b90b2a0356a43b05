#include "core/simulator/script.h"

#include "core/simulator/schemavalue.h"

#include <QJsonDocument>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr int thoughtsOnRequest = 120; ///< of a model that has none by itself

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

/// A block's tokens before they are cut into pieces.
struct Block {
    Piece::Kind kind = Piece::Kind::Text;
    QStringList tokens;
    int call = 0;
};

int thoughtsWanted(const ChatInput &input, const Model &model, const Knobs &knobs)
{
    if (input.think == false)
        return 0;
    if (knobs.reasoning)
        return *knobs.reasoning;
    if (input.think == true && model.reasoning == 0)
        return thoughtsOnRequest;
    return input.think == true || input.thinksByItself ? model.reasoning : 0;
}

void stopAt(QString &text, const QStringList &stops, Script &script)
{
    qsizetype end = text.size();
    for (const QString &stop : stops) {
        const qsizetype at = stop.isEmpty() ? -1 : text.indexOf(stop);
        if (at < 0 || at >= end)
            continue;
        end = at;
        script.ending = Ending::StopSequence;
        script.stopSequence = stop;
    }
    text.truncate(end);
}

QStringList textTokens(const ChatInput &input, const TextRequest &request, Script &script)
{
    QString text;
    if (input.json && !input.schema.isEmpty()) {
        const QJsonValue value = valueOf(input.schema, lastUserText(input.turns));
        text = QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    } else {
        text = composeText(request);
    }
    stopAt(text, input.stops, script);
    QStringList tokens = tokenize(text);
    if (request.tokens > 0 && tokens.size() > request.tokens) {
        tokens.resize(request.tokens);
        script.ending = Ending::Stop;
    }
    return tokens;
}

std::vector<Block> blocksOf(const ChatInput &input, const Model &model, const Knobs &knobs, Script &script)
{
    std::vector<Block> blocks;
    const TextRequest request = textRequest(input, model, knobs);
    if (const int wanted = thoughtsWanted(input, model, knobs); wanted > 0)
        blocks.push_back({ Piece::Kind::Reasoning, tokenize(composeReasoning(request, wanted)).mid(0, wanted) });
    if (knobs.refusal) {
        script.ending = Ending::Refusal;
        blocks.push_back({ Piece::Kind::Refusal, tokenize(u"I'm sorry, but I can't help with that."_s) });
    } else if (!script.calls.empty()) {
        script.ending = Ending::ToolCalls;
        for (const ToolCall &call : script.calls)
            blocks.push_back(
                { Piece::Kind::ToolCall, tokenize(call.arguments), static_cast<int>(&call - script.calls.data()) });
    } else if (QStringList tokens = textTokens(input, request, script); !tokens.isEmpty()) {
        blocks.push_back({ Piece::Kind::Text, std::move(tokens) });
    }
    return blocks;
}

/// Leaves so many tokens; what had more ends for this reason.
void limit(std::vector<Block> &blocks, qsizetype most, Ending reason, Script &script)
{
    qsizetype left = most;
    for (Block &block : blocks) {
        if (block.tokens.size() > left) {
            script.ending = reason;
            block.tokens.resize(left);
        }
        left -= block.tokens.size();
    }
    std::erase_if(blocks, [](const Block &block) { return block.tokens.isEmpty(); });
}

/// The calls as far as they are sent.
void cutCalls(const std::vector<Block> &blocks, Script &script)
{
    std::vector<ToolCall> begun;
    for (const Block &block : blocks) {
        if (block.kind != Piece::Kind::ToolCall)
            continue;
        begun.push_back(script.calls[static_cast<std::size_t>(block.call)]);
        begun.back().arguments = block.tokens.join(QString());
    }
    script.calls = std::move(begun);
}

void appendPieces(Script &script, const Block &block, int perChunk)
{
    const int first = script.outputTokens() + 1;
    for (qsizetype at = 0; at < block.tokens.size(); at += perChunk) {
        const qsizetype count = std::min<qsizetype>(perChunk, block.tokens.size() - at);
        Piece piece;
        piece.kind = block.kind;
        piece.text = block.tokens.mid(at, count).join(QString());
        piece.firstToken = first + static_cast<int>(at);
        piece.tokens = static_cast<int>(count);
        piece.call = block.call;
        piece.beginsBlock = at == 0;
        piece.endsBlock = at + count == block.tokens.size();
        script.pieces.push_back(std::move(piece));
    }
    int &count = block.kind == Piece::Kind::Reasoning ? script.reasoningTokens : script.answerTokens;
    count += static_cast<int>(block.tokens.size());
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

QString Script::refusal() const
{
    return joined(pieces, Piece::Kind::Refusal);
}

Script writeScript(const ChatInput &input, const Model &model, const Knobs &knobs, quint64 number)
{
    Script script;
    script.promptTokens = countPromptTokens(input);
    script.cacheRead = std::min(knobs.cacheRead, script.promptTokens);
    script.cacheWrite = std::min(knobs.cacheWrite, script.promptTokens - script.cacheRead);
    script.calls = chooseCalls(input, knobs, number);
    std::vector<Block> blocks = blocksOf(input, model, knobs, script);
    int most = input.maxTokens.value_or(std::numeric_limits<int>::max());
    if (knobs.maxTokens > 0)
        most = std::min(most, knobs.maxTokens);
    limit(blocks, most, Ending::Length, script);
    if (knobs.filter)
        limit(blocks, *knobs.filter, Ending::Filter, script);
    cutCalls(blocks, script);
    for (const Block &block : blocks)
        appendPieces(script, block, knobs.tokensPerChunk);

    Random random = randomFor(knobs, number, Stream::Timing);
    script.ttftMs = knobs.ttft.value_or(model.ttft).draw(random) + knobs.prefillMs * script.promptTokens;
    drawDelays(script, knobs.gap.value_or(model.gap), knobs.stall, random);
    return script;
}

int countPromptTokens(const ChatInput &input)
{
    qsizetype tokens = countPromptTokens(input.turns);
    for (const Tool &tool : input.tools) {
        const QByteArray schema = QJsonDocument(tool.parameters).toJson(QJsonDocument::Compact);
        tokens += tokenize(tool.name + u' ' + tool.description + QString::fromUtf8(schema)).size();
    }
    return static_cast<int>(std::min<qsizetype>(tokens, std::numeric_limits<int>::max()));
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
