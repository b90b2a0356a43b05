#pragma once

#include "core/base/http.h"
#include "core/base/result.h"

#include <QByteArray>

#include <functional>
#include <memory>
#include <optional>

namespace talkbench::simulator {

/// A request whose body is all here.
struct HttpIn {
    QByteArray method;
    QByteArray path;
    QList<std::pair<QByteArray, QByteArray>> query;
    base::HttpHeaders headers;
    QByteArray body;
    qint64 receivedNs = 0;
};

/// The way to one client while its request is answered. Used from the connection's own thread only.
class ClientLink {
public:
    virtual ~ClientLink() = default;

    /// Waits until base::Clock's nowNs() reaches this; false as soon as the client is gone or the server stops.
    virtual bool waitUntil(qint64 ns) = 0;
    /// Sends a part of the body at once; false if the client is gone. Only while HttpOut::body runs.
    virtual bool write(const QByteArray &bytes) = 0;
    /// Ends a body of unknown length.
    virtual void finish() = 0;
    /// The connection is to end with a reset, not with a FIN.
    virtual void resetOnClose() = 0;
};

struct HttpOut {
    int status = 200;
    base::HttpHeaders headers;
    QByteArray contentType = "application/json";
    /// Writes the body once the headers are out; false closes the connection where it stands.
    std::function<bool(ClientLink &)> body;
    /// The body's length; without one it goes out in chunks.
    std::optional<qsizetype> length;

    static HttpOut whole(int status, const QByteArray &body);
};

/// Called in the connection's thread: it may wait.
using HttpHandler = std::function<HttpOut(const HttpIn &, ClientLink &)>;

/// HTTP/1.1 on 127.0.0.1 with a thread for each connection.
class HttpServer {
public:
    explicit HttpServer(HttpHandler handler);
    ~HttpServer();

    /// Gives the port it listens on.
    base::Result<quint16> start(quint16 port);
    void stop();

private:
    class Private;
    std::unique_ptr<Private> m_private;
};

} // namespace talkbench::simulator
