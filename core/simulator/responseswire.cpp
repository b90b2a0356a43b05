#include "core/simulator/openaiwire.h"

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

/// One item of `input`: a message, a call or what came back from one.
bool readItem(const QJsonObject &item, bool (*readContent)(const QJsonObject &, Turn &), std::vector<Turn> &turns)
{
    const QString type = item[u"type"_s].toString(u"message"_s);
    Turn turn;
    if (type == u"message") {
        turn.role = item[u"role"_s].toString();
        if (turn.role.isEmpty() || !readContent(item, turn))
            return false;
    } else if (type == u"function_call_output") {
        turn.role = u"tool"_s;
        turn.text = item[u"output"_s].toString();
    } else if (type == u"function_call") {
        turn.role = u"assistant"_s;
        turn.text = item[u"arguments"_s].toString();
    } else {
        return true; // reasoning and the like
    }
    turns.push_back(std::move(turn));
    return true;
}

std::optional<ApiError> readInput(const QJsonObject &object, bool (*readContent)(const QJsonObject &, Turn &),
                                  std::vector<Turn> &turns)
{
    const QString key = u"input"_s;
    const QJsonValue value = object[key];
    if (const QString instructions = object[u"instructions"_s].toString(); !instructions.isEmpty())
        turns.push_back({ u"system"_s, instructions, 0 });
    if (value.isString()) {
        turns.push_back({ u"user"_s, value.toString(), 0 });
        return std::nullopt;
    }
    if (!value.isArray() || value.toArray().isEmpty()) {
        return ApiError { 400, u"Missing required parameter: 'input'."_s, key, u"missing_required_parameter"_s, {} };
    }
    const QJsonArray items = value.toArray();
    for (qsizetype i = 0; i < items.size(); ++i) {
        if (!readItem(items[i].toObject(), readContent, turns))
            return ApiError { 400, u"Invalid 'input[%1]'."_s.arg(i), u"input[%1]"_s.arg(i), u"invalid_type"_s, {} };
    }
    return std::nullopt;
}

std::optional<ApiError> readOptions(const QJsonObject &object, ChatInput &input)
{
    if (auto error = readBool(object, u"stream"_s, input.stream))
        return error;
    if (auto error = readMaxTokens(object, u"max_output_tokens"_s, input))
        return error;
    if (auto error = checkNumber(object, u"temperature"_s, 2))
        return error;
    if (auto error = readTools(object, {}, "parameters"_L1, input))
        return error;
    if (auto error = readBool(object, u"parallel_tool_calls"_s, input.parallelTools))
        return error;
    readToolChoice(object[u"tool_choice"_s], input);
    const QJsonValue format = object[u"text"_s][u"format"_s];
    input.json = format[u"type"_s].toString().startsWith(u"json"_s);
    input.schema = format[u"schema"_s].toObject();
    const QJsonValue reasoning = object[u"reasoning"_s];
    if (const QString effort = reasoning[u"effort"_s].toString(); !effort.isEmpty())
        input.think = effort != u"none";
    const QString summary = reasoning[u"summary"_s].toString(reasoning[u"generate_summary"_s].toString());
    input.showThoughts = !summary.isEmpty();
    return std::nullopt;
}

QJsonObject usageOf(const Script &script)
{
    return {
        { u"input_tokens"_s, script.promptTokens },
        { u"input_tokens_details"_s,
          QJsonObject { { u"cached_tokens"_s, script.cacheRead }, { u"cache_write_tokens"_s, script.cacheWrite } } },
        { u"output_tokens"_s, script.outputTokens() },
        { u"output_tokens_details"_s, QJsonObject { { u"reasoning_tokens"_s, script.reasoningTokens } } },
        { u"total_tokens"_s, script.promptTokens + script.outputTokens() },
    };
}

/// Events that open, fill and close one item after another, each with its number.
class ResponsesFramer final : public Framer {
public:
    using Framer::Framer;

    QByteArray opening() override
    {
        const QJsonObject response = responseObject(u"in_progress"_s);
        const QByteArray created = send(u"response.created"_s, { { u"response"_s, response } });
        return created + send(u"response.in_progress"_s, { { u"response"_s, response } });
    }

    QByteArray piece(const Piece &piece) override
    {
        QByteArray frames = piece.beginsBlock ? beginBlock(piece) : QByteArray();
        m_text += piece.text;
        if (shows(piece.kind)) {
            QJsonObject fields = place(piece.kind);
            fields[u"delta"_s] = piece.text;
            if (piece.kind == Piece::Kind::Text)
                fields[u"logprobs"_s] = QJsonArray();
            frames += send(u"response.%1.delta"_s.arg(streamName(piece.kind)), fields);
        }
        return piece.endsBlock ? frames + endBlock(piece) : frames;
    }

    QByteArray ping() override { return event("keepalive", R"({"type":"keepalive"})"); }

    QByteArray ending(const ServerTimes &) override { return {}; }

    QByteArray done(const ServerTimes &) override
    {
        return send(u"response."_s + status(), { { u"response"_s, responseObject(status()) } });
    }

    QByteArray streamError() override
    {
        const QJsonObject error { { u"code"_s, u"server_error"_s },
                                  { u"message"_s, u"The simulated model broke off."_s } };
        QJsonObject failed = responseObject(u"failed"_s);
        failed[u"error"_s] = error;
        QJsonObject fields = error;
        fields[u"param"_s] = QJsonValue();
        const QByteArray told = send(u"error"_s, fields);
        return told + send(u"response.failed"_s, { { u"response"_s, failed } });
    }

    QByteArray whole(const ServerTimes &) override
    {
        for (const Piece &piece : m_script.pieces) {
            m_text = piece.beginsBlock ? piece.text : m_text + piece.text;
            if (!piece.endsBlock)
                continue;
            m_items.append(item(piece, true));
        }
        return toBytes(responseObject(status()));
    }

private:
    QByteArray send(const QString &type, QJsonObject fields)
    {
        fields[u"type"_s] = type;
        fields[u"sequence_number"_s] = m_sequence++;
        return event(type.toLatin1(), toBytes(fields));
    }

    bool shows(Piece::Kind kind) const { return kind != Piece::Kind::Reasoning || m_input.showThoughts; }

    static QString streamName(Piece::Kind kind)
    {
        switch (kind) {
        case Piece::Kind::Reasoning:
            return u"reasoning_summary_text"_s;
        case Piece::Kind::Refusal:
            return u"refusal"_s;
        case Piece::Kind::ToolCall:
            return u"function_call_arguments"_s;
        case Piece::Kind::Text:
            break;
        }
        return u"output_text"_s;
    }

    static QString partName(Piece::Kind kind)
    {
        return kind == Piece::Kind::Reasoning ? u"reasoning_summary_part"_s : u"content_part"_s;
    }

    QString itemId(Piece::Kind kind) const
    {
        const QString prefix = kind == Piece::Kind::Reasoning ? u"rs"_s
            : kind == Piece::Kind::ToolCall                   ? u"fc"_s
                                                              : u"msg"_s;
        return prefix + u'_' + QString::fromLatin1(m_reply.id) + u'_' + QString::number(m_items.size());
    }

    QJsonObject place(Piece::Kind kind) const
    {
        QJsonObject fields { { u"item_id"_s, itemId(kind) }, { u"output_index"_s, m_items.size() } };
        if (kind != Piece::Kind::ToolCall)
            fields[kind == Piece::Kind::Reasoning ? u"summary_index"_s : u"content_index"_s] = 0;
        return fields;
    }

    QJsonObject part(Piece::Kind kind, const QString &text) const
    {
        if (kind == Piece::Kind::Reasoning)
            return { { u"type"_s, u"summary_text"_s }, { u"text"_s, text } };
        if (kind == Piece::Kind::Refusal)
            return { { u"type"_s, u"refusal"_s }, { u"refusal"_s, text } };
        return { { u"type"_s, u"output_text"_s },
                 { u"annotations"_s, QJsonArray() },
                 { u"logprobs"_s, QJsonArray() },
                 { u"text"_s, text } };
    }

    /// The block's item: empty at its start, with what was written since at its end.
    QJsonObject item(const Piece &piece, bool ended) const
    {
        QJsonObject item { { u"id"_s, itemId(piece.kind) } };
        const QJsonArray parts = ended && shows(piece.kind) ? QJsonArray { part(piece.kind, m_text) } : QJsonArray();
        if (piece.kind == Piece::Kind::Reasoning) {
            item[u"type"_s] = u"reasoning"_s;
            item[u"summary"_s] = parts;
            const QByteArray sealed = m_text.toUtf8().toBase64();
            if (m_input.body[u"include"_s].toArray().contains(u"reasoning.encrypted_content"_s))
                item[u"encrypted_content"_s] = QString::fromLatin1(sealed);
            return item;
        }
        const bool cut = status() == u"incomplete" && &piece == &m_script.pieces.back();
        item[u"status"_s] = !ended ? u"in_progress"_s : cut ? u"incomplete"_s : u"completed"_s;
        if (piece.kind == Piece::Kind::ToolCall) {
            const ToolCall &call = m_script.calls[static_cast<std::size_t>(piece.call)];
            item[u"type"_s] = u"function_call"_s;
            item[u"call_id"_s] = u"call_"_s + call.id;
            item[u"name"_s] = call.name;
            item[u"arguments"_s] = ended ? call.arguments : QString();
            return item;
        }
        item[u"type"_s] = u"message"_s;
        item[u"role"_s] = u"assistant"_s;
        item[u"content"_s] = parts;
        return item;
    }

    QByteArray beginBlock(const Piece &piece)
    {
        m_text.clear();
        QByteArray frames = send(u"response.output_item.added"_s,
                                 { { u"output_index"_s, m_items.size() }, { u"item"_s, item(piece, false) } });
        if (piece.kind != Piece::Kind::ToolCall && shows(piece.kind)) {
            QJsonObject fields = place(piece.kind);
            fields[u"part"_s] = part(piece.kind, {});
            frames += send(u"response.%1.added"_s.arg(partName(piece.kind)), fields);
        }
        return frames;
    }

    QByteArray endBlock(const Piece &piece)
    {
        QByteArray frames;
        if (shows(piece.kind)) {
            QJsonObject fields = place(piece.kind);
            const bool call = piece.kind == Piece::Kind::ToolCall;
            fields[call ? u"arguments"_s : piece.kind == Piece::Kind::Refusal ? u"refusal"_s : u"text"_s] = m_text;
            if (call)
                fields[u"name"_s] = m_script.calls[static_cast<std::size_t>(piece.call)].name;
            frames += send(u"response.%1.done"_s.arg(streamName(piece.kind)), fields);
            if (!call) {
                fields = place(piece.kind);
                fields[u"part"_s] = part(piece.kind, m_text);
                frames += send(u"response.%1.done"_s.arg(partName(piece.kind)), fields);
            }
        }
        const QJsonObject ended = item(piece, true);
        frames += send(u"response.output_item.done"_s, { { u"output_index"_s, m_items.size() }, { u"item"_s, ended } });
        m_items.append(ended);
        return frames;
    }

    QString status() const
    {
        const bool cut = m_script.ending == Ending::Length || m_script.ending == Ending::Filter;
        return cut ? u"incomplete"_s : u"completed"_s;
    }

    QJsonObject responseObject(const QString &status) const
    {
        const QJsonObject &asked = m_input.body;
        const auto repeated = [&](const QString &key, const QJsonValue &otherwise) {
            return asked.contains(key) ? asked[key] : otherwise;
        };
        QJsonObject response {
            { u"id"_s, QString::fromLatin1(m_reply.id) },
            { u"object"_s, u"response"_s },
            { u"created_at"_s, m_reply.createdS },
            { u"status"_s, status },
            { u"background"_s, false },
            { u"error"_s, QJsonValue() },
            { u"incomplete_details"_s, QJsonValue() },
            { u"model"_s, m_reply.model },
            { u"output"_s, m_items },
            { u"usage"_s, QJsonValue() },
            { u"parallel_tool_calls"_s, m_input.parallelTools },
            { u"text"_s,
              repeated(u"text"_s, QJsonObject { { u"format"_s, QJsonObject { { u"type"_s, u"text"_s } } } }) },
            { u"tool_choice"_s, repeated(u"tool_choice"_s, u"auto"_s) },
            { u"tools"_s, repeated(u"tools"_s, QJsonArray()) },
            { u"metadata"_s, repeated(u"metadata"_s, QJsonObject()) },
            { u"store"_s, repeated(u"store"_s, true) },
            { u"temperature"_s, repeated(u"temperature"_s, 1.0) },
            { u"top_p"_s, repeated(u"top_p"_s, 1.0) },
            { u"truncation"_s, repeated(u"truncation"_s, u"disabled"_s) },
        };
        for (const QString &key :
             { u"instructions"_s, u"max_output_tokens"_s, u"previous_response_id"_s, u"reasoning"_s })
            response[key] = repeated(key, QJsonValue());
        if (status == u"incomplete") {
            const QString reason = m_script.ending == Ending::Length ? u"max_output_tokens"_s : u"content_filter"_s;
            response[u"incomplete_details"_s] = QJsonObject { { u"reason"_s, reason } };
        }
        if (status != u"in_progress" && status != u"failed" && m_reply.usage)
            response[u"usage"_s] = usageOf(m_script);
        return response;
    }

    int m_sequence = 0;
    QString m_text; ///< of the open block
    QJsonArray m_items; ///< those that are closed
};

class ResponsesWire final : public OpenAiFamily {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override
    {
        const auto parsed = parseObject(asked.http.body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        const auto &object = std::get<QJsonObject>(parsed);
        ChatInput input;
        input.body = object;
        input.includeUsage = true;
        input.model = object[u"model"_s].toString();
        auto error = checkModel(*this, input.model);
        if (!error)
            error = readInput(object, readContent, input.turns);
        if (!error)
            error = readOptions(object, input);
        if (error)
            return *error;
        return input;
    }

    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override
    {
        return std::make_unique<ResponsesFramer>(reply, input, script);
    }

    QByteArray idPrefix() const override { return "resp_sim"; }

    ApiError noModel(const QString &name) const override
    {
        return { 400, u"The requested model '%1' does not exist."_s.arg(name), u"model"_s, u"model_not_found"_s, {} };
    }
};

} // namespace

std::unique_ptr<Wire> responsesWire()
{
    return std::make_unique<ResponsesWire>();
}

} // namespace talkbench::simulator
