#include "core/run/modelquery.h"

#include "core/llm/secrets.h"

#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr net::TransportLimits limits { 15'000, 30'000, 30'000, 60'000 };

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
    const llm::Provider *provider = llm::providerFor(m_endpoint.protocol);
    if (!provider) {
        keep(base::Error {
            base::ErrorKind::Config, u"No protocol is called '%1'."_s.arg(m_endpoint.protocol), {}, 0, std::nullopt });
        return;
    }
    ask(provider->modelsRequest(m_endpoint), limits, [this, provider](const Fetched &fetched) {
        const auto error = errorOf(*provider, fetched);
        keep(error ? ModelResult(*error) : provider->parseModels(fetched.body));
    });
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
