#include "core/run/localservers.h"

#include "core/net/systemproxies.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr net::TransportLimits limits { 300, 1'000, 1'000, 2'000 };

llm::Endpoint endpointOf(const llm::Vendor &vendor)
{
    return { vendor.id, vendor.protocol, vendor.baseUrl, {}, {}, vendor.quirks };
}

/// Whether an answer bears the row's marks.
bool marked(const llm::Vendor &vendor, const Fetched &fetched)
{
    const QString owner = vendor.marks["owned_by"_L1].toString();
    const QString server = vendor.marks["server"_L1].toString();
    const QJsonDocument body = QJsonDocument::fromJson(fetched.body);
    if (!owner.isEmpty() && body["data"_L1][0]["owned_by"_L1].toString() == owner)
        return true;
    const QString said = QString::fromLatin1(base::headerValue(fetched.head.headers, "server"));
    return !server.isEmpty() && said.startsWith(server, Qt::CaseInsensitive);
}

/// The row that the answer is known by: one of those that usually have this address first.
const llm::Vendor *recognised(const QList<llm::Vendor> &usual, const QList<llm::Vendor> &all, const Fetched &fetched)
{
    const auto isMarked = [&fetched](const llm::Vendor &row) { return marked(row, fetched); };
    auto row = std::find_if(usual.cbegin(), usual.cend(), isMarked);
    if (row == usual.cend())
        row =
            std::find_if(usual.cbegin(), usual.cend(), [](const llm::Vendor &other) { return other.marks.isEmpty(); });
    if (row != usual.cend())
        return &*row;
    row = std::find_if(all.cbegin(), all.cend(), isMarked);
    return row != all.cend() && row->protocol == usual.constFirst().protocol ? &*row : nullptr;
}

} // namespace

LocalSearch::LocalSearch(const QList<llm::Vendor> &vendors, const QStringList &hosts,
                         std::shared_ptr<LocalServersPromise> promise, const base::Clock &clock)
    : Errand(clock), m_promise(std::move(promise))
{
    for (const llm::Vendor &vendor : vendors) {
        if (!vendor.local || !net::isLoopback(vendor.baseUrl) || !llm::providerFor(vendor.protocol))
            continue;
        m_vendors.append(vendor);
        for (const QString &host : hosts) {
            llm::Vendor there = vendor;
            there.baseUrl.setHost(host);
            if (there.baseUrl.isValid() && !host.isEmpty())
                m_vendors.append(there);
        }
    }
}

LocalSearch::~LocalSearch()
{
    keep();
}

void LocalSearch::begin()
{
    QHash<QUrl, QList<llm::Vendor>> byAddress;
    for (const llm::Vendor &vendor : std::as_const(m_vendors))
        byAddress[llm::providerFor(vendor.protocol)->modelsRequest(endpointOf(vendor)).url].append(vendor);
    m_open = static_cast<int>(byAddress.size());
    if (m_open == 0)
        keep();
    for (const QList<llm::Vendor> &rows : std::as_const(byAddress)) {
        const llm::Provider *provider = llm::providerFor(rows.constFirst().protocol);
        ask(provider->modelsRequest(endpointOf(rows.constFirst())), limits,
            [this, rows](const Fetched &fetched) { heard(rows, fetched); });
    }
}

void LocalSearch::heard(const QList<llm::Vendor> &rows, const Fetched &fetched)
{
    const llm::Provider &provider = *llm::providerFor(rows.constFirst().protocol);
    LocalServer server;
    server.protocol = rows.constFirst().protocol;
    server.baseUrl = rows.constFirst().baseUrl;
    if (const auto error = errorOf(provider, fetched)) {
        server.needsKey = error->kind == base::ErrorKind::Auth;
        if (!server.needsKey) {
            settled();
            return;
        }
    } else if (auto models = provider.parseModels(fetched.body)) {
        server.models = *std::move(models);
    } else {
        settled();
        return;
    }
    if (const llm::Vendor *row = recognised(rows, m_vendors, fetched))
        found(std::move(server), row);
    else
        askFurther(rows, server);
}

/// Its list of models says nothing of it: some have a path that no other has.
void LocalSearch::askFurther(const QList<llm::Vendor> &rows, const LocalServer &server)
{
    const auto row = std::find_if(rows.cbegin(), rows.cend(), [](const llm::Vendor &other) {
        return !other.marks["path"_L1].toString().isEmpty();
    });
    if (row == rows.cend()) {
        found(server, nullptr);
        return;
    }
    base::HttpRequest request;
    request.method = "GET";
    request.url = row->baseUrl;
    request.url.setPath(row->marks["path"_L1].toString());
    const QList<llm::Vendor> others(std::next(row), rows.cend());
    ask(request, limits, [this, vendor = *row, others, server](const Fetched &fetched) {
        if (!fetched.error && fetched.head.status == 200)
            found(server, &vendor);
        else
            askFurther(others, server);
    });
}

void LocalSearch::found(LocalServer server, const llm::Vendor *vendor)
{
    server.vendorId = vendor ? vendor->id : QString();
    server.name = vendor ? vendor->name : u"OpenAI-compatible server"_s;
    m_found.append(std::move(server));
    settled();
}

void LocalSearch::settled()
{
    if (--m_open == 0)
        keep();
}

void LocalSearch::keep()
{
    if (done())
        return;
    std::sort(m_found.begin(), m_found.end(),
              [](const LocalServer &a, const LocalServer &b) { return a.baseUrl.port() < b.baseUrl.port(); });
    m_promise->addResult(m_found);
    m_promise->finish();
    finish();
}

} // namespace talkbench::run
