#include "ui/chat/foundservers.h"

#include "core/config/endpoints.h"
#include "core/config/settings.h"
#include "core/net/systemproxies.h"
#include "core/run/runservice.h"
#include "ui/modellists.h"
#include "ui/vendors.h"
#include "ui/whenready.h"

#include <algorithm>

namespace talkbench::ui {

namespace {

/// Host and port; this machine has several names.
std::pair<QString, int> placeOf(const QUrl &url)
{
    return { net::isLoopback(url) ? QString() : url.host(),
             url.port(url.scheme() == QStringLiteral("https") ? 443 : 80) };
}

} // namespace

FoundServers::FoundServers(AppContext &context, QObject *parent) : QObject(parent), m_context(context)
{
    connect(&m_context.settings, &config::Settings::providersChanged, this, [this] { take(m_servers); });
}

void FoundServers::look()
{
    whenReady(this, m_context.runs.findLocalServers(shippedVendors(), config::localHosts(m_context.settings)),
              [this](const QList<run::LocalServer> &found) { take(found); });
}

void FoundServers::take(QList<run::LocalServer> found)
{
    const QList<config::ProviderConfig> providers = m_context.settings.providers();
    found.removeIf([&providers](const run::LocalServer &server) {
        return std::any_of(providers.cbegin(), providers.cend(), [&server](const config::ProviderConfig &provider) {
            return placeOf(provider.baseUrl) == placeOf(server.baseUrl);
        });
    });
    m_servers = std::move(found);
    Q_EMIT changed();
}

QString FoundServers::add(qsizetype index)
{
    if (index < 0 || index >= m_servers.size())
        return {};
    const run::LocalServer server = m_servers.at(index);
    const llm::Vendor vendor = vendorOf(server, shippedVendors());
    QList<config::ProviderConfig> providers = m_context.settings.providers();
    QString id =
        freeProviderId(vendor, [this](const QString &taken) { return m_context.settings.provider(taken).has_value(); });
    config::ProviderConfig provider = providerFrom(vendor, id);
    if (!server.models.isEmpty())
        provider.defaultModel = server.models.first().id;
    providers << provider;
    const auto stored = m_context.settings.setProviders(providers);
    if (!stored && stored.error().kind != base::ErrorKind::Storage)
        return {};
    if (!server.models.isEmpty())
        m_context.models.learn(id, server.models);
    return id;
}

} // namespace talkbench::ui
