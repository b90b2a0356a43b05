#include "core/config/providerrows.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QUrlQuery>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

base::Error wrong(const QString &message)
{
    return { .kind = base::ErrorKind::Config, .message = message, .detail = {}, .httpStatus = 0, .retryAfterMs = {} };
}

QString secretRefused(const QString &name)
{
    return u"The header '%1' looks like a secret and is not saved in a file. Put the key into the provider's key "
           u"field, which never writes it into one."_s.arg(name);
}

bool isToken(const QByteArray &name)
{
    constexpr QByteArrayView others = "!#$%&'*+-.^_`|~";
    return !name.isEmpty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.contains(c);
    });
}

bool isFieldValue(const QByteArray &value)
{
    return std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

base::Result<void> validateUrl(const ProviderConfig &provider)
{
    const QUrl &url = provider.baseUrl;
    const bool http = url.scheme() == u"http" || url.scheme() == u"https";
    if (!url.isValid() || !http || url.host().isEmpty())
        return wrong(u"The base URL of '%1' must be a whole one, such as https://api.example.com/v1 or "
                     "http://localhost:11434."_s.arg(provider.name));
    if (!url.userInfo().isEmpty())
        return wrong(u"The base URL of '%1' holds a user name or password. Put the key into the key field."_s.arg(
            provider.name));
    const auto items = QUrlQuery(url).queryItems();
    for (const auto &[name, value] : items) {
        if (name.compare(u"key"_s, Qt::CaseInsensitive) == 0 || looksSecret(name.toUtf8(), value.toUtf8()))
            return wrong(
                u"The base URL of '%1' holds a key ('%2'). Put it into the key field."_s.arg(provider.name, name));
    }
    return {};
}

QJsonObject toJson(const llm::ProviderLimits &limits)
{
    return { { u"concurrent"_s, limits.concurrent },
             { u"requests_per_minute"_s, limits.requestsPerMinute },
             { u"tokens_per_minute"_s, limits.tokensPerMinute } };
}

llm::ProviderLimits limitsFromJson(const QJsonObject &object)
{
    const auto number = [&object](const QString &key) { return std::max(0, object[key].toInt()); };
    return { number(u"concurrent"_s), number(u"requests_per_minute"_s), number(u"tokens_per_minute"_s) };
}

} // namespace

bool looksSecret(QByteArrayView headerName, QByteArrayView value)
{
    // A token is a secret, a number of tokens or a tokenizer is none.
    static const QRegularExpression telling(
        u"authorization|api[-_]?key|token(?![a-z])|secret|cookie|password|credential|x-auth|access-key"_s,
        QRegularExpression::CaseInsensitiveOption);
    const QByteArray start = value.toByteArray().trimmed().left(8).toLower();
    return telling.match(QString::fromLatin1(headerName)).hasMatch() || start.startsWith("bearer ")
        || start.startsWith("basic ") || start.startsWith("sk-");
}

ProviderConfig standardSimulator()
{
    ProviderConfig simulator;
    simulator.id = simulatorId;
    simulator.name = u"Simulator"_s;
    simulator.protocol = u"openai-chat"_s;
    simulator.defaultModel = u"sim-medium"_s;
    return simulator;
}

QJsonObject toJson(const ProviderConfig &provider, const QJsonObject &known)
{
    QJsonArray headers;
    for (const auto &[name, value] : provider.headers)
        headers.append(QJsonArray { QString::fromUtf8(name), QString::fromUtf8(value) });
    QJsonObject object = known;
    object[u"id"_s] = provider.id;
    object[u"name"_s] = provider.name;
    object[u"vendor"_s] = provider.vendor;
    object[u"protocol"_s] = provider.protocol;
    object[u"base_url"_s] = provider.baseUrl.toString();
    object[u"headers"_s] = headers;
    object[u"default_model"_s] = provider.defaultModel;
    object[u"quirks"_s] = provider.quirks;
    object[u"limits"_s] = toJson(provider.limits);
    object[u"network"_s] = toJson(provider.network);
    QJsonArray keys;
    for (const ProviderKey &key : provider.keys)
        keys.append(toJson(key));
    object[u"keys"_s] = keys;
    object[u"active_key"_s] = provider.activeKey;
    return object;
}

ProviderConfig providerFromJson(const QJsonObject &object, QStringList *problems)
{
    ProviderConfig provider;
    provider.id = object[u"id"_s].toString();
    provider.name = object[u"name"_s].toString(provider.id);
    provider.vendor = object[u"vendor"_s].toString();
    provider.protocol = object[u"protocol"_s].toString();
    provider.baseUrl = QUrl(object[u"base_url"_s].toString(), QUrl::StrictMode);
    provider.defaultModel = object[u"default_model"_s].toString();
    provider.quirks = object[u"quirks"_s].toObject();
    provider.limits = limitsFromJson(object[u"limits"_s].toObject());
    provider.network = networkFromJson(object[u"network"_s].toObject(), provider.name, problems);
    const QJsonArray keys = object[u"keys"_s].toArray();
    for (const auto &key : keys)
        provider.keys.append(keyFromJson(key.toObject()));
    provider.activeKey = object[u"active_key"_s].toString();
    const QJsonArray headers = object[u"headers"_s].toArray();
    for (const auto &row : headers) {
        const QByteArray name = row.toArray().at(0).toString().toUtf8();
        const QByteArray value = row.toArray().at(1).toString().toUtf8();
        if (looksSecret(name, value))
            problems->append(secretRefused(QString::fromUtf8(name)));
        else
            provider.headers.append({ name, value });
    }
    return provider;
}

base::Result<void> validate(const ProviderConfig &provider)
{
    if (provider.id.isEmpty())
        return wrong(u"A provider needs an id."_s);
    if (provider.id.startsWith(u"proxy/"_s)) // the keychain's ids for the passwords of proxies
        return wrong(u"A provider's id can't begin with 'proxy/'."_s);
    if (provider.name.trimmed().isEmpty())
        return wrong(u"A provider needs a name."_s);
    if (provider.protocol.isEmpty())
        return wrong(u"The provider '%1' needs a protocol."_s.arg(provider.name));
    if (provider.id != simulatorId) {
        if (auto url = validateUrl(provider); !url)
            return url;
    }
    if (auto network = validate(provider.network, provider.name); !network)
        return network;
    if (auto keys = validateKeys(provider); !keys)
        return keys;
    const QJsonObject rowHeaders = provider.quirks[u"headers"_s].toObject();
    base::HttpHeaders headers = provider.headers;
    for (auto it = rowHeaders.begin(); it != rowHeaders.end(); ++it)
        headers.append({ it.key().toUtf8(), it.value().toString().toUtf8() });
    for (const auto &[name, value] : std::as_const(headers)) {
        if (!isToken(name) || !isFieldValue(value))
            return wrong(
                u"'%1' of the provider '%2' is not a valid header."_s.arg(QString::fromUtf8(name), provider.name));
        if (looksSecret(name, value))
            return wrong(secretRefused(QString::fromUtf8(name)));
    }
    return {};
}

} // namespace talkbench::config
