#pragma once

#include "core/base/result.h"
#include "core/base/route.h"
#include "core/net/systemproxies.h"

#include <QDateTime>
#include <QSslConfiguration>

namespace talkbench::net {

/// A base::Route to one server, made ready for Qt.
struct QtRoute {
    QByteArray key; ///< connections may be shared where it is equal
    QNetworkProxy proxy = QNetworkProxy(QNetworkProxy::NoProxy);
    /// For the Proxy-Authorization header of a request that is handed to the proxy whole: Qt would send it without one
    /// first, and could not send its body again. Elsewhere the credentials are in `proxy`. Empty for none.
    QByteArray proxyAuthorization;
    QSslConfiguration tls;
};

/// Finds the proxy and reads the authorities' files of a route.
class RouteResolver final : public QObject {
    Q_OBJECT

public:
    using Then = std::function<void(const base::Result<QtRoute> &)>;

    /// Calls `then` from within this call where all is known, else from the event loop, unless `context` is gone. An error
    /// is of kind Config: no proxy named, an authorities' file that is unreadable or none.
    void resolve(const QUrl &url, const base::Route &route, QObject *context, const Then &then);

private:
    struct Authorities {
        QList<QDateTime> changed; ///< of each file
        QSslConfiguration tls;
    };

    base::Result<QtRoute> resolved(const QUrl &url, const base::Route &route, const QNetworkProxy &proxy);
    base::Result<QSslConfiguration> tlsFor(const base::Route &route);

    SystemProxies m_systemProxies;
    QHash<QStringList, Authorities> m_authorities;
};

} // namespace talkbench::net
