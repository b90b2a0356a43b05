#include "core/llm/providers/wire.h"

#include "core/llm/images.h"
#include "core/llm/vendorhosts.h"

#include <algorithm>
#include <array>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

void appendObjects(const QJsonDocument &document, QList<QJsonObject> &objects)
{
    if (document.isObject())
        objects.append(document.object());
    const QJsonArray array = document.array();
    for (const auto &value : array) {
        if (value.isObject())
            objects.append(value.toObject());
    }
}

struct FinishRow {
    QLatin1StringView raw;
    FinishReason reason;
};

/// Every protocol's words, in lower case.
constexpr std::array finishRows {
    FinishRow { "stop"_L1, FinishReason::Stop },
    FinishRow { "end_turn"_L1, FinishReason::Stop },
    FinishRow { "stop_sequence"_L1, FinishReason::Stop },
    FinishRow { "completed"_L1, FinishReason::Stop },
    FinishRow { "eos"_L1, FinishReason::Stop },
    FinishRow { "eos_token"_L1, FinishReason::Stop },
    FinishRow { "pause_turn"_L1, FinishReason::Stop },
    FinishRow { "compaction"_L1, FinishReason::Stop },
    FinishRow { "load"_L1, FinishReason::Stop },
    FinishRow { "unload"_L1, FinishReason::Stop },
    FinishRow { "length"_L1, FinishReason::Length },
    FinishRow { "max_tokens"_L1, FinishReason::Length },
    FinishRow { "max_output_tokens"_L1, FinishReason::Length },
    FinishRow { "model_length"_L1, FinishReason::Length },
    FinishRow { "incomplete"_L1, FinishReason::Length },
    FinishRow { "model_context_window_exceeded"_L1, FinishReason::Length },
    FinishRow { "tool_calls"_L1, FinishReason::ToolCalls },
    FinishRow { "tool_use"_L1, FinishReason::ToolCalls },
    FinishRow { "function_call"_L1, FinishReason::ToolCalls },
    FinishRow { "content_filter"_L1, FinishReason::ContentFilter },
    FinishRow { "sensitive"_L1, FinishReason::ContentFilter },
    FinishRow { "safety"_L1, FinishReason::ContentFilter },
    FinishRow { "recitation"_L1, FinishReason::ContentFilter },
    FinishRow { "language"_L1, FinishReason::ContentFilter },
    FinishRow { "blocklist"_L1, FinishReason::ContentFilter },
    FinishRow { "prohibited_content"_L1, FinishReason::ContentFilter },
    FinishRow { "spii"_L1, FinishReason::ContentFilter },
    FinishRow { "model_armor"_L1, FinishReason::ContentFilter },
    FinishRow { "jailbreak"_L1, FinishReason::ContentFilter },
    FinishRow { "image_safety"_L1, FinishReason::ContentFilter },
    FinishRow { "image_prohibited_content"_L1, FinishReason::ContentFilter },
    FinishRow { "image_recitation"_L1, FinishReason::ContentFilter },
    FinishRow { "refusal"_L1, FinishReason::Refusal },
    FinishRow { "error"_L1, FinishReason::Error },
    FinishRow { "failed"_L1, FinishReason::Error },
    FinishRow { "abort"_L1, FinishReason::Error },
    FinishRow { "network_error"_L1, FinishReason::Error },
    FinishRow { "insufficient_system_resource"_L1, FinishReason::Error },
    FinishRow { "malformed_function_call"_L1, FinishReason::Error },
    FinishRow { "unexpected_tool_call"_L1, FinishReason::Error },
    FinishRow { "too_many_tool_calls"_L1, FinishReason::Error },
    FinishRow { "missing_thought_signature"_L1, FinishReason::Error },
    FinishRow { "cancelled"_L1, FinishReason::Cancelled },
};

void setHeader(base::HttpHeaders &headers, const QByteArray &name, const QByteArray &value)
{
    headers.removeIf([&name](const auto &header) { return header.first.compare(name, Qt::CaseInsensitive) == 0; });
    headers.append({ name, value });
}

void setKey(base::HttpHeaders &headers, const QString &key, const QString &auth)
{
    if (key.trimmed().isEmpty() || auth == "none"_L1)
        return;
    const QByteArray value = key.trimmed().toUtf8();
    if (auth == "bearer"_L1)
        setHeader(headers, "Authorization", "Bearer " + value);
    else
        setHeader(headers, auth.toLatin1(), value);
}

bool canBeHeader(const QString &text)
{
    return std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() > 0x20 && c.unicode() < 0x7f; });
}

base::Error configError(const QString &message)
{
    base::Error error;
    error.kind = base::ErrorKind::Config;
    error.message = message;
    return error;
}

} // namespace

QJsonDocument jsonDocument(const QByteArray &text)
{
    QJsonParseError error;
    QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error == QJsonParseError::IllegalUTF8String)
        document = QJsonDocument::fromJson(QString::fromUtf8(text).toUtf8());
    return document;
}

QList<QJsonObject> jsonObjects(const QByteArray &text)
{
    QList<QJsonObject> objects;
    const QJsonDocument whole = jsonDocument(text);
    if (!whole.isNull()) {
        appendObjects(whole, objects);
        return objects;
    }
    const QList<QByteArray> lines = text.split('\n');
    for (const QByteArray &line : lines) {
        QByteArray one = line.trimmed();
        // An error's body is at times framed as the stream it ended would have been.
        if (one.startsWith("data:"))
            one = one.mid(5).trimmed();
        if (one.startsWith('{'))
            appendObjects(jsonDocument(one), objects);
    }
    return objects;
}

std::optional<qint64> count(const QJsonObject &object, std::initializer_list<QLatin1StringView> keys)
{
    for (const QLatin1StringView key : keys) {
        const QJsonValue value = object[key];
        if (value.isDouble() && value.toDouble() >= 0 && value.toDouble() < 1e15)
            return static_cast<qint64>(value.toDouble());
    }
    return std::nullopt;
}

QString textOrJson(const QJsonValue &value)
{
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    if (value.isArray())
        return QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact));
    return value.toString();
}

QJsonObject argumentsObject(const QString &arguments)
{
    return QJsonDocument::fromJson(arguments.toUtf8()).object();
}

QJsonObject schemaObject(const ResponseFormat &format)
{
    return { { u"name"_s, format.name.isEmpty() ? u"answer"_s : format.name },
             { u"strict"_s, format.schema["additionalProperties"_L1] == QJsonValue(false) },
             { u"schema"_s, format.schema } };
}

QJsonObject toolObject(const Tool &tool)
{
    QJsonObject object { { u"name"_s, tool.name }, { u"parameters"_s, tool.parameters } };
    if (!tool.description.isEmpty())
        object.insert("description"_L1, tool.description);
    if (tool.parameters.isEmpty())
        object.insert("parameters"_L1, QJsonObject { { u"type"_s, u"object"_s }, { u"properties"_s, QJsonObject {} } });
    return object;
}

QString toolName(const QList<Message> &messages, const QString &callId)
{
    for (const Message &message : messages) {
        for (const ToolCall &call : message.toolCalls) {
            if (call.id == callId)
                return call.name;
        }
    }
    return {};
}

std::optional<FinishReason> finishReasonOf(const QString &raw)
{
    const QString lower = raw.toLower();
    for (const FinishRow &row : finishRows) {
        if (lower == row.raw)
            return row.reason;
    }
    return std::nullopt;
}

QUrl urlBelow(const QUrl &base, const QString &path)
{
    QUrl url = base;
    if (path.startsWith(u'/')) {
        url.setPath(path);
        return url;
    }
    QString prefix = base.path();
    while (prefix.endsWith(u'/'))
        prefix.chop(1);
    url.setPath(prefix.endsWith(u'/' + path) ? prefix : prefix + u'/' + path);
    return url;
}

base::HttpRequest request(const Endpoint &endpoint, const QByteArray &method, const QString &path,
                          const QString &standardAuth)
{
    base::HttpRequest request;
    request.method = method;
    request.url = urlBelow(endpoint.baseUrl, path);
    request.route = endpoint.route;
    setHeader(request.headers, "Accept", "application/json");
    setKey(request.headers, endpoint.apiKey, endpoint.quirks["auth"_L1].toString(standardAuth));
    const QJsonObject rowHeaders = endpoint.quirks["headers"_L1].toObject();
    for (auto it = rowHeaders.begin(); it != rowHeaders.end(); ++it)
        setHeader(request.headers, it.key().toLatin1(), it.value().toString().toUtf8());
    for (const auto &[name, value] : endpoint.headers)
        setHeader(request.headers, name, value);
    return request;
}

base::HttpRequest jsonRequest(const Endpoint &endpoint, const QString &path, const QJsonObject &body, bool stream,
                              const QString &standardAuth)
{
    base::HttpRequest made = request(endpoint, "POST", path, standardAuth);
    if (stream)
        setHeader(made.headers, "Accept", "text/event-stream");
    setHeader(made.headers, "Content-Type", "application/json");
    made.body = QJsonDocument(body).toJson(QJsonDocument::Compact);
    return made;
}

std::optional<base::Error> encodeProblem(const ChatRequest &request, const Endpoint &endpoint, const QString &protocol,
                                         bool needsModel)
{
    const QUrl &url = endpoint.baseUrl;
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != "http"_L1 && url.scheme() != "https"_L1))
        return configError(
            u"The provider's base URL is not an http or https address: “%1”"_s.arg(url.toDisplayString()));
    if (auto problem = placeholderProblem(url))
        return problem;
    if (needsModel && request.model.trimmed().isEmpty())
        return configError(u"No model is chosen for this provider."_s);
    if (!canBeHeader(endpoint.apiKey.trimmed()))
        return configError(u"The API key holds a space, a line break or a letter no key has. Was it copied whole?"_s);
    if (request.messages.isEmpty())
        return configError(u"There is no message to send."_s);
    return imageProblem(request.messages, protocol);
}

QString base64(const ContentPart &image)
{
    return QString::fromLatin1(image.data.toBase64());
}

QString dataUrl(const ContentPart &image)
{
    const QString type = image.mediaType.isEmpty() ? u"image/png"_s : image.mediaType;
    return u"data:"_s + type + u";base64,"_s + base64(image);
}

} // namespace talkbench::llm
