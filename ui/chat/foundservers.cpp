#include "ui/chat/foundservers.h"

#include "core/config/endpoints.h"
#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "ui/modellists.h"
#include "ui/vendors.h"
#include "ui/whenready.h"

#include <algorithm>

namespace talkbench::ui {

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
            return isSamePlace(provider.baseUrl, server.baseUrl);
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
    QList<config::ProviderConfig> providers = m_context.settings.providers();
    const auto known = std::find_if(providers.cbegin(), providers.cend(), [&server](const auto &provider) {
        return isSamePlace(provider.baseUrl, server.baseUrl);
    });
    if (known != providers.cend())
        return known->id;
    const llm::Vendor vendor = vendorOf(server, shippedVendors());
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
