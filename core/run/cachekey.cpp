#include "core/run/cachekey.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

/// A change of the form, or of what codecs make of a request, is a new number: old keys are never found again.
constexpr int form = 2;

/// Who asks and in which program, for the server's books. No answer depends on them.
constexpr std::array aboutTheAsker { "user-agent",  "x-request-id", "x-client-request-id", "idempotency-key",
                                     "traceparent", "tracestate",   "http-referer",        "x-title" };

/// Longer texts stand in it by their hash.
constexpr qsizetype longestText = 512;

QByteArray sha256(const QByteArray &bytes)
{
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256);
}

/// Seven times as fast as Qt's SHA-256: other calls' stamps wait for this thread meanwhile.
QByteArray blake2b(const QByteArray &bytes)
{
    return QCryptographicHash::hash(bytes, QCryptographicHash::Blake2b_256);
}

QString identity(const QByteArray &what, const QByteArray &secret)
{
    return QString::fromLatin1(sha256("talkbench cache, " + what + '\0' + secret).toHex());
}

QJsonObject optionsJson(llm::ChatOptions options)
{
    options.stream = true;
    return llm::toJson(options);
}

QJsonArray messagesJson(QList<llm::Message> messages)
{
    QJsonArray array;
    for (llm::Message &message : messages) {
        for (llm::ContentPart &part : message.parts) {
            if (part.kind == llm::ContentPart::Kind::Image)
                part.data = blake2b(part.data);
            if (part.text.size() > longestText || part.text.startsWith(QChar::Null)) // which marks a hash
                part.text = QChar::Null + QString::fromLatin1(blake2b(part.text.toUtf8()).toHex());
        }
        array.append(llm::toJson(message));
    }
    return array;
}

/// Values of the same name keep their order.
QJsonArray headersJson(base::HttpHeaders headers)
{
    for (auto &[name, value] : headers)
        name = name.toLower();
    std::stable_sort(headers.begin(), headers.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    QJsonArray array;
    for (const base::HttpHeaders::value_type &header : std::as_const(headers)) {
        const bool isAboutTheAsker = std::any_of(aboutTheAsker.begin(), aboutTheAsker.end(),
                                                 [&header](const char *other) { return header.first == other; });
        if (!isAboutTheAsker)
            array.append(QJsonArray { QString::fromLatin1(header.first), QString::fromLatin1(header.second) });
    }
    return array;
}

QJsonObject endpointJson(const llm::Endpoint &endpoint)
{
    return {
        { u"provider"_s, endpoint.providerId },
        { u"protocol"_s, endpoint.protocol },
        { u"url"_s, QString::fromLatin1(endpoint.baseUrl.toEncoded()) },
        { u"key"_s, identity("key", endpoint.apiKey.toUtf8()) },
        { u"headers"_s, headersJson(endpoint.headers) },
        { u"quirks"_s, endpoint.quirks },
        { u"route"_s, identity("route", base::routeKey(endpoint.route)) },
    };
}

} // namespace

QByteArray canonicalRequest(const llm::ChatRequest &request, const llm::Endpoint &endpoint)
{
    const QJsonObject canonical {
        { u"form"_s, form },
        { u"model"_s, request.model },
        { u"messages"_s, messagesJson(request.messages) },
        { u"options"_s, optionsJson(request.options) },
        { u"endpoint"_s, endpointJson(endpoint) },
    };
    return QJsonDocument(canonical).toJson(QJsonDocument::Compact);
}

QByteArray cacheKey(const llm::ChatRequest &request, const llm::Endpoint &endpoint)
{
    return sha256(canonicalRequest(request, endpoint));
}

} // namespace talkbench::run
