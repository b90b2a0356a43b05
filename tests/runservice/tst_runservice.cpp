#include "core/run/runservice.h"

#include "tests/runservice/faketransport.h"

#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using llm::FinishReason;

namespace {

QByteArray delta(const QByteArray &text)
{
    return R"(data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

const QByteArray finish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const QByteArray usage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200,\"total_tokens\":1200}}\n\n";
const QByteArray done = "data: [DONE]\n\n";

RunRequest request(const QString &provider = u"p"_s, const QString &host = u"h"_s)
{
    RunRequest request;
    request.endpoint.providerId = provider;
    request.endpoint.protocol = u"openai-chat"_s;
    request.endpoint.baseUrl = QUrl(u"http://%1/v1"_s.arg(host));
    request.endpoint.apiKey = u"topsecretkey"_s;
    request.chat.model = u"m"_s;
    request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Hello there"_s) };
    return request;
}

/// A Run with all it says.
struct Observed {
    explicit Observed(std::unique_ptr<Run> started) : run(std::move(started))
    {
        QObject::connect(run.get(), &Run::updated, run.get(), [this](const RunUpdate &update) {
            updates.append(update);
            text += update.text;
            states.append(update.state);
        });
        QObject::connect(run.get(), &Run::finished, run.get(),
                         [this](const profile::RunRecord &record) { records.append(record); });
    }

    bool ended() const { return !records.isEmpty(); }
    const profile::RunRecord &record() const { return records.constFirst(); }
    ErrorKind errorKind() const { return record().answer.error ? record().answer.error->kind : ErrorKind::Usage; }

    QList<RunUpdate> updates;
    QList<RunState> states;
    QString text;
    QList<profile::RunRecord> records;
    std::unique_ptr<Run> run;
};

} // namespace

class TestRunService : public QObject {
    Q_OBJECT

private:
    /// Runs in the network thread, when all that was posted there before is done.
    void inNetwork(const std::function<void(test::FakeTransport &)> &call)
    {
        QTRY_VERIFY(m_transport.load() != nullptr);
        QMetaObject::invokeMethod(
            m_transport.load(), [this, &call] { call(*m_transport.load()); }, Qt::BlockingQueuedConnection);
    }
    /// Everything posted so far has happened, on both sides.
    void settle()
    {
        inNetwork([](test::FakeTransport &) {});
        QCoreApplication::processEvents();
    }
    void advance(qint64 ms)
    {
        inNetwork([this, ms](test::FakeTransport &) { m_scheduler->advance(ms); });
        settle();
    }
    int started()
    {
        int count = 0;
        inNetwork([&count](test::FakeTransport &transport) { count = transport.started; });
        return count;
    }
    std::size_t live()
    {
        std::size_t count = 0;
        inNetwork([&count](test::FakeTransport &transport) { count = transport.live.size(); });
        return count;
    }
    QList<qint64> pending()
    {
        QList<qint64> delays;
        inNetwork([this, &delays](test::FakeTransport &) { delays = m_scheduler->pending(); });
        return delays;
    }

    void answerHead(std::size_t index, int status = 200, const base::HttpHeaders &headers = {})
    {
        inNetwork([&](test::FakeTransport &transport) {
            test::FakeTransfer *transfer = transport.live.at(index);
            m_clock.advance(1);
            Q_EMIT transfer->phase(net::Phase::ConnectStarted, m_clock.nowNs());
            m_clock.advance(1);
            Q_EMIT transfer->phase(net::Phase::Sent, m_clock.nowNs());
            m_clock.advance(8);
            Q_EMIT transfer->head({ status, headers }, m_clock.nowNs());
        });
        settle();
    }
    void answerBytes(std::size_t index, const QByteArray &bytes)
    {
        inNetwork([&](test::FakeTransport &transport) {
            m_clock.advance(1);
            Q_EMIT transport.live.at(index)->bytes(bytes, m_clock.nowNs());
        });
        settle();
    }
    void answerEnd(std::size_t index, const std::optional<base::Error> &error = {})
    {
        inNetwork([&](test::FakeTransport &transport) {
            m_clock.advance(1);
            Q_EMIT transport.live.at(index)->finished(error, m_clock.nowNs());
        });
        settle();
    }
    void answerWhole(std::size_t index)
    {
        answerHead(index);
        answerBytes(index, delta("Hi") + finish + usage + done);
        answerEnd(index);
    }
    void answerError(std::size_t index, int status, const QByteArray &body, const base::HttpHeaders &headers = {})
    {
        answerHead(index, status, headers);
        answerBytes(index, body);
        answerEnd(index);
    }

    static constexpr auto rateLimited = R"({"error":{"message":"slow down","type":"rate_limit_exceeded"}})";

    test::FakeClock m_clock;
    std::atomic<test::FakeTransport *> m_transport = nullptr;
    test::FakeScheduler *m_scheduler = nullptr;
    std::unique_ptr<RunService> m_service;

private Q_SLOTS:
    void init()
    {
        m_transport = nullptr;
        auto scheduler = std::make_unique<test::FakeScheduler>(m_clock);
        m_scheduler = scheduler.get();
        const auto prices = cost::PriceBook::fromJson(
            R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
        m_service = std::make_unique<RunService>(
            [this] {
                auto transport = std::make_unique<test::FakeTransport>();
                m_transport = transport.get();
                return transport;
            },
            m_clock, *prices, std::move(scheduler));
        RetryPolicy policy;
        policy.seed = 42;
        m_service->setRetryPolicy(policy);
    }
    void cleanup() { m_service.reset(); }

    void wholeAnswer()
    {
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        Observed call(m_service->start(request()));
        settle();
        QCOMPARE(started(), 1);
        answerHead(0);
        answerBytes(0, delta("Hel"));
        answerBytes(0, delta("lo"));
        answerBytes(0, finish + usage + done);
        QVERIFY(!call.ended());
        answerEnd(0);
        QVERIFY(call.ended());
        const auto &record = call.record();
        QVERIFY(record.ok());
        QCOMPARE(record.id, call.run->id());
        QCOMPARE(record.answer.text, u"Hello"_s);
        QCOMPARE(call.text, u"Hello"_s);
        QCOMPARE(record.answer.finishReason, FinishReason::Stop);
        QCOMPARE(record.trace.chunks.size(), 2);
        QCOMPARE(record.trace.chunks[1].ns - record.trace.chunks[0].ns, 1'000'000);
        QCOMPARE(record.trace.firstContentNs - record.trace.headersNs, 1'000'000);
        QCOMPARE(record.trace.dispatchedNs, record.trace.submittedNs);
        QCOMPARE(record.trace.httpStatus, 200);
        QVERIFY(!record.trace.reusedConnection);
        QCOMPARE(*record.costUsd, 0.003);
        QCOMPARE(record.priceVersion, u"v1"_s);
        QCOMPARE(recorded.size(), 1);
        QCOMPARE(call.states.constLast(), RunState::Ended);
        QCOMPARE(live(), std::size_t(0));
    }

    void firstContentComesAtOnceTheRestOnceAFrame()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        const auto before = call.updates.size();
        answerBytes(0, delta("a"));
        QCOMPARE(call.updates.size(), before + 1);
        QCOMPARE(call.updates.constLast().state, RunState::Streaming);
        QCOMPARE(call.updates.constLast().chunks.size(), 1);
        for (const char *text : { "b", "c", "d" })
            answerBytes(0, delta(text));
        QCOMPARE(call.updates.size(), before + 1);
        advance(16);
        QCOMPARE(call.updates.size(), before + 2);
        QCOMPARE(call.updates.constLast().text, u"bcd"_s);
        QCOMPARE(call.updates.constLast().chunks.size(), 3);
        QVERIFY(call.updates.constLast().trace.chunks.isEmpty());
        answerBytes(0, delta("e") + finish);
        answerEnd(0);
        QCOMPARE(call.text, u"abcde"_s); // the last words aren't lost
    }

    void queuesFirstComeFirstServed()
    {
        m_service->setConcurrency({ 1, 32 });
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < 3; ++i)
            calls.append(std::make_shared<Observed>(m_service->start(request())));
        const auto other = std::make_shared<Observed>(m_service->start(request(u"q"_s)));
        settle();
        QCOMPARE(started(), 2); // the first, and the other provider's, which need not wait
        advance(16);
        QCOMPARE(calls[1]->updates.constLast().state, RunState::Queued);
        QCOMPARE(calls[1]->updates.constLast().queuePosition, 0);
        QCOMPARE(calls[2]->updates.constLast().queuePosition, 1);
        advance(484);
        answerWhole(0);
        QCOMPARE(started(), 3);
        advance(16);
        QCOMPARE(calls[2]->updates.constLast().queuePosition, 0);
        answerWhole(2);
        QVERIFY(calls[1]->ended());
        const auto &trace = calls[1]->record().trace;
        QCOMPARE((trace.dispatchedNs - trace.queuedNs) / 1'000'000, 512); // 500 in line, 12 for the answer before
        QCOMPARE(started(), 4);
    }

    void overallBoundHolds()
    {
        m_service->setConcurrency({ 8, 2 });
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < 4; ++i)
            calls.append(std::make_shared<Observed>(m_service->start(request(QString::number(i)))));
        settle();
        QCOMPARE(started(), 2);
        m_service->setConcurrency({ 8, 3 });
        settle();
        QCOMPARE(started(), 3);
    }

    void waitsForAFreeConnection()
    {
        inNetwork([](test::FakeTransport &transport) { transport.blocked = { u"h"_s }; });
        Observed blocked(m_service->start(request()));
        Observed free(m_service->start(request(u"q"_s, u"elsewhere"_s)));
        settle();
        QCOMPARE(started(), 1);
        m_clock.advance(70);
        inNetwork([](test::FakeTransport &transport) {
            transport.blocked.clear();
            Q_EMIT transport.connectionFreed();
        });
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE((blocked.record().trace.dispatchedNs - blocked.record().trace.queuedNs) / 1'000'000, 70);
    }

    void reportsItsState()
    {
        m_service->setConcurrency({ 1, 1 });
        EngineState state;
        connect(m_service.get(), &RunService::stateChanged, m_service.get(),
                [&state](const EngineState &now) { state = now; });
        Observed one(m_service->start(request()));
        Observed two(m_service->start(request()));
        settle();
        QCOMPARE(state.inFlight, 1);
        QCOMPARE(state.queued, 1);
        answerWhole(0);
        answerWhole(1);
        QVERIFY(state == EngineState());
    }

    void cancelWhileQueued()
    {
        m_service->setConcurrency({ 1, 1 });
        Observed first(m_service->start(request()));
        Observed second(m_service->start(request()));
        settle();
        second.run->cancel();
        settle();
        QCOMPARE(second.errorKind(), ErrorKind::Cancelled);
        QCOMPARE(second.record().answer.finishReason, FinishReason::Cancelled);
        QCOMPARE(second.record().trace.dispatchedNs, 0);
        answerWhole(0);
        QCOMPARE(started(), 1);
    }

    void cancelWhileConnecting()
    {
        Observed call(m_service->start(request()));
        settle();
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        QCOMPARE(live(), std::size_t(0));
    }

    void cancelMidStreamKeepsThePart()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("part"));
        answerBytes(0, delta(" two"));
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        QVERIFY(call.record().cancelled());
        QCOMPARE(call.record().answer.text, u"part two"_s);
        QCOMPARE(call.text, u"part two"_s);
        QCOMPARE(call.record().answer.usage->source, llm::UsageSource::Chunks);
        QCOMPARE(call.record().answer.usage->output, 2);
        QCOMPARE(live(), std::size_t(0));
        call.run->cancel(); // again, after the end
        settle();
        QCOMPARE(call.records.size(), 1);
    }

    void cancelWhileWaitingToRetry()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "7" } });
        QCOMPARE(call.states.constLast(), RunState::RetryWait);
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        advance(10'000);
        QCOMPARE(started(), 1);
    }

    void retryAfterIsHonouredExactly()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "7" } });
        QVERIFY(!call.ended());
        const RunUpdate &wait = call.updates.constLast();
        QCOMPARE(wait.state, RunState::RetryWait);
        QCOMPARE(wait.retryAtNs, m_clock.nowNs() + 7'000'000'000);
        QCOMPARE(wait.lastError->kind, ErrorKind::RateLimited);
        advance(6'999);
        QCOMPARE(started(), 1);
        advance(1);
        QCOMPARE(started(), 2);
        answerWhole(1);
        const auto &record = call.record();
        QVERIFY(record.ok());
        QCOMPARE(record.earlierAttempts.size(), 1);
        QCOMPARE(record.earlierAttempts[0].httpStatus, 429);
        QCOMPARE(record.trace.submittedNs, record.earlierAttempts[0].submittedNs);
        QCOMPARE(record.trace.dispatchedNs, record.trace.queuedNs);
        QVERIFY(record.trace.queuedNs - record.trace.submittedNs >= 7'000'000'000);
        QCOMPARE(record.trace.chunks.size(), 1);
    }

    void retryNowSkipsTheWait()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "60" } });
        call.run->retryNow();
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QVERIFY(call.record().ok());
        advance(100'000); // the old timer is gone
        QCOMPARE(started(), 2);
    }

    void waitingToRetryHoldsNoSlot()
    {
        m_service->setConcurrency({ 1, 1 });
        Observed first(m_service->start(request()));
        Observed second(m_service->start(request()));
        Observed third(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "1" } });
        QCOMPARE(started(), 2); // the second goes meanwhile
        advance(1000);
        answerWhole(1);
        QVERIFY(second.ended());
        QCOMPARE(started(), 3);
        answerWhole(2);
        QVERIFY(first.ended()); // it kept its place before the third
        QVERIFY(!third.ended());
    }

    void retryAfterTooLongIsNotWaitedFor()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "3600" } });
        QCOMPARE(call.errorKind(), ErrorKind::RateLimited);
        QCOMPARE(call.record().answer.error->retryAfterMs, 3'600'000);
        QCOMPARE(call.record().answer.finishReason, FinishReason::Error);
    }

    void backsOffWithJitterAndGivesUp()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 503, "{}");
        QCOMPARE(call.states.constLast(), RunState::RetryWait);
        qint64 delay = (call.updates.constLast().retryAtNs - m_clock.nowNs()) / 1'000'000;
        QVERIFY2(delay >= 0 && delay <= 500, qPrintable(QString::number(delay)));
        advance(500);
        answerError(1, 503, "{}");
        delay = (call.updates.constLast().retryAtNs - m_clock.nowNs()) / 1'000'000;
        QVERIFY2(delay >= 0 && delay <= 1000, qPrintable(QString::number(delay)));
        advance(1000);
        answerError(2, 503, "{}");
        QVERIFY(call.ended());
        QCOMPARE(call.record().earlierAttempts.size(), 2);
        QCOMPARE(call.record().answer.error->httpStatus, 503);
        QVERIFY(pending().isEmpty() || pending() == QList<qint64> { 16 });
    }

    void networkErrorBeforeContentIsRetried()
    {
        Observed call(m_service->start(request()));
        settle();
        answerEnd(0, base::Error { ErrorKind::Reset, u"reset"_s, {}, 0, {} });
        QCOMPARE(call.states.constLast(), RunState::RetryWait);
    }

    void neverRetriesAfterContent()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("x"));
        answerEnd(0, base::Error { ErrorKind::Reset, u"reset"_s, {}, 0, {} });
        QCOMPARE(call.errorKind(), ErrorKind::Reset);
        QCOMPARE(call.record().answer.text, u"x"_s);
        QCOMPARE(started(), 1);
    }

    void neverRetriesWhatCannotHelp_data()
    {
        QTest::addColumn<int>("status");
        QTest::newRow("400") << 400;
        QTest::newRow("401") << 401;
        QTest::newRow("404") << 404;
    }
    void neverRetriesWhatCannotHelp()
    {
        QFETCH(int, status);
        Observed call(m_service->start(request()));
        settle();
        answerError(0, status, R"({"error":{"message":"no: topsecretkey","type":"x"}})");
        QVERIFY(call.ended());
        QCOMPARE(call.record().answer.error->httpStatus, status);
        QVERIFY(!call.record().answer.error->message.contains(u"topsecretkey"_s));
        QVERIFY(!call.record().answer.error->detail.contains(u"topsecretkey"_s));
    }

    void withoutTerminalEventItIsTruncated()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("half"));
        answerEnd(0);
        QCOMPARE(call.errorKind(), ErrorKind::Truncated);
        QCOMPARE(call.record().answer.text, u"half"_s);
        QVERIFY(!call.record().ok());
    }

    void terminalEventOutlivesTheSocket()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("whole") + finish);
        answerEnd(0, base::Error { ErrorKind::Reset, u"reset"_s, {}, 0, {} });
        QVERIFY(call.record().ok());
    }

    void redirectNamesItsTarget()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 307, {}, { { "Location", "https://user:pw@evil.example/v1?key=topsecretkey" } });
        QCOMPARE(call.errorKind(), ErrorKind::Redirect);
        const base::Error &error = *call.record().answer.error;
        QVERIFY(error.message.contains(u"https://evil.example/v1"_s));
        QVERIFY(!(error.message + error.detail).contains(u"topsecretkey"_s));
        QVERIFY(!(error.message + error.detail).contains(u"pw@"_s));
        QCOMPARE(started(), 1);
    }

    void htmlIsNotAnAnswer()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0, 200, { { "content-type", "text/html" } });
        answerBytes(0, "<!doctype html><html><body>Log in</body></html>");
        if (!call.ended())
            answerEnd(0);
        QCOMPARE(call.errorKind(), ErrorKind::NotJson);
    }

    void notStreamedComesWhole()
    {
        RunRequest plain = request();
        plain.chat.options.stream = false;
        Observed call(m_service->start(plain));
        settle();
        answerHead(0);
        answerBytes(0, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hello )");
        answerBytes(0, R"(you"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})");
        const qint64 lastBytes = m_clock.nowNs();
        answerEnd(0);
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"Hello you"_s);
        QCOMPARE(call.record().trace.firstContentNs, lastBytes);
        QVERIFY(!call.record().streamed);
    }

    void unknownProtocolEndsInAnError()
    {
        RunRequest odd = request();
        odd.endpoint.protocol = u"morse"_s;
        Observed call(m_service->start(odd));
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Config);
        QCOMPARE(started(), 0);
    }

    void destroyingARunCancelsIt()
    {
        QSignalSpy recorded(m_service.get(), &RunService::recorded);
        auto call = std::make_unique<Observed>(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("x"));
        call.reset();
        settle();
        QCOMPARE(live(), std::size_t(0));
        QCOMPARE(recorded.size(), 1);
        QVERIFY(recorded[0][0].value<profile::RunRecord>().cancelled());
    }

    void destroyingARunFromItsOwnSlot()
    {
        std::unique_ptr<Run> run = m_service->start(request());
        connect(run.get(), &Run::finished, m_service.get(), [&run] { run.reset(); });
        settle();
        answerWhole(0);
        QVERIFY(!run);
    }

    void destroyingTheServiceLosesNothing()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, this,
                [&records](const profile::RunRecord &record) { records.append(record); });
        m_service->setConcurrency({ 1, 8 });
        Observed streaming(m_service->start(request()));
        Observed queued(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("kept"));
        m_service.reset();
        QCOMPARE(records.size(), 2);
        QVERIFY(streaming.ended() && queued.ended());
        QCOMPARE(streaming.record().answer.text, u"kept"_s);
        QVERIFY(streaming.record().cancelled() && queued.record().cancelled());
        streaming.run->cancel(); // harmless
    }

    void listsModels()
    {
        const auto future = m_service->listModels(request().endpoint);
        settle();
        QCOMPARE(started(), 1);
        answerHead(0);
        answerBytes(0, R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})");
        answerEnd(0);
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.result());
        QCOMPARE(future.result()->size(), 2);
    }

    void listModelsErrors()
    {
        auto future = m_service->listModels(request().endpoint);
        settle();
        answerError(0, 401, R"({"error":{"message":"bad key"}})");
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(future.result().error().kind, ErrorKind::Auth);
        future = m_service->listModels(request().endpoint);
        settle();
        m_service.reset();
        QVERIFY(future.isFinished());
        QCOMPARE(future.result().error().kind, ErrorKind::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestRunService)
#include "tst_runservice.moc"
