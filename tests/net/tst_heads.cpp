#include "core/base/clock.h"
#include "core/net/qttransport.h"
#include "tests/net/exchange.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QTest>

#include <memory>
#include <vector>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;
using base::ErrorKind;

/// Heads of answers that QNetworkAccessManager is not up to.
class TestHeads : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_transport = std::make_unique<net::QtTransport>(m_clock); }
    void cleanup() { m_transport.reset(); }

    void readsOnAfterContinue();
    void endsAtOtherInterimHeads_data();
    void endsAtOtherInterimHeads();
    void noRequestGetsTheAnswerToAnother();
    void endsEndlessHeads();
    void endsEndlessHeadsOnceItHurtsNobody();

private:
    ExchangePtr start(const base::HttpRequest &request, const net::TransportLimits &limits = {})
    {
        return startExchange(*m_transport, request, limits);
    }

    base::SystemClock m_clock;
    std::unique_ptr<net::QtTransport> m_transport;
};

void TestHeads::readsOnAfterContinue()
{
    ScriptedServer server([](auto &connection, const auto &) {
        connection.write("HTTP/1.1 100 Continue\r\n\r\n");
        connection.answer(200, "{}");
    });
    const ExchangePtr exchange = start(post(server.url()));
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(!exchange->error);
    QCOMPARE(exchange->head.status, 200);
}

void TestHeads::endsAtOtherInterimHeads_data()
{
    QTest::addColumn<int>("status");
    for (const int status : { 101, 102, 103, 199 })
        QTest::addRow("%d", status) << status;
}

void TestHeads::endsAtOtherInterimHeads()
{
    QFETCH(int, status);
    ScriptedServer server([status](ScriptedConnection &connection, const ScriptedRequest &request) {
        if (request.body == "first")
            connection.write("HTTP/1.1 " + QByteArray::number(status) + " Interim\r\nX-A: b\r\n\r\n");
        else
            connection.answer(200, request.body);
    });
    const ExchangePtr first = start(post(server.url(), "first"));
    QTRY_COMPARE(first->finishes, 1);
    QVERIFY(first->error);
    QCOMPARE(first->error->kind, ErrorKind::BadEvent); // which is not retried
    QCOMPARE(first->error->httpStatus, status);
    QVERIFY(first->error->message.contains(QString::number(status)));
    QCOMPARE(first->head.status, 0);

    const ExchangePtr second = start(post(server.url(), "second"));
    server.on(0, [](ScriptedConnection &connection) { connection.answer(200, "first"); });
    QTRY_COMPARE(second->finishes, 1);
    QVERIFY(!second->error);
    QCOMPARE(second->body(), "second");
    QCOMPARE(server.requests().last().connection, 1);
    QTRY_COMPARE(server.open(), 1);
}

/// The second request is sent after Qt has read the interim head, and before we have heard of that.
void TestHeads::noRequestGetsTheAnswerToAnother()
{
    int met = 0;
    for (int i = 0; i < 300 && met == 0; ++i) {
        m_transport = std::make_unique<net::QtTransport>(m_clock);
        ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &request) {
            if (request.body == "warm up")
                connection.answer(200, "{}");
            else if (request.body == "second")
                connection.answer(200, request.connection == 0 ? "first" : "second");
        });
        const ExchangePtr warm = start(post(server.url(), "warm up"));
        QTRY_COMPARE(warm->finishes, 1);
        const ExchangePtr first = start(post(server.url(), "first"));
        QTRY_COMPARE(server.requests().size(), 2);
        server.on(0, [](auto &connection) { connection.write("HTTP/1.1 103 Early Hints\r\n\r\n"); });
        for (int turn = 0; turn < 10 * i; ++turn) // lets Qt's thread go on, but not our event loop
            server.on(0, [](auto &) {});
        const ExchangePtr second = start(post(server.url(), "second"));
        QTRY_COMPARE(first->finishes, 1);
        QTRY_COMPARE(second->finishes, 1);
        QVERIFY(first->error);
        QVERIFY(second->body() != "first");
        if (second->error)
            QCOMPARE(second->error->kind, ErrorKind::BadEvent);
        else
            QCOMPARE(second->body(), "second");
        if (server.requests().last().connection == 0) {
            ++met;
            QVERIFY(second->error);
        }
    }
    QVERIFY(met > 0);
}

namespace {

/// As good as without end: Qt reads it byte by byte.
void writeEndlessHead(ScriptedConnection &connection)
{
    connection.write("HTTP/1.1 200 OK\r\nX-More: " + QByteArray(64 << 20, 'x'));
}

constexpr net::TransportLimits little { 20'000, 300, 20'000, 20'000 };

} // namespace

void TestHeads::endsEndlessHeads()
{
    ScriptedServer server([](auto &connection, const auto &) { writeEndlessHead(connection); });
    const ExchangePtr exchange = start(post(server.url()), little);
    QTRY_COMPARE_WITH_TIMEOUT(exchange->finishes, 1, 10'000);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::FirstByteTimeout);
    QTRY_COMPARE_WITH_TIMEOUT(server.open(), 0, 3'000);
    QElapsedTimer elapsed;
    elapsed.start();
    m_transport.reset(); // Qt waits five seconds for a thread that does not end
    QVERIFY2(elapsed.elapsed() < 3'000, qPrintable(QString::number(elapsed.elapsed())));
}

void TestHeads::endsEndlessHeadsOnceItHurtsNobody()
{
    ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &request) {
        if (request.body == "endless")
            writeEndlessHead(connection);
        else if (request.body == "stream")
            connection.startChunked();
        else
            connection.answer(200, "{}");
    });
    std::vector<ExchangePtr> streams; // as many as one manager takes, so that the endless head has another
    streams.reserve(6);
    for (int i = 0; i < 6; ++i)
        streams.push_back(start(post(server.url(), "stream")));
    QTRY_COMPARE(server.requests().size(), 6);
    const ExchangePtr endless = start(post(server.url(), "endless"), little);
    QTRY_COMPARE_WITH_TIMEOUT(endless->finishes, 1, 10'000);
    const ExchangePtr next = start(post(server.url(), "next"));
    QTRY_COMPARE(next->finishes, 1);
    QVERIFY(!next->error);
    for (int i = 0; i < 6; ++i)
        server.on(i, [](ScriptedConnection &connection) {
            connection.chunk("data: a\n\n");
            connection.endChunked();
        });
    for (const ExchangePtr &stream : streams) {
        QTRY_COMPARE(stream->finishes, 1);
        QVERIFY(!stream->error);
        QCOMPARE(stream->body(), "data: a\n\n");
    }
    QTRY_COMPARE_WITH_TIMEOUT(server.open(), 0, 3'000);
}

QTEST_GUILESS_MAIN(TestHeads)
#include "tst_heads.moc"
