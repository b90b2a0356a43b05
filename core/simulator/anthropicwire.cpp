#include "core/simulator/wirejson.h"

#include <QDateTime>
#include <QTimeZone>

#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr qint64 tokensPerRequest = 1000; ///< of the limits that headers tell
constexpr int longestAnswer = 32'000;

QString textOf(const QJsonValue &content)
{
    if (content.isString())
        return content.toString();
    QString text;
    const QJsonArray blocks = content.toArray();
    for (const auto &block : blocks)
        text += block[u"text"_s].toString();
    return text;
}

bool readContent(const QJsonObject &message, Turn &turn)
{
    const QJsonValue content = message[u"content"_s];
    if (content.isString()) {
        turn.text = content.toString();
        return true;
    }
    if (!content.isArray())
        return false;
    const QJsonArray blocks = content.toArray();
    for (const auto &block : blocks) {
        const QString type = block[u"type"_s].toString();
        if (type.isEmpty())
            return false;
        if (type == u"image")
            ++turn.images;
        if (type == u"tool_result") {
            turn.role = u"tool"_s;
            turn.text += textOf(block[u"content"_s]);
        } else if (type == u"tool_use") {
            turn.text += QString::fromUtf8(toBytes(block[u"input"_s].toObject()));
        } else {
            turn.text += block[u"text"_s].toString();
        }
    }
    return true;
}

void readThinking(const QJsonValue &thinking, ChatInput &input)
{
    const QString type = thinking[u"type"_s].toString();
    if (type == u"enabled" || type == u"adaptive")
        input.think = true;
    else if (type == u"disabled")
        input.think = false;
    input.showThoughts = thinking[u"display"_s].toString() != u"omitted";
}

void readToolChoiceBlock(const QJsonValue &choice, ChatInput &input)
{
    const QString type = choice[u"type"_s].toString();
    if (type == u"none")
        input.toolChoice = ToolChoice::None;
    else if (type == u"any" || type == u"tool")
        input.toolChoice = ToolChoice::Required;
    input.onlyTool = choice[u"name"_s].toString();
    input.parallelTools = !choice[u"disable_parallel_tool_use"_s].toBool();
}

std::optional<ApiError> readOptions(const QJsonObject &object, ChatInput &input)
{
    if (auto error = readBool(object, u"stream"_s, input.stream))
        return error;
    if (auto error = checkNumber(object, u"temperature"_s, 1))
        return error;
    if (auto error = readTools(object, {}, "input_schema"_L1, input))
        return error;
    readThinking(object[u"thinking"_s], input);
    readToolChoiceBlock(object[u"tool_choice"_s], input);
    const QJsonValue format = firstOf(object[u"output_config"_s].toObject(), { "format"_L1 });
    input.json = format[u"type"_s].toString() == u"json_schema";
    input.schema = format[u"schema"_s].toObject();
    return readStops(object, u"stop_sequences"_s, 64, input.stops);
}

QString stopReason(const Script &script)
{
    switch (script.ending) {
    case Ending::StopSequence:
        return u"stop_sequence"_s;
    case Ending::Length:
        return u"max_tokens"_s;
    case Ending::ToolCalls:
        return u"tool_use"_s;
    case Ending::Filter:
    case Ending::Refusal:
        return u"refusal"_s;
    case Ending::Stop:
        break;
    }
    return u"end_turn"_s;
}

/// The input's classes are disjoint here.
QJsonObject usageOf(const Script &script, int output)
{
    return { { u"input_tokens"_s, script.promptTokens - script.cacheRead - script.cacheWrite },
             { u"cache_creation_input_tokens"_s, script.cacheWrite },
             { u"cache_read_input_tokens"_s, script.cacheRead },
             { u"cache_creation"_s,
               QJsonObject { { u"ephemeral_5m_input_tokens"_s, script.cacheWrite },
                             { u"ephemeral_1h_input_tokens"_s, 0 } } },
             { u"output_tokens"_s, output },
             { u"service_tier"_s, u"standard"_s } };
}

/// A seal of the thoughts that the next turn has to bring back unchanged.
QString signatureOf(const Script &script)
{
    return QString::fromLatin1(("simulated:" + script.reasoning().left(60).toUtf8()).toBase64());
}

class AnthropicFramer final : public Framer {
public:
    using Framer::Framer;

    QByteArray opening() override
    {
        QJsonObject message = messageObject(QJsonArray(), QJsonValue(), QJsonValue());
        if (m_reply.usage)
            message[u"usage"_s] = usageOf(m_script, 1);
        return send("message_start", { { u"message"_s, message } });
    }

    QByteArray piece(const Piece &piece) override
    {
        QByteArray frames;
        if (piece.beginsBlock) {
            frames =
                send("content_block_start", { { u"index"_s, m_index }, { u"content_block"_s, block(piece, {}, {}) } });
            if (m_index == 0)
                frames += ping();
        }
        if (piece.kind != Piece::Kind::Reasoning || m_input.showThoughts)
            frames += deltaFrame(deltaOf(piece));
        if (!piece.endsBlock)
            return frames;
        if (piece.kind == Piece::Kind::Reasoning) {
            frames +=
                deltaFrame(R"({"type":"signature_delta","signature":)" + toJsonString(signatureOf(m_script)) + '}');
        }
        frames += send("content_block_stop", { { u"index"_s, m_index } });
        ++m_index;
        return frames;
    }

    QByteArray ping() override { return event("ping", R"({"type": "ping"})"); }

    QByteArray ending(const ServerTimes &) override
    {
        QJsonObject fields { { u"delta"_s,
                               QJsonObject { { u"stop_reason"_s, stopReason(m_script) },
                                             { u"stop_sequence"_s, orNull(m_script.stopSequence) } } } };
        if (m_reply.usage)
            fields[u"usage"_s] = finalUsage();
        return send("message_delta", fields);
    }

    QByteArray done(const ServerTimes &) override { return send("message_stop", {}); }

    QByteArray streamError() override
    {
        return send("error",
                    { { u"error"_s,
                        QJsonObject { { u"type"_s, u"api_error"_s },
                                      { u"message"_s, u"The simulated model broke off."_s } } } });
    }

    QByteArray whole(const ServerTimes &) override
    {
        QJsonArray content;
        QString text;
        for (const Piece &piece : m_script.pieces) {
            text = piece.beginsBlock ? piece.text : text + piece.text;
            if (!piece.endsBlock)
                continue;
            const bool hidden = piece.kind == Piece::Kind::Reasoning && !m_input.showThoughts;
            content.append(block(piece, hidden ? QString() : text, signatureOf(m_script)));
        }
        QJsonObject message = messageObject(content, stopReason(m_script), orNull(m_script.stopSequence));
        if (m_reply.usage)
            message[u"usage"_s] = finalUsage();
        return toBytes(message);
    }

private:
    QByteArray send(const QByteArray &type, QJsonObject fields) const
    {
        fields[u"type"_s] = QString::fromLatin1(type);
        return event(type, toBytes(fields));
    }

    QByteArray deltaFrame(const QByteArray &delta) const
    {
        return event("content_block_delta",
                     R"({"type":"content_block_delta","index":)" + QByteArray::number(m_index) + ",\"delta\":" + delta
                         + '}');
    }

    static QByteArray deltaOf(const Piece &piece)
    {
        const QByteArray text = toJsonString(piece.text);
        if (piece.kind == Piece::Kind::Reasoning)
            return R"({"type":"thinking_delta","thinking":)" + text + '}';
        if (piece.kind == Piece::Kind::ToolCall)
            return R"({"type":"input_json_delta","partial_json":)" + text + '}';
        return R"({"type":"text_delta","text":)" + text + '}';
    }

    QJsonObject block(const Piece &piece, const QString &text, const QString &signature) const
    {
        if (piece.kind == Piece::Kind::Reasoning)
            return { { u"type"_s, u"thinking"_s }, { u"thinking"_s, text }, { u"signature"_s, signature } };
        if (piece.kind == Piece::Kind::ToolCall) {
            const ToolCall &call = m_script.calls[static_cast<std::size_t>(piece.call)];
            return { { u"type"_s, u"tool_use"_s },
                     { u"id"_s, u"toolu_"_s + call.id },
                     { u"name"_s, call.name },
                     { u"input"_s, objectOf(text) } };
        }
        return { { u"type"_s, u"text"_s }, { u"text"_s, text } };
    }

    QJsonObject messageObject(const QJsonArray &content, const QJsonValue &reason, const QJsonValue &sequence) const
    {
        return { { u"id"_s, QString::fromLatin1(m_reply.id) },
                 { u"type"_s, u"message"_s },
                 { u"role"_s, u"assistant"_s },
                 { u"model"_s, m_reply.model },
                 { u"content"_s, content },
                 { u"stop_reason"_s, reason },
                 { u"stop_sequence"_s, sequence } };
    }

    QJsonObject finalUsage() const
    {
        QJsonObject usage = usageOf(m_script, m_script.outputTokens());
        if (m_script.reasoningTokens > 0)
            usage[u"output_tokens_details"_s] = QJsonObject { { u"thinking_tokens"_s, m_script.reasoningTokens } };
        return usage;
    }

    int m_index = 0;
};

QString errorType(int status)
{
    switch (status) {
    case 401:
        return u"authentication_error"_s;
    case 402:
        return u"billing_error"_s;
    case 403:
        return u"permission_error"_s;
    case 404:
        return u"not_found_error"_s;
    case 413:
        return u"request_too_large"_s;
    case 429:
        return u"rate_limit_error"_s;
    case 504:
        return u"timeout_error"_s;
    case 529:
        return u"overloaded_error"_s;
    default:
        return status >= 500 ? u"api_error"_s : u"invalid_request_error"_s;
    }
}

class AnthropicWire final : public Wire {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override { return read(asked, true); }

    /// `full`: an answer is wanted, so that its length must be given.
    std::variant<ChatInput, ApiError> read(const Asked &asked, bool full) const
    {
        const auto parsed = parseObject(asked.http.body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        const auto &object = std::get<QJsonObject>(parsed);
        ChatInput input;
        input.includeUsage = true;
        input.thinksByItself = false;
        input.model = object[u"model"_s].toString();
        if (const QString system = textOf(object[u"system"_s]); !system.isEmpty())
            input.turns.push_back({ u"system"_s, system, 0 });
        auto error = checkModel(*this, input.model);
        if (!error && full && !object.contains(u"max_tokens"_s))
            error = ApiError { 400, u"max_tokens: Field required"_s, {}, {}, {} };
        if (!error)
            error = readMaxTokens(object, u"max_tokens"_s, input);
        if (!error)
            error = readMessages(object, readContent, input.turns);
        if (!error)
            error = readOptions(object, input);
        if (error)
            return *error;
        return input;
    }

    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override
    {
        return std::make_unique<AnthropicFramer>(reply, input, script);
    }

    QByteArray idPrefix() const override { return "msg_sim"; }

    base::HttpHeaders headers(const QByteArray &id, const std::optional<RateLimit> &limit) const override
    {
        base::HttpHeaders headers { { "request-id", "req_" + id } };
        if (!limit)
            return headers;
        const qint64 resetMs = static_cast<qint64>(std::ceil(limit->resetS * 1000));
        const QByteArray reset =
            QDateTime::currentDateTimeUtc().addMSecs(resetMs).toString(Qt::ISODateWithMs).toLatin1();
        for (const auto &[kind, factor] : { std::pair { "requests", qint64(1) }, { "tokens", tokensPerRequest } }) {
            const QByteArray prefix = QByteArray("anthropic-ratelimit-") + kind;
            headers.append({ { prefix + "-limit", QByteArray::number(limit->limit * factor) },
                             { prefix + "-remaining", QByteArray::number(limit->remaining * factor) },
                             { prefix + "-reset", reset } });
        }
        return headers;
    }

    QByteArray errorBody(const ApiError &error) const override
    {
        return toBytes(
            { { u"type"_s, u"error"_s },
              { u"error"_s, QJsonObject { { u"type"_s, errorType(error.status) }, { u"message"_s, error.message } } },
              { u"request_id"_s, u"req_simulated"_s } });
    }

    QByteArray key(const HttpIn &in) const override
    {
        const QByteArray key = base::headerValue(in.headers, "x-api-key");
        return key.isEmpty() ? bearer(in) : key;
    }

    ApiError badKey() const override { return { 401, u"invalid x-api-key"_s, {}, {}, {} }; }
    ApiError noModel(const QString &name) const override { return { 404, u"model: "_s + name, {}, {}, {} }; }

    ApiError tooLong(int tokens, int most) const override
    {
        return { 400, u"prompt is too long: %1 tokens > %2 maximum"_s.arg(tokens).arg(most), {}, {}, {} };
    }

    std::optional<ApiError> filtered() const override
    {
        return ApiError { 400, u"Output blocked by content filtering policy"_s, {}, {}, {} };
    }
};

QJsonObject modelObject(const Model &model, const QString &name)
{
    return { { u"type"_s, u"model"_s },
             { u"id"_s, name },
             { u"display_name"_s, u"Simulated %1"_s.arg(QString::fromLatin1(model.size)) },
             { u"created_at"_s, u"2026-01-01T00:00:00Z"_s },
             { u"max_input_tokens"_s, contextTokens },
             { u"max_tokens"_s, longestAnswer } };
}

} // namespace

std::unique_ptr<Wire> anthropicWire()
{
    return std::make_unique<AnthropicWire>();
}

Told anthropicModels(const Wire &, const Asked &)
{
    QJsonArray list;
    for (const Model &model : models())
        list.append(modelObject(model, QString::fromLatin1(model.name)));
    return toBytes({ { u"data"_s, list },
                     { u"has_more"_s, false },
                     { u"first_id"_s, list.first()[u"id"_s] },
                     { u"last_id"_s, list.last()[u"id"_s] } });
}

Told anthropicModel(const Wire &wire, const Asked &asked)
{
    const QString name = QString::fromUtf8(asked.name);
    if (const auto error = checkModel(wire, name))
        return *error;
    return toBytes(modelObject(*modelByName(name), name));
}

Told anthropicTokens(const Wire &, const Asked &asked)
{
    const auto input = AnthropicWire().read(asked, false);
    if (const auto *error = std::get_if<ApiError>(&input))
        return *error;
    return toBytes({ { u"input_tokens"_s, countPromptTokens(std::get<ChatInput>(input)) } });
}

} // namespace talkbench::simulator
