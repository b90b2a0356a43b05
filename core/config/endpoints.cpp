#include "core/config/endpoints.h"

#include "core/config/secrets.h"

#include <QPromise>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

using Proxying = ProviderNetwork::Proxying;

base::Proxy standardProxy(const Settings &settings)
{
    const auto text = [&settings](const char *key) { return settings.value(key).toString().trimmed(); };
    return { text("network/proxy_type") == "socks5"_L1 ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http,
             text("network/proxy_host"), static_cast<quint16>(settings.value("network/proxy_port").toUInt()),
             text("network/proxy_user"), QString() };
}

/// The settings' way.
base::Route standardRoute(const Settings &settings)
{
    const QString proxying = settings.value("network/proxy").toString();
    base::Route route;
    if (proxying == "none"_L1) {
        route.proxying = base::Route::Proxying::None;
    } else if (proxying == "manual"_L1) {
        route.proxying = base::Route::Proxying::Manual;
        route.proxy = standardProxy(settings);
        route.bypass = base::bypassFromText(settings.value("network/bypass").toString());
    }
    if (const QString file = settings.value("network/ca_file").toString().trimmed(); !file.isEmpty())
        route.caFiles.append(file);
    return route;
}

void setProxying(base::Route &route, const ProviderNetwork &network)
{
    if (network.proxying == Proxying::Inherit)
        return;
    const bool manual = network.proxying == Proxying::Manual;
    route.proxying = manual                    ? base::Route::Proxying::Manual
        : network.proxying == Proxying::System ? base::Route::Proxying::System
                                               : base::Route::Proxying::None;
    route.proxy = manual ? network.proxy : base::Proxy();
    route.bypass.clear();
}

QFuture<QString> given(const QString &text)
{
    QPromise<QString> promise;
    promise.start();
    promise.addResult(text);
    promise.finish();
    return promise.future();
}

} // namespace

QString proxySecretId(const QString &providerId)
{
    return u"proxy/"_s + providerId;
}

base::Route routeFor(const Settings &settings, const ProviderConfig &provider, const QString &proxyPassword)
{
    base::Route route;
    if (provider.id == simulatorId) {
        route.proxying = base::Route::Proxying::None;
        return route;
    }
    route = standardRoute(settings);
    setProxying(route, provider.network);
    if (!route.proxy.user.isEmpty())
        route.proxy.password = proxyPassword;
    if (!provider.network.caFile.isEmpty())
        route.caFiles.append(provider.network.caFile);
    route.pin = provider.network.pin;
    return route;
}

QString routeSecretId(const Settings &settings, const ProviderConfig &provider)
{
    if (routeFor(settings, provider, {}).proxy.user.isEmpty())
        return {};
    return proxySecretId(provider.network.proxying == Proxying::Inherit ? QString() : provider.id);
}

bool sameEndpoint(ProviderConfig one, const ProviderConfig &other)
{
    ProviderKey key = activeKeyOf(one);
    const ProviderKey otherKey = activeKeyOf(other);
    key.name = otherKey.name;
    one.name = other.name;
    one.defaultModel = other.defaultModel;
    one.limits = other.limits;
    one.keys = other.keys;
    one.activeKey = other.activeKey;
    return key == otherKey && one == other;
}

QStringList localHosts(const Settings &settings)
{
    return base::bypassFromText(settings.value("local_hosts").toString());
}

QFuture<llm::Endpoint> endpointOf(const Settings &settings, Secrets &secrets, const ProviderConfig &provider,
                                  const TypedSecrets &typed)
{
    const QString secretId = routeSecretId(settings, provider);
    const base::Route route = routeFor(settings, provider, {});
    const bool needsKey = !typed.apiKey && provider.id != simulatorId;
    auto key = needsKey ? readKey(secrets, provider) : given(typed.apiKey.value_or(QString()));
    auto password = secretId.isEmpty() || typed.proxyPassword ? given(typed.proxyPassword.value_or(QString()))
                                                              : secrets.read(secretId);
    return key
        .then([provider, route, password](const QString &apiKey) mutable {
            return password.then([provider, route, apiKey](const QString &proxyPassword) {
                llm::Endpoint endpoint = endpointFor(provider, apiKey);
                endpoint.route = route;
                if (!route.proxy.user.isEmpty())
                    endpoint.route.proxy.password = proxyPassword;
                return endpoint;
            });
        })
        .unwrap();
}

} // namespace talkbench::config
