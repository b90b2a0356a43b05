#pragma once

#include "core/net/routeresolver.h"

#include <QHash>
#include <QNetworkAccessManager>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>
#include <vector>

namespace talkbench::net {

/// The managers behind QtTransport. Qt before 6.5 opens at most six connections an origin and manager and queues the rest
/// unseen, so each manager gets at most six requests an origin at a time, and further managers are made on demand.
class ConnectionPool final : public QObject {
    Q_OBJECT

public:
    explicit ConnectionPool(int maxConnections);
    ~ConnectionPool() override;

    bool isFull() const { return m_inFlight >= m_maxConnections; }
    RouteResolver &routes() { return m_routes; }

    /// A transfer counts from its start, while its route is still looked for, to its end.
    void enter() { ++m_inFlight; }
    void leave();

    /// Takes a connection's place to `origin`, on a manager with an idle connection there if one is known. A manager
    /// serves one route only.
    QNetworkAccessManager *take(const QString &origin, const QtRoute &route);
    enum class Left {
        Warm, ///< the connection stays open and idle
        Closed,
        Connecting, ///< given up while Qt was at it; Qt would go on, so the manager goes once it is out of use
        Unread, ///< an answer may still come that is nobody's: the manager goes, too
        Headless, ///< given up before a head came, over plain http; the manager goes, and the connection, see give()
    };
    /// Qt 6.4 reads a head byte by byte for as long as there is one more, and hears of nothing meanwhile. Where a head may
    /// have no end, the connections to its server or proxy are ended under Qt's hands, once no request is left on one.
    void give(QNetworkAccessManager *manager, const QString &origin, Left left);
    /// A request went out on a connection that was made for it.
    void connectionMade(QNetworkAccessManager *manager, const QString &origin);

Q_SIGNALS:
    /// From the event loop.
    void freed();
    /// A request that this manager has begun on a connection that was open may get the answer to another.
    void mistrusted(const QNetworkAccessManager *manager);

private:
    struct Places {
        int inFlight = 0;
        int idle = 0; ///< at most: a server may have closed some
    };
    struct Member {
        QByteArray routeKey;
        std::unique_ptr<QNetworkAccessManager> manager;
        QHash<QString, Places> origins;
        int inFlight = 0;
        int sweepsUnused = 0;
        bool retired = false; ///< gets no more requests
    };

    Member &memberFor(const QString &origin, const QtRoute &route);
    Member &memberOf(const QNetworkAccessManager *manager);
    void sweep();
    void dropRetired();
    void setNoDelayOnNew();
    void leavePeer(quint16 port, Left left);

    int m_maxConnections;
    int m_inFlight = 0;
    RouteResolver m_routes;
    std::vector<Member> m_members;
    QTimer m_sweep;
    QSet<quint16> m_newPeerPorts;
    QHash<quint16, int> m_inFlightTo; ///< by the port of the server or proxy
    QSet<quint16> m_toEnd;
};

} // namespace talkbench::net
