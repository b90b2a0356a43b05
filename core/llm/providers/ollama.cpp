#include "core/llm/providers/ollama.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
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

QJsonObject encodeOptions(const ChatOptions &options)
{
    QJsonObject object;
    if (options.temperature)
        object.insert("temperature"_L1, *options.temperature);
    if (options.topP)
        object.insert("top_p"_L1, *options.topP);
    if (options.maxTokens)
        object.insert("num_predict"_L1, *options.maxTokens);
    if (options.seed)
        object.insert("seed"_L1, *options.seed);
    if (!options.stop.isEmpty())
        object.insert("stop"_L1, QJsonArray::fromStringList(options.stop));
    return object;
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
    for (const QJsonValue &call : calls) {
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
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, true))
        return *problem;
    QJsonArray messages;
    for (const Message &message : request.messages) {
        QJsonObject object = encodeMessage(message);
        if (message.role == Role::Tool)
            object.insert("tool_name"_L1, toolName(request.messages, message.toolCallId));
        messages.append(object);
    }
    QJsonObject body { { u"model"_s, request.model },
                       { u"messages"_s, messages },
                       { u"stream"_s, request.options.stream } };
    if (const QJsonObject options = encodeOptions(request.options); !options.isEmpty())
        body.insert("options"_L1, options);
    return EncodedRequest { jsonRequest(endpoint, u"api/chat"_s, body, false), {} };
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
