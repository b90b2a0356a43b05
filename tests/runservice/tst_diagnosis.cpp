#include "core/net/networkerror.h"
#include "core/net/qttransport.h"
#include "core/run/diagnosing.h"
#include "core/run/runservice.h"
#include "tests/runservice/faketransport.h"
#include "tests/support/scriptedproxy.h"
#include "tests/support/scriptedserver.h"

#include <QJsonArray>
#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using State = DiagnosisStep::State;
using tests::ScriptedConnection;
using tests::ScriptedRequest;
using tests::ScriptedServer;

namespace {

const auto key = u"sk-canary-0123456789"_s;
const QByteArray twoModels = R"({"object":"list","data":[{"id":"small"},{"id":"vendor/large"}]})";

/// A server that knows some paths and answers 404 at all others.
ScriptedServer::Script serving(const std::map<QByteArray, QByteArray> &bodies)
{
    return [bodies](ScriptedConnection &connection, const ScriptedRequest &request) {
        const auto found = bodies.find(request.target);
        if (found != bodies.end())
            connection.answer(200, found->second);
        else
            connection.answer(404, R"({"detail":"Not Found"})");
    };
}

DiagnosisPlan planFor(const QUrl &baseUrl, const QString &protocol = u"openai-chat"_s)
{
    DiagnosisPlan plan;
    plan.endpoint.providerId = u"p"_s;
    plan.endpoint.protocol = protocol;
    plan.endpoint.baseUrl = baseUrl;
    plan.endpoint.apiKey = key;
    plan.limits = { 2'000, 2'000, 2'000, 4'000 };
    return plan;
}

/// "name:skipped connect:ok models:failed"
QString outline(const Diagnosis &diagnosis)
{
    QStringList words;
    for (const DiagnosisStep &step : diagnosis.steps)
        words.append(step.id + u':' + stateName(step.state));
    return words.join(u' ');
}

} // namespace

class TestDiagnosis : public QObject {
    Q_OBJECT

private:
    Diagnosis diagnose(const DiagnosisPlan &plan)
    {
        auto future = m_service->diagnose(plan);
        [&future] { QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), 15'000); }();
        return future.isFinished() ? future.result() : Diagnosis();
    }

    base::SystemClock m_clock;
    std::unique_ptr<RunService> m_service;

private Q_SLOTS:
    void init()
    {
        m_service = std::make_unique<RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                 m_clock, cost::PriceBook());
    }
    void cleanup() { m_service.reset(); }

    void allIsWell()
    {
        const ScriptedServer server(
            serving({ { "/v1/models", twoModels },
                      { "/v1/chat/completions",
                        R"({"choices":[{"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}]})" } }));
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        plan.model = u"small"_s;
        plan.chat = true;
        const Diagnosis diagnosis = diagnose(plan);
        QVERIFY2(diagnosis.ok(), qPrintable(outline(diagnosis)));
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:ok model:ok chat:ok"_s);
        QCOMPARE(diagnosis.models.size(), 2);
        QCOMPARE(diagnosis.url, server.url(u"/v1/models"_s));
        QVERIFY(diagnosis.steps[1].ms.value_or(1) >= 0.1); // or it was too quick to be timed
        for (const int measured : { 2, 4 }) {
            const auto ms = diagnosis.steps[measured].ms;
            QVERIFY(ms && *ms > 0 && *ms < 4'000);
        }
        const QJsonObject json = toJson(diagnosis);
        QCOMPARE(json["ok"_L1].toBool(), true);
        QCOMPARE(json["steps"_L1].toArray().size(), 5);
        QVERIFY(json["error"_L1].isNull());
    }

    void theSystemsProxyIsNamed()
    {
        const ScriptedServer server(serving({ { "/v1/models", twoModels } }));
        tests::ScriptedProxy proxy({});
        QUrl far = server.url(u"/v1"_s);
        far.setHost(u"far.test"_s);
        qputenv("http_proxy", "http://127.0.0.1:" + QByteArray::number(proxy.port()));
        const Diagnosis diagnosis = diagnose(planFor(far));
        qunsetenv("http_proxy");
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:ok"_s);
        const QString name = u"127.0.0.1:%1"_s.arg(proxy.port());
        QVERIFY2(diagnosis.steps[0].text.contains(name), qPrintable(diagnosis.steps[0].text));
        QVERIFY2(diagnosis.steps[1].text.startsWith(u"The proxy %1 takes connections"_s.arg(name)),
                 qPrintable(diagnosis.steps[1].text));
    }

    void aModelThatIsNotListed()
    {
        const ScriptedServer server(serving({ { "/v1/models", twoModels } }));
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        plan.model = u"large"_s;
        const Diagnosis diagnosis = diagnose(plan);
        QVERIFY(diagnosis.ok());
        QCOMPARE(diagnosis.steps.constLast().state, State::Warning);
        QVERIFY(diagnosis.steps.constLast().advice.contains(u"vendor/large"_s));
    }

    void refused()
    {
        QUrl closed;
        {
            const ScriptedServer server;
            closed = server.url(u"/v1"_s);
        }
        const Diagnosis diagnosis = diagnose(planFor(closed));
        QCOMPARE(outline(diagnosis), u"name:skipped connect:failed"_s);
        QCOMPARE(diagnosis.error->kind, ErrorKind::Refused);
        QVERIFY(!diagnosis.steps.constLast().advice.isEmpty());
        // What is over at once was not a connection's time.
        const std::optional<double> ms = diagnosis.steps.constLast().ms;
        QVERIFY2(!ms || *ms >= 0.1, qPrintable(QString::number(ms.value_or(0))));
    }

    void plainHttpBehindHttps()
    {
        ScriptedServer server;
        QUrl url = server.url(u"/v1"_s);
        url.setScheme(u"https"_s);
        auto future = m_service->diagnose(planFor(url));
        QTRY_COMPARE(server.accepted(), 1);
        server.on(0, [](ScriptedConnection &connection) { connection.write("HTTP/1.1 400 Bad\r\n\r\n"); });
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outline(future.result()), u"name:skipped connect:ok tls:failed"_s);
        QCOMPARE(future.result().error->kind, ErrorKind::Tls);
        QVERIFY2(net::speaksNoTls(*future.result().error), qPrintable(future.result().error->detail));
        QVERIFY(future.result().error->message.contains(u"does not speak TLS"_s));
        QVERIFY(!future.result().steps.constLast().ms); // it would be the connection's, too
        QVERIFY(future.result().steps.constLast().advice.contains(u"http://"_s));
    }

    void theKeyIsRejectedAndNotQuoted()
    {
        const ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &) {
            connection.answer(401, R"({"error":{"message":"Incorrect API key provided: )" + key.toUtf8() + R"("}})");
        });
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/v1"_s)));
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:failed"_s);
        QCOMPARE(diagnosis.error->kind, ErrorKind::Auth);
        QVERIFY(diagnosis.steps.constLast().advice.contains(u"key"_s));
        const QByteArray all = QJsonDocument(toJson(diagnosis)).toJson() + diagnosis.error->detail.toUtf8();
        QVERIFY(!all.contains(key.toUtf8()));
    }

    void theRightPathIsFound()
    {
        const ScriptedServer server(serving({ { "/v1/models", twoModels } }));
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/openai"_s)));
        QVERIFY(!diagnosis.ok());
        QCOMPARE(diagnosis.error->kind, ErrorKind::NotFound);
        QCOMPARE(diagnosis.betterBaseUrl, server.url(u"/v1"_s));
        QCOMPARE(diagnosis.betterProtocol, u"openai-chat"_s);
        const DiagnosisStep &step = diagnosis.steps.constLast();
        QVERIFY(step.text.contains(server.url(u"/openai/models"_s).toString()));
        QVERIFY(step.advice.contains(server.url(u"/v1"_s).toString()));
    }

    void theRightProtocolIsFound()
    {
        const ScriptedServer server(serving({ { "/api/tags", R"({"models":[{"name":"llama3","model":"llama3"}]})" } }));
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/v1"_s)));
        QCOMPARE(diagnosis.betterProtocol, u"ollama"_s);
        QVERIFY(diagnosis.betterBaseUrl.path().isEmpty());
    }

    void aWebPageIsNoApi()
    {
        const ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &) {
            connection.answer(200, "<html><title>Welcome</title></html>", "Content-Type: text/html\r\n");
        });
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/v1"_s)));
        QCOMPARE(diagnosis.error->kind, ErrorKind::NotJson);
        QVERIFY(diagnosis.error->message.contains(u"web page"_s));
        QVERIFY(diagnosis.betterBaseUrl.isEmpty());
    }

    void aServerThatListsNothingButAnswers()
    {
        const ScriptedServer server(
            serving({ { "/v1/chat/completions",
                        R"({"choices":[{"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}]})" } }));
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        plan.model = u"m"_s;
        plan.chat = true;
        const Diagnosis diagnosis = diagnose(plan);
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:warning chat:ok"_s);
        QVERIFY(diagnosis.ok());
    }

    /// It costs money.
    void theChatIsRecorded()
    {
        const auto prices = cost::PriceBook::fromJson(
            R"({"version":"v1","prices":[{"model":"small","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
        m_service->setPrices(*prices);
        const ScriptedServer server(
            serving({ { "/v1/models", twoModels },
                      { "/v1/chat/completions",
                        R"({"choices":[{"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}],
                        "usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}})" } }));
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        QVERIFY(diagnose(plan).ok());
        plan.chat = true;
        QVERIFY(diagnose(plan).ok());
        QTRY_COMPARE(recorded.size(), 1);
        const auto record = recorded[0][0].value<profile::RunRecord>();
        QVERIFY(record.ok());
        QCOMPARE(record.operation, profile::Operation::Test);
        QCOMPARE(record.providerId, u"p"_s);
        QCOMPARE(record.model, u"small"_s);
        QCOMPARE(record.answer.text, u"OK"_s);
        QCOMPARE(*record.costUsd, 0.003);
        QVERIFY(record.startedWallMs > 0 && record.trace.endNs > record.trace.submittedNs);
    }

    void theChatIsRefused()
    {
        const ScriptedServer server([](ScriptedConnection &connection, const ScriptedRequest &request) {
            if (request.method == "GET")
                connection.answer(200, twoModels);
            else
                connection.answer(402, R"({"error":{"message":"Insufficient balance"}})");
        });
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        plan.chat = true;
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        const Diagnosis diagnosis = diagnose(plan);
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:ok chat:failed"_s);
        QTRY_COMPARE(recorded.size(), 1);
        QCOMPARE(recorded[0][0].value<profile::RunRecord>().answer.error->kind, ErrorKind::Quota);
        QCOMPARE(diagnosis.error->kind, ErrorKind::Quota);
        QVERIFY(server.requests().constLast().body.contains("\"small\"")); // the first one listed
    }

    void aRedirectIsToldNotFollowed()
    {
        const ScriptedServer target;
        const ScriptedServer server([&target](ScriptedConnection &connection, const ScriptedRequest &) {
            connection.answer(301, {}, "Location: " + target.url(u"/v1/models"_s).toEncoded() + "\r\n");
        });
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/v1"_s)));
        QCOMPARE(diagnosis.error->kind, ErrorKind::Redirect);
        QVERIFY(diagnosis.error->message.contains(target.url(u"/v1/models"_s).toString()));
        QCOMPARE(target.accepted(), 0);
    }

    void aServerThatNeverAnswers()
    {
        const ScriptedServer server;
        DiagnosisPlan plan = planFor(server.url(u"/v1"_s));
        plan.limits = { 1'000, 100, 1'000, 2'000 };
        const Diagnosis diagnosis = diagnose(plan);
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:failed"_s);
        QCOMPARE(diagnosis.error->kind, ErrorKind::FirstByteTimeout);
        QTRY_COMPARE(server.open(), 0);
    }

    void destroyingTheServiceKeepsThePromise()
    {
        const ScriptedServer server;
        const auto future = m_service->diagnose(planFor(server.url(u"/v1"_s)));
        m_service.reset();
        QVERIFY(future.isFinished());
        QCOMPARE(future.result().error->kind, ErrorKind::Cancelled);
    }

    void names()
    {
        test::FakeClock clock;
        test::FakeTransport transport;
        const cost::PriceBook prices;
        const auto run = [&](const Diagnosing::Addresses &addresses, const std::optional<base::Error> &error) {
            const auto promise = std::make_shared<DiagnosisPromise>();
            promise->start();
            DiagnosisPlan plan = planFor(QUrl(u"http://api.example/v1"_s));
            plan.endpoint.route.proxying = base::Route::Proxying::None;
            Diagnosing diagnosing(plan, promise, clock, prices, [&](const QString &, QObject *, const auto &then) {
                clock.advance(7);
                then(addresses);
            });
            diagnosing.begin();
            diagnosing.advance(transport);
            test::FakeTransfer *transfer = transport.live.rbegin()->second;
            if (!error) {
                Q_EMIT transfer->phase(net::Phase::ConnectStarted, clock.nowNs());
                Q_EMIT transfer->phase(net::Phase::Sent, clock.nowNs());
                Q_EMIT transfer->head({ 200, {} }, clock.nowNs());
                Q_EMIT transfer->bytes(twoModels, clock.nowNs());
            }
            Q_EMIT transfer->finished(error, clock.nowNs());
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // while the transport stands
            return promise->future().result();
        };
        const base::Error unknown { ErrorKind::Dns, u"There is no host named api.example."_s, {}, 0, {} };
        Diagnosis diagnosis = run(QStringList { u"192.0.2.1"_s }, std::nullopt);
        QCOMPARE(outline(diagnosis), u"name:ok connect:ok models:ok"_s);
        QCOMPARE(*diagnosis.steps[0].ms, 7.0);
        QVERIFY(diagnosis.steps[0].text.contains(u"192.0.2.1"_s));
        diagnosis = run(unknown, unknown);
        QCOMPARE(outline(diagnosis), u"name:failed"_s);
        QCOMPARE(diagnosis.error->kind, ErrorKind::Dns);
        diagnosis = run(unknown, std::nullopt); // the transport knew it
        QCOMPARE(outline(diagnosis), u"name:warning connect:ok models:ok"_s);
        QVERIFY(diagnosis.ok());
    }

    void anInterimStatusIsNotAboutThePath()
    {
        const ScriptedServer server(
            [](auto &connection, const auto &) { connection.write("HTTP/1.1 103 Early Hints\r\n\r\n"); });
        const Diagnosis diagnosis = diagnose(planFor(server.url(u"/v1"_s)));
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:failed"_s);
        QVERIFY2(diagnosis.error->message.startsWith(
                     u"127.0.0.1:%1 answered with the interim status 103"_s.arg(server.port())),
                 qPrintable(diagnosis.error->message));
        QVERIFY(diagnosis.steps[2].advice.isEmpty());
        QCOMPARE(server.requests().size(), 1);
    }

    /// At 1 ms the request is given out, connecting is heard of at 2 ms, the answer's end at 9 ms.
    void timesWhatCanBeToldApart_data()
    {
        QTest::addColumn<qint64>("sentMs");
        QTest::addColumn<qint64>("headMs");
        QTest::addColumn<double>("connectMs"); // 0: not timed
        QTest::addColumn<double>("modelsMs");
        QTest::newRow("told apart") << qint64(4) << qint64(8) << 2.0 << 5.0;
        QTest::newRow("connected at once") << qint64(2) << qint64(8) << 0.0 << 8.0;
        QTest::newRow("heard of with the answer") << qint64(9) << qint64(9) << 0.0 << 8.0;
    }

    void timesWhatCanBeToldApart()
    {
        QFETCH(qint64, sentMs);
        QFETCH(qint64, headMs);
        QFETCH(double, connectMs);
        QFETCH(double, modelsMs);
        test::FakeClock clock;
        test::FakeTransport transport;
        const cost::PriceBook prices;
        const auto promise = std::make_shared<DiagnosisPromise>();
        promise->start();
        const qint64 start = clock.nowNs();
        const auto at = [start](qint64 ms) { return start + ms * 1'000'000; };
        Diagnosing diagnosing(planFor(QUrl(u"http://127.0.0.1:1/v1"_s)), promise, clock, prices);
        diagnosing.begin();
        clock.advance(1);
        diagnosing.advance(transport);
        test::FakeTransfer *transfer = transport.live.rbegin()->second;
        Q_EMIT transfer->phase(net::Phase::ConnectStarted, at(2));
        Q_EMIT transfer->phase(net::Phase::Sent, at(sentMs));
        Q_EMIT transfer->phase(net::Phase::Headers, at(headMs));
        Q_EMIT transfer->head({ 200, {} }, at(headMs));
        Q_EMIT transfer->bytes(twoModels, at(9));
        Q_EMIT transfer->phase(net::Phase::End, at(9));
        Q_EMIT transfer->finished(std::nullopt, at(9));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // while the transport stands
        const Diagnosis diagnosis = promise->future().result();
        QCOMPARE(outline(diagnosis), u"name:skipped connect:ok models:ok"_s);
        QCOMPARE(diagnosis.steps[1].ms.value_or(0), connectMs);
        QCOMPARE(*diagnosis.steps[2].ms, modelsMs);
    }

    void anUnknownProtocol()
    {
        const Diagnosis diagnosis = diagnose(planFor(QUrl(u"http://127.0.0.1:1"_s), u"morse"_s));
        QCOMPARE(diagnosis.error->kind, ErrorKind::Config);
    }
};

QTEST_GUILESS_MAIN(TestDiagnosis)
#include "tst_diagnosis.moc"
