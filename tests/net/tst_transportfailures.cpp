#include "core/base/clock.h"
#include "core/net/qttransport.h"
#include "tests/net/exchange.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QHostInfo>
#include <QTest>
#include <QTimer>

#include <memory>
#include <vector>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using net::Phase;

/// What cannot be sent, is cut, or does not come.
class TestTransportFailures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_transport = std::make_unique<net::QtTransport>(m_clock); }
    void cleanup() { m_transport.reset(); }

    void timesOut_data();
    void timesOut();
    void anEndlessHeaderTimesOut();
    void arrivalsAreNoIdling();
    void keepsWhatCutStreamsSent();
    void noticesShortBody();
    void sendsNothingTwice_data();
    void sendsNothingTwice();
    void sendsNothingTwiceOnAWarmConnection();
    void replacesAConnectionThatWasClosed();
    void namesConnectFailures_data();
    void namesConnectFailures();
    void noticesServersWithoutTls();
    void refusesBadRequests_data();
    void refusesBadRequests();
    void refusesBadKeys();

private:
    ExchangePtr start(const base::HttpRequest &request, const net::TransportLimits &limits = {})
    {
        return startExchange(*m_transport, request, limits);
    }

    base::SystemClock m_clock;
    std::unique_ptr<net::QtTransport> m_transport;
};

void TestTransportFailures::timesOut_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("answers");
    QTest::addColumn<net::TransportLimits>("limits");
    QTest::addColumn<ErrorKind>("kind");
    constexpr int little = 150;
    constexpr int much = 20'000;
    // A server that takes the connection but says nothing leaves a TLS handshake, so the connecting, unfinished.
    QTest::newRow("connect") << true << false << net::TransportLimits { little, much, much, much }
                             << ErrorKind::ConnectTimeout;
    QTest::newRow("first byte") << false << false << net::TransportLimits { much, little, much, much }
                                << ErrorKind::FirstByteTimeout;
    QTest::newRow("idle") << false << true << net::TransportLimits { much, much, little, much }
                          << ErrorKind::IdleTimeout;
    QTest::newRow("total") << false << true << net::TransportLimits { much, much, much, little }
                           << ErrorKind::TotalTimeout;
    QTest::newRow("total, the others off")
        << false << true << net::TransportLimits { 0, 0, 0, little } << ErrorKind::TotalTimeout;
}

void TestTransportFailures::timesOut()
{
    QFETCH(bool, tls);
    QFETCH(bool, answers);
    QFETCH(net::TransportLimits, limits);
    QFETCH(ErrorKind, kind);
    ScriptedServer server([&](auto &connection, const auto &) {
        if (!answers)
            return;
        connection.startChunked();
        connection.chunk("data: a\n\n");
    });
    QUrl url = server.url();
    if (tls)
        url.setScheme(u"https"_s);
    QElapsedTimer elapsed;
    elapsed.start();
    const ExchangePtr exchange = start(post(url), limits);
    QTRY_COMPARE_WITH_TIMEOUT(exchange->finishes, 1, 10'000);
    QVERIFY2(elapsed.elapsed() >= 150, qPrintable(QString::number(elapsed.elapsed())));
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, kind);
    QVERIFY(exchange->error->message.contains(u"0.15 s"_s));
    QCOMPARE(exchange->body(), answers ? QByteArray("data: a\n\n") : QByteArray());
    QTRY_COMPARE(server.open(), 0);
}

/// Bytes come all the time, but no answer.
void TestTransportFailures::anEndlessHeaderTimesOut()
{
    ScriptedServer server([](ScriptedConnection &connection, const auto &) {
        connection.write("HTTP/1.1 200 OK\r\n");
        auto *timer = new QTimer(&connection);
        QObject::connect(timer, &QTimer::timeout, &connection,
                         [&connection] { connection.write("X-More: " + QByteArray(1000, 'x') + "\r\n"); });
        timer->start(5);
    });
    const ExchangePtr exchange = start(post(server.url()), { 20'000, 300, 20'000, 20'000 });
    QTRY_COMPARE_WITH_TIMEOUT(exchange->finishes, 1, 10'000);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::FirstByteTimeout);
    QCOMPARE(exchange->head.status, 0);
}

void TestTransportFailures::arrivalsAreNoIdling()
{
    // Bytes that keep coming never idle, however long it takes altogether.
    ScriptedServer server([](auto &connection, const auto &) { connection.startChunked(); });
    const ExchangePtr exchange =
        start(post(server.url()), { .connectMs = 0, .firstByteMs = 0, .idleMs = 200, .totalMs = 0 });
    QTRY_COMPARE(exchange->head.status, 200);
    QElapsedTimer elapsed;
    elapsed.start();
    int sent = 0;
    while (elapsed.elapsed() < 600) {
        server.on(0, [](auto &connection) { connection.chunk("x"); });
        ++sent;
        QTRY_COMPARE(exchange->body().size(), sent);
    }
    QCOMPARE(exchange->finishes, 0);
    QTRY_COMPARE(exchange->finishes, 1);
    QCOMPARE(exchange->error->kind, ErrorKind::IdleTimeout);
}

void TestTransportFailures::keepsWhatCutStreamsSent()
{
    for (const bool hard : { false, true }) {
        ScriptedServer server;
        const ExchangePtr exchange = start(post(server.url()));
        QTRY_COMPARE(server.requests().size(), 1);
        server.on(0, [](auto &connection) {
            connection.startChunked();
            connection.chunk("data: a\n\n");
        });
        QTRY_COMPARE(exchange->body(), "data: a\n\n");
        server.on(0, [hard](auto &connection) { hard ? connection.reset() : connection.close(); });
        QTRY_COMPARE(exchange->finishes, 1);
        // Qt doesn't always tell that the last chunk is missing; where it does, that is what it is.
        if (exchange->error)
            QCOMPARE(exchange->error->kind, ErrorKind::Truncated);
        QCOMPARE(exchange->body(), "data: a\n\n");
        QCOMPARE(server.requests().size(), 1);
    }
}

void TestTransportFailures::noticesShortBody()
{
    ScriptedServer server([](auto &connection, const auto &) {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":");
        connection.close();
    });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::Truncated);
    QCOMPARE(exchange->body(), "{\"half\":");
}

void TestTransportFailures::sendsNothingTwice_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("hard");
    QTest::newRow("closed") << QByteArray() << false;
    QTest::newRow("reset") << QByteArray() << true;
    QTest::newRow("closed in the head") << QByteArray("HTTP/1.1 200 OK\r\nContent-") << false;
    QTest::newRow("reset in the head") << QByteArray("HTTP/1.1 200 OK\r\nContent-") << true;
}

void TestTransportFailures::sendsNothingTwice()
{
    QFETCH(QByteArray, answer);
    QFETCH(bool, hard);
    ScriptedServer server([&](auto &connection, const auto &) {
        connection.write(answer);
        hard ? connection.reset() : connection.close();
    });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::Reset);
    QCOMPARE(server.requests().size(), 1);
}

void TestTransportFailures::sendsNothingTwiceOnAWarmConnection()
{
    ScriptedServer server([](auto &connection, const auto &request) {
        if (request.target == "/warm")
            connection.answer(200, "{}");
        else
            connection.close();
    });
    const ExchangePtr first = start(post(server.url(u"/warm"_s)));
    QTRY_COMPARE(first->finishes, 1);
    const ExchangePtr second = start(post(server.url()));
    QTRY_COMPARE(second->finishes, 1);
    QVERIFY(!second->connected());
    QVERIFY(second->error);
    QCOMPARE(second->error->kind, ErrorKind::Reset);
    QCOMPARE(server.requests().size(), 2);
}

void TestTransportFailures::replacesAConnectionThatWasClosed()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    const ExchangePtr first = start(post(server.url()));
    QTRY_COMPARE(first->finishes, 1);
    server.on(0, [](auto &connection) { connection.closeAndWait(); });
    QTRY_COMPARE(server.open(), 0); // the transport has noticed the end and closed its side
    const ExchangePtr second = start(post(server.url()));
    QTRY_COMPARE(second->finishes, 1);
    QVERIFY2(!second->error, second->error ? qPrintable(second->error->message) : "");
    QVERIFY(second->connected());
    QCOMPARE(server.requests().size(), 2);
    QCOMPARE(server.accepted(), 2);
}

void TestTransportFailures::namesConnectFailures_data()
{
    QTest::addColumn<QUrl>("url");
    QTest::addColumn<ErrorKind>("kind");
    QTcpServer closed;
    closed.listen(QHostAddress::LocalHost);
    const QString port = QString::number(closed.serverPort());
    QTest::newRow("refused") << QUrl(u"http://127.0.0.1:"_s + port) << ErrorKind::Refused;
    // A bare root folder has no /etc/hosts that names it.
    if (QHostInfo::fromName(u"localhost"_s).error() == QHostInfo::NoError)
        QTest::newRow("refused, by name") << QUrl(u"http://localhost:"_s + port) << ErrorKind::Refused;
    QTest::newRow("unknown host") << QUrl(u"http://talkbench.invalid/?key=secret"_s) << ErrorKind::Dns;
}

void TestTransportFailures::namesConnectFailures()
{
    QFETCH(QUrl, url);
    QFETCH(ErrorKind, kind);
    const ExchangePtr exchange = start(post(url));
    QTRY_COMPARE_WITH_TIMEOUT(exchange->finishes, 1, 20'000);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, kind);
    QVERIFY(exchange->error->message.contains(url.host()));
    QVERIFY(!(exchange->error->message + exchange->error->detail).contains(u"secret"_s));
    QCOMPARE(exchange->head.status, 0);
}

void TestTransportFailures::noticesServersWithoutTls()
{
    ScriptedServer plain([](auto &, const auto &) {});
    const auto answerPlainly = [&] {
        plain.on(0, [](auto &connection) { connection.write("HTTP/1.1 400 Bad\r\n\r\n"); });
    };
    QUrl url = plain.url();
    url.setScheme(u"https"_s);
    const ExchangePtr spoken = start(post(url));
    QTRY_COMPARE(plain.accepted(), 1);
    answerPlainly();
    QTRY_COMPARE(spoken->finishes, 1);
    QVERIFY(spoken->error);
    QCOMPARE(spoken->error->kind, ErrorKind::Tls);
}

void TestTransportFailures::refusesBadRequests_data()
{
    QTest::addColumn<QUrl>("url");
    QTest::addColumn<QByteArray>("header");
    QTest::newRow("empty") << QUrl() << QByteArray("x");
    QTest::newRow("file") << QUrl(u"file:///etc/passwd"_s) << QByteArray("x");
    QTest::newRow("no host") << QUrl(u"http:///v1"_s) << QByteArray("x");
    QTest::newRow("not a URL") << QUrl(u"localhost:8080"_s) << QByteArray("x");
    QTest::newRow("line break in a header") << QUrl(u"http://127.0.0.1:9"_s) << QByteArray("secret\r\nx-two: 2");
}

void TestTransportFailures::refusesBadRequests()
{
    QFETCH(QUrl, url);
    QFETCH(QByteArray, header);
    base::HttpRequest request = post(url);
    request.headers.emplaceBack("x-one", header);
    const ExchangePtr exchange = start(request);
    QCOMPARE(exchange->finishes, 0);
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::Config);
    QVERIFY(!exchange->error->message.contains(u"secret"_s));
    QCOMPARE(exchange->phases, QList { Phase::End });
}

/// A person who pasted a key wrongly has to hear that it is the key.
void TestTransportFailures::refusesBadKeys()
{
    for (const char *name : { "Authorization", "x-api-key", "Api-Key", "x-goog-api-key" }) {
        for (const char *key : { "sk-g\xc3\xb6\xc3\xb6"
                                 "d",
                                 "sk-\nsecret", "sk-\ttab" }) {
            base::HttpRequest request = post(QUrl(u"http://127.0.0.1:9"_s));
            request.headers.emplaceBack(name, key);
            const ExchangePtr exchange = start(request);
            QTRY_COMPARE(exchange->finishes, 1);
            QCOMPARE(exchange->error->kind, ErrorKind::Config);
            QVERIFY(exchange->error->message.startsWith(u"The key"_s));
        }
    }
}

QTEST_GUILESS_MAIN(TestTransportFailures)
#include "tst_transportfailures.moc"
