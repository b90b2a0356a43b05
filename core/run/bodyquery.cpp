#include "core/run/bodyquery.h"

#include "core/llm/secrets.h"

#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

BodyQuery::BodyQuery(const BodyRequest &request, std::shared_ptr<BodyPromise> promise, const base::Clock &clock)
    : Errand(clock), m_request(request), m_promise(std::move(promise))
{
}

BodyQuery::~BodyQuery()
{
    keep(base::Error { base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt });
}

void BodyQuery::begin()
{
    const llm::Provider *provider = llm::providerFor(m_request.endpoint.protocol);
    if (!provider) {
        keep(base::Error { base::ErrorKind::Config,
                           u"No protocol is called '%1'."_s.arg(m_request.endpoint.protocol),
                           {},
                           0,
                           std::nullopt });
        return;
    }
    const auto answered = [this, provider](const Fetched &fetched) {
        if (const auto error = errorOf(*provider, fetched))
            keep(*error);
        else if (fetched.cut)
            keep(base::Error { base::ErrorKind::TooLarge,
                               u"The server's answer is longer than %1 MiB."_s.arg(m_request.largestBody >> 20),
                               {},
                               fetched.head.status,
                               std::nullopt });
        else
            keep(fetched.body);
    };
    ask(m_request.http, m_request.limits, answered, m_request.largestBody);
}

void BodyQuery::keep(const BodyResult &result)
{
    if (done())
        return;
    m_promise->addResult(result ? result : BodyResult(llm::withoutSecrets(result.error(), m_request.endpoint)));
    m_promise->finish();
    finish();
}

} // namespace talkbench::run
