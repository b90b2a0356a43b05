#include "core/net/connectionpool.h"

#include "core/net/sockets.h"

#include <QNetworkProxy>

#include <algorithm>
#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int connectionsPerOrigin = 6;
constexpr auto sweepInterval = 30s;
constexpr int sweepsKept = 2;

/// Of what the manager connects to.
quint16 peerPort(const QNetworkAccessManager &manager, const QString &origin)
{
    const QNetworkProxy proxy = manager.proxy();
    return proxy.type() == QNetworkProxy::NoProxy ? origin.section(u':', -1).toUShort() : proxy.port();
}

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
    ++m_inFlightTo[peerPort(*member.manager, origin)];
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
    member.retired |= left != Left::Warm && left != Left::Closed;
    if (left == Left::Unread)
        Q_EMIT mistrusted(manager);
    leavePeer(peerPort(*manager, origin), left);
    if (member.retired && member.inFlight == 0) // not from here: this may run in a signal of the manager's reply
        QMetaObject::invokeMethod(this, &ConnectionPool::dropRetired, Qt::QueuedConnection);
}

void ConnectionPool::leavePeer(quint16 port, Left left)
{
    if (left == Left::Headless)
        m_toEnd.insert(port);
    if (--m_inFlightTo[port] > 0)
        return;
    m_inFlightTo.remove(port);
    if (m_toEnd.remove(port)) {
        endConnections(port);
        QMetaObject::invokeMethod(this, &ConnectionPool::dropRetired, Qt::QueuedConnection);
    }
}

void ConnectionPool::connectionMade(QNetworkAccessManager *manager, const QString &origin)
{
    memberOf(manager).origins[origin].idle = 0; // else Qt would have used it
    if (m_newPeerPorts.isEmpty()) // one scan for all connections made in this turn of the event loop
        QMetaObject::invokeMethod(this, &ConnectionPool::setNoDelayOnNew, Qt::QueuedConnection);
    m_newPeerPorts.insert(peerPort(*manager, origin));
}

void ConnectionPool::setNoDelayOnNew()
{
    setNoDelay(std::exchange(m_newPeerPorts, {}));
}

void ConnectionPool::dropRetired()
{
    if (!m_toEnd.isEmpty()) // a manager whose thread reads without end would be waited for
        return;
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
