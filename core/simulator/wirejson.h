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
inline QByteArray toJsonString(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray { text }).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

/// The object of a request's body, or what is wrong with it.
std::variant<QJsonObject, ApiError> parseObject(const QByteArray &body);

/// A model of this name, or the 404.
std::optional<ApiError> checkModel(const QJsonObject &object, const QString &notFound);

/// Reads `messages` into turns; `readContent` reads one message's content.
std::optional<ApiError> readMessages(const QJsonObject &object, bool (*readContent)(const QJsonObject &, Turn &),
                                     std::vector<Turn> &turns);

/// A whole number of at least min under a key; nothing where it is absent or null.
std::optional<ApiError> readInteger(const QJsonObject &object, const QString &key, qint64 min,
                                    std::optional<qint64> &value);

/// A switch under a key.
std::optional<ApiError> readBool(const QJsonObject &object, const QString &key, bool &value);

/// `stop`: a string or a list of at most `max` strings.
std::optional<ApiError> readStops(const QJsonValue &value, int max, QStringList &stops);

} // namespace talkbench::simulator
