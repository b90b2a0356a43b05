#pragma once

#include "core/base/http.h"
#include "core/base/result.h"
#include "core/llm/provider.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QJsonValue>

#include <initializer_list>

/// What the codecs share: reading hostile JSON, making requests.
namespace talkbench::llm {

/// A JSON text; null if it is none. Invalid UTF-8 is replaced.
QJsonDocument jsonDocument(const QByteArray &text);

/// The objects of a JSON text: one, an array's, or one a line. Empty if it is none of these.
QList<QJsonObject> jsonObjects(const QByteArray &text);

/// The first of the keys that holds a number ≥ 0.
std::optional<qint64> count(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys);

/// A string; an object or array as compact JSON; else empty.
QString textOrJson(const QJsonValue &value);

/// Tool arguments for replay: what is no JSON object (empty, "null", cut short) becomes {}.
QJsonObject argumentsObject(const QString &arguments);

/// {"name", "strict", "schema"}: strict where the schema is closed, as servers demand of strict ones.
QJsonObject schemaObject(const ResponseFormat &format);

/// {"name", "description", "parameters"}
QJsonObject toolObject(const Tool &tool);

/// The name of the tool that a call asked for: protocols whose tool answers carry the name need it.
QString toolName(const QList<Message> &messages, const QString &callId);

/// The reason in our words; unset for a word that says nothing of how it ended.
std::optional<FinishReason> finishReasonOf(const QString &raw);

/// The endpoint's base with a path below it; a base that already ends in that path stays as it is. A path
/// that begins with "/" is one of the host's.
QUrl urlBelow(const QUrl &base, const QString &path);

/// A request with the endpoint's key and headers: the key goes where the row's "auth" says ("bearer", "none" or a header's
/// name), else where the protocol wants it.
base::HttpRequest request(const Endpoint &endpoint, const QByteArray &method, const QString &path,
                          const QString &standardAuth = QStringLiteral("bearer"));

/// The same with a JSON body.
base::HttpRequest jsonRequest(const Endpoint &endpoint, const QString &path, const QJsonObject &body, bool stream,
                              const QString &standardAuth = QStringLiteral("bearer"));

/// What every encoder refuses: no server, no model, nothing to say, a key that cannot be a header, pictures the protocol
/// does not take.
std::optional<base::Error> encodeProblem(const ChatRequest &request, const Endpoint &endpoint, const QString &protocol,
                                         bool needsModel = true);

/// "data:image/png;base64,…"
QString dataUrl(const ContentPart &image);
QString base64(const ContentPart &image);

} // namespace talkbench::llm
