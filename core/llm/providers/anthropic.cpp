#include "core/llm/providers/anthropic.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString keyHeader = u"x-api-key"_s;
/// The protocol requires a limit; this one fits every current model.
constexpr int standardMaxTokens = 8192;

QString pathOf(const Endpoint &endpoint, const QString &path)
{
    return endpoint.baseUrl.path().contains("/v1"_L1) ? path : u"v1/"_s + path;
}

QJsonArray contentOf(const Message &message)
{
    QJsonArray content;
    if (message.role == Role::Tool) {
        content.append(QJsonObject { { u"type"_s, u"tool_result"_s },
                                     { u"tool_use_id"_s, message.toolCallId },
                                     { u"content"_s, message.text() } });
        return content;
    }
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Image) {
            const QJsonObject source { { u"type"_s, u"base64"_s },
                                       { u"media_type"_s, part.mediaType },
                                       { u"data"_s, base64(part) } };
            content.append(QJsonObject { { u"type"_s, u"image"_s }, { u"source"_s, source } });
        } else if (!part.text.isEmpty()) {
            content.append(QJsonObject { { u"type"_s, u"text"_s }, { u"text"_s, part.text } });
        }
    }
    for (const ToolCall &call : message.toolCalls) {
        content.append(QJsonObject { { u"type"_s, u"tool_use"_s },
                                     { u"id"_s, call.id },
                                     { u"name"_s, call.name },
                                     { u"input"_s, argumentsObject(call.arguments) } });
    }
    return content;
}

QJsonObject bodyOf(const ChatRequest &request)
{
    QString system;
    QJsonArray messages;
    for (const Message &message : request.messages) {
        if (message.role == Role::System) {
            system += (system.isEmpty() ? QString() : u"\n\n"_s) + message.text();
            continue;
        }
        const QString role = message.role == Role::Assistant ? u"assistant"_s : u"user"_s;
        messages.append(QJsonObject { { u"role"_s, role }, { u"content"_s, contentOf(message) } });
    }
    const ChatOptions &options = request.options;
    QJsonObject body { { u"model"_s, request.model },
                       { u"messages"_s, messages },
                       { u"max_tokens"_s, options.maxTokens.value_or(standardMaxTokens) },
                       { u"stream"_s, options.stream } };
    if (!system.isEmpty())
        body.insert("system"_L1, system);
    if (options.temperature)
        body.insert("temperature"_L1, *options.temperature);
    if (options.topP)
        body.insert("top_p"_L1, *options.topP);
    if (!options.stop.isEmpty())
        body.insert("stop_sequences"_L1, QJsonArray::fromStringList(options.stop));
    return body;
}

class AnthropicDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &event, StreamEvents &events) override;
    void message(const QJsonObject &message, StreamEvents &events);
    void blockStart(int index, const QJsonObject &block, StreamEvents &events);
    void blockDelta(int index, const QJsonObject &delta, StreamEvents &events);
    void usage(const QJsonValue &usage, StreamEvents &events);

    /// Cumulative: later figures replace earlier ones, those not sent again stay.
    QJsonObject m_usage;
    QHash<int, int> m_positions;
};

void AnthropicDecoder::object(const QJsonObject &event, StreamEvents &events)
{
    const QString type = event["type"_L1].toString();
    const int index = event["index"_L1].toInt();
    if (type == "message_start"_L1) {
        message(event["message"_L1].toObject(), events);
    } else if (type == "message"_L1) {
        message(event, events);
    } else if (type == "content_block_start"_L1) {
        blockStart(index, event["content_block"_L1].toObject(), events);
    } else if (type == "content_block_delta"_L1) {
        blockDelta(index, event["delta"_L1].toObject(), events);
    } else if (type == "message_delta"_L1) {
        usage(event["usage"_L1], events);
        if (const QString reason = event["delta"_L1]["stop_reason"_L1].toString(); !reason.isEmpty())
            finish(reason, events);
    } else if (type == "message_stop"_L1 && !finished()) {
        finish({}, events);
    }
}

/// The start of a stream, which is an empty message, or a whole answer.
void AnthropicDecoder::message(const QJsonObject &message, StreamEvents &events)
{
    served(message["id"_L1].toString(), message["model"_L1].toString(), events);
    const QJsonArray content = message["content"_L1].toArray();
    for (qsizetype i = 0; i < content.size(); ++i)
        blockStart(static_cast<int>(i), content[i].toObject(), events);
    usage(message["usage"_L1], events);
    if (const QString reason = message["stop_reason"_L1].toString(); !reason.isEmpty())
        finish(reason, events);
}

void AnthropicDecoder::blockStart(int index, const QJsonObject &block, StreamEvents &events)
{
    const QString type = block["type"_L1].toString();
    if (type == "text"_L1) {
        text(block["text"_L1].toString(), events);
    } else if (type == "thinking"_L1) {
        reasoning(block["thinking"_L1].toString(), events);
    } else if (type == "tool_use"_L1) {
        const int position = static_cast<int>(m_positions.size());
        m_positions.insert(index, position);
        const QJsonObject input = block["input"_L1].toObject();
        toolCall({ position, block["id"_L1].toString(), block["name"_L1].toString(),
                   input.isEmpty() ? QString() : textOrJson(input) },
                 events);
    }
}

void AnthropicDecoder::blockDelta(int index, const QJsonObject &delta, StreamEvents &events)
{
    const QString type = delta["type"_L1].toString();
    if (type == "text_delta"_L1)
        text(delta["text"_L1].toString(), events);
    else if (type == "thinking_delta"_L1)
        reasoning(delta["thinking"_L1].toString(), events);
    else if (type == "input_json_delta"_L1 && m_positions.contains(index))
        toolCall({ m_positions.value(index), {}, {}, delta["partial_json"_L1].toString() }, events);
}

void AnthropicDecoder::usage(const QJsonValue &usage, StreamEvents &events)
{
    const QJsonObject object = usage.toObject();
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!it.value().isNull())
            m_usage.insert(it.key(), it.value());
    }
    if (!object.isEmpty())
        events.append(UsageReport { usageFromAnthropic(m_usage) });
}

void setVersion(base::HttpRequest &request)
{
    if (base::headerValue(request.headers, "anthropic-version").isEmpty())
        request.headers.append(std::pair<QByteArray, QByteArray>("anthropic-version", "2023-06-01"));
}

} // namespace

QString Anthropic::protocol() const
{
    return u"anthropic"_s;
}

base::Result<EncodedRequest> Anthropic::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, true))
        return *problem;
    base::HttpRequest made =
        jsonRequest(endpoint, pathOf(endpoint, u"messages"_s), bodyOf(request), request.options.stream, keyHeader);
    setVersion(made);
    return EncodedRequest { made, {} };
}

std::unique_ptr<Decoder> Anthropic::decoder() const
{
    return std::make_unique<AnthropicDecoder>();
}

base::HttpRequest Anthropic::modelsRequest(const Endpoint &endpoint) const
{
    const QString standard = pathOf(endpoint, u"models"_s);
    base::HttpRequest made = request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(standard), keyHeader);
    made.url.setQuery(u"limit=1000"_s);
    setVersion(made);
    return made;
}

base::Result<QList<ModelInfo>> Anthropic::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
