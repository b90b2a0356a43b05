#pragma once

#include "core/net/httptransport.h"

#include <QList>
#include <QNetworkProxy>
#include <QSslCertificate>

namespace talkbench::base {
class Clock;
}

namespace talkbench::net {

class ConnectionPool;

struct QtTransportOptions {
    /// Of requests in flight, over all hosts. Each takes a file descriptor.
    int maxConnections = 1200;
    /// Trusted beside the system's.
    QList<QSslCertificate> extraCertificates;
    /// Instead of the system's; loopback hosts never use one.
    std::optional<QNetworkProxy> proxy;
};

/// HTTP/1.1 on QNetworkAccessManager: no cookies, no cache, no decompression, no redirects followed, no request sent twice
/// if it has a body. Limits: connect runs until the request goes out, first byte from there to the first byte of the body,
/// idle between bytes of either body.
class QtTransport final : public HttpTransport {
    Q_OBJECT

public:
    /// `clock` outlives the transport and its transfers.
    explicit QtTransport(const base::Clock &clock, QtTransportOptions options = {}, QObject *parent = nullptr);
    ~QtTransport() override;

    bool hasFreeConnection(const QUrl &url) const override;
    std::unique_ptr<Transfer> start(const base::HttpRequest &request, const TransportLimits &limits) override;

private:
    const base::Clock &m_clock;
    QtTransportOptions m_options;
    std::shared_ptr<ConnectionPool> m_pool; ///< shared with the transfers
};

} // namespace talkbench::net
