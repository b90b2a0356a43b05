#pragma once

#include "core/config/settings.h"

#include <QFuture>

namespace talkbench::config {

class Secrets;

/// Under which id Secrets keeps the password of a provider's own proxy; of the settings' proxy for an empty id.
QString proxySecretId(const QString &providerId = {});

/// The way to a provider: its own where it has one, else that of the settings. The built-in simulator is always reached
/// directly. The password is the one under routeSecretId().
base::Route routeFor(const Settings &settings, const ProviderConfig &provider, const QString &proxyPassword);
/// Of the proxy that the provider is reached by; empty where it needs no password.
QString routeSecretId(const Settings &settings, const ProviderConfig &provider);

/// Whether both are the same server on the same way, asked by the same key: what else differs is of this program only.
bool sameEndpoint(ProviderConfig one, const ProviderConfig &other);

/// Where servers are looked for beside this machine.
QStringList localHosts(const Settings &settings);

/// What has not been saved yet, and is used instead of what the keychain keeps.
struct TypedSecrets {
    std::optional<QString> apiKey = {};
    std::optional<QString> proxyPassword = {};
};

/// The provider ready to be called: key and proxy password read from the keychain. Needs an event loop.
QFuture<llm::Endpoint> endpointOf(const Settings &settings, Secrets &secrets, const ProviderConfig &provider,
                                  const TypedSecrets &typed = {});

} // namespace talkbench::config
