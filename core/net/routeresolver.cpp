#include "core/net/routeresolver.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QFile>
#include <QFileInfo>
#include <QSslCertificate>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using base::Route;

namespace {

constexpr qint64 largestFile = 8 << 20;

base::Error configError(const QString &message, const QString &detail = {})
{
    return { base::ErrorKind::Config, message, detail, 0, std::nullopt };
}

QNetworkProxy toQt(const base::Proxy &proxy)
{
    return QNetworkProxy(proxy.type == base::Proxy::Type::Http ? QNetworkProxy::HttpProxy : QNetworkProxy::Socks5Proxy,
                         proxy.host, proxy.port, proxy.user, proxy.password);
}

/// Qt 6.4 sends a proxy the user and the password in Latin-1: so each letter stands for a byte of UTF-8.
QString asUtf8Bytes(const QString &text)
{
    return QString::fromLatin1(text.toUtf8());
}

QByteArray keyOf(const Route &route, const QNetworkProxy &proxy)
{
    QByteArray bytes = base::routeKey(route);
    QDataStream out(&bytes, QIODevice::Append);
    out << static_cast<int>(proxy.type()) << proxy.hostName() << proxy.port() << proxy.user() << proxy.password();
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256);
}

base::Result<QList<QSslCertificate>> readAuthorities(const QString &path)
{
    QFile file(path);
    if (!QFileInfo(path).isFile()) // a pipe would never end
        return configError(u"There is no file %1, which the extra certificates should come from."_s.arg(path));
    if (!file.open(QIODevice::ReadOnly))
        return configError(u"The extra certificates in %1 can't be read: %2."_s.arg(path, file.errorString()));
    const QList<QSslCertificate> certificates = QSslCertificate::fromData(file.read(largestFile), QSsl::Pem);
    if (certificates.isEmpty())
        return configError(u"There is no certificate in %1: it has to be a PEM file."_s.arg(path));
    return certificates;
}

} // namespace

void RouteResolver::resolve(const QUrl &url, const Route &route, QObject *context, const Then &then)
{
    const QNetworkProxy none(QNetworkProxy::NoProxy);
    switch (route.proxying) {
    case Route::Proxying::System:
        m_systemProxies.whenKnown(
            url, context, [this, url, route, then](const QNetworkProxy &proxy) { then(resolved(url, route, proxy)); });
        break;
    case Route::Proxying::None:
        then(resolved(url, route, none));
        break;
    case Route::Proxying::Manual:
        if (route.proxy.host.isEmpty() || route.proxy.port == 0)
            then(configError(u"The network settings want a proxy, but name no host or no port of one."_s));
        else
            then(resolved(url, route, base::bypasses(route.bypass, url.host()) ? none : toQt(route.proxy)));
        break;
    }
}

base::Result<QtRoute> RouteResolver::resolved(const QUrl &url, const Route &route, const QNetworkProxy &proxy)
{
    QtRoute result { keyOf(route, proxy), proxy, {}, {} };
    const bool secure = url.scheme() == "https"_L1;
    if (!secure && proxy.type() == QNetworkProxy::HttpProxy && !proxy.user().isEmpty()) {
        result.proxyAuthorization = "Basic " + (proxy.user() + u':' + proxy.password()).toUtf8().toBase64();
        result.proxy.setUser({});
        result.proxy.setPassword({});
    } else if (!proxy.user().isEmpty()) {
        result.proxy.setUser(asUtf8Bytes(proxy.user()));
        result.proxy.setPassword(asUtf8Bytes(proxy.password()));
    }
    if (secure) {
        auto tls = tlsFor(route);
        if (!tls)
            return tls.error();
        result.tls = *tls;
    }
    return result;
}

base::Result<QSslConfiguration> RouteResolver::tlsFor(const Route &route)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    if (!route.pin.isEmpty()) {
        tls.setCaCertificates({}); // every certificate is an error then, which only the pinned one is forgiven
        return tls;
    }
    const QStringList &caFiles = route.caFiles;
    if (caFiles.isEmpty())
        return tls;
    QList<QDateTime> changed;
    for (const QString &path : caFiles)
        changed.append(QFileInfo(path).lastModified());
    Authorities &known = m_authorities[caFiles];
    if (known.changed == changed && !known.tls.isNull())
        return known.tls;
    known = { changed, {} };
    for (const QString &path : caFiles) {
        const auto certificates = readAuthorities(path);
        if (!certificates)
            return certificates.error();
        tls.addCaCertificates(*certificates);
    }
    return known.tls = tls;
}

} // namespace talkbench::net
