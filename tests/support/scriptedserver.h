#pragma once

#include "core/base/http.h"

#include <QMutex>
#include <QSslConfiguration>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <QUrl>

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <sys/socket.h>

namespace talkbench::tests {

struct ScriptedRequest {
    int connection = 0; ///< from 0, in the order of acceptance
    QByteArray method;
    QByteArray target;
    base::HttpHeaders headers;
    QByteArray body;
};

/// The server's side of one connection, in the server's thread.
class ScriptedConnection final : public QObject {
public:
    ScriptedConnection(QTcpSocket *socket, int number) : m_socket(socket), m_number(number)
    {
        m_socket->setParent(this);
    }

    int number() const { return m_number; }
    void write(const QByteArray &bytes)
    {
        m_socket->write(bytes);
        m_socket->flush();
    }
    /// A whole answer with a Content-Length.
    void answer(int status, const QByteArray &body, const QByteArray &headers = "Content-Type: application/json\r\n")
    {
        write("HTTP/1.1 " + QByteArray::number(status) + " Scripted\r\n" + headers
              + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    }
    void startChunked(const QByteArray &contentType = "text/event-stream")
    {
        write("HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    void chunk(const QByteArray &bytes) { write(QByteArray::number(bytes.size(), 16) + "\r\n" + bytes + "\r\n"); }
    void endChunked() { write("0\r\n\r\n"); }
    /// Calls when the kernel has taken all that was written so far.
    void whenSent(const std::function<void()> &then)
    {
        if (m_socket->bytesToWrite() == 0)
            return then();
        connect(m_socket, &QTcpSocket::bytesWritten, this, [this, then] {
            if (m_socket->bytesToWrite() == 0)
                then();
        });
    }
    /// FIN
    void close() { m_socket->disconnectFromHost(); }
    /// FIN, but the socket stays until the other side has closed its own.
    void closeAndWait() { ::shutdown(static_cast<int>(m_socket->socketDescriptor()), SHUT_WR); }
    /// RST
    void reset()
    {
        const linger now { 1, 0 };
        setsockopt(static_cast<int>(m_socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        m_socket->abort();
    }

private:
    friend class ScriptedServer;
    QTcpSocket *m_socket;
    int m_number;
    QByteArray m_unread;
};

/// An HTTP/1.1 server on 127.0.0.1 that does what a test says, in a thread of its own. The script is called there for each
/// request; a test may go on with a connection later, by on().
class ScriptedServer final {
public:
    using Script = std::function<void(ScriptedConnection &, const ScriptedRequest &)>;

    explicit ScriptedServer(Script script = {}, std::optional<QSslConfiguration> tls = std::nullopt)
        : m_script(std::move(script)), m_tls(std::move(tls))
    {
        m_context.moveToThread(&m_thread);
        m_thread.start();
        inThread([this] { listen(); });
    }
    ~ScriptedServer()
    {
        inThread([this] {
            m_connections.clear();
            m_server.reset();
        });
        m_thread.quit();
        m_thread.wait();
    }

    quint16 port() const { return m_port; }
    QUrl url(const QString &path = QStringLiteral("/")) const
    {
        const QString scheme = m_tls ? QStringLiteral("https") : QStringLiteral("http");
        return QUrl(QStringLiteral("%1://127.0.0.1:%2%3").arg(scheme).arg(m_port).arg(path));
    }
    /// Connections accepted so far.
    int accepted() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_accepted;
    }
    /// Connections that the other side holds open.
    int open() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_open;
    }
    QList<ScriptedRequest> requests() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_requests;
    }
    /// For the connections from now on.
    void changeTls(const QSslConfiguration &tls)
    {
        inThread([this, &tls] { static_cast<QSslServer *>(m_server.get())->setSslConfiguration(tls); });
    }
    /// Runs `what` in the server's thread on a connection, and waits for it.
    void on(int connection, const std::function<void(ScriptedConnection &)> &what)
    {
        inThread([this, connection, &what] {
            if (const auto found = m_connections.find(connection); found != m_connections.end())
                what(*found->second);
        });
    }

private:
    template <typename Work>
    void inThread(Work &&work)
    {
        QMetaObject::invokeMethod(&m_context, std::forward<Work>(work), Qt::BlockingQueuedConnection);
    }

    void listen()
    {
        if (m_tls) {
            auto server = std::make_unique<QSslServer>();
            server->setSslConfiguration(*m_tls);
            m_server = std::move(server);
        } else {
            m_server = std::make_unique<QTcpServer>();
        }
        m_server->setListenBacklogSize(1000);
        QObject::connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, m_server.get(), [this] {
            while (QTcpSocket *socket = m_server->nextPendingConnection())
                accept(socket);
        });
        m_server->listen(QHostAddress::LocalHost);
        m_port = m_server->serverPort();
    }

    void accept(QTcpSocket *socket)
    {
        int number = 0;
        {
            const QMutexLocker lock(&m_mutex);
            number = m_accepted++;
            ++m_open;
        }
        auto &connection = *(m_connections[number] = std::make_unique<ScriptedConnection>(socket, number));
        QObject::connect(socket, &QTcpSocket::readyRead, &connection, [this, &connection] { read(connection); });
        QObject::connect(socket, &QTcpSocket::disconnected, &connection, [this] {
            const QMutexLocker lock(&m_mutex);
            --m_open;
        });
        read(connection);
    }

    void read(ScriptedConnection &connection)
    {
        connection.m_unread += connection.m_socket->readAll();
        while (const auto request = takeRequest(connection)) {
            {
                const QMutexLocker lock(&m_mutex);
                m_requests.append(*request);
            }
            if (m_script)
                m_script(connection, *request);
        }
    }

    static std::optional<ScriptedRequest> takeRequest(ScriptedConnection &connection)
    {
        QByteArray &unread = connection.m_unread;
        const qsizetype headEnd = unread.indexOf("\r\n\r\n");
        if (headEnd < 0)
            return std::nullopt;
        QByteArrayList lines = unread.first(headEnd).split('\n');
        const QByteArrayList start = lines.takeFirst().trimmed().split(' ');
        ScriptedRequest request { connection.m_number, start.value(0), start.value(1), {}, {} };
        for (const QByteArray &line : std::as_const(lines)) {
            const qsizetype colon = line.indexOf(':');
            request.headers.emplaceBack(line.first(colon), line.sliced(colon + 1).trimmed());
        }
        const qsizetype length = base::headerValue(request.headers, "content-length").toLongLong();
        if (unread.size() < headEnd + 4 + length)
            return std::nullopt;
        request.body = unread.sliced(headEnd + 4, length);
        unread.remove(0, headEnd + 4 + length);
        return request;
    }

    Script m_script;
    std::optional<QSslConfiguration> m_tls;
    quint16 m_port = 0;
    QThread m_thread;
    QObject m_context;
    // in the server's thread
    std::unique_ptr<QTcpServer> m_server;
    std::map<int, std::unique_ptr<ScriptedConnection>> m_connections;
    // shared
    mutable QMutex m_mutex;
    int m_accepted = 0;
    int m_open = 0;
    QList<ScriptedRequest> m_requests;
};

} // namespace talkbench::tests
