#include "core/llm/providers/openairesponses.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/optionwriter.h"
#include "core/llm/providers/servererror.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

#include <QSet>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

QJsonArray contentOf(const Message &message)
{
    QJsonArray content;
    const QString textType = message.role == Role::Assistant ? u"output_text"_s : u"input_text"_s;
    for (const ContentPart &part : message.parts) {
        if (part.kind == ContentPart::Kind::Image)
            content.append(QJsonObject { { u"type"_s, u"input_image"_s }, { u"image_url"_s, dataUrl(part) } });
        else if (!part.text.isEmpty())
            content.append(QJsonObject { { u"type"_s, textType }, { u"text"_s, part.text } });
    }
    return content;
}

void appendItems(QJsonArray &input, const Message &message)
{
    if (message.role == Role::Tool) {
        input.append(QJsonObject { { u"type"_s, u"function_call_output"_s },
                                   { u"call_id"_s, message.toolCallId },
                                   { u"output"_s, message.text() } });
        return;
    }
    if (const QJsonArray content = contentOf(message); !content.isEmpty())
        input.append(QJsonObject { { u"role"_s, roleName(message.role) }, { u"content"_s, content } });
    for (const ToolCall &call : message.toolCalls) {
        input.append(QJsonObject { { u"type"_s, u"function_call"_s },
                                   { u"call_id"_s, call.id },
                                   { u"name"_s, call.name },
                                   { u"arguments"_s, textOrJson(argumentsObject(call.arguments)) } });
    }
}

void putReasoning(QJsonObject &body, OptionWriter &writer)
{
    const QString effort = writer.effort();
    if (effort.isEmpty())
        return;
    QJsonObject reasoning { { u"effort"_s, effort } };
    if (effort != "none"_L1)
        reasoning.insert("summary"_L1, u"auto"_s);
    body.insert("reasoning"_L1, reasoning);
}

void putFormat(QJsonObject &body, OptionWriter &writer)
{
    const ResponseFormat &format = writer.options().responseFormat;
    if (format.kind == ResponseFormat::Kind::Text || !writer.maySend("response_format"_L1))
        return;
    QJsonObject wanted { { u"type"_s, u"json_object"_s } };
    if (format.kind == ResponseFormat::Kind::JsonSchema) {
        wanted = schemaObject(format);
        wanted.insert("type"_L1, u"json_schema"_s);
    }
    body.insert("text"_L1, QJsonObject { { u"format"_s, wanted } });
}

QJsonValue toolChoice(const ToolChoice &choice)
{
    switch (choice.kind) {
    case ToolChoice::Kind::Named:
        return QJsonObject { { u"type"_s, u"function"_s }, { u"name"_s, choice.name } };
    case ToolChoice::Kind::Required:
        return u"required"_s;
    case ToolChoice::Kind::None:
        return u"none"_s;
    case ToolChoice::Kind::Auto:
        break;
    }
    return u"auto"_s;
}

void putTools(QJsonObject &body, OptionWriter &writer)
{
    const ChatOptions &options = writer.options();
    if (!options.tools.isEmpty() && writer.maySend("tools"_L1)) {
        QJsonArray tools;
        for (const Tool &tool : options.tools) {
            QJsonObject flat = toolObject(tool);
            flat.insert("type"_L1, u"function"_s);
            tools.append(flat);
        }
        body.insert("tools"_L1, tools);
    }
    if (!options.toolChoice)
        return;
    if (!body.contains("tools"_L1))
        writer.notSent("tool_choice"_L1, u"no tool goes along"_s);
    else if (writer.maySend("tool_choice"_L1))
        body.insert("tool_choice"_L1, toolChoice(*options.toolChoice));
}

QJsonObject bodyOf(OptionWriter &writer, const ChatRequest &request, const Endpoint &endpoint)
{
    QString instructions;
    QJsonArray input;
    for (const Message &message : writer.messages()) {
        if (message.role == Role::System)
            instructions += (instructions.isEmpty() ? QString() : u"\n\n"_s) + message.text();
        else
            appendItems(input, message);
    }
    const bool stream = request.options.stream;
    QJsonObject body {
        { u"model"_s, request.model }, { u"input"_s, input }, { u"stream"_s, stream }, { u"store"_s, false }
    };
    if (!instructions.isEmpty())
        body.insert("instructions"_L1, instructions);
    if (stream && endpoint.baseUrl.host() == "api.openai.com"_L1)
        body.insert("stream_options"_L1, QJsonObject { { u"include_obfuscation"_s, false } });
    OptionWriter::Names names;
    names.maxTokens = u"max_output_tokens"_s;
    names.stop = QString();
    names.seed = QString();
    writer.putSampling(body, names);
    putReasoning(body, writer);
    putFormat(body, writer);
    putTools(body, writer);
    return body;
}

/// Every piece comes as deltas, again in its `.done` and once more in the final object; servers leave out one or another.
/// A piece counts where it is first seen.
class ResponsesDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &event, StreamEvents &events) override;
    void textEvent(const QString &type, const QJsonObject &event, StreamEvents &events);
    void argumentsEvent(bool done, const QJsonObject &event, StreamEvents &events);
    void item(const QString &place, const QJsonObject &item, bool done, StreamEvents &events);
    void itemTexts(const QString &place, const QJsonObject &item, StreamEvents &events);
    void response(const QJsonObject &response, StreamEvents &events);
    void piece(const QString &place, const QString &kind, int index, const QString &words, bool delta,
               StreamEvents &events);
    int positionOf(const QString &place);

    QSet<QString> m_seen;
    QSet<QString> m_streamedTypes;
    QHash<QString, QString> m_reasoningKinds;
    QHash<QString, int> m_positions;
};

QString placeOf(const QJsonObject &event)
{
    const QJsonValue index = event["output_index"_L1];
    return index.isDouble() ? QString::number(index.toInt())
                            : event["item_id"_L1].toString(event["item"_L1]["id"_L1].toString());
}

void ResponsesDecoder::object(const QJsonObject &event, StreamEvents &events)
{
    const QString type = event["type"_L1].toString();
    if (type.isEmpty() && event["object"_L1].toString() == "response"_L1) {
        response(event, events);
        return;
    }
    if (!type.startsWith("response."_L1))
        return;
    const QString name = type.mid(9);
    if (name == "output_item.added"_L1 || name == "output_item.done"_L1)
        item(placeOf(event), event["item"_L1].toObject(), name.endsWith("done"_L1), events);
    else if (name.startsWith("function_call_arguments."_L1))
        argumentsEvent(name.endsWith("done"_L1), event, events);
    else if (event["response"_L1].isObject())
        response(event["response"_L1].toObject(), events);
    else
        textEvent(name, event, events);
}

void ResponsesDecoder::textEvent(const QString &type, const QJsonObject &event, StreamEvents &events)
{
    const bool delta = type.endsWith(".delta"_L1);
    if (!delta && !type.endsWith(".done"_L1))
        return;
    const QString kind = type.section(u'.', 0, 0);
    const QLatin1StringView whole = kind == "refusal"_L1 ? "refusal"_L1 : "text"_L1;
    const int index = event[kind == "reasoning_summary_text"_L1 ? "summary_index"_L1 : "content_index"_L1].toInt();
    piece(placeOf(event), kind, index, event[delta ? "delta"_L1 : whole].toString(), delta, events);
}

void ResponsesDecoder::piece(const QString &place, const QString &kind, int index, const QString &words, bool delta,
                             StreamEvents &events)
{
    if (words.isEmpty())
        return;
    const QString key = place + u'/' + kind + u'/' + QString::number(index);
    if (!delta && m_seen.contains(key))
        return;
    m_seen.insert(key);
    m_streamedTypes.insert(kind.startsWith("reasoning"_L1) ? u"reasoning"_s : u"message"_s);
    if (kind == "output_text"_L1) {
        text(words, events);
    } else if (kind == "refusal"_L1) {
        refusal(words, events);
    } else if (kind == "reasoning_text"_L1 || kind == "reasoning_summary_text"_L1) {
        // Some servers send the thoughts and their summary: the first kind counts, never both.
        if (!m_reasoningKinds.contains(place))
            m_reasoningKinds.insert(place, kind);
        if (m_reasoningKinds.value(place) == kind)
            reasoning(words, events);
    }
}

int ResponsesDecoder::positionOf(const QString &place)
{
    m_streamedTypes.insert(u"function_call"_s);
    if (!m_positions.contains(place))
        m_positions.insert(place, static_cast<int>(m_positions.size()));
    return m_positions.value(place);
}

void ResponsesDecoder::argumentsEvent(bool done, const QJsonObject &event, StreamEvents &events)
{
    const QString place = placeOf(event);
    const QString key = place + u"/arguments"_s;
    if (done && m_seen.contains(key))
        return;
    m_seen.insert(key);
    toolCall(
        { positionOf(place), {}, event["name"_L1].toString(), event[done ? "arguments"_L1 : "delta"_L1].toString() },
        events);
}

void ResponsesDecoder::item(const QString &place, const QJsonObject &item, bool done, StreamEvents &events)
{
    if (item["type"_L1].toString() == "function_call"_L1) {
        const QString key = place + u"/arguments"_s;
        QString arguments;
        if (done && !m_seen.contains(key)) {
            m_seen.insert(key);
            arguments = textOrJson(item["arguments"_L1]);
        }
        const QString id = item["call_id"_L1].toString(item["id"_L1].toString());
        toolCall({ positionOf(place), id, item["name"_L1].toString(), arguments }, events);
    } else if (done) {
        itemTexts(place, item, events);
    }
}

void ResponsesDecoder::itemTexts(const QString &place, const QJsonObject &item, StreamEvents &events)
{
    const QJsonArray content = item["content"_L1].toArray();
    for (qsizetype i = 0; i < content.size(); ++i) {
        const QJsonObject part = content[i].toObject();
        const QString kind = part["type"_L1].toString();
        piece(place, kind, static_cast<int>(i), part[kind == "refusal"_L1 ? "refusal"_L1 : "text"_L1].toString(), false,
              events);
    }
    const QJsonArray summary = item["summary"_L1].toArray();
    for (qsizetype i = 0; i < summary.size(); ++i)
        piece(place, u"reasoning_summary_text"_s, static_cast<int>(i), summary[i]["text"_L1].toString(), false, events);
}

/// The answer's object: empty at the start, whole at the end, or all there is of an answer that was not streamed.
void ResponsesDecoder::response(const QJsonObject &response, StreamEvents &events)
{
    served(response["id"_L1].toString(), response["model"_L1].toString(), events);
    const QString status = response["status"_L1].toString();
    if (status == "in_progress"_L1 || status == "queued"_L1)
        return;
    const QSet<QString> streamed = m_streamedTypes;
    const QJsonArray output = response["output"_L1].toArray();
    for (qsizetype i = 0; i < output.size(); ++i) {
        if (!streamed.contains(output[i]["type"_L1].toString()))
            item(u"whole %1"_s.arg(i), output[i].toObject(), true, events);
    }
    if (const QJsonObject usage = response["usage"_L1].toObject(); !usage.isEmpty())
        events.append(UsageReport { usageFromOpenAi(usage) });
    if (const QJsonValue error = response["error"_L1]; error.isObject())
        fail(serverError(QJsonObject { { u"error"_s, error } }), events);
    finish(response["incomplete_details"_L1]["reason"_L1].toString(status), events);
}

} // namespace

QString OpenAiResponses::protocol() const
{
    return u"openai-responses"_s;
}

base::Result<EncodedRequest> OpenAiResponses::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocol()))
        return *problem;
    OptionWriter writer(request, endpoint, protocol());
    const QJsonObject body = bodyOf(writer, request, endpoint);
    return writer.request(u"responses"_s, body);
}

std::unique_ptr<Decoder> OpenAiResponses::decoder() const
{
    return std::make_unique<ResponsesDecoder>();
}

base::HttpRequest OpenAiResponses::modelsRequest(const Endpoint &endpoint) const
{
    return request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(u"models"_s));
}

base::Result<QList<ModelInfo>> OpenAiResponses::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
