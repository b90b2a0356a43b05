#include "core/simulator/wirejson.h"

#include <QDateTime>
#include <QTimeZone>

#include <chrono>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

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
    if (!content.isString() && !content.isUndefined())
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
    if (maxTokens.value_or(0) > 0) // below: no limit
        input.maxTokens = static_cast<int>(std::min<qint64>(*maxTokens, std::numeric_limits<int>::max()));
    if (seed)
        input.seed = static_cast<quint64>(*seed);
    const QJsonValue think = object[u"think"_s];
    input.think = !think.isBool() || think.toBool();
    const QJsonValue format = object[u"format"_s];
    input.json = format.isObject() || format.toString() == u"json";
    return readStops(options[u"stop"_s], 64, input.stops);
}

QJsonObject countsOf(const Script &script, const ServerTimes &times)
{
    return {
        { u"total_duration"_s, times.totalNs },
        { u"load_duration"_s, std::min(loadNs, times.promptNs) },
        { u"prompt_eval_count"_s, script.promptTokens },
        { u"prompt_eval_duration"_s, std::max<qint64>(0, times.promptNs - loadNs) },
        { u"eval_count"_s, script.reasoningTokens + script.textTokens },
        { u"eval_duration"_s, times.answerNs },
    };
}

class OllamaWire final : public Wire {
public:
    std::variant<ChatInput, ApiError> parse(const QByteArray &body) const override
    {
        if (body.trimmed().isEmpty())
            return ApiError { 400, u"missing request body"_s, {}, {} };
        const auto parsed = parseObject(body);
        if (const auto *error = std::get_if<ApiError>(&parsed))
            return *error;
        const auto &object = std::get<QJsonObject>(parsed);
        ChatInput input;
        input.stream = true;
        input.includeUsage = true;
        auto error = checkModel(object, u"model '%1' not found"_s);
        if (!error)
            error = readMessages(object, readContent, input.turns);
        if (!error)
            error = readBool(object, u"stream"_s, input.stream);
        if (!error)
            error = readOptions(object, input);
        if (error)
            return *error;
        input.model = object[u"model"_s].toString();
        return input;
    }

    QByteArray errorBody(const ApiError &error) const override { return toBytes({ { u"error"_s, error.message } }); }

    QByteArray streamType() const override { return "application/x-ndjson"; }

    QByteArray opening(const Reply &) const override { return {}; }

    QByteArray piece(const Reply &reply, const Piece &piece) const override
    {
        const QByteArray text = toJsonString(piece.text);
        const QByteArray message = piece.kind == Piece::Kind::Reasoning
            ? R"({"role":"assistant","content":"","thinking":)" + text + '}'
            : R"({"role":"assistant","content":)" + text + '}';
        return "{\"model\":" + toJsonString(reply.model) + ",\"created_at\":\"" + nowText()
            + "\",\"message\":" + message + ",\"done\":false}" + end(reply);
    }

    QByteArray streamError(const Reply &reply) const override
    {
        return errorBody({ 500, u"the simulated model broke off"_s, {}, {} }) + end(reply);
    }

    // A line without anything is all that NDJSON has to keep a connection alive.
    QByteArray comment(const Reply &reply) const override { return end(reply); }
    QByteArray ping(const Reply &reply) const override { return end(reply); }

    QByteArray ending(const Reply &, const Script &, const ServerTimes &) const override { return {}; }

    QByteArray done(const Reply &reply, const Script &script, const ServerTimes &times) const override
    {
        return toBytes(last(reply, script, times, { { u"role"_s, u"assistant"_s }, { u"content"_s, QString() } }))
            + end(reply);
    }

    QByteArray whole(const Reply &reply, const Script &script, const ServerTimes &times) const override
    {
        QJsonObject message { { u"role"_s, u"assistant"_s }, { u"content"_s, script.text() } };
        if (script.reasoningTokens > 0)
            message[u"thinking"_s] = script.reasoning();
        return toBytes(last(reply, script, times, message));
    }

private:
    static QByteArray end(const Reply &reply) { return reply.crlf ? "\r\n" : "\n"; }

    static QJsonObject last(const Reply &reply, const Script &script, const ServerTimes &times,
                            const QJsonObject &message)
    {
        QJsonObject line = reply.usage ? countsOf(script, times) : QJsonObject();
        line[u"model"_s] = reply.model;
        line[u"created_at"_s] = QString::fromLatin1(nowText());
        line[u"message"_s] = message;
        line[u"done"_s] = true;
        line[u"done_reason"_s] = script.cutByLength ? u"length"_s : u"stop"_s;
        return line;
    }
};

} // namespace

std::unique_ptr<Wire> ollamaWire()
{
    return std::make_unique<OllamaWire>();
}

QByteArray ollamaTags()
{
    QJsonArray list;
    for (const Model &model : models()) {
        const QString name = QString::fromLatin1(model.name);
        list.append(QJsonObject { { u"name"_s, name },
                                  { u"model"_s, name },
                                  { u"modified_at"_s, u"2026-01-01T00:00:00Z"_s },
                                  { u"size"_s, 0 },
                                  { u"digest"_s, QString(64, u'0') },
                                  { u"details"_s,
                                    QJsonObject { { u"format"_s, u"simulated"_s },
                                                  { u"family"_s, u"simulator"_s },
                                                  { u"parameter_size"_s, QString::fromLatin1(model.size) },
                                                  { u"quantization_level"_s, u"none"_s } } } });
    }
    return toBytes({ { u"models"_s, list } });
}

} // namespace talkbench::simulator
