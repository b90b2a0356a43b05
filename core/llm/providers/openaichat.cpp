#include "core/llm/providers/openaichat.h"

#include "core/llm/providers/jsondecoder.h"
#include "core/llm/providers/modellist.h"
#include "core/llm/providers/optionwriter.h"
#include "core/llm/providers/servererror.h"
#include "core/llm/providers/servertimings.h"
#include "core/llm/providers/toolpositions.h"
#include "core/llm/providers/usagefold.h"
#include "core/llm/providers/wire.h"

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString protocolName = u"openai-chat"_s;

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

QJsonArray callsOf(const Message &message)
{
    const QJsonArray extras = message.replay ? message.replay->data["tool_calls"_L1].toArray() : QJsonArray();
    QJsonArray calls;
    for (const ToolCall &call : message.toolCalls) {
        const QString arguments = textOrJson(argumentsObject(call.arguments));
        QJsonObject object { { u"id"_s, call.id },
                             { u"type"_s, u"function"_s },
                             { u"function"_s,
                               QJsonObject { { u"name"_s, call.name }, { u"arguments"_s, arguments } } } };
        if (const QJsonValue extra = extras[calls.size()]; extra.isObject())
            object.insert("extra_content"_L1, extra);
        calls.append(object);
    }
    return calls;
}

QJsonObject encodeMessage(const Message &message, const QString &systemRole)
{
    const QString role = message.role == Role::System ? systemRole : roleName(message.role);
    QJsonObject object { { u"role"_s, role }, { u"content"_s, contentOf(message) } };
    if (message.role == Role::Tool)
        object.insert("tool_call_id"_L1, message.toolCallId);
    if (message.replay && message.replay->protocol == protocolName) {
        for (const QLatin1StringView key : { "reasoning_details"_L1, "reasoning_content"_L1 }) {
            if (message.replay->data.contains(key))
                object.insert(key, message.replay->data[key]);
        }
    }
    if (message.toolCalls.isEmpty())
        return object;
    object.insert("tool_calls"_L1, callsOf(message));
    if (message.text().isEmpty())
        object.insert("content"_L1, QJsonValue::Null);
    return object;
}

/// OpenRouter's one object for all models.
QJsonObject reasoningObject(OptionWriter &writer)
{
    if (!writer.options().reasoningBudget) {
        const QString effort = writer.effort();
        return effort.isEmpty() ? QJsonObject {} : QJsonObject { { u"effort"_s, effort } };
    }
    const std::optional<int> budget = writer.budget();
    if (!budget)
        return {};
    return *budget > 0 ? QJsonObject { { u"max_tokens"_s, *budget } } : QJsonObject { { u"enabled"_s, false } };
}

/// Where reasoning is switched on and off, each vendor under its own name.
void putSwitch(QJsonObject &body, OptionWriter &writer, const QString &style, const QJsonObject &quirks)
{
    const QString budgetName = quirks["reasoning_budget"_L1].toString();
    const bool takesEffort = quirks["efforts"_L1].isArray();
    const std::optional<bool> on = writer.thinkingSwitch(!budgetName.isEmpty(), takesEffort);
    if (!on)
        return;
    if (style == "enable_thinking"_L1)
        body.insert(style, *on);
    else if (style == "template"_L1)
        body.insert("chat_template_kwargs"_L1, QJsonObject { { u"enable_thinking"_s, *on } });
    else
        body.insert("thinking"_L1, QJsonObject { { u"type"_s, *on ? u"enabled"_s : u"disabled"_s } });
    if (*on && writer.options().reasoningBudget && !budgetName.isEmpty())
        body.insert(budgetName, writer.fitted("reasoning_budget"_L1, *writer.options().reasoningBudget));
    if (*on && takesEffort)
        body.insert("reasoning_effort"_L1, writer.effort());
}

void putReasoning(QJsonObject &body, OptionWriter &writer, const QJsonObject &quirks)
{
    const QString style = quirks["reasoning"_L1].toString(u"effort"_s);
    const bool effort =
        style == "effort"_L1 || (style == "template"_L1 && writer.rule()["reasoning"_L1].toString() == "effort"_L1);
    if (effort) {
        if (const QString word = writer.effort(); !word.isEmpty())
            body.insert("reasoning_effort"_L1, word);
    } else if (style == "object"_L1) {
        if (const QJsonObject reasoning = reasoningObject(writer); !reasoning.isEmpty())
            body.insert("reasoning"_L1, reasoning);
    } else {
        putSwitch(body, writer, style, quirks);
    }
}

void putFormat(QJsonObject &body, OptionWriter &writer, const QJsonObject &quirks)
{
    const ResponseFormat &format = writer.options().responseFormat;
    if (format.kind == ResponseFormat::Kind::Text || !writer.maySend("response_format"_L1))
        return;
    const QString only = quirks["response_format"_L1].toString();
    const bool schema = format.kind == ResponseFormat::Kind::JsonSchema;
    if (schema && only == "json_object"_L1) {
        writer.notSent("response_format"_L1, u"this provider takes no schema: JSON alone was asked for"_s);
        body.insert("response_format"_L1, QJsonObject { { u"type"_s, u"json_object"_s } });
    } else if (!schema && only == "json_schema"_L1) {
        writer.notSent("response_format"_L1, u"this provider writes JSON by a schema only"_s);
    } else if (schema) {
        body.insert("response_format"_L1,
                    QJsonObject { { u"type"_s, u"json_schema"_s }, { u"json_schema"_s, schemaObject(format) } });
    } else {
        body.insert("response_format"_L1, QJsonObject { { u"type"_s, u"json_object"_s } });
    }
}

QJsonValue toolChoice(const ToolChoice &choice, const QJsonObject &quirks)
{
    if (choice.kind == ToolChoice::Kind::Named)
        return QJsonObject { { u"type"_s, u"function"_s },
                             { u"function"_s, QJsonObject { { u"name"_s, choice.name } } } };
    if (choice.kind == ToolChoice::Kind::Required)
        return quirks["tool_required"_L1].toString(u"required"_s);
    return choice.kind == ToolChoice::Kind::None ? u"none"_s : u"auto"_s;
}

void putTools(QJsonObject &body, OptionWriter &writer, const QJsonObject &quirks)
{
    const ChatOptions &options = writer.options();
    if (!options.tools.isEmpty() && writer.maySend("tools"_L1)) {
        QJsonArray tools;
        for (const Tool &tool : options.tools)
            tools.append(QJsonObject { { u"type"_s, u"function"_s }, { u"function"_s, toolObject(tool) } });
        body.insert("tools"_L1, tools);
    }
    if (!options.toolChoice)
        return;
    if (!body.contains("tools"_L1))
        writer.notSent("tool_choice"_L1, u"no tool goes along"_s);
    else if (writer.maySend("tool_choice"_L1))
        body.insert("tool_choice"_L1, toolChoice(*options.toolChoice, quirks));
}

/// Details of reasoning as they come, a piece in each chunk, and as the server wants them back.
class ReasoningDetails final {
public:
    void add(const QJsonObject &detail);
    QJsonArray whole() const;

private:
    struct Detail {
        QJsonObject rest;
        QString key;
        QString words;
    };

    QList<Detail> m_details;
};

void ReasoningDetails::add(const QJsonObject &detail)
{
    const QString type = detail["type"_L1].toString();
    const QString key = type == "reasoning.summary"_L1 ? u"summary"_s
        : type == "reasoning.encrypted"_L1             ? u"data"_s
                                                       : u"text"_s;
    const bool goesOn = !m_details.isEmpty() && m_details.constLast().rest["type"_L1] == detail["type"_L1]
        && m_details.constLast().rest["index"_L1] == detail["index"_L1] && key != "data"_L1;
    if (!goesOn)
        m_details.append({ {}, key, {} });
    Detail &last = m_details.last();
    last.words += detail[key].toString();
    for (auto it = detail.begin(); it != detail.end(); ++it) {
        if (it.key() != key && !it.value().isNull() && last.rest.value(it.key()) != it.value())
            last.rest.insert(it.key(), it.value());
    }
}

QJsonArray ReasoningDetails::whole() const
{
    QJsonArray array;
    for (const Detail &detail : m_details) {
        QJsonObject object = detail.rest;
        if (!detail.words.isEmpty())
            object.insert(detail.key, detail.words);
        array.append(object);
    }
    return array;
}

class OpenAiChatDecoder final : public JsonDecoder {
private:
    void object(const QJsonObject &chunk, StreamEvents &events) override;
    void choice(const QJsonObject &choice, StreamEvents &events);
    void reasoningOf(const QJsonObject &delta, StreamEvents &events);
    void contentOf(const QJsonValue &content, StreamEvents &events);
    void thoughtsOf(const QJsonValue &thoughts, StreamEvents &events);
    void toolCallsOf(const QJsonObject &delta, StreamEvents &events);
    void usageOf(const QJsonValue &usage, const QJsonValue &timings, StreamEvents &events);
    void failIfError(const QJsonValue &error, StreamEvents &events);
    std::optional<Replay> replay() const override;

    ToolPositions m_positions;
    ReasoningDetails m_details;
    QString m_reasoningContent;
    QJsonObject m_usage;
    QJsonObject m_timings;
    /// What Gemini signs its calls with, by the calls' positions.
    QHash<int, QJsonValue> m_extras;
    /// With n > 1 choices the first one is the answer.
    std::optional<int> m_choice;
    bool m_streamed = false;
};

void OpenAiChatDecoder::object(const QJsonObject &chunk, StreamEvents &events)
{
    served(chunk["id"_L1].toString(), chunk["model"_L1].toString(), events);
    QJsonValue usage = chunk["usage"_L1];
    QString finishReason;
    const QJsonArray choices = chunk["choices"_L1].toArray();
    for (const auto &value : choices) {
        const QJsonObject one = value.toObject();
        const int index = one["index"_L1].toInt();
        if (index != m_choice.value_or(index))
            continue;
        m_choice = index;
        choice(one, events);
        failIfError(one["error"_L1], events);
        if (const QString reason = one["finish_reason"_L1].toString(); !reason.isEmpty())
            finishReason = reason;
        if (!usage.isObject())
            usage = one["usage"_L1];
    }
    if (!usage.isObject())
        usage = chunk["x_groq"_L1]["usage"_L1];
    usageOf(usage, chunk["timings"_L1], events);
    timings(timingsFromOpenAi(chunk), events);
    failIfError(chunk["x_groq"_L1]["error"_L1], events);
    if (!finishReason.isEmpty())
        finish(finishReason, events);
}

/// Usage and llama.cpp's timings come in one chunk or in two, in either order.
void OpenAiChatDecoder::usageOf(const QJsonValue &usage, const QJsonValue &timings, StreamEvents &events)
{
    const bool counted = !usage.toObject().isEmpty();
    const bool timed = timings["prompt_n"_L1].isDouble();
    if (counted)
        m_usage = usage.toObject();
    if (timed)
        m_timings = timings.toObject();
    if (counted || timed)
        events.append(UsageReport { usageFromOpenAi(m_usage, m_timings) });
}

void OpenAiChatDecoder::choice(const QJsonObject &choice, StreamEvents &events)
{
    QJsonValue delta = choice["delta"_L1];
    m_streamed = m_streamed || delta.isObject();
    // After deltas a message is the whole answer once more.
    if (!m_streamed)
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
    const QJsonArray details = delta["reasoning_details"_L1].toArray();
    for (const auto &detail : details)
        m_details.add(detail.toObject());
    for (const QLatin1StringView key : { "reasoning_content"_L1, "reasoning"_L1 }) {
        if (const QString words = delta[key].toString(); !words.isEmpty()) {
            if (key == "reasoning_content"_L1)
                m_reasoningContent += words;
            reasoning(words, events);
            return;
        }
    }
    QString joined;
    for (const auto &detail : details) {
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
    for (const auto &part : parts) {
        const QString type = part["type"_L1].toString();
        if (type == "thinking"_L1) {
            thoughtsOf(part["thinking"_L1], events);
        } else if (type == "reasoning"_L1) {
            thoughtsOf(part["summary"_L1], events);
        } else if (type == "refusal"_L1) {
            refusal(part["refusal"_L1].toString(), events);
        } else {
            text(part.isString() ? part.toString() : part["text"_L1].toString(), events);
        }
    }
}

/// Words, or a list of texts.
void OpenAiChatDecoder::thoughtsOf(const QJsonValue &thoughts, StreamEvents &events)
{
    reasoning(thoughts.toString(), events);
    const QJsonArray pieces = thoughts.toArray();
    for (const auto &piece : pieces)
        reasoning(piece["text"_L1].toString(), events);
}

/// An error that stands elsewhere than at the top: in a choice, or beside why a stream was stopped early.
void OpenAiChatDecoder::failIfError(const QJsonValue &error, StreamEvents &events)
{
    const QJsonObject said { { u"error"_s, error } };
    if (isServerError(said, {}))
        fail(serverError(said), events);
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
        if (const QJsonValue extra = call["extra_content"_L1]; extra.isObject())
            m_extras.insert(out.position, extra);
        toolCall(out, events);
    }
    if (const QJsonValue old = delta["function_call"_L1]; old.isObject()) {
        const QString name = old["name"_L1].toString();
        toolCall({ m_positions.of(0, {}, {}, -1), {}, name, textOrJson(old["arguments"_L1]) }, events);
    }
}

/// OpenRouter and MiniMax want their details back; DeepSeek and Moonshot their thoughts, in a loop of tools.
std::optional<Replay> OpenAiChatDecoder::replay() const
{
    QJsonObject data;
    if (const QJsonArray details = m_details.whole(); !details.isEmpty())
        data.insert("reasoning_details"_L1, details);
    else if (hasToolCalls() && !m_reasoningContent.isEmpty())
        data.insert("reasoning_content"_L1, m_reasoningContent);
    if (!m_extras.isEmpty()) {
        QJsonArray extras;
        for (int position = 0; position < m_positions.count(); ++position)
            extras.append(m_extras.value(position));
        data.insert("tool_calls"_L1, extras);
    }
    return data.isEmpty() ? std::nullopt : std::optional(Replay { protocolName, data });
}

} // namespace

QString OpenAiChat::protocol() const
{
    return protocolName;
}

QJsonObject OpenAiChat::body(OptionWriter &writer, const ChatRequest &request, const Endpoint &endpoint)
{
    const QJsonObject &quirks = endpoint.quirks;
    const bool own = isOpenAi(endpoint) || endpoint.protocol == "azure"_L1;
    const QString systemRole = own ? writer.rule()["system_role"_L1].toString(u"system"_s) : u"system"_s;
    QJsonArray messages;
    for (const Message &message : writer.messages())
        messages.append(encodeMessage(message, systemRole));
    QJsonObject body { { u"messages"_s, messages }, { u"stream"_s, request.options.stream } };
    if (!request.model.isEmpty())
        body.insert("model"_L1, request.model);
    if (request.options.stream && quirks["stream_options"_L1].toBool(true)) {
        QJsonObject streamOptions { { u"include_usage"_s, true } };
        // Random padding in every chunk would distort bytes per second.
        if (isOpenAi(endpoint))
            streamOptions.insert("include_obfuscation"_L1, false);
        body.insert("stream_options"_L1, streamOptions);
    }
    OptionWriter::Names names;
    // OpenAI's reasoning models refuse max_tokens; most other servers know nothing else.
    names.maxTokens = quirks["max_tokens"_L1].toString(own ? u"max_completion_tokens"_s : u"max_tokens"_s);
    names.seed = quirks["seed"_L1].toString(u"seed"_s);
    writer.putSampling(body, names);
    putReasoning(body, writer, quirks);
    putFormat(body, writer, quirks);
    putTools(body, writer, quirks);
    return body;
}

base::Result<EncodedRequest> OpenAiChat::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    // llama.cpp and its like serve one model and need no name.
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocolName, false))
        return *problem;
    OptionWriter writer(request, endpoint, protocolName);
    const QJsonObject made = body(writer, request, endpoint);
    return writer.request(u"chat/completions"_s, made);
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
