#include "core/net/networkerror.h"

#include "core/base/route.h"
#include "core/net/httptransport.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using base::Error;
using base::ErrorKind;

namespace {

Error makeError(ErrorKind kind, const QString &message, const QString &detail)
{
    return { .kind = kind, .message = message, .detail = detail, .httpStatus = 0, .retryAfterMs = std::nullopt };
}

QString serverName(const QUrl &url)
{
    return url.port() < 0 ? url.host() : u"%1:%2"_s.arg(url.host(), QString::number(url.port()));
}

QString proxyName(const QNetworkProxy &proxy)
{
    return u"%1:%2"_s.arg(proxy.hostName(), QString::number(proxy.port()));
}

/// Qt's text without the parts of the URL that may carry a key.
QString safeDetail(const QNetworkReply &reply)
{
    const QUrl url = reply.url();
    QString text = reply.errorString();
    text.replace(url.toString(), url.toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment));
    if (url.hasQuery())
        text.remove(url.query());
    return text;
}

/// Errors that Qt derives from the status. ContentReSendError is one, for a 307 or 308 that nobody follows.
bool isAboutStatus(QNetworkReply::NetworkError error)
{
    return error >= QNetworkReply::ContentAccessDenied && error != QNetworkReply::ProtocolUnknownError
        && error != QNetworkReply::ProtocolFailure;
}

Error connectionLost(const QString &server, bool answered, const QString &detail)
{
    if (answered)
        return makeError(ErrorKind::Truncated, u"%1 closed the connection before the answer was whole."_s.arg(server),
                         detail);
    return makeError(ErrorKind::Reset,
                     u"%1 closed the connection before it answered, or did not answer in HTTP."_s.arg(server), detail);
}

/// Qt 6.4 passes these failures of a proxy on as unknown ones, told apart by their text only.
QNetworkReply::NetworkError errorOf(const QNetworkReply &reply)
{
    struct Text {
        const char *context;
        const char *text;
        QNetworkReply::NetworkError error;
    };
    static constexpr std::array texts {
        Text { "QHttpSocketEngine", "Proxy denied connection", QNetworkReply::ContentAccessDenied },
        Text { "QHttpSocketEngine", "Proxy connection refused", QNetworkReply::ProxyConnectionRefusedError },
        Text { "QHttpSocketEngine", "Proxy connection closed prematurely", QNetworkReply::ProxyConnectionClosedError },
        Text { "QHttpSocketEngine", "Proxy server connection timed out", QNetworkReply::ProxyTimeoutError },
        Text { "QSocks5SocketEngine", "Connection to proxy refused", QNetworkReply::ProxyConnectionRefusedError },
        Text { "QSocks5SocketEngine", "Connection to proxy closed prematurely",
               QNetworkReply::ProxyConnectionClosedError },
        Text { "QSocks5SocketEngine", "Connection to proxy timed out", QNetworkReply::ProxyTimeoutError },
    };
    if (reply.error() != QNetworkReply::UnknownNetworkError)
        return reply.error();
    const QString said = reply.errorString();
    const auto row = std::find_if(texts.begin(), texts.end(), [&said](const Text &text) {
        return said == QCoreApplication::translate(text.context, text.text);
    });
    return row == texts.end() ? reply.error() : row->error;
}

/// The proxy itself fails. Where a request is handed to it whole, Qt takes it for the server.
std::optional<Error> proxyError(QNetworkReply::NetworkError error, const Progress &progress, bool whole,
                                const QString &detail)
{
    const QString proxy = proxyName(progress.proxy);
    if (error == QNetworkReply::ProxyAuthenticationRequiredError)
        return makeError(ErrorKind::Proxy,
                         (progress.credentials ? u"The proxy %1 rejected the user name or the password."_s
                                               : u"The proxy %1 wants a user name and a password."_s)
                             .arg(proxy),
                         detail);
    if (error == QNetworkReply::ProxyConnectionRefusedError
        || (whole && error == QNetworkReply::ConnectionRefusedError))
        return makeError(ErrorKind::Proxy, u"The proxy %1 refused the connection. Is it running?"_s.arg(proxy), detail);
    if (error == QNetworkReply::ProxyNotFoundError
        || (error == QNetworkReply::HostNotFoundError && (whole || !progress.connecting)))
        return makeError(
            ErrorKind::Proxy,
            u"There is no proxy named %1, or the name service cannot be reached."_s.arg(progress.proxy.hostName()),
            detail);
    if (error == QNetworkReply::ProxyConnectionClosedError)
        return makeError(ErrorKind::Proxy, u"The proxy %1 closed the connection."_s.arg(proxy), detail);
    if (error == QNetworkReply::ProxyTimeoutError)
        return makeError(ErrorKind::Proxy, u"The proxy %1 did not answer the connection in time."_s.arg(proxy), detail);
    return std::nullopt;
}

/// The proxy works, but did not get to the server.
std::optional<Error> farError(QNetworkReply::NetworkError error, const QString &server, const QNetworkProxy &by,
                              const QString &detail)
{
    const QString proxy = proxyName(by);
    switch (error) {
    case QNetworkReply::HostNotFoundError:
        if (by.type() == QNetworkProxy::Socks5Proxy) // Qt says the same of a failure, a prohibition and no host
            return makeError(
                ErrorKind::Proxy,
                u"The proxy %1 made no connection to %2: it found no such host, does not allow it, or failed."_s.arg(
                    proxy, server),
                detail);
        return makeError(ErrorKind::Dns, u"The proxy %1 found no host named %2."_s.arg(proxy, server), detail);
    case QNetworkReply::ConnectionRefusedError:
        return makeError(ErrorKind::Refused,
                         u"%1 refused the connection from the proxy %2. Is the server running?"_s.arg(server, proxy),
                         detail);
    case QNetworkReply::ContentAccessDenied:
        return makeError(ErrorKind::Proxy, u"The proxy %1 does not allow connections to %2."_s.arg(proxy, server),
                         detail);
    case QNetworkReply::UnknownNetworkError:
    case QNetworkReply::UnknownProxyError:
    case QNetworkReply::TemporaryNetworkFailureError:
    case QNetworkReply::NetworkSessionFailedError:
    case QNetworkReply::TimeoutError:
        return makeError(ErrorKind::Network, u"The proxy %1 could not make a connection to %2."_s.arg(proxy, server),
                         detail);
    default:
        return std::nullopt;
    }
}

Error handshakeError(const QString &server, const QString &detail)
{
    Error error = makeError(ErrorKind::Tls, u"No secure connection to %1 could be made."_s.arg(server), detail);
    if (speaksNoTls(error))
        error.message = u"%1 does not speak TLS here: try http:// in place of https://."_s.arg(server);
    return error;
}

Error plainError(QNetworkReply::NetworkError error, const QUrl &url, bool answered, const QString &detail)
{
    const QString server = serverName(url);
    switch (error) {
    case QNetworkReply::HostNotFoundError:
        return makeError(ErrorKind::Dns,
                         u"There is no host named %1, or the name service cannot be reached."_s.arg(url.host()),
                         detail);
    case QNetworkReply::ConnectionRefusedError:
        return makeError(ErrorKind::Refused, u"%1 refused the connection. Is the server running?"_s.arg(server),
                         detail);
    case QNetworkReply::RemoteHostClosedError:
    case QNetworkReply::ContentReSendError: // Qt wanted to send the request again by itself
        return connectionLost(server, answered, detail);
    case QNetworkReply::SslHandshakeFailedError:
        return handshakeError(server, detail);
    case QNetworkReply::TimeoutError:
        return makeError(ErrorKind::ConnectTimeout, u"%1 did not answer the connection in time."_s.arg(server), detail);
    case QNetworkReply::ProtocolFailure:
        return makeError(ErrorKind::Network, u"What %1 sent is not HTTP."_s.arg(server), detail);
    default:
        return makeError(ErrorKind::Network, u"The connection to %1 failed."_s.arg(server), detail);
    }
}

} // namespace

std::optional<Error> networkError(const QNetworkReply &reply, const Progress &progress)
{
    QNetworkReply::NetworkError error = reply.error();
    if (error == QNetworkReply::NoError || (progress.answered && isAboutStatus(error)))
        return std::nullopt;
    const QString detail = safeDetail(reply);
    if (progress.proxy.type() != QNetworkProxy::NoProxy) {
        error = errorOf(reply);
        const bool whole = progress.proxy.type() == QNetworkProxy::HttpProxy && reply.url().scheme() == "http"_L1;
        if (auto failed = proxyError(error, progress, whole, detail))
            return failed;
        auto far = farError(error, serverName(reply.url()), progress.proxy, detail);
        if (far && !progress.sent)
            return far;
    }
    return plainError(error, reply.url(), progress.answered, detail);
}

bool speaksNoTls(const Error &error)
{
    // OpenSSL reads the first bytes of another protocol as a record's version, or as its length.
    static constexpr std::array texts { "wrong version number"_L1, "packet length too long"_L1, "unknown protocol"_L1 };
    return error.kind == ErrorKind::Tls && !error.certificate
        && std::any_of(texts.begin(), texts.end(),
                       [&error](QLatin1StringView text) { return error.detail.contains(text, Qt::CaseInsensitive); });
}

Error timeoutError(ErrorKind kind, const QUrl &url, const TransportLimits &limits, const QNetworkProxy &proxy)
{
    const QString server = serverName(url);
    const auto seconds = [](int ms) { return QString::number(ms / 1000.0); };
    switch (kind) {
    case ErrorKind::ConnectTimeout:
        if (proxy.type() != QNetworkProxy::NoProxy)
            return makeError(kind,
                             u"No connection to %1 by the proxy %2 within %3 s."_s.arg(server, proxyName(proxy),
                                                                                       seconds(limits.connectMs)),
                             {});
        return makeError(kind,
                         (url.scheme() == "https"_L1 ? u"No secure connection to %1 within %2 s."_s
                                                     : u"No connection to %1 within %2 s."_s)
                             .arg(server, seconds(limits.connectMs)),
                         {});
    case ErrorKind::FirstByteTimeout:
        return makeError(kind, u"%1 sent no answer within %2 s."_s.arg(server, seconds(limits.firstByteMs)), {});
    case ErrorKind::IdleTimeout:
        return makeError(kind, u"Nothing moved between %1 and here for %2 s."_s.arg(server, seconds(limits.idleMs)),
                         {});
    default:
        return makeError(kind, u"%1 did not end its answer within %2 s."_s.arg(server, seconds(limits.totalMs)), {});
    }
}

Error truncatedError(const QUrl &url, qint64 received, qint64 promised)
{
    return makeError(ErrorKind::Truncated,
                     u"%1 closed the connection before the answer was whole."_s.arg(serverName(url)),
                     u"%1 of %2 bytes"_s.arg(received).arg(promised));
}

Error interimError(const QUrl &url, int status)
{
    Error error = makeError(ErrorKind::BadEvent,
                            u"%1 answered with the interim status %2, which is not understood here; its answer may "
                            "have followed."_s.arg(serverName(url), QString::number(status)),
                            {});
    error.httpStatus = status;
    return error;
}

Error mistrustedError(const QUrl &url)
{
    return makeError(ErrorKind::BadEvent,
                     u"What %1 sent may answer another request, so it was not read."_s.arg(serverName(url)), {});
}

Error certificateError(const QUrl &url, const base::ServerCertificate &certificate, bool pinned)
{
    const QString problems = certificate.problems.join(u"; "_s);
    const QString fingerprint = base::fingerprintText(certificate.fingerprint);
    Error error =
        makeError(ErrorKind::Tls,
                  pinned ? u"%1 showed another certificate than the pinned one. Its SHA-256 is %2."_s.arg(
                      serverName(url), fingerprint)
                         : u"The connection to %1 is not secure: %2."_s.arg(serverName(url), problems),
                  u"%1\nSHA-256 %2\nsubject %3\nissuer %4\nvalid from %5 to %6"_s.arg(
                      problems, fingerprint, certificate.subject, certificate.issuer,
                      certificate.validFrom.toString(Qt::ISODate), certificate.validUntil.toString(Qt::ISODate)));
    error.certificate = certificate;
    return error;
}

} // namespace talkbench::net
