#include "core/llm/providers/openaichat.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/servertimings.h"
#include "core/llm/providers/toolpositions.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

bool isOpenAi(const Endpoint &endpoint)
{
    return endpoint.baseUrl.host() == "api.openai.com"_L1;
}

QJsonValue contentOf(const Message &message)
{
    QJsonArray parts;
    bool plain = true;
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Text) {
            parts.append(QJsonObject { { u"type"_s, u"text"_s }, { u"text"_s, part.text } });
        } else {
            plain = false;
            parts.append(QJsonObject { { u"type"_s, u"image_url"_s },
                                       { u"image_url"_s, QJsonObject { { u"url"_s, dataUrl(part) } } } });
        }
    }
    return plain ? QJsonValue(message.text()) : QJsonValue(parts);
}

QJsonObject encodeMessage(const Message &message)
{
    QJsonObject object { { u"role"_s, roleName(message.role) }, { u"content"_s, contentOf(message) } };
    if (message.role == Role::Tool)
        object.insert("tool_call_id"_L1, message.toolCallId);
    if (message.toolCalls.isEmpty())
        return object;
    QJsonArray calls;
    for (const ToolCall &call : message.toolCalls) {
        const QString arguments = textOrJson(argumentsObject(call.arguments));
        calls.append(
            QJsonObject { { u"id"_s, call.id },
                          { u"type"_s, u"function"_s },
                          { u"function"_s, QJsonObject { { u"name"_s, call.name }, { u"arguments"_s, arguments } } } });
    }
    object.insert("tool_calls"_L1, calls);
    if (message.text().isEmpty())
        object.insert("content"_L1, QJsonValue::Null);
    return object;
}

void insertOptions(QJsonObject &body, const ChatOptions &options, const Endpoint &endpoint)
{
    const QJsonObject &quirks = endpoint.quirks;
    if (options.temperature)
        body.insert("temperature"_L1, *options.temperature);
    if (options.topP)
        body.insert("top_p"_L1, *options.topP);
    if (options.maxTokens) {
        // OpenAI's reasoning models refuse max_tokens; most other servers know nothing else.
        const QString standard = isOpenAi(endpoint) ? u"max_completion_tokens"_s : u"max_tokens"_s;
        body.insert(quirks["max_tokens"_L1].toString(standard), *options.maxTokens);
    }
    if (options.seed)
        body.insert(quirks["seed"_L1].toString(u"seed"_s), *options.seed);
    if (!options.stop.isEmpty())
        body.insert("stop"_L1, QJsonArray::fromStringList(options.stop));
}

class OpenAiChatDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &chunk, StreamEvents &events) override;
    void choice(const QJsonObject &choice, StreamEvents &events);
    void reasoningOf(const QJsonObject &delta, StreamEvents &events);
    void contentOf(const QJsonValue &content, StreamEvents &events);
    void toolCallsOf(const QJsonObject &delta, StreamEvents &events);

    ToolPositions m_positions;
    /// With n > 1 choices the first one is the answer.
    std::optional<int> m_choice;
};

void OpenAiChatDecoder::object(const QJsonObject &chunk, StreamEvents &events)
{
    served(chunk["id"_L1].toString(), chunk["model"_L1].toString(), events);
    QJsonValue usage = chunk["usage"_L1];
    QString finishReason;
    const QJsonArray choices = chunk["choices"_L1].toArray();
    for (const QJsonValue &value : choices) {
        const QJsonObject one = value.toObject();
        const int index = one["index"_L1].toInt();
        if (index != m_choice.value_or(index))
            continue;
        m_choice = index;
        choice(one, events);
        if (const QString reason = one["finish_reason"_L1].toString(); !reason.isEmpty())
            finishReason = reason;
        if (!usage.isObject())
            usage = one["usage"_L1];
    }
    if (!usage.isObject())
        usage = chunk["x_groq"_L1]["usage"_L1];
    if (usage.isObject() && !usage.toObject().isEmpty())
        events.append(UsageReport { usageFromOpenAi(usage.toObject()) });
    timings(timingsFromOpenAi(chunk), events);
    if (!finishReason.isEmpty())
        finish(finishReason, events);
}

void OpenAiChatDecoder::choice(const QJsonObject &choice, StreamEvents &events)
{
    QJsonValue delta = choice["delta"_L1];
    if (!delta.isObject())
        delta = choice["message"_L1];
    if (!delta.isObject()) {
        text(choice["text"_L1].toString(), events);
        return;
    }
    const QJsonObject object = delta.toObject();
    reasoningOf(object, events);
    contentOf(object["content"_L1], events);
    refusal(object["refusal"_L1].toString(), events);
    toolCallsOf(object, events);
}

/// Vendors send the same words under two names at once: the first that says something counts, never the sum.
void OpenAiChatDecoder::reasoningOf(const QJsonObject &delta, StreamEvents &events)
{
    for (const QLatin1StringView key : { "reasoning_content"_L1, "reasoning"_L1 }) {
        if (const QString words = delta[key].toString(); !words.isEmpty()) {
            reasoning(words, events);
            return;
        }
    }
    QString joined;
    const QJsonArray details = delta["reasoning_details"_L1].toArray();
    for (const QJsonValue &detail : details) {
        const QString type = detail["type"_L1].toString();
        if (type == "reasoning.summary"_L1)
            joined += detail["summary"_L1].toString();
        else if (type != "reasoning.encrypted"_L1)
            joined += detail["text"_L1].toString();
    }
    reasoning(joined, events);
}

/// A string, or a list of parts in which thinking may stand beside text.
void OpenAiChatDecoder::contentOf(const QJsonValue &content, StreamEvents &events)
{
    if (content.isString()) {
        text(content.toString(), events);
        return;
    }
    const QJsonArray parts = content.toArray();
    for (const QJsonValue &part : parts) {
        const QString type = part["type"_L1].toString();
        if (type == "thinking"_L1) {
            const QJsonValue thinking = part["thinking"_L1];
            reasoning(thinking.toString(), events);
            const QJsonArray pieces = thinking.toArray();
            for (const QJsonValue &piece : pieces)
                reasoning(piece["text"_L1].toString(), events);
        } else if (type == "refusal"_L1) {
            refusal(part["refusal"_L1].toString(), events);
        } else {
            text(part.isString() ? part.toString() : part["text"_L1].toString(), events);
        }
    }
}

void OpenAiChatDecoder::toolCallsOf(const QJsonObject &delta, StreamEvents &events)
{
    const QJsonArray calls = delta["tool_calls"_L1].toArray();
    for (qsizetype i = 0; i < calls.size(); ++i) {
        const QJsonObject call = calls[i].toObject();
        const QJsonObject function = call["function"_L1].toObject();
        ToolCallDelta out;
        out.id = call["id"_L1].toString();
        out.name = function["name"_L1].toString();
        out.arguments = textOrJson(function["arguments"_L1]);
        const QJsonValue index = call["index"_L1];
        out.position = m_positions.of(index.isDouble() ? std::optional(index.toInt()) : std::nullopt, out.id, out.name,
                                      calls.size() > 1 ? static_cast<int>(i) : -1);
        toolCall(out, events);
    }
    if (const QJsonValue old = delta["function_call"_L1]; old.isObject()) {
        const QString name = old["name"_L1].toString();
        toolCall({ m_positions.of(0, {}, {}, -1), {}, name, textOrJson(old["arguments"_L1]) }, events);
    }
}

} // namespace

QString OpenAiChat::protocol() const
{
    return u"openai-chat"_s;
}

QJsonObject OpenAiChat::body(const ChatRequest &request, const Endpoint &endpoint)
{
    QJsonArray messages;
    for (const Message &message : request.messages)
        messages.append(encodeMessage(message));
    QJsonObject body { { u"messages"_s, messages }, { u"stream"_s, request.options.stream } };
    if (!request.model.isEmpty())
        body.insert("model"_L1, request.model);
    if (request.options.stream && endpoint.quirks["stream_options"_L1].toBool(true)) {
        QJsonObject streamOptions { { u"include_usage"_s, true } };
        // Random padding in every chunk would distort bytes per second.
        if (isOpenAi(endpoint))
            streamOptions.insert("include_obfuscation"_L1, false);
        body.insert("stream_options"_L1, streamOptions);
    }
    insertOptions(body, request.options, endpoint);
    const QJsonObject extra = endpoint.quirks["body"_L1].toObject();
    for (auto it = extra.begin(); it != extra.end(); ++it)
        body.insert(it.key(), it.value());
    return body;
}

base::Result<EncodedRequest> OpenAiChat::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    // llama.cpp and its like serve one model and need no name.
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, false))
        return *problem;
    return EncodedRequest {
        jsonRequest(endpoint, u"chat/completions"_s, body(request, endpoint), request.options.stream), {}
    };
}

std::unique_ptr<Decoder> OpenAiChat::decoder() const
{
    return std::make_unique<OpenAiChatDecoder>();
}

base::HttpRequest OpenAiChat::modelsRequest(const Endpoint &endpoint) const
{
    return request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(u"models"_s));
}

base::Result<QList<ModelInfo>> OpenAiChat::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
