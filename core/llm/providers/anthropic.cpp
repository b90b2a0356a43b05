#include "core/llm/providers/anthropic.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/optionwriter.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

#include <algorithm>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString keyHeader = u"x-api-key"_s;
/// The protocol requires a limit; this one fits every current model.
constexpr int standardMaxTokens = 8192;
/// Far more than any usage has: each report carries all members that came so far.
constexpr qsizetype maxUsageMembers = 64;

QString pathOf(const Endpoint &endpoint, const QString &path)
{
    return endpoint.baseUrl.path().contains("/v1"_L1) ? path : u"v1/"_s + path;
}

/// The answer as it came, if the message still says the same.
QJsonArray replayed(const Message &message)
{
    if (!message.replay || message.replay->protocol != "anthropic"_L1)
        return {};
    const QJsonArray content = message.replay->data["content"_L1].toArray();
    QString text;
    qsizetype calls = 0;
    for (const auto &block : content) {
        text += block["type"_L1].toString() == "text"_L1 ? block["text"_L1].toString() : QString();
        calls += block["type"_L1].toString() == "tool_use"_L1 ? 1 : 0;
    }
    return text == message.text() && calls == message.toolCalls.size() ? content : QJsonArray();
}

QJsonArray contentOf(const Message &message)
{
    QJsonArray content = replayed(message);
    if (!content.isEmpty())
        return content;
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

/// Words alone as words: gateways hand the content on to servers that know no blocks.
QJsonValue plainIfText(const QJsonArray &content)
{
    const QJsonObject first = content.first().toObject();
    return content.size() == 1 && first["type"_L1].toString() == "text"_L1 ? first["text"_L1] : QJsonValue(content);
}

/// Thinking by a budget has to leave room for the answer.
bool putBudget(QJsonObject &body, OptionWriter &writer)
{
    constexpr int least = 1024;
    const std::optional<int> budget = writer.budgetWithinMaxTokens(least);
    if (!budget)
        return false;
    if (*budget == 0) {
        body.insert("thinking"_L1, QJsonObject { { u"type"_s, u"disabled"_s } });
        return false;
    }
    if (!writer.options().maxTokens)
        body.insert("max_tokens"_L1, standardMaxTokens + *budget);
    body.insert("thinking"_L1, QJsonObject { { u"type"_s, u"enabled"_s }, { u"budget_tokens"_s, *budget } });
    return true;
}

/// Whether the model will think as this request asks it to.
bool putThinking(QJsonObject &body, OptionWriter &writer)
{
    if (writer.rule()["reasoning"_L1].toString() != "adaptive"_L1)
        return putBudget(body, writer);
    const QString effort = writer.effort();
    if (effort.isEmpty())
        return false;
    if (effort == "none"_L1) {
        body.insert("thinking"_L1, QJsonObject { { u"type"_s, u"disabled"_s } });
        return false;
    }
    body.insert("thinking"_L1, QJsonObject { { u"type"_s, u"adaptive"_s }, { u"display"_s, u"summarized"_s } });
    body.insert("output_config"_L1, QJsonObject { { u"effort"_s, effort } });
    return true;
}

void putFormat(QJsonObject &body, OptionWriter &writer)
{
    const ResponseFormat &format = writer.options().responseFormat;
    if (format.kind == ResponseFormat::Kind::Text || !writer.maySend("response_format"_L1))
        return;
    if (format.kind == ResponseFormat::Kind::JsonObject) {
        writer.notSent("response_format"_L1, u"this protocol writes JSON by a schema only"_s);
        return;
    }
    QJsonObject config = body.value("output_config"_L1).toObject();
    config.insert("format"_L1, QJsonObject { { u"type"_s, u"json_schema"_s }, { u"schema"_s, format.schema } });
    body.insert("output_config"_L1, config);
}

QJsonObject toolChoice(const ToolChoice &choice)
{
    switch (choice.kind) {
    case ToolChoice::Kind::Named:
        return { { u"type"_s, u"tool"_s }, { u"name"_s, choice.name } };
    case ToolChoice::Kind::Required:
        return { { u"type"_s, u"any"_s } };
    case ToolChoice::Kind::None:
        return { { u"type"_s, u"none"_s } };
    case ToolChoice::Kind::Auto:
        break;
    }
    return { { u"type"_s, u"auto"_s } };
}

void putTools(QJsonObject &body, OptionWriter &writer, bool thinking)
{
    const ChatOptions &options = writer.options();
    if (!options.tools.isEmpty() && writer.maySend("tools"_L1)) {
        QJsonArray tools;
        for (const Tool &tool : options.tools) {
            QJsonObject object = toolObject(tool);
            object.insert("input_schema"_L1, object.take("parameters"_L1));
            tools.append(object);
        }
        body.insert("tools"_L1, tools);
    }
    if (!options.toolChoice)
        return;
    using enum ToolChoice::Kind;
    const bool forced = options.toolChoice->kind == Required || options.toolChoice->kind == Named;
    if (!body.contains("tools"_L1))
        writer.notSent("tool_choice"_L1, u"no tool goes along"_s);
    else if (thinking && forced)
        writer.notSent("tool_choice"_L1, u"a call can't be demanded while the model reasons"_s);
    else if (writer.maySend("tool_choice"_L1))
        body.insert("tool_choice"_L1, toolChoice(*options.toolChoice));
}

QJsonObject bodyOf(OptionWriter &writer, const ChatRequest &request)
{
    QString system;
    QJsonArray messages;
    for (const Message &message : writer.messages()) {
        if (message.role == Role::System) {
            system += (system.isEmpty() ? QString() : u"\n\n"_s) + message.text();
            continue;
        }
        const QString role = message.role == Role::Assistant ? u"assistant"_s : u"user"_s;
        messages.append(QJsonObject { { u"role"_s, role }, { u"content"_s, plainIfText(contentOf(message)) } });
    }
    QJsonObject body { { u"model"_s, request.model },
                       { u"messages"_s, messages },
                       { u"max_tokens"_s, standardMaxTokens },
                       { u"stream"_s, request.options.stream } };
    if (!system.isEmpty())
        body.insert("system"_L1, system);
    const bool thinking = putThinking(body, writer);
    OptionWriter::Names names;
    names.stop = u"stop_sequences"_s;
    names.seed = QString();
    writer.putSampling(body, names, thinking);
    putFormat(body, writer);
    putTools(body, writer, thinking);
    return body;
}

class AnthropicDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &event, StreamEvents &events) override;
    void message(const QJsonObject &message, StreamEvents &events);
    void blockStart(int index, const QJsonObject &block, StreamEvents &events);
    void blockDelta(int index, const QJsonObject &delta, StreamEvents &events);
    void usage(const QJsonValue &usage, bool outputPending, StreamEvents &events);
    std::optional<Replay> replay() const override;

    /// A block as it comes: words, a signature or pieces of JSON are added to its start.
    struct Block {
        QJsonObject start;
        QString words;
        QString signature;
        QString json;
    };

    /// Cumulative: later figures replace earlier ones, those not sent again stay.
    QJsonObject m_usage;
    QHash<int, int> m_positions;
    int m_calls = 0;
    QMap<int, Block> m_blocks;
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
        usage(event["usage"_L1], false, events);
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
    const QString reason = message["stop_reason"_L1].toString();
    usage(message["usage"_L1], reason.isEmpty(), events);
    if (!reason.isEmpty())
        finish(reason, events);
}

void AnthropicDecoder::blockStart(int index, const QJsonObject &block, StreamEvents &events)
{
    const QString type = block["type"_L1].toString();
    m_blocks.insert(index, { block, {}, {}, {} });
    if (type == "text"_L1) {
        text(block["text"_L1].toString(), events);
    } else if (type == "thinking"_L1) {
        reasoning(block["thinking"_L1].toString(), events);
    } else if (type == "tool_use"_L1) {
        const int position = m_calls++;
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
    Block &block = m_blocks[index];
    if (type == "text_delta"_L1) {
        const QString words = delta["text"_L1].toString();
        block.words += words;
        text(words, events);
    } else if (type == "thinking_delta"_L1) {
        const QString words = delta["thinking"_L1].toString();
        block.words += words;
        reasoning(words, events);
    } else if (type == "signature_delta"_L1) {
        block.signature += delta["signature"_L1].toString();
    } else if (type == "input_json_delta"_L1) {
        const QString piece = delta["partial_json"_L1].toString();
        block.json += piece;
        if (m_positions.contains(index))
            toolCall({ m_positions.value(index), {}, {}, piece }, events);
    }
}

/// All blocks in their order, where any is signed or hidden: those have to come back unchanged, before what followed them.
std::optional<Replay> AnthropicDecoder::replay() const
{
    QJsonArray content;
    bool needed = false;
    for (const Block &block : m_blocks) {
        QJsonObject object = block.start;
        const QString type = object["type"_L1].toString();
        if (type != "text"_L1 && type != "thinking"_L1 && type != "redacted_thinking"_L1 && type != "tool_use"_L1)
            return std::nullopt;
        if (type == "text"_L1 || type == "thinking"_L1)
            object.insert(type, object[type].toString() + block.words);
        if (!block.signature.isEmpty())
            object.insert("signature"_L1, object["signature"_L1].toString() + block.signature);
        if (type == "tool_use"_L1 && !block.json.isEmpty())
            object.insert("input"_L1, argumentsObject(block.json));
        if (type == "thinking"_L1 && object["signature"_L1].toString().isEmpty())
            return std::nullopt;
        needed = needed || type == "thinking"_L1 || type == "redacted_thinking"_L1;
        if (type != "text"_L1 || !object["text"_L1].toString().isEmpty())
            content.append(object);
    }
    if (!needed)
        return std::nullopt;
    return Replay { u"anthropic"_s, { { u"content"_s, content } } };
}

void AnthropicDecoder::usage(const QJsonValue &usage, bool outputPending, StreamEvents &events)
{
    const QJsonObject object = usage.toObject();
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!it.value().isNull() && (m_usage.size() < maxUsageMembers || m_usage.contains(it.key())))
            m_usage.insert(it.key(), it.value());
    }
    if (object.isEmpty())
        return;
    UsageReport report { usageFromAnthropic(m_usage) };
    report.usage.outputPending = outputPending;
    events.append(report);
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
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocol()))
        return *problem;
    OptionWriter writer(request, endpoint, protocol());
    const QJsonObject body = bodyOf(writer, request);
    EncodedRequest made = writer.request(pathOf(endpoint, u"messages"_s), body, keyHeader);
    setVersion(made.http);
    return made;
}

std::unique_ptr<Decoder> Anthropic::decoder() const
{
    return std::make_unique<AnthropicDecoder>();
}

base::HttpRequest Anthropic::apiRequest(const Endpoint &endpoint, const QByteArray &method, const QString &path)
{
    base::HttpRequest made = request(endpoint, method, pathOf(endpoint, path), keyHeader);
    setVersion(made);
    return made;
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
