#include "core/simulator/wirejson.h"

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

std::variant<QJsonObject, ApiError> parseObject(const QByteArray &body)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(body, &problem);
    if (problem.error != QJsonParseError::NoError) {
        const QString place = u" at byte %1."_s.arg(problem.offset);
        return ApiError {
            400, u"The request's body is not JSON: "_s + problem.errorString() + place, {}, u"invalid_json"_s
        };
    }
    if (!document.isObject())
        return ApiError { 400, u"The request's body must be a JSON object."_s, {}, u"invalid_json"_s };
    return document.object();
}

std::optional<ApiError> checkModel(const QJsonObject &object, const QString &notFound)
{
    const QString model = object[u"model"_s].toString();
    if (model.isEmpty())
        return ApiError { 400, u"model is required"_s, u"model"_s, u"missing_required_parameter"_s };
    if (!modelByName(model))
        return ApiError { 404, notFound.arg(model), u"model"_s, u"model_not_found"_s };
    return std::nullopt;
}

std::optional<ApiError> readMessages(const QJsonObject &object, bool (*readContent)(const QJsonObject &, Turn &),
                                     std::vector<Turn> &turns)
{
    static const QStringList roles { u"system"_s, u"developer"_s, u"user"_s, u"assistant"_s, u"tool"_s, u"function"_s };
    const QString param = u"messages"_s;
    const QJsonValue value = object[param];
    if (value.isUndefined())
        return ApiError { 400, u"Missing required parameter: 'messages'."_s, param, u"missing_required_parameter"_s };
    if (!value.isArray() || value.toArray().isEmpty())
        return ApiError { 400, u"'messages' must be an array with at least one message."_s, param, u"invalid_type"_s };
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < array.size(); ++i) {
        const QJsonObject message = array[i].toObject();
        const QString place = u"messages[%1]"_s.arg(i);
        Turn turn;
        turn.role = message[u"role"_s].toString();
        if (!roles.contains(turn.role)) {
            return ApiError { 400,
                              u"Invalid value for '%1.role': supported are '%2'."_s.arg(place, roles.join(u"', '"_s)),
                              place + u".role"_s, u"invalid_value"_s };
        }
        if (!readContent(message, turn))
            return ApiError { 400, u"Invalid content in '%1'."_s.arg(place), place + u".content"_s, u"invalid_type"_s };
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
        return ApiError { 400, u"Invalid value for '%1': it must be a whole number of at least %2."_s.arg(key).arg(min),
                          key, u"invalid_value"_s };
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
        return ApiError { 400, u"Invalid type for '%1': it must be true or false."_s.arg(key), key, u"invalid_type"_s };
    value = given.toBool();
    return std::nullopt;
}

std::optional<ApiError> readStops(const QJsonValue &value, int max, QStringList &stops)
{
    if (value.isUndefined() || value.isNull())
        return std::nullopt;
    const ApiError error { 400, u"'stop' must be a string or an array of up to %1 strings."_s.arg(max), u"stop"_s,
                           u"invalid_type"_s };
    if (value.isString()) {
        stops = { value.toString() };
        return std::nullopt;
    }
    if (!value.isArray() || value.toArray().size() > max)
        return error;
    const QJsonArray array = value.toArray();
    for (const QJsonValue &stop : array) {
        if (!stop.isString())
            return error;
        stops << stop.toString();
    }
    return std::nullopt;
}

} // namespace talkbench::simulator
