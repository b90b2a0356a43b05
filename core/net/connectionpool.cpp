#include "core/net/connectionpool.h"

#include "core/net/nodelay.h"

#include <QNetworkProxy>
#include <QUrl>

#include <algorithm>
#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int connectionsPerOrigin = 6;
constexpr auto sweepInterval = 30s;
constexpr int sweepsKept = 2;

} // namespace

ConnectionPool::ConnectionPool(int maxConnections) : m_maxConnections(maxConnections)
{
    m_sweep.setInterval(sweepInterval);
    connect(&m_sweep, &QTimer::timeout, this, &ConnectionPool::sweep);
}

ConnectionPool::~ConnectionPool() = default;

void ConnectionPool::leave()
{
    --m_inFlight;
    QMetaObject::invokeMethod(this, &ConnectionPool::freed, Qt::QueuedConnection);
}

QNetworkAccessManager *ConnectionPool::take(const QString &origin, const QtRoute &route)
{
    Member &member = memberFor(origin, route);
    Places &places = member.origins[origin];
    ++places.inFlight;
    places.idle = qMax(0, places.idle - 1);
    ++member.inFlight;
    member.sweepsUnused = 0;
    return member.manager.get();
}

ConnectionPool::Member &ConnectionPool::memberFor(const QString &origin, const QtRoute &route)
{
    Member *withRoom = nullptr;
    for (Member &member : m_members) {
        const Places places = member.origins.value(origin);
        if (member.retired || member.routeKey != route.key || places.inFlight >= connectionsPerOrigin)
            continue;
        if (places.idle > 0)
            return member;
        if (!withRoom)
            withRoom = &member;
    }
    if (withRoom)
        return *withRoom;
    auto manager = std::make_unique<QNetworkAccessManager>();
    manager->setProxy(route.proxy);
    m_sweep.start();
    return m_members.emplace_back(Member { .routeKey = route.key, .manager = std::move(manager), .origins = {} });
}

ConnectionPool::Member &ConnectionPool::memberOf(const QNetworkAccessManager *manager)
{
    const auto found = std::find_if(m_members.begin(), m_members.end(),
                                    [manager](const Member &member) { return member.manager.get() == manager; });
    Q_ASSERT(found != m_members.end());
    return *found;
}

void ConnectionPool::give(QNetworkAccessManager *manager, const QString &origin, Left left)
{
    Member &member = memberOf(manager);
    Places &places = member.origins[origin];
    --places.inFlight;
    if (left == Left::Warm)
        ++places.idle;
    --member.inFlight;
    member.retired |= left == Left::Connecting;
    if (member.retired && member.inFlight == 0) // not from here: this may run in a signal of the manager's reply
        QMetaObject::invokeMethod(this, &ConnectionPool::dropRetired, Qt::QueuedConnection);
}

void ConnectionPool::connectionMade(QNetworkAccessManager *manager, const QUrl &url)
{
    memberOf(manager).origins[originOf(url)].idle = 0; // else Qt would have used it
    const QNetworkProxy proxy = manager->proxy();
    const bool direct = proxy.type() == QNetworkProxy::NoProxy;
    if (m_newPeerPorts.isEmpty()) // one scan for all connections made in this turn of the event loop
        QMetaObject::invokeMethod(this, &ConnectionPool::setNoDelayOnNew, Qt::QueuedConnection);
    m_newPeerPorts.insert(direct ? static_cast<quint16>(url.port(url.scheme() == "https"_L1 ? 443 : 80))
                                 : proxy.port());
}

void ConnectionPool::setNoDelayOnNew()
{
    setNoDelay(std::exchange(m_newPeerPorts, {}));
}

void ConnectionPool::dropRetired()
{
    std::erase_if(m_members, [](const Member &member) { return member.retired && member.inFlight == 0; });
}

/// Lets go of managers, each a thread with its sockets, that a burst of requests left behind.
void ConnectionPool::sweep()
{
    for (Member &member : m_members)
        member.retired |= member.inFlight == 0 && ++member.sweepsUnused > sweepsKept;
    dropRetired();
    if (m_members.empty())
        m_sweep.stop();
}

} // namespace talkbench::net
