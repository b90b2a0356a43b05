#include "core/config/providerkeys.h"

#include "core/config/providerrows.h"
#include "core/config/secrets.h"

#include <QPromise>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr qsizetype longestName = 60;

base::Error wrong(const QString &message)
{
    base::Error error;
    error.kind = base::ErrorKind::Config;
    error.message = message;
    return error;
}

/// In capitals only: keys of services have small letters, and one pasted here must not reach the file.
bool isVariable(const QString &name)
{
    return !name.isEmpty() && !name.front().isDigit() && std::all_of(name.begin(), name.end(), [](QChar c) {
        return (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'_';
    });
}

bool looksLikeKey(const QString &name)
{
    return looksSecret({}, name.toUtf8()) || (name.size() > 24 && !name.contains(u' '));
}

} // namespace

QString secretId(const QString &providerId, const QString &keyId)
{
    return keyId.isEmpty() ? providerId : providerId + u'/' + keyId;
}

QList<ProviderKey> keysOf(const ProviderConfig &provider)
{
    return provider.keys.isEmpty() ? QList<ProviderKey> { {} } : provider.keys;
}

ProviderKey activeKeyOf(const ProviderConfig &provider)
{
    const QList<ProviderKey> keys = keysOf(provider);
    const auto active = std::find_if(keys.begin(), keys.end(),
                                     [&provider](const ProviderKey &key) { return key.id == provider.activeKey; });
    return active == keys.end() ? keys.first() : *active;
}

bool needsKey(const ProviderConfig &provider)
{
    return !provider.vendor.isEmpty() && provider.baseUrl.scheme() == u"https"
        && provider.quirks[u"auth"_s].toString() != u"none";
}

QFuture<QString> readKey(Secrets &secrets, const ProviderConfig &provider)
{
    const ProviderKey key = activeKeyOf(provider);
    if (key.environment.isEmpty())
        return secrets.read(secretId(provider.id, key.id));
    QPromise<QString> promise;
    promise.start();
    promise.addResult(qEnvironmentVariable(key.environment.toUtf8().constData()));
    promise.finish();
    return promise.future();
}

base::Result<void> checkKeyVariable(const ProviderConfig &provider)
{
    const QString variable = activeKeyOf(provider).environment;
    if (variable.isEmpty() || !qEnvironmentVariableIsEmpty(variable.toUtf8().constData()))
        return {};
    return wrong(u"The key of '%1' is to come from the environment variable %2, which is not set. Set it and start "
                 "Talkbench again, or store a key in the settings."_s.arg(provider.name, variable));
}

base::Result<void> validateKeys(const ProviderConfig &provider)
{
    QSet<QString> ids;
    for (const ProviderKey &key : provider.keys) {
        if (ids.contains(key.id))
            return wrong(u"Two keys of '%1' have the same id."_s.arg(provider.name));
        ids.insert(key.id);
        if (key.name.trimmed().isEmpty() && provider.keys.size() > 1)
            return wrong(u"Each of the keys of '%1' needs a name."_s.arg(provider.name));
        if (key.name.size() > longestName || looksLikeKey(key.name))
            return wrong(u"A key's name at '%1' looks like the key itself, which is never saved in a file. Give it a "
                         "name such as 'Work'."_s.arg(provider.name));
        if (!key.environment.isEmpty() && !isVariable(key.environment))
            return wrong(u"The environment variable of '%1' must be a name in capitals, such as OPENAI_API_KEY: not "
                         "the key itself."_s.arg(provider.name));
    }
    return {};
}

QJsonObject toJson(const ProviderKey &key)
{
    QJsonObject object { { u"id"_s, key.id }, { u"name"_s, key.name } };
    if (!key.environment.isEmpty())
        object[u"environment"_s] = key.environment;
    return object;
}

ProviderKey keyFromJson(const QJsonObject &object)
{
    return { object[u"id"_s].toString(), object[u"name"_s].toString(), object[u"environment"_s].toString() };
}

} // namespace talkbench::config
