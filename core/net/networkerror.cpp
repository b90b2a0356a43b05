#include "core/net/networkerror.h"

#include "core/net/httptransport.h"

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
    return makeError(ErrorKind::Reset, u"%1 closed the connection before it answered."_s.arg(server), detail);
}

} // namespace

std::optional<Error> networkError(const QNetworkReply &reply, bool answered, const QStringList &tlsReasons)
{
    const QNetworkReply::NetworkError error = reply.error();
    if (error == QNetworkReply::NoError || (answered && isAboutStatus(error)))
        return std::nullopt;
    const QString server = serverName(reply.url());
    const QString detail = safeDetail(reply);
    switch (error) {
    case QNetworkReply::HostNotFoundError:
        return makeError(ErrorKind::Dns,
                         u"There is no host named %1, or the name service cannot be reached."_s.arg(reply.url().host()),
                         detail);
    case QNetworkReply::ConnectionRefusedError:
        return makeError(ErrorKind::Refused, u"%1 refused the connection. Is the server running?"_s.arg(server),
                         detail);
    case QNetworkReply::RemoteHostClosedError:
    case QNetworkReply::ContentReSendError: // Qt wanted to send the request again by itself
        return connectionLost(server, answered, detail);
    case QNetworkReply::SslHandshakeFailedError:
        return makeError(ErrorKind::Tls,
                         tlsReasons.isEmpty()
                             ? u"No secure connection to %1 could be made."_s.arg(server)
                             : u"The connection to %1 is not secure: %2."_s.arg(server, tlsReasons.join(u"; "_s)),
                         detail);
    case QNetworkReply::TimeoutError:
        return makeError(ErrorKind::ConnectTimeout, u"%1 did not answer the connection in time."_s.arg(server), detail);
    case QNetworkReply::ProxyAuthenticationRequiredError:
        return makeError(ErrorKind::Network, u"The proxy on the way to %1 wants a password."_s.arg(server), detail);
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyTimeoutError:
    case QNetworkReply::UnknownProxyError:
        return makeError(ErrorKind::Network, u"The proxy on the way to %1 does not work."_s.arg(server), detail);
    case QNetworkReply::ProtocolFailure:
        return makeError(ErrorKind::Network, u"What %1 sent is not HTTP."_s.arg(server), detail);
    default:
        return makeError(ErrorKind::Network, u"The connection to %1 failed."_s.arg(server), detail);
    }
}

Error timeoutError(ErrorKind kind, const QUrl &url, const TransportLimits &limits)
{
    const QString server = serverName(url);
    const auto seconds = [](int ms) { return QString::number(ms / 1000.0); };
    switch (kind) {
    case ErrorKind::ConnectTimeout:
        return makeError(kind, u"No connection to %1 within %2 s."_s.arg(server, seconds(limits.connectMs)), {});
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

} // namespace talkbench::net
