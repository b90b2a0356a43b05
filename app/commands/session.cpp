#include "app/commands/session.h"

#include "app/choicesetup.h"
#include "app/commands/terminal.h"
#include "app/diskcache.h"
#include "app/enginesettings.h"
#include "app/ledgersetup.h"
#include "app/pricesetup.h"
#include "core/config/datadir.h"
#include "core/llm/vendorhosts.h"
#include "core/net/qttransport.h"
#include "core/run/baseurl.h"
#include "core/run/record.h"

#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

QByteArray resource(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void warn(const base::Error &error)
{
    writeLine(stderr, u"talkbench: %1"_s.arg(error.message));
}

base::Error configError(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

/// A password from the keychain is for the proxy it was stored for, not for one that the command line names.
void applyNetwork(const Target &target, config::ProviderConfig &provider, config::TypedSecrets &typed)
{
    using Proxying = config::ProviderNetwork::Proxying;
    config::ProviderNetwork &network = provider.network;
    if (target.network.proxying != Proxying::Inherit) {
        network.proxying = target.network.proxying;
        network.proxy = target.network.proxy;
    }
    if (!target.network.caFile.isEmpty())
        network.caFile = target.network.caFile;
    if (!target.network.pin.isEmpty())
        network.pin = target.network.pin;
    if (!target.proxyPassword.isEmpty() || target.network.proxying == Proxying::Manual)
        typed.proxyPassword = target.proxyPassword;
}

} // namespace

Session::Session(const GlobalOptions &options, QObject *parent)
    : QObject(parent), m_chosenDir(options.dataDir), m_qualities(shippedQualities()),
      m_chooser([this](const select::ModelRef &ref) { return candidate(ref); })
{
}

Session::~Session() = default;

base::Result<void> Session::open()
{
    const auto dataDir = config::prepareDataDir(m_chosenDir);
    if (!dataDir)
        return dataDir.error();
    m_dataDir = *dataDir;
    auto prices = shippedPrices();
    if (!prices)
        return prices.error();
    m_prices = *std::move(prices);
    auto vendors = llm::vendorsFromJson(resource(u":/providers.json"_s));
    if (!vendors)
        return vendors.error();
    m_vendors = *std::move(vendors);
    m_settings = std::make_unique<config::Settings>(m_dataDir);
    if (const auto loaded = m_settings->load(); !loaded)
        warn(loaded.error());
    for (const QString &problem : applySettings(*m_settings, m_prices))
        warn(configError(u"A price of your own is not used. %1"_s.arg(problem)));
    const QStringList problems = applySettings(*m_settings, m_chooser);
    for (const QString &problem : problems)
        warn(configError(u"A setting of automatic choices is not used. %1"_s.arg(problem)));
    m_secrets = std::make_unique<config::Secrets>();
    m_runs = std::make_unique<run::RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); }, m_clock,
                                               m_prices);
    m_tokens = std::make_unique<TokenKeeper>(m_dataDir, *m_runs);
    m_tokens->load();
    m_cache = std::make_unique<store::CacheStore>(m_dataDir, m_clock);
    m_runs->setCacheStorage(cacheStorage(*m_settings, *m_cache));
    applySettings(*m_settings, *m_runs, *m_cache);
    openStore();
    m_ledger = std::make_unique<run::Ledger>(*m_runs, m_clock, ledgerSources(*m_settings, *m_store, m_prices));
    return {};
}

void Session::openStore()
{
    m_store = std::make_unique<store::Store>(m_dataDir);
    m_store->open().then(this, [](const base::Result<store::Store::Opened> &opened) {
        if (!opened)
            warn(opened.error());
        else if (!opened->keptAside.isEmpty())
            writeLine(stderr,
                      u"talkbench: the database could not be read; it was moved to %1"_s.arg(opened->keptAside));
    });
    m_store->endInterrupted(run::interruptedRecord);
    m_store->modelLists().then(this, [this](const base::Result<QList<store::ModelList>> &lists) {
        if (lists)
            learnPrices(*lists);
    });
    connect(m_store.get(), &store::Store::writeFailed, this, &warn);
    connect(m_runs.get(), &run::RunService::begun, m_store.get(), &store::Store::saveBegun);
    connect(m_runs.get(), &run::RunService::recorded, m_store.get(),
            [this](const profile::RunRecord &record) { m_store->saveRun(record); });
}

void Session::learnPrices(const QList<store::ModelList> &lists)
{
    m_modelLists = lists;
    learnLists(lists, m_prices);
    m_runs->setPrices(m_prices);
}

void Session::whenCounting(QObject *context, const std::function<void(const cost::TokenCounter *)> &then)
{
    if (m_tokens->counter()) {
        then(m_tokens->counter().get());
        return;
    }
    connect(
        m_tokens.get(), &TokenKeeper::loaded, context, [this, then] { then(m_tokens->counter().get()); },
        Qt::SingleShotConnection);
}

select::Candidate Session::candidate(const select::ModelRef &ref) const
{
    const auto list = std::find_if(m_modelLists.cbegin(), m_modelLists.cend(),
                                   [&ref](const store::ModelList &row) { return row.providerId == ref.providerId; });
    select::Candidate candidate =
        candidateOf(ref, m_prices, m_qualities, list == m_modelLists.cend() ? QList<llm::ModelInfo>() : list->models,
                    m_clock.wallMs());
    candidate.barred = whyBarred(ref.providerId, *m_settings, m_vendors);
    return candidate;
}

select::ProviderNames Session::providerNames() const
{
    return [this](const QString &id) {
        const auto vendor =
            std::find_if(m_vendors.cbegin(), m_vendors.cend(), [&id](const llm::Vendor &row) { return row.id == id; });
        const bool configured = m_settings->provider(id).has_value();
        return configured || vendor == m_vendors.cend() ? m_settings->providerName(id) : vendor->name;
    };
}

void Session::measure(QObject *context, const std::function<void()> &then)
{
    connect(m_runs.get(), &run::RunService::recorded, this,
            [this](const profile::RunRecord &record) { m_chooser.learn(record); });
    m_store->runs(measuredRuns).then(context, [this, then](const base::Result<QList<profile::RunRecord>> &runs) {
        if (!runs)
            warn(runs.error());
        m_chooser.load(runs ? *runs : QList<profile::RunRecord>());
        then();
    });
}

net::TransportLimits Session::limits() const
{
    const auto value = [this](const char *key) { return m_settings->value(key).toInt(); };
    return { value("limits/connect_ms"), value("limits/first_byte_ms"), value("limits/idle_ms"),
             value("limits/total_ms") };
}

/// Configured providers first, then the vendors' rows, then a server that only its URL names.
base::Result<config::ProviderConfig> Session::providerFor(const Target &target) const
{
    QString id = target.provider;
    if (id.isEmpty() && target.baseUrl.isEmpty())
        id = m_settings->value("default/provider").toString();
    config::ProviderConfig provider;
    provider.id = u"custom"_s;
    provider.protocol = u"openai-chat"_s;
    if (!id.isEmpty()) {
        const auto vendor =
            std::find_if(m_vendors.cbegin(), m_vendors.cend(), [&id](const llm::Vendor &row) { return row.id == id; });
        if (const auto configured = m_settings->provider(id)) {
            provider = *configured;
        } else if (vendor != m_vendors.cend()) {
            provider.id = vendor->id;
            provider.protocol = vendor->protocol;
            provider.baseUrl = vendor->baseUrl;
            provider.vendor = vendor->id;
            provider.quirks = vendor->quirks;
        } else {
            QStringList known;
            for (const config::ProviderConfig &row : m_settings->providers())
                known.append(row.id);
            for (const llm::Vendor &row : m_vendors)
                known.append(row.id);
            return configError(u"There is no provider '%1'. Known: %2."_s.arg(id, known.join(u", "_s)));
        }
    }
    if (!target.protocol.isEmpty())
        provider.protocol = target.protocol;
    if (!llm::providerFor(provider.protocol))
        return configError(
            u"There is no protocol '%1'. Known: %2."_s.arg(provider.protocol, llm::protocolNames().join(u", "_s)));
    return provider;
}

base::Result<void> Session::checkProvider(const QString &id) const
{
    Target target;
    target.provider = id;
    const auto provider = providerFor(target);
    return provider ? base::Result<void>() : provider.error();
}

base::Result<QUrl> Session::startSimulator()
{
    if (!m_simulator)
        m_simulator = std::make_unique<simulator::Simulator>(simulator::Knobs());
    return m_simulator->start();
}

void Session::resolve(const Target &target, QObject *context, const ResolvedCallback &then)
{
    auto provider = providerFor(target);
    if (!provider) {
        then(provider.error());
        return;
    }
    const bool simulated = provider->id == config::simulatorId && target.baseUrl.isEmpty();
    const QUrl own = provider->baseUrl;
    if (simulated || !target.baseUrl.isEmpty()) {
        const auto root = simulated ? startSimulator() : base::Result<QUrl>(QUrl());
        if (!root) {
            then(root.error());
            return;
        }
        const auto url = run::baseUrlFromInput(simulated ? root->toString() : target.baseUrl, provider->protocol);
        if (!url) {
            then(url.error());
            return;
        }
        provider->baseUrl = *url;
    }
    config::TypedSecrets typed;
    applyNetwork(target, *provider, typed);
    Resolved resolved;
    resolved.model = !target.model.isEmpty() ? target.model
        : provider->id == m_settings->value("default/provider").toString()
            && !m_settings->value("default/model").toString().isEmpty()
        ? m_settings->value("default/model").toString()
        : provider->defaultModel;
    const QString key = target.isChosen ? QString() : qEnvironmentVariable("TALKBENCH_API_KEY");
    // A key is for the server it was stored for, not for wherever --base-url points.
    if (simulated || !key.isEmpty() || !llm::sameServer(own, provider->baseUrl))
        typed.apiKey = key;
    resolved.endpoint.headers = target.headers;
    complete(*provider, resolved, typed, context, then);
}

void Session::complete(const config::ProviderConfig &provider, const Resolved &resolved,
                       const config::TypedSecrets &typed, QObject *context, const ResolvedCallback &then)
{
    if (const auto problem = llm::placeholderProblem(provider.baseUrl)) {
        then(*problem);
        return;
    }
    const auto variable = config::checkKeyVariable(provider);
    if (!typed.apiKey && !variable) {
        then(variable.error());
        return;
    }
    QString fallback;
    for (const llm::Vendor &row : std::as_const(m_vendors)) {
        const bool own = row.id == provider.vendor && llm::isServerOf(row, provider.baseUrl);
        if (own && typed.apiKey.value_or(QString()).isEmpty() && !row.keyEnv.isEmpty())
            fallback = qEnvironmentVariable(row.keyEnv.toUtf8().constData());
    }
    config::endpointOf(*m_settings, *m_secrets, provider, typed)
        .then(context, [resolved, fallback, then](const llm::Endpoint &endpoint) {
            Resolved done = resolved;
            done.endpoint = endpoint;
            done.endpoint.headers += resolved.endpoint.headers;
            if (endpoint.apiKey.isEmpty())
                done.endpoint.apiKey = fallback;
            then(done);
        });
}

} // namespace talkbench::app
