#pragma once

#include "core/base/result.h"

#include <QFuture>
#include <QJsonObject>
#include <QList>
#include <QString>

namespace talkbench::config {

struct ProviderConfig;
class Secrets;

/// One of a provider's keys: what it is called and where it is, never the key itself.
struct ProviderKey {
    QString id; ///< of its place in the keychain, see secretId(); empty for a provider's first
    QString name; ///< what a person calls it; empty for the only one
    /// The variable that holds it; empty: it is in the keychain.
    QString environment;

    bool operator==(const ProviderKey &) const = default;
};

/// "openai", "openai/key-2"
QString secretId(const QString &providerId, const QString &keyId);
/// At least one: a provider that names none has one in the keychain.
QList<ProviderKey> keysOf(const ProviderConfig &provider);
/// The one in use.
ProviderKey activeKeyOf(const ProviderConfig &provider);

/// Whether its server will refuse a call without a key, as far as its vendor's row tells: a service does, a server of
/// one's own seldom.
bool needsKey(const ProviderConfig &provider);

/// The key in use; empty where there is none.
QFuture<QString> readKey(Secrets &secrets, const ProviderConfig &provider);
/// An error of kind Config where the key is to come from a variable that is not set.
base::Result<void> checkKeyVariable(const ProviderConfig &provider);

/// Why a key's name or variable can't be kept, for a person: what looks like a key itself is refused.
base::Result<void> validateKeys(const ProviderConfig &provider);

QJsonObject toJson(const ProviderKey &key);
ProviderKey keyFromJson(const QJsonObject &object);

} // namespace talkbench::config
