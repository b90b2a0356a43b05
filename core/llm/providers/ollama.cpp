#include "core/llm/providers/ollama.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/optionwriter.h"
#include "core/llm/providers/servertimings.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

QJsonObject encodeMessage(const Message &message)
{
    QJsonObject object { { u"role"_s, roleName(message.role) }, { u"content"_s, message.text() } };
    QJsonArray images;
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Image)
            images.append(base64(part));
    }
    if (!images.isEmpty())
        object.insert("images"_L1, images);
    QJsonArray calls;
    for (const ToolCall &call : message.toolCalls) {
        const QJsonObject function { { u"name"_s, call.name }, { u"arguments"_s, argumentsObject(call.arguments) } };
        calls.append(QJsonObject { { u"function"_s, function } });
    }
    if (!calls.isEmpty())
        object.insert("tool_calls"_L1, calls);
    return object;
}

QJsonObject encodeOptions(OptionWriter &writer)
{
    QJsonObject object;
    OptionWriter::Names names;
    names.maxTokens = u"num_predict"_s;
    names.contextTokens = u"num_ctx"_s;
    writer.putSampling(object, names);
    return object;
}

/// Most models think or don't; some know how much.
void putThink(QJsonObject &body, OptionWriter &writer)
{
    if (writer.rule()["reasoning"_L1].toString() == "effort"_L1) {
        if (const QString effort = writer.effort(); !effort.isEmpty())
            body.insert("think"_L1, effort);
    } else if (const std::optional<bool> on = writer.thinkingSwitch(false)) {
        body.insert("think"_L1, *on);
    }
}

void putFormat(QJsonObject &body, OptionWriter &writer)
{
    const ResponseFormat &format = writer.options().responseFormat;
    if (format.kind == ResponseFormat::Kind::Text || !writer.maySend("response_format"_L1))
        return;
    const bool schema = format.kind == ResponseFormat::Kind::JsonSchema;
    body.insert("format"_L1, schema ? QJsonValue(format.schema) : QJsonValue(u"json"_s));
}

void putTools(QJsonObject &body, OptionWriter &writer)
{
    const ChatOptions &options = writer.options();
    if (options.toolChoice)
        writer.noSuchOption("tool_choice"_L1);
    if (options.tools.isEmpty() || !writer.maySend("tools"_L1))
        return;
    QJsonArray tools;
    for (const Tool &tool : options.tools)
        tools.append(QJsonObject { { u"type"_s, u"function"_s }, { u"function"_s, toolObject(tool) } });
    body.insert("tools"_L1, tools);
}

class OllamaDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &line, StreamEvents &events) override;

    int m_toolCalls = 0;
};

void OllamaDecoder::object(const QJsonObject &line, StreamEvents &events)
{
    served({}, line["model"_L1].toString(), events);
    const QJsonObject message = line["message"_L1].toObject();
    reasoning(message["thinking"_L1].toString(), events);
    text(message["content"_L1].toString(), events);
    // /api/generate, which some proxies answer with
    reasoning(line["thinking"_L1].toString(), events);
    text(line["response"_L1].toString(), events);
    const QJsonArray calls = message["tool_calls"_L1].toArray();
    for (const auto &call : calls) {
        const QJsonValue function = call["function"_L1];
        toolCall({ m_toolCalls++, call["id"_L1].toString(), function["name"_L1].toString(),
                   textOrJson(function["arguments"_L1]) },
                 events);
    }
    if (!line["done"_L1].toBool())
        return;
    if (const std::optional<Usage> usage = usageFromOllama(line))
        events.append(UsageReport { *usage });
    timings(timingsFromOllama(line), events);
    // Old servers give no reason.
    finish(line["done_reason"_L1].toString(u"stop"_s), events);
}

} // namespace

QString Ollama::protocol() const
{
    return u"ollama"_s;
}

base::Result<EncodedRequest> Ollama::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocol()))
        return *problem;
    OptionWriter writer(request, endpoint, protocol());
    QJsonArray messages;
    for (const Message &message : writer.messages()) {
        QJsonObject object = encodeMessage(message);
        if (message.role == Role::Tool)
            object.insert("tool_name"_L1, toolName(writer.messages(), message.toolCallId));
        messages.append(object);
    }
    QJsonObject body { { u"model"_s, request.model },
                       { u"messages"_s, messages },
                       { u"stream"_s, request.options.stream } };
    if (const QJsonObject options = encodeOptions(writer); !options.isEmpty())
        body.insert("options"_L1, options);
    putThink(body, writer);
    putFormat(body, writer);
    putTools(body, writer);
    return writer.request(u"api/chat"_s, body, u"bearer"_s, false);
}

std::unique_ptr<Decoder> Ollama::decoder() const
{
    return std::make_unique<OllamaDecoder>();
}

base::HttpRequest Ollama::modelsRequest(const Endpoint &endpoint) const
{
    return request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(u"api/tags"_s));
}

base::Result<QList<ModelInfo>> Ollama::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
