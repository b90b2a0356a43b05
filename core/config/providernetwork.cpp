#include "core/config/providernetwork.h"

#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

using Proxying = ProviderNetwork::Proxying;

constexpr std::array proxyingNames {
    std::pair { Proxying::Inherit, "inherit" },
    std::pair { Proxying::System, "system" },
    std::pair { Proxying::None, "none" },
    std::pair { Proxying::Manual, "manual" },
};

base::Error wrong(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

QJsonObject toJson(const base::Proxy &proxy)
{
    return { { u"type"_s, proxy.type == base::Proxy::Type::Http ? u"http"_s : u"socks5"_s },
             { u"host"_s, proxy.host },
             { u"port"_s, proxy.port },
             { u"user"_s, proxy.user } };
}

base::Proxy proxyFromJson(const QJsonObject &object)
{
    const int port = object[u"port"_s].toInt();
    base::Proxy proxy;
    proxy.type = object[u"type"_s].toString() == u"socks5" ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http;
    proxy.host = object[u"host"_s].toString();
    proxy.port = port > 0 && port <= 0xffff ? static_cast<quint16>(port) : quint16(0);
    proxy.user = object[u"user"_s].toString();
    return proxy;
}

} // namespace

QJsonObject toJson(const ProviderNetwork &network)
{
    QJsonObject object;
    for (const auto &[proxying, name] : proxyingNames) {
        if (proxying == network.proxying && proxying != Proxying::Inherit)
            object[u"proxy"_s] = QString::fromLatin1(name);
    }
    if (network.proxy != base::Proxy()) // kept while another way is chosen: it need not be typed again
        object[u"manual"_s] = toJson(network.proxy);
    if (!network.caFile.isEmpty())
        object[u"ca_file"_s] = network.caFile;
    if (!network.pin.isEmpty())
        object[u"pin_sha256"_s] = QString::fromLatin1(network.pin);
    return object;
}

ProviderNetwork networkFromJson(const QJsonObject &object, const QString &provider, QStringList *problems)
{
    ProviderNetwork network;
    const QString name = object[u"proxy"_s].toString(u"inherit"_s);
    bool known = false;
    for (const auto &[proxying, title] : proxyingNames) {
        if (name == QLatin1StringView(title)) {
            network.proxying = proxying;
            known = true;
        }
    }
    if (!known)
        problems->append(u"'%1' is no way to use a proxy; '%2' uses the one of the settings."_s.arg(name, provider));
    if (object.contains(u"manual"_s))
        network.proxy = proxyFromJson(object[u"manual"_s].toObject());
    network.caFile = object[u"ca_file"_s].toString();
    network.pin = object[u"pin_sha256"_s].toString().toLatin1();
    return network;
}

base::Result<void> validate(const ProviderNetwork &network, const QString &provider)
{
    if (network.proxying == Proxying::Manual && (network.proxy.host.trimmed().isEmpty() || network.proxy.port == 0))
        return wrong(u"The proxy of '%1' needs a host and a port."_s.arg(provider));
    if (!network.pin.isEmpty() && base::fingerprintFrom(QString::fromLatin1(network.pin)) != network.pin)
        return wrong(u"The pinned fingerprint of '%1' is no SHA-256: it has 64 hexadecimal digits."_s.arg(provider));
    return {};
}

} // namespace talkbench::config
