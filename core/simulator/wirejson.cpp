#include "core/simulator/wirejson.h"

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

QByteArray toJsonString(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray { text }).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

QJsonObject objectOf(const QString &json)
{
    return QJsonDocument::fromJson(json.toUtf8()).object();
}

QJsonValue firstOf(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        if (object.contains(key))
            return object[key];
    }
    return QJsonValue::Undefined;
}

QByteArray queryValue(const HttpIn &in, QByteArrayView key)
{
    for (const auto &[name, value] : in.query) {
        if (name == key)
            return value;
    }
    return {};
}

QByteArray bearer(const HttpIn &in)
{
    const QByteArray value = base::headerValue(in.headers, "Authorization");
    return value.startsWith("Bearer ") ? value.mid(7).trimmed() : QByteArray();
}

std::variant<QJsonObject, ApiError> parseObject(const QByteArray &body)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(body, &problem);
    if (problem.error != QJsonParseError::NoError) {
        const QString place = u" at byte %1."_s.arg(problem.offset);
        return ApiError {
            400, u"The request's body is not JSON: "_s + problem.errorString() + place, {}, u"invalid_json"_s, {}
        };
    }
    if (!document.isObject())
        return ApiError { 400, u"The request's body must be a JSON object."_s, {}, u"invalid_json"_s, {} };
    return document.object();
}

std::optional<ApiError> checkModel(const Wire &wire, const QString &name)
{
    if (name.isEmpty())
        return ApiError { 400, u"model is required"_s, u"model"_s, u"missing_required_parameter"_s, {} };
    if (!modelByName(name))
        return wire.noModel(name);
    return std::nullopt;
}

std::optional<ApiError> readMessages(const QJsonObject &object, bool (*readContent)(const QJsonObject &, Turn &),
                                     std::vector<Turn> &turns)
{
    static const QStringList roles { u"system"_s, u"developer"_s, u"user"_s, u"assistant"_s, u"tool"_s, u"function"_s };
    const QString param = u"messages"_s;
    const QJsonValue value = object[param];
    if (value.isUndefined())
        return ApiError {
            400, u"Missing required parameter: 'messages'."_s, param, u"missing_required_parameter"_s, {}
        };
    if (!value.isArray() || value.toArray().isEmpty())
        return ApiError {
            400, u"'messages' must be an array with at least one message."_s, param, u"invalid_type"_s, {}
        };
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < array.size(); ++i) {
        const QJsonObject message = array[i].toObject();
        const QString place = u"messages[%1]"_s.arg(i);
        Turn turn;
        turn.role = message[u"role"_s].toString();
        if (!roles.contains(turn.role)) {
            return ApiError { 400,
                              u"Invalid value for '%1.role': supported are '%2'."_s.arg(place, roles.join(u"', '"_s)),
                              place + u".role"_s,
                              u"invalid_value"_s,
                              {} };
        }
        if (!readContent(message, turn))
            return ApiError {
                400, u"Invalid content in '%1'."_s.arg(place), place + u".content"_s, u"invalid_type"_s, {}
            };
        turns.push_back(std::move(turn));
    }
    return std::nullopt;
}

std::optional<ApiError> readInteger(const QJsonObject &object, const QString &key, qint64 min,
                                    std::optional<qint64> &value)
{
    const QJsonValue given = object[key];
    if (given.isUndefined() || given.isNull())
        return std::nullopt;
    const qint64 number = given.toInteger(std::numeric_limits<qint64>::min());
    if (!given.isDouble() || number < min) {
        return ApiError { 400,
                          u"Invalid value for '%1': it must be a whole number of at least %2."_s.arg(key).arg(min),
                          key,
                          u"invalid_value"_s,
                          {} };
    }
    value = number;
    return std::nullopt;
}

std::optional<ApiError> readBool(const QJsonObject &object, const QString &key, bool &value)
{
    const QJsonValue given = object[key];
    if (given.isUndefined() || given.isNull())
        return std::nullopt;
    if (!given.isBool())
        return ApiError {
            400, u"Invalid type for '%1': it must be true or false."_s.arg(key), key, u"invalid_type"_s, {}
        };
    value = given.toBool();
    return std::nullopt;
}

std::optional<ApiError> readMaxTokens(const QJsonObject &object, const QString &key, ChatInput &input)
{
    std::optional<qint64> tokens;
    if (auto error = readInteger(object, key, 1, tokens))
        return error;
    if (tokens)
        input.maxTokens = static_cast<int>(std::min<qint64>(*tokens, std::numeric_limits<int>::max()));
    return std::nullopt;
}

std::optional<ApiError> checkNumber(const QJsonObject &object, const QString &key, double max)
{
    const QJsonValue given = object[key];
    if (given.isUndefined() || given.isNull() || (given.isDouble() && given.toDouble() >= 0 && given.toDouble() <= max))
        return std::nullopt;
    return ApiError { 400,
                      u"Invalid '%1': it must be a number from 0 to %2."_s.arg(key).arg(max),
                      key,
                      u"decimal_above_max_value"_s,
                      {} };
}

std::optional<ApiError> readStops(const QJsonObject &object, const QString &key, int max, QStringList &stops)
{
    const QJsonValue value = object[key];
    if (value.isUndefined() || value.isNull())
        return std::nullopt;
    if (value.isString()) {
        stops = { value.toString() };
        return std::nullopt;
    }
    const QJsonArray array = value.toArray();
    const bool strings =
        std::all_of(array.begin(), array.end(), [](const QJsonValue &stop) { return stop.isString(); });
    if (!value.isArray() || array.size() > max || !strings) {
        return ApiError { 400,
                          u"'%1' must be a string or an array of up to %2 strings."_s.arg(key).arg(max),
                          key,
                          u"invalid_type"_s,
                          {} };
    }
    for (const auto &stop : array)
        stops << stop.toString();
    return std::nullopt;
}

std::optional<ApiError> readTools(const QJsonObject &object, QLatin1StringView wrapper, QLatin1StringView schema,
                                  ChatInput &input)
{
    const QString key = u"tools"_s;
    const QJsonValue value = object[key];
    if (value.isUndefined() || value.isNull())
        return std::nullopt;
    const QJsonArray tools = value.toArray();
    for (qsizetype i = 0; i < tools.size(); ++i) {
        if (const QString type = tools[i][u"type"_s].toString(u"function"_s); type != u"function" && type != u"custom")
            continue; // a tool of the provider's own
        const QJsonObject tool = wrapper.isEmpty() ? tools[i].toObject() : tools[i][wrapper].toObject();
        const QString name = tool[u"name"_s].toString();
        if (name.isEmpty())
            return ApiError { 400, u"Missing 'tools[%1].name'."_s.arg(i), key, u"missing_required_parameter"_s, {} };
        input.tools.push_back({ name, tool[u"description"_s].toString(), tool[schema].toObject() });
    }
    if (!value.isArray())
        return ApiError { 400, u"'tools' must be an array."_s, key, u"invalid_type"_s, {} };
    return std::nullopt;
}

void readToolChoice(const QJsonValue &choice, ChatInput &input)
{
    if (choice.toString() == u"none")
        input.toolChoice = ToolChoice::None;
    else if (choice.toString() == u"required" || choice.isObject())
        input.toolChoice = ToolChoice::Required;
    input.onlyTool = choice[u"name"_s].toString(choice[u"function"_s][u"name"_s].toString());
}

} // namespace talkbench::simulator
