#include "core/run/fetch.h"

namespace talkbench::run {

void stamp(profile::Trace &trace, net::Phase phase, qint64 ns)
{
    switch (phase) {
    case net::Phase::ConnectStarted:
        trace.connectStartedNs = ns;
        break;
    case net::Phase::Encrypted:
        trace.encryptedNs = ns;
        break;
    case net::Phase::Sent:
        trace.sentNs = ns;
        trace.reusedConnection = trace.connectStartedNs == 0;
        break;
    case net::Phase::Headers:
        trace.headersNs = ns;
        break;
    case net::Phase::FirstByte:
        trace.firstByteNs = ns;
        break;
    case net::Phase::End:
        trace.endNs = ns;
        break;
    }
}

Fetch::Fetch(const base::HttpRequest &request, const net::TransportLimits &limits, qsizetype largestBody)
    : m_request(request), m_limits(limits), m_largestBody(largestBody)
{
}

void Fetch::start(net::HttpTransport &transport, const base::Clock &clock)
{
    m_fetched.url = m_request.url;
    m_fetched.trace.dispatchedNs = clock.nowNs();
    m_transfer = transport.start(m_request, m_limits);
    connect(m_transfer.get(), &net::Transfer::phase, this,
            [this](net::Phase phase, qint64 ns) { stamp(m_fetched.trace, phase, ns); });
    connect(m_transfer.get(), &net::Transfer::head, this, [this](const base::HttpHead &head, qint64 ns) {
        m_fetched.head = head;
        m_fetched.trace.headersNs = ns;
        m_fetched.trace.httpStatus = head.status;
    });
    connect(m_transfer.get(), &net::Transfer::bytes, this, [this](const QByteArray &bytes) {
        const qsizetype left = m_largestBody - m_fetched.body.size();
        m_fetched.cut = m_fetched.cut || bytes.size() > left;
        m_fetched.body += bytes.first(qMin(bytes.size(), left));
    });
    connect(m_transfer.get(), &net::Transfer::finished, this,
            [this](const std::optional<base::Error> &error, qint64 ns) {
                m_ended = true;
                m_fetched.error = error;
                m_fetched.trace.endNs = ns;
                m_transfer->disconnect(this);
                m_transfer.release()->deleteLater(); // it is the sender
                Q_EMIT finished(m_fetched);
            });
}

} // namespace talkbench::run
