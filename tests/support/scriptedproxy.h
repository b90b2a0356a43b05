#pragma once

#include <QHostAddress>
#include <QMutex>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <QUrl>

#include <functional>
#include <memory>

namespace talkbench::tests {

/// A proxy on 127.0.0.1 in a thread of its own: HTTP (CONNECT, and requests with a whole URL) or SOCKS5, with or without
/// credentials. It finds every host below `.test` on 127.0.0.1, which no name service does.
class ScriptedProxy final {
public:
    struct Rules {
        bool socks = false;
        /// What it wants to be told; empty: nothing.
        QByteArray user = {};
        QByteArray password = {};
        /// Instead of a connection: an HTTP status, or a SOCKS5 reply code.
        int refusal = 0;
    };

    explicit ScriptedProxy(const Rules &rules) : m_rules(rules)
    {
        m_context.moveToThread(&m_thread);
        m_thread.start();
        inThread([this] {
            m_server = std::make_unique<QTcpServer>();
            QObject::connect(m_server.get(), &QTcpServer::newConnection, m_server.get(), [this] {
                while (QTcpSocket *socket = m_server->nextPendingConnection())
                    accept(socket);
            });
            m_server->listen(QHostAddress::LocalHost);
            m_port = m_server->serverPort();
        });
    }
    ~ScriptedProxy()
    {
        inThread([this] { m_server.reset(); });
        m_thread.quit();
        m_thread.wait();
    }

    quint16 port() const { return m_port; }
    /// What was asked for, in order: "CONNECT host:port", "POST http://host:port/path", "SOCKS host:port".
    QByteArrayList asked() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_asked;
    }
    /// Times that credentials were missing or wrong.
    int rejections() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_rejections;
    }

private:
    enum class Stage { Greeting, Password, Request, Relay };
    struct Client {
        QTcpSocket *near = nullptr;
        QTcpSocket *far = nullptr;
        QByteArray unread;
        Stage stage = Stage::Greeting;
    };

    template <typename Work>
    void inThread(Work &&work)
    {
        QMetaObject::invokeMethod(&m_context, std::forward<Work>(work), Qt::BlockingQueuedConnection);
    }

    void accept(QTcpSocket *socket)
    {
        auto client = std::make_shared<Client>();
        client->near = socket;
        client->far = new QTcpSocket(socket);
        client->stage = m_rules.socks ? Stage::Greeting : Stage::Request;
        QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, client] {
            client->unread += client->near->readAll();
            m_rules.socks ? readSocks(*client) : readHttp(*client);
        });
        QObject::connect(socket, &QTcpSocket::disconnected, socket, [client] {
            client->far->abort();
            client->near->deleteLater();
        });
        QObject::connect(client->far, &QTcpSocket::readyRead, socket,
                         [client] { client->near->write(client->far->readAll()); });
        QObject::connect(client->far, &QTcpSocket::disconnected, socket,
                         [client] { client->near->disconnectFromHost(); });
    }

    void ask(const QByteArray &what)
    {
        const QMutexLocker lock(&m_mutex);
        m_asked.append(what);
    }
    void reject()
    {
        const QMutexLocker lock(&m_mutex);
        ++m_rejections;
    }
    /// Blocks the proxy's thread only.
    static bool reach(Client &client, const QString &host, quint16 port)
    {
        if (client.far->state() == QAbstractSocket::ConnectedState)
            return true;
        client.far->connectToHost(host.endsWith(QStringLiteral(".test")) ? QStringLiteral("127.0.0.1") : host, port);
        return client.far->waitForConnected(5000);
    }
    static void relay(Client &client)
    {
        client.stage = Stage::Relay;
        client.far->write(std::exchange(client.unread, {}));
    }

    void readHttp(Client &client)
    {
        while (client.stage == Stage::Request) {
            const qsizetype headEnd = client.unread.indexOf("\r\n\r\n");
            if (headEnd < 0)
                return;
            QByteArrayList lines = client.unread.first(headEnd).split('\n');
            const QByteArrayList start = lines.takeFirst().trimmed().split(' ');
            QByteArray credentials;
            QByteArray passedOn;
            qsizetype length = 0;
            for (const QByteArray &line : std::as_const(lines)) {
                const QByteArray lower = line.toLower();
                if (lower.startsWith("proxy-authorization: basic "))
                    credentials = QByteArray::fromBase64(line.sliced(27).trimmed());
                if (lower.startsWith("content-length:"))
                    length = line.sliced(15).trimmed().toLongLong();
                if (!lower.startsWith("proxy-"))
                    passedOn += line.trimmed() + "\r\n";
            }
            if (client.unread.size() < headEnd + 4 + length)
                return;
            const QByteArray body = client.unread.sliced(headEnd + 4, length);
            client.unread.remove(0, headEnd + 4 + length);
            ask(start.value(0) + ' ' + start.value(1));
            if (!m_rules.user.isEmpty() && credentials != m_rules.user + ':' + m_rules.password) {
                reject();
                client.near->write("HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"test\"\r\n"
                                   "Content-Length: 4\r\n\r\nwho?");
            } else if (m_rules.refusal != 0) {
                client.near->write("HTTP/1.1 " + QByteArray::number(m_rules.refusal)
                                   + " No\r\nContent-Length: 0\r\n\r\n");
            } else if (start.value(0) == "CONNECT") {
                const QUrl url(QStringLiteral("http://") + QString::fromLatin1(start.value(1)));
                if (!reach(client, url.host(), static_cast<quint16>(url.port())))
                    return client.near->disconnectFromHost();
                client.near->write("HTTP/1.1 200 Here you are\r\n\r\n");
                relay(client);
            } else {
                const QUrl url(QString::fromLatin1(start.value(1)));
                if (!reach(client, url.host(), static_cast<quint16>(url.port(80))))
                    return client.near->disconnectFromHost();
                client.far->write(start.value(0) + ' ' + url.path().toLatin1() + " HTTP/1.1\r\n" + passedOn + "\r\n"
                                  + body);
            }
        }
        if (client.stage == Stage::Relay)
            relay(client);
    }

    void readSocks(Client &client)
    {
        QByteArray &in = client.unread;
        if (client.stage == Stage::Greeting && in.size() >= 2 && in.size() >= 2 + in[1]) {
            const char wanted = m_rules.user.isEmpty() ? 0 : 2;
            const bool offered = in.sliced(2, in[1]).contains(wanted);
            in.remove(0, 2 + in[1]);
            client.near->write(QByteArray("\x05", 1) + (offered ? wanted : '\xff'));
            if (!offered) {
                reject();
                return client.near->disconnectFromHost();
            }
            client.stage = wanted == 0 ? Stage::Request : Stage::Password;
        }
        if (client.stage == Stage::Password && in.size() >= 2 && in.size() >= 3 + in[1]
            && in.size() >= 3 + in[1] + in[2 + in[1]]) {
            const QByteArray user = in.sliced(2, in[1]);
            const QByteArray password = in.sliced(3 + in[1], in[2 + in[1]]);
            const bool right = user == m_rules.user && password == m_rules.password;
            in.clear();
            client.near->write(right ? QByteArray("\x01\x00", 2) : QByteArray("\x01\x01", 2));
            if (!right) {
                reject();
                return client.near->disconnectFromHost();
            }
            client.stage = Stage::Request;
        }
        if (client.stage == Stage::Request && in.size() >= 10)
            requestSocks(client);
        if (client.stage == Stage::Relay)
            relay(client);
    }

    /// Addresses of four bytes, and names.
    void requestSocks(Client &client)
    {
        const QByteArray &in = client.unread;
        const bool named = in[3] == 3;
        const qsizetype length = named ? in[4] : 4;
        const qsizetype from = named ? 5 : 4;
        if (in.size() < from + length + 2)
            return;
        const auto byte = [&in](qsizetype i) { return static_cast<unsigned>(static_cast<unsigned char>(in[i])); };
        const QString host = named ? QString::fromLatin1(in.sliced(from, length))
                                   : QStringLiteral("%1.%2.%3.%4").arg(byte(4)).arg(byte(5)).arg(byte(6)).arg(byte(7));
        const auto port = static_cast<quint16>(byte(from + length) << 8 | byte(from + length + 1));
        client.unread.remove(0, from + length + 2);
        ask("SOCKS " + host.toLatin1() + ':' + QByteArray::number(port));
        const int code = m_rules.refusal != 0 ? m_rules.refusal : reach(client, host, port) ? 0 : 5;
        client.near->write(QByteArray("\x05", 1) + static_cast<char>(code) + QByteArray("\x00\x01\0\0\0\0\0\0", 8));
        if (code == 0)
            client.stage = Stage::Relay;
        else
            client.near->disconnectFromHost();
    }

    const Rules m_rules;
    quint16 m_port = 0;
    QThread m_thread;
    QObject m_context;
    std::unique_ptr<QTcpServer> m_server; ///< in the proxy's thread
    mutable QMutex m_mutex;
    QByteArrayList m_asked;
    int m_rejections = 0;
};

} // namespace talkbench::tests
