#include "core/simulator/wirejson.h"

#include <QDateTime>
#include <QTimeZone>

#include <chrono>
#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr QLatin1StringView modified("2026-01-01T00:00:00Z");
constexpr qint64 loadNs = 1'500'000; // a model that is loaded already

/// RFC 3339 with nanoseconds: each line carries the server's clock.
QByteArray nowText()
{
    using namespace std::chrono;
    const auto now = system_clock::now().time_since_epoch();
    const qint64 ns = duration_cast<nanoseconds>(now).count();
    const QDateTime second = QDateTime::fromSecsSinceEpoch(ns / 1'000'000'000, QTimeZone::utc());
    return second.toString(u"yyyy-MM-dd'T'hh:mm:ss"_s).toLatin1() + '.'
        + QByteArray::number(ns % 1'000'000'000).rightJustified(9, '0') + 'Z';
}

bool readContent(const QJsonObject &message, Turn &turn)
{
    const QJsonValue content = message[u"content"_s];
    const QJsonValue images = message[u"images"_s];
    if (!content.isString() && !content.isUndefined() && !content.isNull())
        return false;
    if (!images.isArray() && !images.isUndefined() && !images.isNull())
        return false;
    turn.text = content.toString();
    turn.images = static_cast<int>(images.toArray().size());
    return true;
}

std::optional<ApiError> readOptions(const QJsonObject &object, ChatInput &input)
{
    const QJsonObject options = object[u"options"_s].toObject();
    std::optional<qint64> maxTokens;
    std::optional<qint64> seed;
    if (auto error = readInteger(options, u"num_predict"_s, -2, maxTokens))
        return error;
    if (auto error = readInteger(options, u"seed"_s, std::numeric_limits<qint64>::min() + 1, seed))
        return error;
    if (auto error = readTools(object, "function"_L1, "parameters"_L1, input))
        return error;
    if (maxTokens.value_or(0) > 0) // below: no limit
        input.maxTokens = static_cast<int>(std::min<qint64>(*maxTokens, std::numeric_limits<int>::max()));
    if (seed)
        input.seed = static_cast<quint64>(*seed);
    if (const QJsonValue think = object[u"think"_s]; think.isBool() || think.isString())
        input.think = think.toBool(true); // a word tells how much
    const QJsonValue format = object[u"format"_s];
    input.json = format.isObject() || format.toString() == u"json";
    input.schema = format.toObject();
    return readStops(options, u"stop"_s, 64, input.stops);
}

QJsonObject countsOf(const Script &script, const ServerTimes &times)
{
    return {
        { u"total_duration"_s, times.totalNs },
        { u"load_duration"_s, std::min(loadNs, times.promptNs) },
        { u"prompt_eval_count"_s, script.promptTokens },
        { u"prompt_eval_duration"_s, std::max<qint64>(0, times.promptNs - loadNs) },
        { u"eval_count"_s, script.outputTokens() },
        { u"eval_duration"_s, times.answerNs },
    };
}

class OllamaFramer final : public Framer {
public:
    using Framer::Framer;

    QByteArray type() const override { return "application/x-ndjson"; }
    QByteArray opening() override { return {}; }

    QByteArray piece(const Piece &piece) override
    {
        const QByteArray fields = fieldsOf(piece);
        if (fields.isEmpty())
            return {};
        return "{\"model\":" + toJsonString(m_reply.model) + ",\"created_at\":\"" + nowText()
            + R"(","message":{"role":"assistant",)" + fields + "},\"done\":false}" + end();
    }

    // A line without anything is all that NDJSON has to keep a connection alive.
    QByteArray comment() override { return end(); }

    QByteArray ending(const ServerTimes &) override { return {}; }

    QByteArray done(const ServerTimes &times) override
    {
        return toBytes(last(times, { { u"role"_s, u"assistant"_s }, { u"content"_s, QString() } })) + end();
    }

    QByteArray streamError() override
    {
        return toBytes({ { u"error"_s, u"the simulated model broke off"_s } }) + end();
    }

    QByteArray whole(const ServerTimes &times) override
    {
        QJsonObject message { { u"role"_s, u"assistant"_s }, { u"content"_s, m_script.text() + m_script.refusal() } };
        if (m_script.reasoningTokens > 0)
            message[u"thinking"_s] = m_script.reasoning();
        QJsonArray calls;
        for (std::size_t i = 0; i < m_script.calls.size(); ++i) {
            if (const QJsonObject call = callAt(static_cast<int>(i)); !call.isEmpty())
                calls.append(call);
        }
        if (!calls.isEmpty())
            message[u"tool_calls"_s] = calls;
        return toBytes(last(times, message));
    }

private:
    /// Empty while a call is not whole.
    QByteArray fieldsOf(const Piece &piece) const
    {
        const QByteArray text = toJsonString(piece.text);
        if (piece.kind == Piece::Kind::Reasoning)
            return R"("content":"","thinking":)" + text;
        if (piece.kind != Piece::Kind::ToolCall)
            return "\"content\":" + text;
        const QJsonObject call = piece.endsBlock ? callAt(piece.call) : QJsonObject();
        return call.isEmpty() ? QByteArray() : R"("content":"","tool_calls":[)" + toBytes(call) + ']';
    }

    /// Empty if its arguments were cut.
    QJsonObject callAt(int index) const
    {
        const ToolCall &call = m_script.calls[static_cast<std::size_t>(index)];
        const QJsonDocument arguments = QJsonDocument::fromJson(call.arguments.toUtf8());
        if (!arguments.isObject())
            return {};
        return { { u"id"_s, u"call_"_s + call.id },
                 { u"function"_s,
                   QJsonObject {
                       { u"index"_s, index }, { u"name"_s, call.name }, { u"arguments"_s, arguments.object() } } } };
    }

    QJsonObject last(const ServerTimes &times, const QJsonObject &message) const
    {
        QJsonObject line = m_reply.usage ? countsOf(m_script, times) : QJsonObject();
        line[u"model"_s] = m_reply.model;
        line[u"created_at"_s] = QString::fromLatin1(nowText());
        line[u"message"_s] = message;
        line[u"done"_s] = true;
        line[u"done_reason"_s] = m_script.ending == Ending::Length ? u"length"_s : u"stop"_s;
        return line;
    }
};

class OllamaWire final : public Wire {
public:
    std::variant<ChatInput, ApiError> parse(const Asked &asked) const override
    {
        const QByteArray &body = asked.http.body;
        if (body.trimmed().isEmpty())
            return ApiError { 400, u"missing request body"_s, {}, {}, {} };
        const auto parsed = parseObject(body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        const auto &object = std::get<QJsonObject>(parsed);
        ChatInput input;
        input.stream = true;
        input.includeUsage = true;
        input.model = object[u"model"_s].toString();
        auto error = checkModel(*this, input.model);
        if (!error)
            error = readMessages(object, readContent, input.turns);
        if (!error)
            error = readBool(object, u"stream"_s, input.stream);
        if (!error)
            error = readOptions(object, input);
        if (error)
            return *error;
        return input;
    }

    std::unique_ptr<Framer> framer(const Reply &reply, const ChatInput &input, const Script &script) const override
    {
        return std::make_unique<OllamaFramer>(reply, input, script);
    }

    QByteArray idPrefix() const override { return "ollama-sim-"; }

    base::HttpHeaders headers(const QByteArray &, const std::optional<RateLimit> &) const override { return {}; }

    QByteArray errorBody(const ApiError &error) const override { return toBytes({ { u"error"_s, error.message } }); }

    QByteArray key(const HttpIn &in) const override { return bearer(in); }
    ApiError badKey() const override { return { 401, u"unauthorized"_s, {}, {}, {} }; }
    ApiError noModel(const QString &name) const override
    {
        return { 404, u"model '%1' not found"_s.arg(name), {}, {}, {} };
    }

    ApiError tooLong(int tokens, int most) const override
    {
        return { 400,
                 u"the prompt is too long: %1 tokens exceed the context length of %2"_s.arg(tokens).arg(most),
                 {},
                 {},
                 {} };
    }
};

QJsonObject detailsOf(const Model &model)
{
    return { { u"format"_s, u"simulated"_s },
             { u"family"_s, u"simulator"_s },
             { u"families"_s, QJsonArray { u"simulator"_s } },
             { u"parameter_size"_s, QString::fromLatin1(model.size) },
             { u"quantization_level"_s, u"none"_s } };
}

} // namespace

std::unique_ptr<Wire> ollamaWire()
{
    return std::make_unique<OllamaWire>();
}

Told ollamaTags(const Wire &, const Asked &)
{
    QJsonArray list;
    for (const Model &model : models()) {
        const QString name = QString::fromLatin1(model.name);
        list.append(QJsonObject { { u"name"_s, name },
                                  { u"model"_s, name },
                                  { u"modified_at"_s, modified },
                                  { u"size"_s, 0 },
                                  { u"digest"_s, QString(64, u'0') },
                                  { u"details"_s, detailsOf(model) } });
    }
    return toBytes({ { u"models"_s, list } });
}

Told ollamaShow(const Wire &wire, const Asked &asked)
{
    const auto parsed = parseObject(asked.http.body);
    if (const auto *error = std::get_if<ApiError>(&parsed))
        return *error;
    const auto &object = std::get<QJsonObject>(parsed);
    const QString name = firstOf(object, { "model"_L1, "name"_L1 }).toString();
    if (const auto error = checkModel(wire, name))
        return *error;
    return toBytes({ { u"details"_s, detailsOf(*modelByName(name)) },
                     { u"modified_at"_s, modified },
                     { u"template"_s, u"{{ .Prompt }}"_s },
                     { u"model_info"_s,
                       QJsonObject { { u"general.architecture"_s, u"simulator"_s },
                                     { u"simulator.context_length"_s, contextTokens } } },
                     { u"capabilities"_s, QJsonArray { u"completion"_s, u"tools"_s, u"thinking"_s, u"vision"_s } } });
}

Told ollamaVersion(const Wire &, const Asked &)
{
    return toBytes({ { u"version"_s, u"0.12.0"_s } });
}

} // namespace talkbench::simulator
