#include "core/net/qttransport.h"

#include "core/net/connectionpool.h"
#include "core/net/qttransfer.h"

namespace talkbench::net {

QtTransport::QtTransport(const base::Clock &clock, int maxConnections, QObject *parent)
    : HttpTransport(parent), m_clock(clock), m_pool(std::make_shared<ConnectionPool>(maxConnections))
{
    connect(m_pool.get(), &ConnectionPool::freed, this, &HttpTransport::connectionFreed);
}

QtTransport::~QtTransport() = default;

bool QtTransport::hasFreeConnection(const QUrl &) const
{
    return !m_pool->isFull();
}

std::unique_ptr<Transfer> QtTransport::start(const base::HttpRequest &request, const TransportLimits &limits)
{
    return std::make_unique<QtTransfer>(m_pool, m_clock, request, limits);
}

} // namespace talkbench::net
