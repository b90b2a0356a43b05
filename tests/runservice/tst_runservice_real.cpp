#include "core/net/qttransport.h"
#include "core/run/runservice.h"
#include "core/simulator/simulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using base::ErrorKind;

/// The engine on the real transport against the real simulator: sockets, threads and clocks.
class TestRunServiceReal : public QObject {
    Q_OBJECT

private:
    RunRequest request(const base::HttpHeaders &knobs, const QString &protocol = u"openai-chat"_s) const
    {
        RunRequest request;
        request.endpoint.providerId = u"simulator"_s;
        request.endpoint.protocol = protocol;
        request.endpoint.baseUrl = m_url;
        if (protocol == u"openai-chat"_s)
            request.endpoint.baseUrl.setPath(u"/v1"_s);
        request.endpoint.headers = { { "x-sim-ttft", "constant:5" }, { "x-sim-gap", "constant:1" } };
        for (const auto &[name, value] : knobs) {
            request.endpoint.headers.removeIf([&name = name](const auto &header) { return header.first == name; });
            request.endpoint.headers.append({ name, value });
        }
        request.chat.model = u"sim-small"_s;
        request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Tell me about bridges"_s) };
        return request;
    }

    profile::RunRecord call(const RunRequest &request)
    {
        const auto run = m_service->start(request);
        QSignalSpy finished(run.get(), &Run::finished);
        if (!finished.wait(30'000))
            return {};
        return finished[0][0].value<profile::RunRecord>();
    }

    QJsonObject truth(const QString &id)
    {
        QUrl url = m_url;
        url.setPath(u"/sim/truth/"_s + id);
        QNetworkAccessManager manager;
        const std::unique_ptr<QNetworkReply> reply(manager.get(QNetworkRequest(url)));
        QSignalSpy finished(reply.get(), &QNetworkReply::finished);
        return finished.wait(5000) ? QJsonDocument::fromJson(reply->readAll()).object() : QJsonObject();
    }

    const base::SystemClock m_clock;
    std::unique_ptr<simulator::Simulator> m_simulator;
    QUrl m_url;
    std::unique_ptr<RunService> m_service;

private Q_SLOTS:
    void initTestCase()
    {
        m_simulator = std::make_unique<simulator::Simulator>(simulator::Knobs());
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_url = *url;
    }
    void init()
    {
        m_service = std::make_unique<RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                 m_clock, cost::PriceBook());
        RetryPolicy policy;
        policy.baseDelayMs = 1;
        m_service->setRetryPolicy(policy);
    }
    void cleanup() { m_service.reset(); }

    void everyChunkIsStampedAfterItWasSent_data()
    {
        QTest::addColumn<QString>("protocol");
        QTest::newRow("openai-chat") << u"openai-chat"_s;
        QTest::newRow("ollama") << u"ollama"_s;
    }
    void everyChunkIsStampedAfterItWasSent()
    {
        QFETCH(QString, protocol);
        const auto record = call(request({ { "x-sim-tokens", "50" } }, protocol));
        QVERIFY(record.ok());
        QCOMPARE(record.answer.usage->output, 50);
        QCOMPARE(record.trace.chunks.size(), 50);
        QVERIFY(record.trace.submittedNs <= record.trace.dispatchedNs);
        QVERIFY(record.trace.dispatchedNs <= record.trace.sentNs);
        QVERIFY(record.trace.sentNs <= record.trace.headersNs);
        QVERIFY(record.trace.headersNs <= record.trace.firstContentNs);
        QVERIFY(record.trace.firstContentNs < record.trace.lastContentNs);
        QVERIFY(record.trace.lastContentNs <= record.trace.endNs);
        if (protocol != u"openai-chat"_s)
            return;
        const QJsonArray sent = truth(record.answer.responseId)["chunks"_L1].toArray();
        QCOMPARE(sent.size(), 50);
        for (qsizetype i = 0; i < sent.size(); ++i)
            QVERIFY(record.trace.chunks[i].ns >= sent[i]["ns"_L1].toInteger());
    }

    void manyAtOnceAllComeWhole()
    {
        m_service->setLimits({ 64, { 64, 0, 0 } });
        QList<profile::RunRecord> records;
        std::vector<std::unique_ptr<Run>> runs;
        for (int i = 0; i < 100; ++i) {
            runs.push_back(m_service->start(request({ { "x-sim-tokens", "30" } })));
            connect(runs.back().get(), &Run::finished, this,
                    [&records](const profile::RunRecord &record) { records.append(record); });
        }
        QTRY_COMPARE_WITH_TIMEOUT(records.size(), 100, 60'000);
        for (const auto &record : std::as_const(records)) {
            QVERIFY2(record.ok(), qPrintable(record.answer.error ? record.answer.error->message : QString()));
            QCOMPARE(record.trace.chunks.size(), 30);
        }
    }

    void faults_data()
    {
        QTest::addColumn<base::HttpHeaders>("knobs");
        QTest::addColumn<ErrorKind>("kind");
        QTest::addColumn<int>("chunks");
        using Headers = base::HttpHeaders;
        QTest::newRow("fin") << Headers { { "x-sim-cut", "7:fin" } } << ErrorKind::Truncated << 7;
        QTest::newRow("half a JSON") << Headers { { "x-sim-cut", "7:half-json" } } << ErrorKind::Truncated << 7;
        QTest::newRow("error in the stream") << Headers { { "x-sim-cut", "7:error" } } << ErrorKind::Server << 7;
        QTest::newRow("401") << Headers { { "x-sim-error-status", "401" } } << ErrorKind::Auth << 0;
        QTest::newRow("404") << Headers { { "x-sim-error-status", "404" } } << ErrorKind::NotFound << 0;
        QTest::newRow("429, three times")
            << Headers { { "x-sim-error-status", "429" }, { "x-sim-retry-after", "0" } } << ErrorKind::RateLimited << 0;
        QTest::newRow("500, three times") << Headers { { "x-sim-error-status", "500" } } << ErrorKind::Server << 0;
    }
    void faults()
    {
        QFETCH(base::HttpHeaders, knobs);
        QFETCH(ErrorKind, kind);
        QFETCH(int, chunks);
        const auto record = call(request(knobs));
        QVERIFY(record.answer.error);
        QCOMPARE(base::errorKindName(record.answer.error->kind), base::errorKindName(kind));
        QCOMPARE(record.trace.chunks.size(), chunks);
        QCOMPARE(record.answer.text.isEmpty(), chunks == 0);
        const bool retried = kind == ErrorKind::RateLimited || (kind == ErrorKind::Server && chunks == 0);
        QCOMPARE(record.earlierAttempts.size(), retried ? 2 : 0);
    }

    void resetKeepsThePart()
    {
        const auto record = call(request({ { "x-sim-cut", "20:rst" }, { "x-sim-gap", "constant:5" } }));
        QVERIFY(record.answer.error);
        QVERIFY(record.answer.error->kind == ErrorKind::Reset || record.answer.error->kind == ErrorKind::Truncated);
        QVERIFY(!record.answer.text.isEmpty());
        QVERIFY(record.earlierAttempts.isEmpty());
    }

    void oddButWhole_data()
    {
        QTest::addColumn<base::HttpHeaders>("knobs");
        using Headers = base::HttpHeaders;
        QTest::newRow("crlf") << Headers { { "x-sim-crlf", "1" } };
        QTest::newRow("split characters") << Headers { { "x-sim-split-utf8", "1" } };
        QTest::newRow("comments and pings") << Headers { { "x-sim-comments", "2" }, { "x-sim-pings", "3" } };
        QTest::newRow("no done") << Headers { { "x-sim-no-done", "1" } };
        QTest::newRow("no usage") << Headers { { "x-sim-no-usage", "1" } };
        QTest::newRow("reasoning") << Headers { { "x-sim-reasoning", "10" } };
    }
    void oddButWhole()
    {
        QFETCH(base::HttpHeaders, knobs);
        knobs += base::HttpHeaders { { "x-sim-tokens", "40" } };
        const auto record = call(request(knobs));
        QVERIFY2(record.ok(), qPrintable(record.answer.error ? record.answer.error->message : QString()));
        QVERIFY(!record.answer.text.contains(QChar::ReplacementCharacter));
        const bool reasons = knobs.first().first == "x-sim-reasoning";
        QCOMPARE(record.answer.usage->outputTotal(), reasons ? 50 : 40);
        QCOMPARE(record.trace.chunks.size(), reasons ? 50 : 40);
        QCOMPARE(record.answer.usage->source,
                 knobs.first().first == "x-sim-no-usage" ? llm::UsageSource::Chunks : llm::UsageSource::Server);
    }

    void stopClosesTheSocketAtOnce()
    {
        const auto run = m_service->start(request({ { "x-sim-gap", "constant:20" }, { "x-sim-tokens", "500" } }));
        QSignalSpy finished(run.get(), &Run::finished);
        QString text;
        connect(run.get(), &Run::updated, this, [&text](const RunUpdate &update) { text += update.text; });
        QTRY_VERIFY(!text.isEmpty());
        run->cancel();
        QVERIFY(finished.wait(1000));
        const auto record = finished[0][0].value<profile::RunRecord>();
        QVERIFY(record.cancelled());
        QCOMPARE(record.answer.text, text);
        QTRY_COMPARE(truth(record.answer.responseId)["complete"_L1].toBool(true), false);
    }

    void listsModels()
    {
        const auto future = m_service->listModels(request({}).endpoint);
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.result());
        QVERIFY(!future.result()->isEmpty());
    }

    void destroyedWithManyInFlight()
    {
        std::vector<std::unique_ptr<Run>> runs;
        for (int i = 0; i < 20; ++i)
            runs.push_back(m_service->start(request({ { "x-sim-gap", "constant:50" } })));
        int recorded = 0;
        connect(m_service.get(), &RunService::recorded, this, [&recorded] { ++recorded; });
        m_service.reset();
        QCOMPARE(recorded, 20);
    }
};

QTEST_GUILESS_MAIN(TestRunServiceReal)
#include "tst_runservice_real.moc"
