#pragma once

#include "core/simulator/wire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace talkbench::simulator {

inline QByteArray toBytes(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

/// A JSON string with its quotes; what is not ASCII stays UTF-8.
QByteArray toJsonString(const QString &text);

/// A string, or null where it is empty.
QJsonValue orNull(const QString &text);

/// The object that a JSON text is; empty where it is none.
QJsonObject objectOf(const QString &json);

/// The value under the first key that is there: some APIs take two spellings.
QJsonValue firstOf(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys);

/// The first value of a query's key.
QByteArray queryValue(const HttpIn &in, QByteArrayView key);

/// The token of `Authorization: Bearer`.
QByteArray bearer(const HttpIn &in);

/// The object of a request's body, or what is wrong with it.
std::variant<QJsonObject, ApiError> parseObject(const QByteArray &body);

/// A model of this name, or what the wire says to another.
std::optional<ApiError> checkModel(const Wire &wire, const QString &name);

/// Reads `messages` into turns; `readContent` reads one message's content.
std::optional<ApiError> readMessages(const QJsonObject &object, bool (*readContent)(const QJsonObject &, Turn &),
                                     std::vector<Turn> &turns);

/// A whole number of at least min under a key; nothing where it is absent or null.
std::optional<ApiError> readInteger(const QJsonObject &object, const QString &key, qint64 min,
                                    std::optional<qint64> &value);

/// The most tokens an answer may have, under a key.
std::optional<ApiError> readMaxTokens(const QJsonObject &object, const QString &key, ChatInput &input);

/// A number from 0 to max under a key.
std::optional<ApiError> checkNumber(const QJsonObject &object, const QString &key, double max);

/// A switch under a key.
std::optional<ApiError> readBool(const QJsonObject &object, const QString &key, bool &value);

/// A string or a list of at most `max` strings.
std::optional<ApiError> readStops(const QJsonObject &object, const QString &key, int max, QStringList &stops);

/// A list of tools: name, description and, under `schema`, the parameters; each itself, or under its `wrapper`.
std::optional<ApiError> readTools(const QJsonObject &object, QLatin1StringView wrapper, QLatin1StringView schema,
                                  ChatInput &input);

/// `tool_choice` as OpenAI writes it: auto, none, required, or an object with a name.
void readToolChoice(const QJsonValue &choice, ChatInput &input);

} // namespace talkbench::simulator
