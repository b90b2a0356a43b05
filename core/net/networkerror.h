#pragma once

#include "core/base/error.h"

#include <QNetworkReply>

#include <optional>

namespace talkbench::net {

struct TransportLimits;

/// What QNetworkReply's end means. `answered`: a head was received, so its status says what an HTTP-level error would, and
/// only a broken exchange is an error here. `tlsReasons`: what Qt found wrong with the certificate.
std::optional<base::Error> networkError(const QNetworkReply &reply, bool answered, const QStringList &tlsReasons);
/// `kind` is one of the four timeouts.
base::Error timeoutError(base::ErrorKind kind, const QUrl &url, const TransportLimits &limits);
base::Error truncatedError(const QUrl &url, qint64 received, qint64 promised);

} // namespace talkbench::net
