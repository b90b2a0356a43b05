#include "core/simulator/wirejson.h"

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

bool readContent(const QJsonObject &message, Turn &turn)
{
    const QJsonValue content = message[u"content"_s];
    if (content.isString()) {
        turn.text = content.toString();
        return true;
    }
    if (content.isNull() || content.isUndefined())
        return turn.role == u"assistant";
    if (!content.isArray())
        return false;
    const QJsonArray parts = content.toArray();
    for (const QJsonValue &part : parts) {
        const QString type = part[u"type"_s].toString();
        if (type == u"text")
            turn.text += part[u"text"_s].toString();
        else if (type == u"image_url")
            ++turn.images;
        else if (type.isEmpty())
            return false;
    }
    return true;
}

std::optional<ApiError> readOptions(const QJsonObject &object, ChatInput &input)
{
    std::optional<qint64> maxTokens;
    std::optional<qint64> seed;
    std::optional<qint64> count;
    for (const QString &key : { u"max_tokens"_s, u"max_completion_tokens"_s }) {
        if (auto error = readInteger(object, key, 1, maxTokens))
            return error;
    }
    if (auto error = readInteger(object, u"seed"_s, std::numeric_limits<qint64>::min() + 1, seed))
        return error;
    if (auto error = readInteger(object, u"n"_s, 1, count))
        return error;
    if (count.value_or(1) != 1)
        return ApiError { 400, u"This model gives one choice only."_s, u"n"_s, u"unsupported_value"_s };
    const QJsonValue temperature = object[u"temperature"_s];
    if (!temperature.isUndefined() && !temperature.isNull()
        && (!temperature.isDouble() || temperature.toDouble() < 0 || temperature.toDouble() > 2)) {
        return ApiError { 400, u"Invalid 'temperature': it must be a number from 0 to 2."_s, u"temperature"_s,
                          u"decimal_above_max_value"_s };
    }
    if (maxTokens)
        input.maxTokens = static_cast<int>(std::min<qint64>(*maxTokens, std::numeric_limits<int>::max()));
    if (seed)
        input.seed = static_cast<quint64>(*seed);
    input.json = object[u"response_format"_s][u"type"_s].toString().startsWith(u"json");
    input.think = object[u"reasoning_effort"_s].toString() != u"none";
    return readStops(object[u"stop"_s], 4, input.stops);
}

std::optional<ApiError> readStream(const QJsonObject &object, ChatInput &input)
{
    if (auto error = readBool(object, u"stream"_s, input.stream))
        return error;
    const QJsonValue options = object[u"stream_options"_s];
    if (options.isUndefined() || options.isNull())
        return std::nullopt;
    if (!input.stream) {
        return ApiError { 400, u"'stream_options' is only allowed when 'stream' is true."_s, u"stream_options"_s,
                          u"invalid_value"_s };
    }
    return readBool(options.toObject(), u"include_usage"_s, input.includeUsage);
}

QString finishReason(const Script &script)
{
    return script.cutByLength ? u"length"_s : u"stop"_s;
}

QJsonObject usageOf(const Script &script)
{
    const int completion = script.reasoningTokens + script.textTokens;
    return {
        { u"prompt_tokens"_s, script.promptTokens },
        { u"completion_tokens"_s, completion },
        { u"total_tokens"_s, script.promptTokens + completion },
        { u"prompt_tokens_details"_s, QJsonObject { { u"cached_tokens"_s, 0 } } },
        { u"completion_tokens_details"_s, QJsonObject { { u"reasoning_tokens"_s, script.reasoningTokens } } },
    };
}

class OpenAiWire final : public Wire {
public:
    std::variant<ChatInput, ApiError> parse(const QByteArray &body) const override
    {
        const auto parsed = parseObject(body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        const auto &object = std::get<QJsonObject>(parsed);
        ChatInput input;
        auto error = checkModel(object, u"The model '%1' does not exist or you do not have access to it."_s);
        if (!error)
            error = readMessages(object, readContent, input.turns);
        if (!error)
            error = readStream(object, input);
        if (!error)
            error = readOptions(object, input);
        if (error)
            return *error;
        input.model = object[u"model"_s].toString();
        return input;
    }

    QByteArray errorBody(const ApiError &error) const override
    {
        const auto orNull = [](const QString &text) { return text.isEmpty() ? QJsonValue() : QJsonValue(text); };
        return toBytes({ { u"error"_s,
                           QJsonObject { { u"message"_s, error.message },
                                         { u"type"_s, typeOf(error.status) },
                                         { u"param"_s, orNull(error.param) },
                                         { u"code"_s, orNull(error.code) } } } });
    }

    QByteArray streamType() const override { return "text/event-stream; charset=utf-8"; }

    QByteArray opening(const Reply &reply) const override
    {
        return chunk(reply, R"({"role":"assistant","content":""})", "null");
    }

    QByteArray piece(const Reply &reply, const Piece &piece) const override
    {
        const QByteArray key = piece.kind == Piece::Kind::Reasoning ? "reasoning_content" : "content";
        return chunk(reply, "{\"" + key + "\":" + toJsonString(piece.text) + '}', "null");
    }

    QByteArray streamError(const Reply &reply) const override
    {
        return event(reply, errorBody({ 500, u"The simulated model broke off."_s, {}, u"server_error"_s }));
    }

    QByteArray comment(const Reply &reply) const override { return ": keep-alive" + end(reply) + end(reply); }

    QByteArray ping(const Reply &reply) const override
    {
        return "event: ping" + end(reply) + event(reply, R"({"type":"ping"})");
    }

    QByteArray ending(const Reply &reply, const Script &script, const ServerTimes &) const override
    {
        QByteArray frames = chunk(reply, "{}", toJsonString(finishReason(script)));
        if (reply.usage)
            frames += event(reply, head(reply) + R"(,"choices":[],"usage":)" + toBytes(usageOf(script)) + '}');
        return frames;
    }

    QByteArray done(const Reply &reply, const Script &, const ServerTimes &) const override
    {
        return event(reply, "[DONE]");
    }

    QByteArray whole(const Reply &reply, const Script &script, const ServerTimes &) const override
    {
        QJsonObject message { { u"role"_s, u"assistant"_s },
                              { u"content"_s, script.text() },
                              { u"refusal"_s, QJsonValue() } };
        if (script.reasoningTokens > 0)
            message[u"reasoning_content"_s] = script.reasoning();
        QJsonObject answer {
            { u"id"_s, QString::fromUtf8(reply.id) },
            { u"object"_s, u"chat.completion"_s },
            { u"created"_s, reply.createdS },
            { u"model"_s, reply.model },
            { u"choices"_s,
              QJsonArray { QJsonObject { { u"index"_s, 0 },
                                         { u"message"_s, message },
                                         { u"logprobs"_s, QJsonValue() },
                                         { u"finish_reason"_s, finishReason(script) } } } },
        };
        if (reply.usage)
            answer[u"usage"_s] = usageOf(script);
        return toBytes(answer);
    }

private:
    static QString typeOf(int status)
    {
        if (status == 401)
            return u"authentication_error"_s;
        if (status == 429)
            return u"rate_limit_error"_s;
        return status >= 500 ? u"server_error"_s : u"invalid_request_error"_s;
    }

    static QByteArray end(const Reply &reply) { return reply.crlf ? "\r\n" : "\n"; }

    static QByteArray event(const Reply &reply, const QByteArray &data)
    {
        return "data: " + data + end(reply) + end(reply);
    }

    static QByteArray head(const Reply &reply)
    {
        return "{\"id\":\"" + reply.id + "\",\"object\":\"chat.completion.chunk\",\"created\":"
            + QByteArray::number(reply.createdS) + ",\"model\":" + toJsonString(reply.model);
    }

    static QByteArray chunk(const Reply &reply, const QByteArray &delta, const QByteArray &finish)
    {
        return event(reply,
                     head(reply) + R"(,"choices":[{"index":0,"delta":)" + delta + R"(,"logprobs":null,"finish_reason":)"
                         + finish + "}]" + (reply.nullUsage ? R"(,"usage":null)" : "") + '}');
    }
};

} // namespace

std::unique_ptr<Wire> openAiWire()
{
    return std::make_unique<OpenAiWire>();
}

QByteArray openAiModels()
{
    QJsonArray list;
    for (const Model &model : models()) {
        list.append(QJsonObject { { u"id"_s, QString::fromLatin1(model.name) },
                                  { u"object"_s, u"model"_s },
                                  { u"created"_s, 1'700'000'000 },
                                  { u"owned_by"_s, u"talkbench"_s } });
    }
    return toBytes({ { u"object"_s, u"list"_s }, { u"data"_s, list } });
}

} // namespace talkbench::simulator
