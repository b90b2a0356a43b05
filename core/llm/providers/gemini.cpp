#include "core/llm/providers/gemini.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/optionwriter.h"
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

/// The answer's parts as they came, if the message still says the same.
QJsonArray replayed(const Message &message)
{
    if (!message.replay || message.replay->protocol != "gemini"_L1)
        return {};
    const QJsonArray parts = message.replay->data["parts"_L1].toArray();
    QString text;
    qsizetype calls = 0;
    for (const auto &part : parts) {
        text += part["thought"_L1].toBool() ? QString() : part["text"_L1].toString();
        calls += part["functionCall"_L1].isObject() ? 1 : 0;
    }
    return text == message.text() && calls == message.toolCalls.size() ? parts : QJsonArray();
}

QJsonArray partsOf(const Message &message, const QList<Message> &all)
{
    QJsonArray parts = replayed(message);
    if (!parts.isEmpty())
        return parts;
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

void putThinking(QJsonObject &config, OptionWriter &writer)
{
    const QString style = writer.rule()["reasoning"_L1].toString();
    QJsonObject thinking;
    if (style == "level"_L1) {
        if (const QString effort = writer.effort(); !effort.isEmpty())
            thinking.insert("thinkingLevel"_L1, effort.toUpper());
    } else if (const auto budget = writer.budgetWithinMaxTokens(writer.rule()["budget"_L1][0].toInt())) {
        thinking.insert("thinkingBudget"_L1, *budget);
    }
    // Thoughts are paid for, shown or not.
    if ((style == "level"_L1 || style == "budget"_L1 || !thinking.isEmpty())
        && thinking.value("thinkingBudget"_L1) != QJsonValue(0))
        thinking.insert("includeThoughts"_L1, true);
    if (!thinking.isEmpty())
        config.insert("thinkingConfig"_L1, thinking);
}

QJsonObject configOf(OptionWriter &writer)
{
    QJsonObject config;
    OptionWriter::Names names;
    names.topP = u"topP"_s;
    names.maxTokens = u"maxOutputTokens"_s;
    names.stop = u"stopSequences"_s;
    writer.putSampling(config, names);
    putThinking(config, writer);
    const ResponseFormat &format = writer.options().responseFormat;
    if (format.kind != ResponseFormat::Kind::Text && writer.maySend("response_format"_L1)) {
        config.insert("responseMimeType"_L1, u"application/json"_s);
        if (format.kind == ResponseFormat::Kind::JsonSchema)
            config.insert("responseJsonSchema"_L1, format.schema);
    }
    return config;
}

QJsonObject callingConfig(const ToolChoice &choice)
{
    QJsonObject config { { u"mode"_s, u"AUTO"_s } };
    if (choice.kind == ToolChoice::Kind::None)
        config.insert("mode"_L1, u"NONE"_s);
    else if (choice.kind != ToolChoice::Kind::Auto)
        config.insert("mode"_L1, u"ANY"_s);
    if (choice.kind == ToolChoice::Kind::Named)
        config.insert("allowedFunctionNames"_L1, QJsonArray { choice.name });
    return config;
}

void putTools(QJsonObject &body, OptionWriter &writer)
{
    const ChatOptions &options = writer.options();
    if (!options.tools.isEmpty() && writer.maySend("tools"_L1)) {
        QJsonArray functions;
        for (const Tool &tool : options.tools) {
            QJsonObject function = toolObject(tool);
            function.insert("parametersJsonSchema"_L1, function.take("parameters"_L1));
            functions.append(function);
        }
        body.insert("tools"_L1, QJsonArray { QJsonObject { { u"functionDeclarations"_s, functions } } });
    }
    if (!options.toolChoice)
        return;
    if (!body.contains("tools"_L1))
        writer.notSent("tool_choice"_L1, u"no tool goes along"_s);
    else if (writer.maySend("tool_choice"_L1))
        body.insert("toolConfig"_L1,
                    QJsonObject { { u"functionCallingConfig"_s, callingConfig(*options.toolChoice) } });
}

QJsonObject bodyOf(OptionWriter &writer)
{
    QJsonArray contents;
    QJsonArray system;
    bool results = false;
    for (const Message &message : writer.messages()) {
        QJsonArray parts = partsOf(message, writer.messages());
        if (message.role == Role::System) {
            for (const auto &part : std::as_const(parts))
                system.append(part);
            continue;
        }
        // The results of one turn's calls belong into one turn.
        if (message.role == Role::Tool && results) {
            QJsonArray joined = contents.takeAt(contents.size() - 1)["parts"_L1].toArray();
            for (const auto &part : std::as_const(parts))
                joined.append(part);
            parts = joined;
        }
        results = message.role == Role::Tool;
        const QString role = message.role == Role::Assistant ? u"model"_s : u"user"_s;
        contents.append(QJsonObject { { u"role"_s, role }, { u"parts"_s, parts } });
    }
    QJsonObject body { { u"contents"_s, contents } };
    if (!system.isEmpty())
        body.insert("systemInstruction"_L1, QJsonObject { { u"parts"_s, system } });
    if (const QJsonObject config = configOf(writer); !config.isEmpty())
        body.insert("generationConfig"_L1, config);
    putTools(body, writer);
    return body;
}

class GeminiDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &response, StreamEvents &events) override;
    QJsonObject candidateOf(const QJsonArray &candidates);
    void part(const QJsonObject &part, StreamEvents &events);
    std::optional<Replay> replay() const override;

    int m_toolCalls = 0;
    QList<QJsonObject> m_parts;
    bool m_signed = false;
    std::optional<int> m_candidate;
};

void GeminiDecoder::object(const QJsonObject &response, StreamEvents &events)
{
    served(response["responseId"_L1].toString(), response["modelVersion"_L1].toString(), events);
    const QJsonObject candidate = candidateOf(response["candidates"_L1].toArray());
    const QJsonArray parts = candidate["content"_L1]["parts"_L1].toArray();
    for (const auto &one : parts)
        part(one.toObject(), events);
    if (const QJsonObject usage = response["usageMetadata"_L1].toObject(); !usage.isEmpty())
        events.append(UsageReport { usageFromGemini(usage) });
    if (const QString reason = candidate["finishReason"_L1].toString(); !reason.isEmpty()) {
        finish(reason, events);
        explain(candidate["finishMessage"_L1].toString());
    }
    // A blocked prompt has no candidates; its words for why are not all finish reasons.
    if (const QString reason = response["promptFeedback"_L1]["blockReason"_L1].toString(); !reason.isEmpty())
        finishAs(FinishReason::ContentFilter, reason, events);
}

/// Of several candidates the first one is the answer, whichever events it comes in.
QJsonObject GeminiDecoder::candidateOf(const QJsonArray &candidates)
{
    for (const auto &candidate : candidates) {
        const int index = candidate["index"_L1].toInt();
        if (index == m_candidate.value_or(index)) {
            m_candidate = index;
            return candidate.toObject();
        }
    }
    return {};
}

/// Signed parts come back where they stood among the others.
std::optional<Replay> GeminiDecoder::replay() const
{
    if (!m_signed)
        return std::nullopt;
    QJsonArray parts;
    for (const QJsonObject &part : m_parts)
        parts.append(part);
    return Replay { u"gemini"_s, { { u"parts"_s, parts } } };
}

void GeminiDecoder::part(const QJsonObject &part, StreamEvents &events)
{
    m_signed = m_signed || part.contains("thoughtSignature"_L1);
    if (!part["thought"_L1].toBool() || part.contains("thoughtSignature"_L1))
        m_parts.append(part);
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
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocol()))
        return *problem;
    const bool stream = request.options.stream;
    const QString model = request.model.startsWith("models/"_L1) ? request.model : u"models/"_s + request.model;
    const QString path = pathOf(endpoint, model + (stream ? u":streamGenerateContent"_s : u":generateContent"_s));
    OptionWriter writer(request, endpoint, protocol());
    const QJsonObject body = bodyOf(writer);
    EncodedRequest made = writer.request(path, body, keyHeader);
    if (stream) {
        // Without it the answer is one JSON array.
        QUrlQuery query(made.http.url);
        query.addQueryItem(u"alt"_s, u"sse"_s);
        made.http.url.setQuery(query);
    }
    return made;
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
