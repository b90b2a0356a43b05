#include "core/simulator/wirejson.h"

#include <limits>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr int longestAnswer = 32'000;

bool readParts(const QJsonObject &content, Turn &turn)
{
    const QJsonValue value = content[u"parts"_s];
    if (!value.isArray() && !value.isObject())
        return false;
    const QJsonArray parts = value.isArray() ? value.toArray() : QJsonArray { value };
    for (const auto &item : parts) {
        const QJsonObject part = item.toObject();
        if (!firstOf(part, { "inlineData"_L1, "inline_data"_L1, "fileData"_L1, "file_data"_L1 }).isUndefined()) {
            ++turn.images;
        } else if (const QJsonValue call = firstOf(part, { "functionCall"_L1, "function_call"_L1 }); call.isObject()) {
            turn.text += QString::fromUtf8(toBytes(call.toObject()));
        } else if (const QJsonValue said = firstOf(part, { "functionResponse"_L1, "function_response"_L1 });
                   said.isObject()) {
            turn.role = u"tool"_s;
            turn.text += QString::fromUtf8(toBytes(said[u"response"_s].toObject()));
        } else if (!part[u"thought"_s].toBool()) {
            turn.text += part[u"text"_s].toString();
        }
    }
    return true;
}

std::optional<ApiError> readContents(const QJsonObject &object, std::vector<Turn> &turns)
{
    const QJsonObject system = firstOf(object, { "systemInstruction"_L1, "system_instruction"_L1 }).toObject();
    if (Turn turn { u"system"_s, {}, 0 }; readParts(system, turn))
        turns.push_back(turn);
    const QJsonArray contents = object[u"contents"_s].toArray();
    if (contents.isEmpty())
        return ApiError { 400, u"* GenerateContentRequest.contents: contents is not specified"_s, {}, {}, {} };
    for (qsizetype i = 0; i < contents.size(); ++i) {
        const QJsonObject content = contents[i].toObject();
        const QString role = content[u"role"_s].toString(u"user"_s);
        if (role != u"user" && role != u"model" && role != u"function")
            return ApiError { 400, u"Please use a valid role: user, model."_s, {}, {}, {} };
        Turn turn { role == u"model" ? u"assistant"_s : u"user"_s, {}, 0 };
        if (!readParts(content, turn)) {
            return ApiError { 400,
                              u"* GenerateContentRequest.contents[%1].parts: contents.parts must not be empty."_s.arg(
                                  i),
                              {},
                              {},
                              {} };
        }
        turns.push_back(turn);
    }
    return std::nullopt;
}

std::optional<ApiError> readConfig(const QJsonObject &object, ChatInput &input)
{
    const QJsonObject config = firstOf(object, { "generationConfig"_L1, "generation_config"_L1 }).toObject();
    if (auto error = readMaxTokens(config, u"maxOutputTokens"_s, input))
        return error;
    if (auto error = checkNumber(config, u"temperature"_s, 2))
        return error;
    std::optional<qint64> seed;
    if (auto error = readInteger(config, u"seed"_s, std::numeric_limits<qint64>::min() + 1, seed))
        return error;
    if (seed)
        input.seed = static_cast<quint64>(*seed);
    const QJsonValue thinking = config[u"thinkingConfig"_s];
    input.showThoughts = thinking[u"includeThoughts"_s].toBool();
    if (const QJsonValue budget = thinking[u"thinkingBudget"_s]; budget.isDouble() && budget.toInt() >= 0)
        input.think = budget.toInt() > 0;
    else if (thinking[u"thinkingLevel"_s].isString())
        input.think = true;
    input.json = config[u"responseMimeType"_s].toString() == u"application/json";
    input.schema = firstOf(config, { "responseJsonSchema"_L1, "responseSchema"_L1 }).toObject();
    return readStops(config, u"stopSequences"_s, 5, input.stops);
}

void readFunctions(const QJsonObject &object, ChatInput &input)
{
    const QJsonArray tools = object[u"tools"_s].toArray();
    for (const auto &tool : tools) {
        const QJsonArray functions =
            firstOf(tool.toObject(), { "functionDeclarations"_L1, "function_declarations"_L1 }).toArray();
        for (const auto &item : functions) {
            const QJsonObject function = item.toObject();
            input.tools.push_back({ function[u"name"_s].toString(), function[u"description"_s].toString(),
                                    firstOf(function, { "parametersJsonSchema"_L1, "parameters"_L1 }).toObject() });
        }
    }
    const QJsonValue calling = object[u"toolConfig"_s][u"functionCallingConfig"_s];
    const QString mode = calling[u"mode"_s].toString();
    if (mode == u"NONE")
        input.toolChoice = ToolChoice::None;
    else if (mode == u"ANY")
        input.toolChoice = ToolChoice::Required;
    input.onlyTool = calling[u"allowedFunctionNames"_s][0].toString();
}

QString finishReason(const Script &script)
{
    switch (script.ending) {
    case Ending::Length:
        return u"MAX_TOKENS"_s;
    case Ending::Filter:
        return u"SAFETY"_s;
    case Ending::Stop:
    case Ending::StopSequence:
    case Ending::ToolCalls: // so it is
    case Ending::Refusal:
        break;
    }
    return u"STOP"_s;
}

QJsonArray safetyRatings(bool blocked)
{
    return { QJsonObject { { u"category"_s, u"HARM_CATEGORY_DANGEROUS_CONTENT"_s },
                           { u"probability"_s, blocked ? u"HIGH"_s : u"NEGLIGIBLE"_s },
                           { u"blocked"_s, blocked } } };
}

/// Each event is a whole response, with the counts so far. Its line ends are always CR LF.
class GeminiFramer final : public Framer {
public:
    using Framer::Framer;

    QByteArray type() const override { return m_input.jsonArray ? "application/json" : "text/event-stream"; }
    QByteArray opening() override { return m_input.jsonArray ? "[" : ""; }

    QByteArray piece(const Piece &piece) override
    {
        (piece.kind == Piece::Kind::Reasoning ? m_thoughts : m_candidates) += piece.tokens;
        const QByteArray part = partOf(piece);
        return part.isEmpty() ? QByteArray() : response(candidate(part, {}));
    }

    QByteArray comment() override { return m_input.jsonArray ? "\r\n" : Framer::comment(); }

    QByteArray ending(const ServerTimes &) override { return {}; }

    QByteArray done(const ServerTimes &) override
    {
        return response(last(R"({"text":""})")) + (m_input.jsonArray ? "]" : "");
    }

    QByteArray streamError() override
    {
        // It stands in the stream as it is, without `data:`.
        const QJsonObject error { { u"error"_s,
                                    QJsonObject { { u"code"_s, 500 },
                                                  { u"message"_s, u"The simulated model broke off."_s },
                                                  { u"status"_s, u"INTERNAL"_s } } } };
        return m_input.jsonArray ? ",\r\n" + toBytes(error) + ']' : toBytes(error) + end();
    }

    QByteArray whole(const ServerTimes &) override
    {
        QByteArray parts;
        Piece block;
        for (const Piece &piece : m_script.pieces) {
            (piece.kind == Piece::Kind::Reasoning ? m_thoughts : m_candidates) += piece.tokens;
            block.text = piece.beginsBlock ? piece.text : block.text + piece.text;
            if (!piece.endsBlock)
                continue;
            block.kind = piece.kind;
            block.call = piece.call;
            block.endsBlock = true;
            if (const QByteArray part = partOf(block); !part.isEmpty())
                parts += (parts.isEmpty() ? "" : ",") + part;
        }
        return object(last(parts));
    }

private:
    QByteArray end() const override { return "\r\n"; }

    /// Empty while a call is not whole, and for thoughts that nobody asked for.
    QByteArray partOf(const Piece &piece) const
    {
        if (piece.kind == Piece::Kind::Reasoning)
            return m_input.showThoughts ? "{\"text\":" + toJsonString(piece.text) + ",\"thought\":true}" : QByteArray();
        if (piece.kind != Piece::Kind::ToolCall)
            return "{\"text\":" + toJsonString(piece.text) + '}';
        const ToolCall &call = m_script.calls[static_cast<std::size_t>(piece.call)];
        const QJsonDocument arguments = QJsonDocument::fromJson(call.arguments.toUtf8());
        if (!piece.endsBlock || !arguments.isObject())
            return {};
        QJsonObject part { { u"functionCall"_s,
                             QJsonObject { { u"id"_s, u"call_"_s + call.id },
                                           { u"name"_s, call.name },
                                           { u"args"_s, arguments.object() } } } };
        if (m_script.reasoningTokens > 0 && piece.call == 0)
            part[u"thoughtSignature"_s] = u"c2ltdWxhdGVk"_s;
        return toBytes(part);
    }

    static QByteArray candidate(const QByteArray &parts, const QByteArray &beside)
    {
        return R"("candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"},"index":0)" + beside + "}]";
    }

    QByteArray last(const QByteArray &parts) const
    {
        if (m_script.promptFiltered()) {
            return R"("promptFeedback":{"blockReason":"SAFETY","safetyRatings":)"
                + QJsonDocument(safetyRatings(true)).toJson(QJsonDocument::Compact) + '}';
        }
        const bool filtered = m_script.ending == Ending::Filter;
        return candidate(parts,
                         R"(,"finishReason":")" + finishReason(m_script).toLatin1() + R"(","safetyRatings":)"
                             + QJsonDocument(safetyRatings(filtered)).toJson(QJsonDocument::Compact));
    }

    QByteArray object(const QByteArray &content) const
    {
        return '{' + content + (m_reply.usage ? ",\"usageMetadata\":" + toBytes(usage()) : QByteArray())
            + ",\"modelVersion\":" + toJsonString(m_reply.model) + ",\"responseId\":\"" + m_reply.id + "\"}";
    }

    QByteArray response(const QByteArray &content)
    {
        if (!m_input.jsonArray)
            return event(object(content));
        return (std::exchange(m_started, true) ? ",\r\n" : "") + object(content);
    }

    QJsonObject usage() const
    {
        QJsonObject usage {
            { u"promptTokenCount"_s, m_script.promptTokens },
            { u"totalTokenCount"_s, m_script.promptTokens + m_candidates + m_thoughts },
            { u"promptTokensDetails"_s,
              QJsonArray { QJsonObject { { u"modality"_s, u"TEXT"_s }, { u"tokenCount"_s, m_script.promptTokens } } } }
        };
        if (m_candidates > 0)
            usage[u"candidatesTokenCount"_s] = m_candidates;
        if (m_thoughts > 0)
            usage[u"thoughtsTokenCount"_s] = m_thoughts;
        if (m_script.cacheRead > 0)
            usage[u"cachedContentTokenCount"_s] = m_script.cacheRead;
        return usage;
    }

    int m_candidates = 0;
    int m_thoughts = 0;
    bool m_started = false;
};

QString statusWord(int status)
{
    switch (status) {
    case 400:
        return u"INVALID_ARGUMENT"_s;
    case 401:
        return u"UNAUTHENTICATED"_s;
    case 403:
        return u"PERMISSION_DENIED"_s;
    case 404:
        return u"NOT_FOUND"_s;
    case 429:
        return u"RESOURCE_EXHAUSTED"_s;
    case 499:
        return u"CANCELLED"_s;
    case 503:
        return u"UNAVAILABLE"_s;
    case 504:
        return u"DEADLINE_EXCEEDED"_s;
    default:
        return status >= 500 ? u"INTERNAL"_s : u"FAILED_PRECONDITION"_s;
    }
}

class GeminiWire final : public Wire {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override
    {
        const auto parsed = parseObject(asked.http.body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        auto object = std::get<QJsonObject>(parsed);
        if (const QJsonValue inner = object[u"generateContentRequest"_s]; inner.isObject()) // countTokens
            object = inner.toObject();
        ChatInput input;
        input.includeUsage = true;
        input.model = QString::fromUtf8(asked.name);
        input.stream = asked.http.path.endsWith(":streamGenerateContent");
        input.jsonArray = input.stream && queryValue(asked.http, "alt") != "sse";
        auto error = checkModel(*this, input.model);
        if (!error)
            error = readContents(object, input.turns);
        if (!error)
            error = readConfig(object, input);
        if (error)
            return *error;
        readFunctions(object, input);
        return input;
    }

    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override
    {
        return std::make_unique<GeminiFramer>(reply, input, script);
    }

    QByteArray idPrefix() const override { return "gen-sim-"; }

    base::HttpHeaders headers(const QByteArray &, const std::optional<RateLimit> &) const override { return {}; }

    QByteArray errorBody(const ApiError &error) const override
    {
        QJsonArray details;
        if (!error.code.isEmpty()) {
            details.append(QJsonObject { { u"@type"_s, u"type.googleapis.com/google.rpc.ErrorInfo"_s },
                                         { u"reason"_s, error.code },
                                         { u"domain"_s, u"googleapis.com"_s } });
        }
        if (!error.retryAfter.isEmpty()) {
            details.append(QJsonObject { { u"@type"_s, u"type.googleapis.com/google.rpc.RetryInfo"_s },
                                         { u"retryDelay"_s, error.retryAfter + u's' } });
        }
        QJsonObject body { { u"code"_s, error.status },
                           { u"message"_s, error.message },
                           { u"status"_s, statusWord(error.status) } };
        if (!details.isEmpty())
            body[u"details"_s] = details;
        return toBytes({ { u"error"_s, body } });
    }

    QByteArray key(const HttpIn &in) const override
    {
        const QByteArray key = base::headerValue(in.headers, "x-goog-api-key");
        return key.isEmpty() ? queryValue(in, "key") : key;
    }

    ApiError badKey() const override
    {
        return { 400, u"API key not valid. Please pass a valid API key."_s, {}, u"API_KEY_INVALID"_s, {} };
    }

    ApiError noModel(const QString &name) const override
    {
        return { 404,
                 u"models/%1 is not found for API version v1beta, or is not supported for generateContent. Call "
                 "ListModels to see the list of available models and their supported methods."_s.arg(name),
                 {},
                 {},
                 {} };
    }

    ApiError tooLong(int tokens, int most) const override
    {
        return { 400,
                 u"The input token count (%1) exceeds the maximum number of tokens allowed (%2)."_s.arg(tokens).arg(
                     most),
                 {},
                 {},
                 {} };
    }
};

QJsonObject modelObject(const QString &name, const QString &size)
{
    return { { u"name"_s, u"models/"_s + name },
             { u"version"_s, u"1"_s },
             { u"displayName"_s, u"Simulated "_s + size },
             { u"inputTokenLimit"_s, contextTokens },
             { u"outputTokenLimit"_s, longestAnswer },
             { u"supportedGenerationMethods"_s, QJsonArray { u"generateContent"_s, u"countTokens"_s } },
             { u"temperature"_s, 1 },
             { u"topP"_s, 0.95 },
             { u"topK"_s, 64 },
             { u"maxTemperature"_s, 2 },
             { u"thinking"_s, true } };
}

} // namespace

std::unique_ptr<Wire> geminiWire()
{
    return std::make_unique<GeminiWire>();
}

Told geminiModels(const Wire &, const Asked &)
{
    QJsonArray list;
    for (const Model &model : models())
        list.append(modelObject(QString::fromLatin1(model.name), QString::fromLatin1(model.size)));
    return toBytes({ { u"models"_s, list } });
}

Told geminiModel(const Wire &wire, const Asked &asked)
{
    const QString name = QString::fromUtf8(asked.name);
    if (const auto error = checkModel(wire, name))
        return *error;
    return toBytes(modelObject(name, QString::fromLatin1(modelByName(name)->size)));
}

Told geminiTokens(const Wire &wire, const Asked &asked)
{
    const auto input = wire.parse(asked);
    if (const auto *error = std::get_if<ApiError>(&input))
        return *error;
    return toBytes({ { u"totalTokens"_s, countPromptTokens(std::get<ChatInput>(input)) } });
}

} // namespace talkbench::simulator
