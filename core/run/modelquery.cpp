#include "core/run/modelquery.h"

#include "core/llm/providers/modellist.h"
#include "core/llm/secrets.h"
#include "core/llm/vendorhosts.h"

#include <QUrlQuery>

#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr net::TransportLimits limits { 15'000, 30'000, 30'000, 60'000 };

/// Of the largest size that a server allows.
constexpr int mostPages = 20;

} // namespace

ModelQuery::ModelQuery(const llm::Endpoint &endpoint, std::shared_ptr<ModelPromise> promise, const base::Clock &clock)
    : Errand(clock), m_endpoint(endpoint), m_promise(std::move(promise))
{
}

ModelQuery::~ModelQuery()
{
    keep(base::Error { base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt });
}

void ModelQuery::begin()
{
    m_provider = llm::providerFor(m_endpoint.protocol);
    if (!m_provider) {
        keep(base::Error {
            base::ErrorKind::Config, u"No protocol is called '%1'."_s.arg(m_endpoint.protocol), {}, 0, std::nullopt });
        return;
    }
    if (const auto problem = llm::placeholderProblem(m_endpoint.baseUrl)) {
        keep(*problem);
        return;
    }
    askPage(m_provider->modelsRequest(m_endpoint));
}

void ModelQuery::askPage(const base::HttpRequest &request)
{
    ask(request, limits, [this, request](const Fetched &fetched) { onPage(request, fetched); });
}

/// What came stays, where a later page fails.
void ModelQuery::onPage(const base::HttpRequest &request, const Fetched &fetched)
{
    const auto error = errorOf(*m_provider, fetched);
    const ModelResult page = error ? ModelResult(*error) : m_provider->parseModels(fetched.body);
    if (!page) {
        keep(m_pages == 0 ? page : ModelResult(m_models));
        return;
    }
    m_models += *page;
    const auto next = llm::nextModelPage(fetched.body);
    if (!next || ++m_pages == mostPages) {
        keep(m_models);
        return;
    }
    base::HttpRequest following = request;
    QUrlQuery query(request.url);
    query.removeAllQueryItems(next->first);
    query.addQueryItem(next->first, QString::fromLatin1(QUrl::toPercentEncoding(next->second)));
    following.url.setQuery(query);
    askPage(following);
}

void ModelQuery::keep(const ModelResult &result)
{
    if (done())
        return;
    m_promise->addResult(result ? result : ModelResult(llm::withoutSecrets(result.error(), m_endpoint)));
    m_promise->finish();
    finish();
}

} // namespace talkbench::run
