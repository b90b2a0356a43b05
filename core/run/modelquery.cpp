#include "core/run/modelquery.h"

#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr net::TransportLimits limits { 15'000, 30'000, 30'000, 60'000 };
constexpr qsizetype largestBody = 32 << 20;

base::Error failure(base::ErrorKind kind, const QString &message, int status)
{
    return { kind, message, {}, status, std::nullopt };
}

/// The decoder knows how this protocol's servers word their errors.
base::Error bodyError(const llm::Provider &provider, const base::HttpHead &head, const QByteArray &body)
{
    const auto events = provider.decoder()->document(head, body);
    for (const llm::StreamEvent &event : events) {
        if (const auto *failed = std::get_if<llm::Failure>(&event))
            return failed->error;
    }
    return failure(base::ErrorKind::Server, u"The server answered with HTTP status %1."_s.arg(head.status),
                   head.status);
}

} // namespace

ModelQuery::ModelQuery(const llm::Endpoint &endpoint, std::shared_ptr<ModelPromise> promise)
    : m_provider(llm::providerFor(endpoint.protocol)), m_promise(std::move(promise))
{
    if (m_provider)
        m_request = m_provider->modelsRequest(endpoint);
    else
        finish(failure(base::ErrorKind::Config, u"No protocol is called '%1'."_s.arg(endpoint.protocol), 0));
}

ModelQuery::~ModelQuery()
{
    finish(failure(base::ErrorKind::Cancelled, u"Stopped."_s, 0));
}

void ModelQuery::start(net::HttpTransport &transport)
{
    m_transfer = transport.start(m_request, limits);
    connect(m_transfer.get(), &net::Transfer::head, this, [this](const base::HttpHead &head) { m_head = head; });
    connect(m_transfer.get(), &net::Transfer::bytes, this, [this](const QByteArray &bytes) {
        m_body += bytes.first(qMin(bytes.size(), largestBody - m_body.size()));
    });
    connect(m_transfer.get(), &net::Transfer::finished, this, &ModelQuery::onFinished);
}

void ModelQuery::onFinished(const std::optional<base::Error> &error)
{
    if (error)
        finish(*error);
    else if (m_head.status >= 300 && m_head.status < 400)
        finish(failure(
            base::ErrorKind::Redirect,
            u"The server redirects to %1."_s.arg(QString::fromUtf8(base::headerValue(m_head.headers, "location"))),
            m_head.status));
    else if (m_head.status < 200 || m_head.status >= 300)
        finish(bodyError(*m_provider, m_head, m_body));
    else
        finish(m_provider->parseModels(m_body));
}

void ModelQuery::finish(const ModelResult &result)
{
    if (std::exchange(m_done, true))
        return;
    m_promise->addResult(result);
    m_promise->finish();
    Q_EMIT finished();
}

} // namespace talkbench::run
