#include "core/base/clock.h"
#include "core/net/qttransport.h"
#include "tests/net/exchange.h"
#include "tests/support/scriptedserver.h"

#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>

#include <memory>
#include <vector>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;
using net::Phase;

class TestQtTransport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_transport = std::make_unique<net::QtTransport>(m_clock); }
    void cleanup() { m_transport.reset(); }

    void tellsPhases();
    void reusesConnections();
    void streamsBeyondSix();
    void deliversChunkByChunk();
    void makesAFastServerWait();
    void keepsErrorBodies_data();
    void keepsErrorBodies();
    void followsNoRedirect();
    void sendsPlainRequests();
    void sendsLargeBodies();
    void cancelClosesSocket();
    void cancelEndsConnecting();
    void survivesDestructionInSignals();
    void outlivesTransport();
    void countsConnections();

private:
    ExchangePtr start(const base::HttpRequest &request, const net::TransportLimits &limits = {});

    base::SystemClock m_clock;
    std::unique_ptr<net::QtTransport> m_transport;
};

ExchangePtr TestQtTransport::start(const base::HttpRequest &request, const net::TransportLimits &limits)
{
    return startExchange(*m_transport, request, limits);
}

void TestQtTransport::tellsPhases()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{\"a\":1}"); });
    const qint64 before = m_clock.nowNs();
    const ExchangePtr first = start(post(server.url()));
    QVERIFY(first->phases.isEmpty());
    QTRY_COMPARE(first->finishes, 1);
    QVERIFY(!first->error);
    QCOMPARE(first->phases,
             (QList { Phase::ConnectStarted, Phase::Sent, Phase::Headers, Phase::FirstByte, Phase::End }));
    QVERIFY(std::is_sorted(first->stamps.begin(), first->stamps.end()));
    QVERIFY(first->stamps.first() >= before && first->stamps.last() <= m_clock.nowNs());
    QCOMPARE(first->head.status, 200);
    QCOMPARE(base::headerValue(first->head.headers, "content-type"), "application/json");
    QCOMPARE(first->body(), "{\"a\":1}");

    const ExchangePtr second = start(post(server.url()));
    QTRY_COMPARE(second->finishes, 1);
    QCOMPARE(second->phases, (QList { Phase::Sent, Phase::Headers, Phase::FirstByte, Phase::End }));
    QCOMPARE(server.accepted(), 1);
}

void TestQtTransport::reusesConnections()
{
    ScriptedServer server([](auto &connection, const auto &request) {
        connection.startChunked();
        connection.chunk(request.body);
        connection.endChunked();
    });
    for (int i = 0; i < 20; ++i) {
        const ExchangePtr exchange = start(post(server.url(), QByteArray::number(i)));
        QTRY_COMPARE(exchange->finishes, 1);
        QCOMPARE(exchange->body(), QByteArray::number(i));
    }
    QCOMPARE(server.accepted(), 1);
}

void TestQtTransport::streamsBeyondSix()
{
    constexpr int streams = 20;
    ScriptedServer server;
    for (int round = 1; round <= 2; ++round) {
        std::vector<ExchangePtr> exchanges;
        exchanges.reserve(streams);
        for (int i = 0; i < streams; ++i)
            exchanges.push_back(start(post(server.url())));
        // None is answered before all have arrived.
        QTRY_COMPARE(server.requests().size(), qsizetype(round) * streams);
        for (int i = 0; i < streams; ++i)
            server.on(i, [](auto &connection) { connection.answer(200, "{}"); });
        for (const ExchangePtr &exchange : exchanges) {
            QTRY_COMPARE(exchange->finishes, 1);
            QVERIFY(!exchange->error);
        }
        // The second round finds the first one's connections.
        QCOMPARE(server.accepted(), streams);
    }
}

void TestQtTransport::deliversChunkByChunk()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.startChunked(); });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->head.status, 200);
    QVERIFY(!exchange->phases.contains(Phase::FirstByte));
    for (int i = 1; i <= 5; ++i) {
        const QByteArray text = "data: " + QByteArray::number(i) + "\n\n";
        server.on(0, [&](auto &connection) { connection.chunk(text); });
        QTRY_COMPARE(exchange->chunks.size(), i);
        QCOMPARE(exchange->chunks.last(), text);
        QCOMPARE(exchange->finishes, 0);
    }
    server.on(0, [](auto &connection) { connection.endChunked(); });
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(!exchange->error);
}

/// Otherwise a server that sends without end fills the memory before the limit on an answer's size is reached.
void TestQtTransport::makesAFastServerWait()
{
    const QByteArray part(64 << 10, 'x');
    ScriptedServer server([](auto &connection, const auto &) { connection.startChunked(); });
    const ExchangePtr exchange = start(get(server.url()));
    QTRY_COMPARE(exchange->head.status, 200);
    const auto send = [&](int parts, QSemaphore &sent) {
        server.on(0, [&part, &sent, parts](ScriptedConnection &connection) {
            for (int i = 0; i < parts; ++i)
                connection.chunk(part);
            connection.whenSent([&sent] { sent.release(); });
        });
    };
    // This thread takes nothing while it waits in here.
    constexpr int first = 64;
    constexpr int more = 512;
    QSemaphore someSent, muchSent;
    bool unlimited = false;
    bool limited = false;
    qsizetype received = 0;
    connect(exchange->transfer.get(), &net::Transfer::bytes, this, [&](const QByteArray &bytes) {
        if (received == 0)
            unlimited = someSent.tryAcquire(1, 10'000);
        received += bytes.size();
        if (received == first * part.size()) {
            send(more, muchSent);
            limited = !muchSent.tryAcquire(1, 500);
        }
    });
    send(first, someSent);
    QTRY_COMPARE_WITH_TIMEOUT(received, (first + more) * part.size(), 30'000);
    QVERIFY(unlimited);
    QVERIFY(limited);
}

void TestQtTransport::keepsErrorBodies_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("400") << 400 << QByteArray() << QByteArray("{\"error\":\"bad\"}");
    QTest::newRow("401") << 401 << QByteArray() << QByteArray("{\"error\":\"no key\"}");
    QTest::newRow("401 Basic") << 401 << QByteArray("WWW-Authenticate: Basic realm=\"x\"\r\n")
                               << QByteArray("{\"error\":\"no key\"}");
    QTest::newRow("401 Bearer") << 401 << QByteArray("WWW-Authenticate: Bearer\r\n")
                                << QByteArray("{\"error\":\"no key\"}");
    QTest::newRow("404") << 404 << QByteArray() << QByteArray("{\"error\":\"no model\"}");
    QTest::newRow("429") << 429 << QByteArray("Retry-After: 7\r\n") << QByteArray("{\"error\":\"slow down\"}");
    QTest::newRow("500 HTML") << 500 << QByteArray("Content-Type: text/html\r\n") << QByteArray("<html>oh no</html>");
    QTest::newRow("503 without a body") << 503 << QByteArray() << QByteArray();
    QTest::newRow("529") << 529 << QByteArray() << QByteArray("{\"error\":\"overloaded\"}");
    QTest::newRow("200 HTML") << 200 << QByteArray("Content-Type: text/html\r\n")
                              << QByteArray("<html>a portal</html>");
}

void TestQtTransport::keepsErrorBodies()
{
    QFETCH(int, status);
    QFETCH(QByteArray, headers);
    QFETCH(QByteArray, body);
    ScriptedServer server([&](auto &connection, const auto &) { connection.answer(status, body, headers); });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY2(!exchange->error, exchange->error ? qPrintable(exchange->error->detail) : "");
    QCOMPARE(exchange->head.status, status);
    QCOMPARE(exchange->body(), body);
    QCOMPARE(base::headerValue(exchange->head.headers, "Retry-After").isEmpty(), status != 429);
    QCOMPARE(server.requests().size(), 1);
}

void TestQtTransport::followsNoRedirect()
{
    ScriptedServer other([](auto &connection, const auto &) { connection.answer(200, "stolen"); });
    for (const int status : { 301, 302, 303, 307, 308 }) {
        ScriptedServer server([&](auto &connection, const auto &) {
            connection.answer(status, "moved", "Location: " + other.url().toEncoded() + "\r\n");
        });
        const ExchangePtr exchange = start(post(server.url()));
        QTRY_COMPARE(exchange->finishes, 1);
        QVERIFY2(!exchange->error,
                 exchange->error ? qPrintable(exchange->error->detail + QString::number(status)) : "");
        QCOMPARE(exchange->head.status, status);
        QCOMPARE(exchange->body(), "moved");
        QCOMPARE(base::headerValue(exchange->head.headers, "location"), other.url().toEncoded());
    }
    QCOMPARE(other.accepted(), 0);
}

void TestQtTransport::sendsPlainRequests()
{
    ScriptedServer server([](auto &connection, const auto &) {
        connection.answer(200, "[]", "Set-Cookie: a=b\r\nCache-Control: max-age=1000\r\n");
    });
    base::HttpRequest request = get(server.url(u"/v1/models?x=1"_s));
    request.headers = { { "Authorization", "Bearer k" }, { "x-one", "1" } };
    for (int i = 0; i < 2; ++i) {
        const ExchangePtr exchange = start(request);
        QTRY_COMPARE(exchange->finishes, 1);
    }
    QCOMPARE(server.requests().size(), 2);
    for (const ScriptedRequest &seen : server.requests()) {
        QCOMPARE(seen.method, "GET");
        QCOMPARE(seen.target, "/v1/models?x=1");
        QCOMPARE(base::headerValue(seen.headers, "accept-encoding"), "identity");
        QCOMPARE(base::headerValue(seen.headers, "authorization"), "Bearer k");
        QCOMPARE(base::headerValue(seen.headers, "x-one"), "1");
        QVERIFY(base::headerValue(seen.headers, "user-agent").startsWith("Talkbench/"));
        QCOMPARE(base::headerValue(seen.headers, "cookie"), "");
        QCOMPARE(base::headerValue(seen.headers, "upgrade"), "");
    }
}

void TestQtTransport::sendsLargeBodies()
{
    QByteArray body(5'000'000, 'x');
    for (qsizetype i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>('a' + i % 23);
    ScriptedServer server([](auto &connection, const auto &request) {
        connection.answer(200, QCryptographicHash::hash(request.body, QCryptographicHash::Sha256).toHex());
    });
    for (const qsizetype size : { qsizetype(0), qsizetype(1), qsizetype(16'384), qsizetype(16'385), body.size() }) {
        const ExchangePtr exchange = start(post(server.url(), body.first(size)));
        QTRY_COMPARE_WITH_TIMEOUT(exchange->finishes, 1, 20'000);
        QVERIFY(!exchange->error);
        QCOMPARE(exchange->body(), QCryptographicHash::hash(body.first(size), QCryptographicHash::Sha256).toHex());
        QVERIFY(exchange->phases.contains(Phase::Sent));
        QVERIFY(exchange->at(Phase::Sent) <= exchange->at(Phase::Headers));
        QCOMPARE(base::headerValue(server.requests().last().headers, "content-length"), QByteArray::number(size));
    }
    QCOMPARE(server.accepted(), 1);
}

void TestQtTransport::cancelClosesSocket()
{
    ScriptedServer server([](auto &connection, const auto &) {
        connection.startChunked();
        connection.chunk("data: a\n\n");
    });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->chunks.size(), 1);
    QCOMPARE(server.open(), 1);
    exchange->transfer.reset();
    // No event loop of ours is needed for it.
    QElapsedTimer elapsed;
    elapsed.start();
    while (server.open() != 0 && elapsed.elapsed() < 2000)
        QThread::yieldCurrentThread();
    QCOMPARE(server.open(), 0);
    QVERIFY2(elapsed.elapsed() < 500, qPrintable(QString::number(elapsed.elapsed())));
    QCOMPARE(exchange->finishes, 0);
    const ExchangePtr next = start(post(server.url()));
    QTRY_COMPARE(next->chunks.size(), 1);
}

void TestQtTransport::cancelEndsConnecting()
{
    ScriptedServer silent;
    QUrl url = silent.url();
    url.setScheme(u"https"_s);
    const ExchangePtr cancelled = start(post(url));
    const ExchangePtr other = start(post(url));
    QTRY_COMPARE(silent.open(), 2);
    cancelled->transfer.reset();
    other->transfer.reset();
    QTRY_COMPARE(silent.open(), 0);
}

void TestQtTransport::survivesDestructionInSignals()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    for (const Phase last : { Phase::ConnectStarted, Phase::Sent, Phase::Headers, Phase::FirstByte, Phase::End }) {
        m_transport = std::make_unique<net::QtTransport>(m_clock);
        const ExchangePtr exchange = start(post(server.url()));
        connect(exchange->transfer.get(), &net::Transfer::phase, this, [&](Phase phase, qint64) {
            if (phase == last)
                exchange->transfer.reset();
        });
        QTRY_VERIFY(!exchange->transfer);
        QCOMPARE(exchange->phases.last(), last);
        QCOMPARE(exchange->finishes, 0);
    }
    const ExchangePtr exchange = start(post(server.url()));
    connect(exchange->transfer.get(), &net::Transfer::bytes, this, [&] { exchange->transfer.reset(); });
    QTRY_VERIFY(!exchange->transfer);
    QVERIFY(m_transport->hasFreeConnection(server.url()));
}

void TestQtTransport::outlivesTransport()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    const ExchangePtr exchange = start(post(server.url()));
    m_transport.reset();
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(!exchange->error);
}

void TestQtTransport::countsConnections()
{
    m_transport = std::make_unique<net::QtTransport>(m_clock, 2);
    QSignalSpy freed(m_transport.get(), &net::HttpTransport::connectionFreed);
    ScriptedServer server;
    QVERIFY(m_transport->hasFreeConnection(server.url()));
    const ExchangePtr first = start(post(server.url()));
    QVERIFY(m_transport->hasFreeConnection(server.url()));
    const ExchangePtr second = start(post(server.url()));
    QVERIFY(!m_transport->hasFreeConnection(server.url()));
    QTRY_COMPARE(server.requests().size(), 2);
    server.on(0, [](auto &connection) { connection.answer(200, "{}"); });
    QTRY_COMPARE(freed.size(), 1);
    QVERIFY(m_transport->hasFreeConnection(server.url()));
    first->transfer.reset();
    second->transfer.reset();
    QTRY_COMPARE(freed.size(), 2);
}

QTEST_GUILESS_MAIN(TestQtTransport)
#include "tst_qttransport.moc"
