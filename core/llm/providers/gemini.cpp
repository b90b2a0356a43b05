#include "core/llm/providers/gemini.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

#include <QUrlQuery>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString keyHeader = u"x-goog-api-key"_s;

QString pathOf(const Endpoint &endpoint, const QString &path)
{
    return endpoint.baseUrl.path().contains("/v1"_L1) ? path : u"v1beta/"_s + path;
}

QJsonArray partsOf(const Message &message, const QList<Message> &all)
{
    QJsonArray parts;
    if (message.role == Role::Tool) {
        const QJsonObject answer { { u"name"_s, toolName(all, message.toolCallId) },
                                   { u"response"_s, QJsonObject { { u"result"_s, message.text() } } } };
        parts.append(QJsonObject { { u"functionResponse"_s, answer } });
        return parts;
    }
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Image) {
            const QJsonObject data { { u"mimeType"_s, part.mediaType }, { u"data"_s, base64(part) } };
            parts.append(QJsonObject { { u"inlineData"_s, data } });
        } else if (!part.text.isEmpty()) {
            parts.append(QJsonObject { { u"text"_s, part.text } });
        }
    }
    for (const ToolCall &call : message.toolCalls) {
        const QJsonObject function { { u"name"_s, call.name }, { u"args"_s, argumentsObject(call.arguments) } };
        parts.append(QJsonObject { { u"functionCall"_s, function } });
    }
    return parts;
}

QJsonObject configOf(const ChatOptions &options)
{
    QJsonObject config;
    if (options.temperature)
        config.insert("temperature"_L1, *options.temperature);
    if (options.topP)
        config.insert("topP"_L1, *options.topP);
    if (options.maxTokens)
        config.insert("maxOutputTokens"_L1, *options.maxTokens);
    if (options.seed)
        config.insert("seed"_L1, *options.seed);
    if (!options.stop.isEmpty())
        config.insert("stopSequences"_L1, QJsonArray::fromStringList(options.stop));
    return config;
}

QJsonObject bodyOf(const ChatRequest &request)
{
    QJsonArray contents;
    QJsonArray system;
    for (const Message &message : request.messages) {
        const QJsonArray parts = partsOf(message, request.messages);
        if (message.role == Role::System) {
            for (const QJsonValue &part : parts)
                system.append(part);
            continue;
        }
        const QString role = message.role == Role::Assistant ? u"model"_s : u"user"_s;
        contents.append(QJsonObject { { u"role"_s, role }, { u"parts"_s, parts } });
    }
    QJsonObject body { { u"contents"_s, contents } };
    if (!system.isEmpty())
        body.insert("systemInstruction"_L1, QJsonObject { { u"parts"_s, system } });
    if (const QJsonObject config = configOf(request.options); !config.isEmpty())
        body.insert("generationConfig"_L1, config);
    return body;
}

class GeminiDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &response, StreamEvents &events) override;
    void part(const QJsonObject &part, StreamEvents &events);

    int m_toolCalls = 0;
};

void GeminiDecoder::object(const QJsonObject &response, StreamEvents &events)
{
    served(response["responseId"_L1].toString(), response["modelVersion"_L1].toString(), events);
    const QJsonObject candidate = response["candidates"_L1][0].toObject();
    const QJsonArray parts = candidate["content"_L1]["parts"_L1].toArray();
    for (const QJsonValue &one : parts)
        part(one.toObject(), events);
    if (const QJsonObject usage = response["usageMetadata"_L1].toObject(); !usage.isEmpty())
        events.append(UsageReport { usageFromGemini(usage) });
    if (const QString reason = candidate["finishReason"_L1].toString(); !reason.isEmpty())
        finish(reason, events);
    // A blocked prompt has no candidates; its words for why are not all finish reasons.
    if (const QString reason = response["promptFeedback"_L1]["blockReason"_L1].toString(); !reason.isEmpty())
        finishAs(FinishReason::ContentFilter, reason, events);
}

void GeminiDecoder::part(const QJsonObject &part, StreamEvents &events)
{
    const QString words = part["text"_L1].toString();
    if (part["thought"_L1].toBool())
        reasoning(words, events);
    else
        text(words, events);
    if (const QJsonValue call = part["functionCall"_L1]; call.isObject())
        toolCall({ m_toolCalls++, call["id"_L1].toString(), call["name"_L1].toString(), textOrJson(call["args"_L1]) },
                 events);
}

} // namespace

QString Gemini::protocol() const
{
    return u"gemini"_s;
}

base::Result<EncodedRequest> Gemini::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, true))
        return *problem;
    const bool stream = request.options.stream;
    const QString model = request.model.startsWith("models/"_L1) ? request.model : u"models/"_s + request.model;
    const QString path = pathOf(endpoint, model + (stream ? u":streamGenerateContent"_s : u":generateContent"_s));
    base::HttpRequest made = jsonRequest(endpoint, path, bodyOf(request), stream, keyHeader);
    if (stream) {
        // Without it the answer is one JSON array.
        QUrlQuery query(made.url);
        query.addQueryItem(u"alt"_s, u"sse"_s);
        made.url.setQuery(query);
    }
    return EncodedRequest { made, {} };
}

std::unique_ptr<Decoder> Gemini::decoder() const
{
    return std::make_unique<GeminiDecoder>();
}

base::HttpRequest Gemini::modelsRequest(const Endpoint &endpoint) const
{
    const QString standard = pathOf(endpoint, u"models"_s);
    base::HttpRequest made = request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(standard), keyHeader);
    made.url.setQuery(u"pageSize=1000"_s);
    return made;
}

base::Result<QList<ModelInfo>> Gemini::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
