#include "core/simulator/openaiwire.h"

#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

std::optional<ApiError> readFormat(const QJsonValue &format, ChatInput &input)
{
    const QString type = format[u"type"_s].toString(u"text"_s);
    if (type != u"text" && type != u"json_object" && type != u"json_schema") {
        return ApiError { 400,
                          u"Invalid value for 'response_format.type': '%1'."_s.arg(type),
                          u"response_format"_s,
                          u"invalid_value"_s,
                          {} };
    }
    input.json = type != u"text";
    input.schema = format[u"json_schema"_s][u"schema"_s].toObject();
    return std::nullopt;
}

std::optional<ApiError> readOptions(const QJsonObject &object, ChatInput &input)
{
    std::optional<qint64> seed;
    std::optional<qint64> count;
    for (const QString &key : { u"max_tokens"_s, u"max_completion_tokens"_s }) {
        if (auto error = readMaxTokens(object, key, input))
            return error;
    }
    if (auto error = readInteger(object, u"seed"_s, std::numeric_limits<qint64>::min() + 1, seed))
        return error;
    if (auto error = readInteger(object, u"n"_s, 1, count))
        return error;
    if (count.value_or(1) != 1)
        return ApiError { 400, u"This model gives one choice only."_s, u"n"_s, u"unsupported_value"_s, {} };
    if (auto error = checkNumber(object, u"temperature"_s, 2))
        return error;
    if (auto error = readFormat(object[u"response_format"_s], input))
        return error;
    if (auto error = readTools(object, "function"_L1, "parameters"_L1, input))
        return error;
    if (seed)
        input.seed = static_cast<quint64>(*seed);
    readToolChoice(object[u"tool_choice"_s], input);
    if (const QString effort = object[u"reasoning_effort"_s].toString(); !effort.isEmpty())
        input.think = effort != u"none";
    if (auto error = readBool(object, u"parallel_tool_calls"_s, input.parallelTools))
        return error;
    return readStops(object, u"stop"_s, 4, input.stops);
}

std::optional<ApiError> readStream(const QJsonObject &object, ChatInput &input)
{
    if (auto error = readBool(object, u"stream"_s, input.stream))
        return error;
    input.includeUsage = !input.stream;
    const QJsonValue options = object[u"stream_options"_s];
    if (options.isUndefined() || options.isNull())
        return std::nullopt;
    if (!input.stream) {
        return ApiError { 400,
                          u"'stream_options' is only allowed when 'stream' is true."_s,
                          u"stream_options"_s,
                          u"invalid_value"_s,
                          {} };
    }
    return readBool(options.toObject(), u"include_usage"_s, input.includeUsage);
}

QString finishReason(const Script &script)
{
    switch (script.ending) {
    case Ending::Length:
        return u"length"_s;
    case Ending::ToolCalls:
        return u"tool_calls"_s;
    case Ending::Filter:
        return u"content_filter"_s;
    case Ending::Stop:
    case Ending::StopSequence:
    case Ending::Refusal:
        break;
    }
    return u"stop"_s;
}

QJsonObject usageOf(const Script &script)
{
    return {
        { u"prompt_tokens"_s, script.promptTokens },
        { u"completion_tokens"_s, script.outputTokens() },
        { u"total_tokens"_s, script.promptTokens + script.outputTokens() },
        { u"prompt_tokens_details"_s, QJsonObject { { u"cached_tokens"_s, script.cacheRead } } },
        { u"completion_tokens_details"_s, QJsonObject { { u"reasoning_tokens"_s, script.reasoningTokens } } },
    };
}

QJsonObject toolCall(const ToolCall &call)
{
    return { { u"id"_s, u"call_"_s + call.id },
             { u"type"_s, u"function"_s },
             { u"function"_s, QJsonObject { { u"name"_s, call.name }, { u"arguments"_s, call.arguments } } } };
}

QByteArray callDelta(const ToolCall &call, const Piece &piece)
{
    QByteArray start = "{\"index\":" + QByteArray::number(piece.call);
    if (piece.beginsBlock) {
        start += R"(,"id":"call_)" + call.id.toUtf8() + R"(","type":"function","function":{"name":)"
            + toJsonString(call.name) + ',';
    } else {
        start += R"(,"function":{)";
    }
    return R"({"tool_calls":[)" + start + "\"arguments\":" + toJsonString(piece.text) + "}}]}";
}

} // namespace

std::variant<ChatInput, ApiError> OpenAiWire::parse(const Asked &asked) const
{
    return parseChat(*this, asked.http.body, {});
}

std::variant<ChatInput, ApiError> OpenAiWire::parseChat(const Wire &wire, const QByteArray &body, const QString &model)
{
    const auto parsed = parseObject(body);
    if (const auto *error = std::get_if<ApiError>(&parsed))
        return *error;
    const auto &object = std::get<QJsonObject>(parsed);
    ChatInput input;
    input.body = object;
    input.model = model.isEmpty() ? object[u"model"_s].toString() : model;
    auto error = checkModel(wire, input.model);
    if (!error)
        error = readMessages(object, readContent, input.turns);
    if (!error)
        error = readStream(object, input);
    if (!error)
        error = readOptions(object, input);
    if (error)
        return *error;
    return input;
}

std::unique_ptr<Framer> OpenAiWire::framer(const Reply &reply, const ChatInput &input, const Script &script) const
{
    return std::make_unique<OpenAiFramer>(reply, input, script);
}

QByteArray OpenAiFramer::opening()
{
    return chunk(R"({"role":"assistant","content":""})", "null");
}

QByteArray OpenAiFramer::piece(const Piece &piece)
{
    switch (piece.kind) {
    case Piece::Kind::Reasoning:
        return chunk("{\"reasoning_content\":" + toJsonString(piece.text) + '}', "null");
    case Piece::Kind::Text:
        return chunk("{\"content\":" + toJsonString(piece.text) + '}', "null");
    case Piece::Kind::Refusal:
        return chunk("{\"refusal\":" + toJsonString(piece.text) + '}', "null");
    case Piece::Kind::ToolCall:
        return chunk(callDelta(m_script.calls[static_cast<std::size_t>(piece.call)], piece), "null");
    }
    return {};
}

QByteArray OpenAiFramer::ending(const ServerTimes &)
{
    QByteArray frames = chunk("{}", toJsonString(finishReason(m_script)));
    if (m_reply.usage)
        frames += event(head() + R"(,"choices":[],"usage":)" + toBytes(usageOf(m_script)) + '}');
    return frames;
}

QByteArray OpenAiFramer::done(const ServerTimes &)
{
    return event("[DONE]");
}

QByteArray OpenAiFramer::streamError()
{
    return event(toBytes({ { u"error"_s,
                             QJsonObject { { u"message"_s, u"The simulated model broke off."_s },
                                           { u"type"_s, u"server_error"_s },
                                           { u"param"_s, QJsonValue() },
                                           { u"code"_s, u"server_error"_s } } } }));
}

QJsonObject OpenAiFramer::choice() const
{
    const bool spoken = m_script.calls.empty() && m_script.refusal().isEmpty();
    QJsonObject message { { u"role"_s, u"assistant"_s },
                          { u"content"_s, spoken ? QJsonValue(m_script.text()) : QJsonValue() },
                          { u"refusal"_s, orNull(m_script.refusal()) } };
    if (m_script.reasoningTokens > 0)
        message[u"reasoning_content"_s] = m_script.reasoning();
    if (!m_script.calls.empty()) {
        QJsonArray calls;
        for (const ToolCall &call : m_script.calls)
            calls.append(toolCall(call));
        message[u"tool_calls"_s] = calls;
    }
    return { { u"index"_s, 0 },
             { u"message"_s, message },
             { u"logprobs"_s, QJsonValue() },
             { u"finish_reason"_s, finishReason(m_script) } };
}

QJsonObject OpenAiFramer::completion() const
{
    QJsonObject answer {
        { u"id"_s, QString::fromUtf8(m_reply.id) }, { u"object"_s, u"chat.completion"_s },
        { u"created"_s, m_reply.createdS },         { u"model"_s, m_reply.model },
        { u"choices"_s, QJsonArray { choice() } },
    };
    if (m_reply.usage)
        answer[u"usage"_s] = usageOf(m_script);
    return answer;
}

QByteArray OpenAiFramer::whole(const ServerTimes &)
{
    return toBytes(completion());
}

QByteArray OpenAiFramer::head() const
{
    return "{\"id\":\"" + m_reply.id + "\",\"object\":\"chat.completion.chunk\",\"created\":"
        + QByteArray::number(m_reply.createdS) + ",\"model\":" + toJsonString(m_reply.model);
}

QByteArray OpenAiFramer::chunk(const QByteArray &delta, const QByteArray &finish) const
{
    return event(head() + R"(,"choices":[{"index":0,"delta":)" + delta + R"(,"logprobs":null,"finish_reason":)" + finish
                 + beside() + "}]" + (m_reply.usage ? R"(,"usage":null)" : "") + '}');
}

std::unique_ptr<Wire> openAiWire()
{
    return std::make_unique<OpenAiWire>();
}

} // namespace talkbench::simulator
