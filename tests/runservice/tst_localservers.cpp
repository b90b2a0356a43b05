#include "core/net/qttransport.h"
#include "core/run/runservice.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using tests::ScriptedConnection;
using tests::ScriptedRequest;
using tests::ScriptedServer;

namespace {

QList<llm::Vendor> shippedRows()
{
    QFile file(QStringLiteral(SOURCE_DIR "/resources/providers.json"));
    return file.open(QIODevice::ReadOnly) ? *llm::vendorsFromJson(file.readAll()) : QList<llm::Vendor>();
}

/// The shipped row, at a port of the test's own.
llm::Vendor row(const QString &id, quint16 port)
{
    const auto rows = shippedRows();
    for (llm::Vendor vendor : rows) {
        if (vendor.id == id) {
            vendor.baseUrl.setPort(port);
            return vendor;
        }
    }
    return {};
}

/// Answers 200 at these targets, with these further headers, and 404 at all others.
ScriptedServer::Script serving(const std::map<QByteArray, QByteArray> &bodies, const QByteArray &headers = {})
{
    return [bodies, headers](ScriptedConnection &connection, const ScriptedRequest &request) {
        const auto found = bodies.find(request.target);
        connection.answer(found != bodies.end() ? 200 : 404, found != bodies.end() ? found->second : "{}",
                          "Content-Type: application/json\r\n" + headers);
    };
}

QByteArray models(const QByteArray &owner)
{
    return R"({"object":"list","data":[{"id":"a","owned_by":")" + owner + R"("},{"id":"b","owned_by":"x"}]})";
}

} // namespace

class TestLocalServers : public QObject {
    Q_OBJECT

private:
    QList<LocalServer> find(const QList<llm::Vendor> &rows, const QStringList &hosts = {})
    {
        auto future = m_service->findLocalServers(rows, hosts);
        [&future] { QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), 10'000); }();
        return future.isFinished() ? future.result() : QList<LocalServer>();
    }
    quint16 closedPort() const { return ScriptedServer().port(); }

    base::SystemClock m_clock;
    std::unique_ptr<RunService> m_service;

private Q_SLOTS:
    void init()
    {
        m_service = std::make_unique<RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                 m_clock, cost::PriceBook());
    }
    void cleanup() { m_service.reset(); }

    void theShippedRowsAreTheUsualPorts()
    {
        QMap<QString, int> ports;
        const auto rows = shippedRows();
        for (const llm::Vendor &vendor : rows) {
            if (vendor.local)
                ports[vendor.id] = vendor.baseUrl.port();
        }
        const QMap<QString, int> expected { { u"ollama"_s, 11434 }, { u"lmstudio"_s, 1234 }, { u"llamacpp"_s, 8080 },
                                            { u"vllm"_s, 8000 },    { u"jan"_s, 1337 },      { u"localai"_s, 8080 } };
        QCOMPARE(ports, expected);
    }

    void asksConfiguredHostsToo()
    {
        const ScriptedServer ollama(serving({ { "/api/tags", R"({"models":[{"name":"llama3","model":"llama3"}]})" } }));
        const QString mapped = u"::ffff:127.0.0.1"_s; // the same server, under another name
        const auto found = find({ row(u"ollama"_s, ollama.port()) }, { mapped });
        QCOMPARE(found.size(), 2);
        QVERIFY(std::any_of(found.cbegin(), found.cend(),
                            [](const LocalServer &server) { return server.baseUrl.host().contains(u':'); }));
        for (const LocalServer &server : found)
            QCOMPARE(server.vendorId, u"ollama"_s);
    }

    void findsWhatAnswers()
    {
        const ScriptedServer ollama(serving({ { "/api/tags", R"({"models":[{"name":"llama3","model":"llama3"}]})" } }));
        const ScriptedServer llamaCpp(serving({ { "/v1/models", models("llamacpp") } }));
        const ScriptedServer jan(serving({ { "/v1/models", models("llamacpp") } }));
        const auto found =
            find({ row(u"ollama"_s, ollama.port()), row(u"llamacpp"_s, llamaCpp.port()), row(u"jan"_s, jan.port()),
                   row(u"vllm"_s, closedPort()), row(u"lmstudio"_s, closedPort()) });
        QCOMPARE(found.size(), 3);
        QMap<QString, qsizetype> counts;
        for (const LocalServer &server : found)
            counts[server.vendorId] = server.models.size();
        const QMap<QString, qsizetype> expected { { u"ollama"_s, 1 }, { u"llamacpp"_s, 2 }, { u"jan"_s, 2 } };
        QCOMPARE(counts, expected);
    }

    void whoAnswersAtASharedPort_data()
    {
        using Bodies = std::map<QByteArray, QByteArray>;
        QTest::addColumn<ScriptedServer::Script>("script");
        QTest::addColumn<QString>("vendor");
        const Bodies plain { { "/v1/models", models("") } };
        const auto with = [&plain](const QByteArray &path) {
            Bodies bodies = plain;
            bodies[path] = "{}";
            return bodies;
        };
        QTest::newRow("owned_by") << serving({ { "/v1/models", models("llamacpp") } }) << u"llamacpp"_s;
        QTest::newRow("server header") << serving(plain, "Server: llama.cpp\r\n") << u"llamacpp"_s;
        QTest::newRow("/props") << serving(with("/props")) << u"llamacpp"_s;
        QTest::newRow("/readyz") << serving(with("/readyz")) << u"localai"_s;
        QTest::newRow("vLLM at another's port") << serving({ { "/v1/models", models("vllm") } }) << u"vllm"_s;
        QTest::newRow("none of them") << serving(plain) << QString();
    }
    void whoAnswersAtASharedPort()
    {
        QFETCH(ScriptedServer::Script, script);
        QFETCH(QString, vendor);
        const ScriptedServer server(script);
        const auto found =
            find({ row(u"llamacpp"_s, server.port()), row(u"localai"_s, server.port()), row(u"vllm"_s, closedPort()) });
        QCOMPARE(found.size(), 1); // one server, however many rows have its port
        QCOMPARE(found[0].vendorId, vendor);
        QVERIFY(!found[0].name.isEmpty());
        QCOMPARE(found[0].baseUrl, server.url(u"/v1"_s));
        QCOMPARE(found[0].models.size(), 2);
    }

    void aServerThatWantsAKey()
    {
        const ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &) {
            connection.answer(401, R"({"error":"Unauthorized"})");
        });
        const auto found = find({ row(u"jan"_s, server.port()) });
        QCOMPARE(found.size(), 1);
        QVERIFY(found[0].needsKey);
        const auto requests = server.requests();
        for (const ScriptedRequest &request : requests)
            QVERIFY(base::headerValue(request.headers, "authorization").isEmpty());
    }

    void whatIsNoModelServerIsNotFound()
    {
        const ScriptedServer page([](ScriptedConnection &connection, const ScriptedRequest &) {
            connection.answer(200, "<html>a router</html>", "Content-Type: text/html\r\n");
        });
        const ScriptedServer garbage(
            [](ScriptedConnection &connection, const ScriptedRequest &) { connection.write("SSH-2.0-x\r\n"); });
        const ScriptedServer silent;
        QElapsedTimer timer;
        timer.start();
        const auto found =
            find({ row(u"jan"_s, page.port()), row(u"vllm"_s, garbage.port()), row(u"lmstudio"_s, silent.port()) });
        QVERIFY(found.isEmpty());
        QVERIFY2(timer.elapsed() < 4'000, qPrintable(QString::number(timer.elapsed())));
        QTRY_COMPARE(silent.open(), 0);
    }

    void otherHostsAreNeverAsked()
    {
        const ScriptedServer server(serving({ { "/v1/models", models("x") } }));
        llm::Vendor elsewhere = row(u"jan"_s, server.port());
        elsewhere.baseUrl.setHost(u"192.0.2.7"_s);
        llm::Vendor remote = row(u"openai"_s, server.port());
        remote.baseUrl = server.url(u"/v1"_s);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(find({ elsewhere, remote }).isEmpty());
        QCOMPARE(server.accepted(), 0);
        QVERIFY(find({}).isEmpty());
    }

    void destroyingTheServiceKeepsThePromise()
    {
        const ScriptedServer silent;
        const auto future = m_service->findLocalServers({ row(u"jan"_s, silent.port()) });
        m_service.reset();
        QVERIFY(future.isFinished());
        QVERIFY(future.result().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestLocalServers)
#include "tst_localservers.moc"
