#pragma once

#include "core/net/httptransport.h"

namespace talkbench::base {
class Clock;
}

namespace talkbench::net {

class ConnectionPool;

/// HTTP/1.1 on QNetworkAccessManager: no cookies, no cache, no decompression, no redirects followed, no request sent twice
/// if it has a body. A request takes its route: http goes to an HTTP proxy whole (with Basic credentials only), https in a
/// tunnel through it, both through a SOCKS5 proxy, which resolves the names. Limits: connect runs until the request goes out, first byte from there to the first byte of the body,
/// idle between bytes of either body.
class QtTransport final : public HttpTransport {
    Q_OBJECT

public:
    /// `clock` outlives the transport and its transfers. `maxConnections`: requests in flight, over all hosts; each takes a
    /// file descriptor.
    explicit QtTransport(const base::Clock &clock, int maxConnections = 1200, QObject *parent = nullptr);
    ~QtTransport() override;

    bool hasFreeConnection(const QUrl &url) const override;
    std::unique_ptr<Transfer> start(const base::HttpRequest &request, const TransportLimits &limits) override;

private:
    const base::Clock &m_clock;
    std::shared_ptr<ConnectionPool> m_pool; ///< shared with the transfers
};

} // namespace talkbench::net
