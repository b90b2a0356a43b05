#pragma once

#include "core/base/http.h"
#include "core/base/result.h"

#include <QObject>

#include <memory>
#include <optional>

namespace talkbench::net {

/// Milliseconds; 0 switches a limit off.
struct TransportLimits {
    int connectMs = 15'000;
    int firstByteMs = 300'000;
    int idleMs = 120'000;
    int totalMs = 1'800'000;

    bool operator==(const TransportLimits &) const = default;
};

enum class Phase {
    ConnectStarted, ///< never seen on a reused connection
    Encrypted, ///< TLS only
    Sent, ///< the whole request was handed to the socket
    Headers,
    FirstByte,
    End,
};

/// One exchange. Lives in the network thread, as its signals do. Destroying it before finished() cancels it and
/// closes its socket at once. All stamps are monotonic nanoseconds (base::Clock::nowNs), taken before any parsing.
class Transfer : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

Q_SIGNALS:
    void phase(talkbench::net::Phase phase, qint64 ns);
    void head(const talkbench::base::HttpHead &head, qint64 ns);
    void bytes(const QByteArray &bytes, qint64 ns);
    /// Exactly once, last. No error means that the exchange ended in good order on HTTP's level, whatever the status;
    /// whether the answer is whole is for the decoder to say.
    void finished(const std::optional<talkbench::base::Error> &error, qint64 ns);
};

/// The seam between Talkbench and the network. Lives in the network thread.
class HttpTransport : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// Whether start() would dispatch to `url`'s host at once. Callers queue until it does: the transport never queues.
    virtual bool hasFreeConnection(const QUrl &url) const = 0;
    /// Dispatches now. Signals come from the event loop, never from within start().
    virtual std::unique_ptr<Transfer> start(const base::HttpRequest &request, const TransportLimits &limits) = 0;

Q_SIGNALS:
    void connectionFreed();
};

} // namespace talkbench::net
