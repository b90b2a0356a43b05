#pragma once

#include "core/base/error.h"

#include <QNetworkProxy>
#include <QNetworkReply>

#include <optional>

namespace talkbench::net {

struct TransportLimits;

/// What a failed exchange had reached.
struct Progress {
    QNetworkProxy proxy = QNetworkProxy(QNetworkProxy::NoProxy);
    bool credentials = false; ///< the proxy was told some
    bool connecting = false; ///< a connection was begun: the first name was found
    bool sent = false; ///< a request, or its beginning, went out to the server
    bool answered = false; ///< a head was received: its status says what an error on HTTP's level would
};

/// What QNetworkReply's end means; nothing if the exchange ended in good order.
std::optional<base::Error> networkError(const QNetworkReply &reply, const Progress &progress);
/// No secure connection, as the server answered in the clear.
bool speaksNoTls(const base::Error &error);
/// `kind` is one of the four timeouts.
base::Error timeoutError(base::ErrorKind kind, const QUrl &url, const TransportLimits &limits,
                         const QNetworkProxy &proxy);
base::Error truncatedError(const QUrl &url, qint64 received, qint64 promised);
/// Neither is one to ask again for: the server may be at work on the answer.
base::Error interimError(const QUrl &url, int status);
/// What came may answer another request.
base::Error mistrustedError(const QUrl &url);
/// The certificate was refused: for its problems or, where there is a pin, because it is another one.
base::Error certificateError(const QUrl &url, const base::ServerCertificate &certificate, bool pinned);

} // namespace talkbench::net
