#include "core/run/errand.h"

#include "core/run/redirect.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

void Errand::advance(net::HttpTransport &transport)
{
    for (const auto &fetch : m_fetches) {
        if (!fetch->started() && transport.hasFreeConnection(fetch->url()))
            fetch->start(transport, m_clock);
    }
}

void Errand::ask(const base::HttpRequest &request, const net::TransportLimits &limits,
                 const std::function<void(const Fetched &)> &then, qsizetype largestBody)
{
    m_fetches.push_back(std::make_unique<Fetch>(request, limits, largestBody));
    connect(m_fetches.back().get(), &Fetch::finished, this, [this, then](const Fetched &fetched) {
        if (!m_done)
            then(fetched);
    });
    Q_EMIT changed();
}

void Errand::finish()
{
    m_done = true;
    Q_EMIT changed();
}

std::optional<base::Error> errorOf(const llm::Provider &provider, const Fetched &fetched)
{
    const int status = fetched.head.status;
    if (fetched.error)
        return fetched.error;
    if (status >= 200 && status < 300)
        return std::nullopt;
    if (status >= 300 && status < 400)
        return redirectError(fetched.head, fetched.url, provider.protocol());
    base::Error error {
        base::ErrorKind::Server, u"The server answered with HTTP status %1."_s.arg(status), {}, status, std::nullopt
    };
    const auto events = provider.decoder()->document(fetched.head, fetched.body);
    for (const llm::StreamEvent &event : events) {
        if (const auto *failed = std::get_if<llm::Failure>(&event))
            error = failed->error;
    }
    error.httpStatus = status;
    return error;
}

} // namespace talkbench::run
