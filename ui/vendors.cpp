#include "ui/vendors.h"

#include "core/net/systemproxies.h"

#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

QList<llm::Vendor> shippedVendors()
{
    QFile file(u":/providers.json"_s);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const auto vendors = llm::vendorsFromJson(file.readAll());
    return vendors ? *vendors : QList<llm::Vendor>();
}

llm::Vendor vendorOf(const run::LocalServer &server, const QList<llm::Vendor> &vendors)
{
    const auto row = std::find_if(vendors.cbegin(), vendors.cend(),
                                  [&server](const llm::Vendor &vendor) { return vendor.id == server.vendorId; });
    llm::Vendor found = row == vendors.cend() ? llm::Vendor() : *row;
    found.name = server.name;
    found.protocol = server.protocol;
    found.baseUrl = server.baseUrl;
    return found;
}

config::ProviderConfig providerFrom(const llm::Vendor &vendor, const QString &id)
{
    config::ProviderConfig provider;
    provider.id = id;
    provider.name = vendor.name;
    provider.protocol = vendor.protocol;
    provider.baseUrl = vendor.baseUrl;
    provider.vendor = vendor.id;
    provider.quirks = vendor.quirks;
    return provider;
}

QString freeProviderId(const llm::Vendor &vendor, const std::function<bool(const QString &)> &taken)
{
    const QString wanted = vendor.id.isEmpty() ? u"server"_s : vendor.id;
    QString id = wanted;
    for (int number = 2; taken(id); ++number)
        id = wanted + u'-' + QString::number(number);
    return id;
}

bool isSamePlace(const QUrl &a, const QUrl &b)
{
    const auto portOf = [](const QUrl &url) { return url.port(url.scheme() == "https"_L1 ? 443 : 80); };
    const bool sameHost = a.host() == b.host() || (net::isLoopback(a) && net::isLoopback(b));
    return sameHost && portOf(a) == portOf(b);
}

} // namespace talkbench::ui
