#include "core/net/redisclient.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench::net;
using namespace Qt::StringLiterals;

namespace {

/// Says the same to whoever sends something.
class Parrot final : public QTcpServer {
public:
    explicit Parrot(const QByteArray &words) : m_words(words)
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this] {
            auto *socket = nextPendingConnection();
            ++connections;
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                heard += socket->readAll();
                socket->write(m_words);
            });
        });
    }
    QUrl url() const { return QUrl(u"redis://127.0.0.1:%1"_s.arg(serverPort())); }

    QByteArray heard;
    int connections = 0;

private:
    const QByteArray m_words;
};

/// What a lookup gave, and after how long.
struct Outcome {
    int calls = 0;
    RedisClient::Value value;
    qint64 ms = 0;
};

std::shared_ptr<Outcome> get(RedisClient &client, const QByteArray &key)
{
    auto outcome = std::make_shared<Outcome>();
    QElapsedTimer timer;
    timer.start();
    client.get(key, [outcome, timer](const RedisClient::Value &value) {
        ++outcome->calls;
        outcome->value = value;
        outcome->ms = timer.elapsed();
    });
    return outcome;
}

} // namespace

class TestRedisClient : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void addresses()
    {
        QVERIFY(RedisClient::parse(u"redis://localhost"_s));
        QVERIFY(RedisClient::parse(u"redis://u:p@h:1234/2"_s));
        for (const QString &wrong : { u""_s, u"localhost:6379"_s, u"http://h"_s, u"redis://"_s, u"redis://h/x"_s })
            QVERIFY2(!RedisClient::parse(wrong), qPrintable(wrong));
    }

    void sendsAndReads()
    {
        Parrot server("$5\r\nhe\r\no\r\n");
        RedisClient client(server.url());
        const auto outcome = get(client, "a");
        QTRY_COMPARE(outcome->calls, 1);
        QCOMPARE(outcome->value, "he\r\no");
        QCOMPARE(server.heard, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    }

    void nothingThere()
    {
        Parrot server("$-1\r\n");
        RedisClient client(server.url());
        const auto outcome = get(client, "a");
        QTRY_COMPARE(outcome->calls, 1);
        QVERIFY(!outcome->value);
        QVERIFY(!client.isPaused());
    }

    void hostileAnswers_data()
    {
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("another protocol") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n");
        QTest::newRow("huge") << QByteArray("$99999999999\r\n");
        QTest::newRow("negative") << QByteArray("$-2\r\n");
        QTest::newRow("no number") << QByteArray("$x\r\n");
        QTest::newRow("endless line") << QByteArray(10'000, '+');
        QTest::newRow("more than was asked") << QByteArray("$-1\r\n$-1\r\n");
        QTest::newRow("a piece") << QByteArray("$10\r\nabc");
        QTest::newRow("silence") << QByteArray();
    }
    void hostileAnswers()
    {
        QFETCH(QByteArray, words);
        Parrot server(words);
        RedisClient client(server.url());
        const auto outcome = get(client, "a");
        QTRY_COMPARE(outcome->calls, 1);
        QVERIFY(!outcome->value);
        QVERIFY(outcome->ms < 1000); // it would be for ever, or RedisClient::limitMs and a busy machine
        QTRY_VERIFY(words.startsWith("$-1") || client.isPaused());
        QCOMPARE(outcome->calls, 1);
    }

    /// A dead one is asked once, then left alone: nobody waits for it again.
    void aDeadServerCostsNothing()
    {
        QUrl url;
        {
            Parrot server("");
            url = server.url();
        }
        RedisClient client(url);
        const auto first = get(client, "a");
        QTRY_COMPARE(first->calls, 1);
        QVERIFY(client.isPaused());
        const auto second = get(client, "a");
        QCOMPARE(second->calls, 1); // at once
        client.set("a", "b", 0);
    }

    void theRealOne()
    {
        const QString program = QStandardPaths::findExecutable(u"redis-server"_s);
        if (program.isEmpty())
            QSKIP("redis-server is not installed");
        QTcpServer free;
        free.listen(QHostAddress::LocalHost);
        const quint16 port = free.serverPort();
        free.close();
        const QTemporaryDir dir;
        QProcess redis;
        redis.setWorkingDirectory(dir.path());
        redis.start(program,
                    { u"--port"_s, QString::number(port), u"--bind"_s, u"127.0.0.1"_s, u"--save"_s, u""_s,
                      u"--requirepass"_s, u"geheim"_s });
        QVERIFY(redis.waitForStarted());
        const auto listening = [port] {
            QTcpSocket probe;
            probe.connectToHost(u"127.0.0.1"_s, port);
            return probe.waitForConnected(100);
        };
        QTRY_VERIFY(listening());
        RedisClient client(QUrl(u"redis://:geheim@127.0.0.1:%1/3"_s.arg(port)));
        const QByteArray value = QByteArray(100'000, 'x') + QByteArray("\r\n\0$5\r\n", 7);
        client.set("key", value, 0);
        client.set("brief", "b", 1);
        const auto kept = get(client, "key");
        const auto missing = get(client, "other");
        QTRY_COMPARE(missing->calls, 1);
        QCOMPARE(kept->value, value);
        QVERIFY(!missing->value);
        QTRY_VERIFY([&client] {
            const auto brief = get(client, "brief");
            return QTest::qWaitFor([&brief] { return brief->calls == 1; }) && !brief->value;
        }());
        redis.kill();
        QVERIFY(redis.waitForFinished());
        const auto after = get(client, "key");
        QTRY_COMPARE(after->calls, 1);
        QVERIFY(!after->value);
    }
};

QTEST_GUILESS_MAIN(TestRedisClient)
#include "tst_redisclient.moc"
