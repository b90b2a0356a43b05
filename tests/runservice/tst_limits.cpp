#include "core/run/ratewindow.h"
#include "core/run/retry.h"
#include "tests/runservice/fakeservice.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

constexpr qint64 second = 1'000'000'000;

/// One after the other, each to the given provider.
QList<std::shared_ptr<Observed>> startAll(RunService &service, int count, const QString &provider = u"p"_s,
                                          std::optional<int> maxTokens = {})
{
    QList<std::shared_ptr<Observed>> calls;
    for (int i = 0; i < count; ++i) {
        RunRequest one = request(provider);
        one.chat.options.maxTokens = maxTokens;
        calls.append(std::make_shared<Observed>(service.start(one)));
    }
    return calls;
}

base::Error failure(ErrorKind kind, int status = 0, std::optional<qint64> retryAfterMs = {})
{
    return { kind, u"x"_s, {}, status, retryAfterMs };
}

} // namespace

/// What a call waits for before its first attempt and between two.
class TestLimits : public FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void windowOfRequestsIsExact()
    {
        RateWindow window;
        const llm::ProviderLimits limits { 0, 2, 0 };
        window.admit(u"a"_s, 0, 10 * second);
        QCOMPARE(window.next(limits, 0, 10 * second).reason, WaitReason::None);
        window.admit(u"b"_s, 0, 25 * second);
        const Wait wait = window.next(limits, 0, 30 * second);
        QCOMPARE(wait.reason, WaitReason::RequestRate);
        QCOMPARE(wait.perMinute, 2);
        QCOMPARE(wait.untilNs, 70 * second);
        QCOMPARE(window.next(limits, 0, 70 * second - 1).reason, WaitReason::RequestRate);
        QCOMPARE(window.next(limits, 0, 70 * second).reason, WaitReason::None);
        window.admit(u"c"_s, 0, 70 * second);
        QCOMPARE(window.next(limits, 0, 70 * second).untilNs, 85 * second);
        QCOMPARE(window.next({}, 0, 70 * second).reason, WaitReason::None);
    }

    void windowOfTokensIsExact()
    {
        RateWindow window;
        const llm::ProviderLimits limits { 0, 0, 1000 };
        window.admit(u"a"_s, 600, 10 * second);
        QCOMPARE(window.next(limits, 400, 11 * second).reason, WaitReason::None);
        Wait wait = window.next(limits, 401, 11 * second);
        QCOMPARE(wait.reason, WaitReason::TokenRate);
        QCOMPARE(wait.perMinute, 1000);
        QCOMPARE(wait.untilNs, 70 * second);
        window.correct(u"a"_s, 100);
        QCOMPARE(window.next(limits, 900, 11 * second).reason, WaitReason::None);
        window.admit(u"b"_s, 900, 20 * second);
        // Larger than the limit itself: it goes when nothing else is in the window.
        wait = window.next(limits, 5000, 21 * second);
        QCOMPARE(wait.untilNs, 80 * second);
        QCOMPARE(window.next(limits, 5000, 80 * second).reason, WaitReason::None);
        // More than was reserved weighs on those after it.
        window.correct(u"b"_s, 2000);
        QCOMPARE(window.next(limits, 1, 21 * second).untilNs, 80 * second);
    }

    void bothLimitsHold()
    {
        RateWindow window;
        const llm::ProviderLimits limits { 0, 1, 100 };
        window.admit(u"a"_s, 10, 0);
        window.admit(u"b"_s, 95, second);
        const Wait wait = window.next(limits, 10, 2 * second);
        QCOMPARE(wait.untilNs, 61 * second);
    }

    void aCallWaitsForItsRequestsAMinute()
    {
        m_service->setLimits({ 32, { 8, 0, 0 }, { { u"p"_s, { 0, 2, 0 } } } });
        const qint64 beganNs = m_clock.nowNs();
        const auto calls = startAll(*m_service, 4);
        const auto other = startAll(*m_service, 1, u"q"_s);
        settle();
        QCOMPARE(started(), 3); // two of four, and the other provider's, which has no limit
        advance(16);
        const Wait first = calls[2]->updates.constLast().wait;
        QCOMPARE(first.reason, WaitReason::RequestRate);
        QCOMPARE(first.untilNs, beganNs + 60 * second);
        QCOMPARE(first.ahead, 0);
        const Wait next = calls[3]->updates.constLast().wait;
        QCOMPARE(next.reason, WaitReason::RequestRate);
        QCOMPARE(next.ahead, 1);
        QCOMPARE(next.untilNs, 0);
        QCOMPARE(next.perMinute, 2);
        advance(59'983);
        QCOMPARE(started(), 3);
        advance(1);
        QCOMPARE(started(), 5);
        answerWhole(3);
        const profile::Trace &trace = calls[2]->record().trace;
        QCOMPARE(trace.dispatchedNs - trace.queuedNs, 60 * second); // our queue's time
        QCOMPARE(trace.decisions.constFirst().stage, u"cache"_s);
        QVERIFY(trace.decisions[1].reason.contains(u"requests a minute"_s));
        QVERIFY(calls[2]->states.contains(RunState::Queued));
        QCOMPARE(calls[2]->updates.constLast().wait, Wait());
    }

    void tokensAreReservedThenCorrected()
    {
        m_service->setLimits({ 32, { 8, 0, 0 }, { { u"p"_s, { 0, 0, 3000 } } } });
        const auto calls = startAll(*m_service, 3, u"p"_s, 2000);
        settle();
        QCOMPARE(started(), 1); // two thousand and a prompt are reserved
        advance(16);
        QCOMPARE(calls[1]->updates.constLast().wait.reason, WaitReason::TokenRate);
        answerWhole(0); // it used 1200
        QCOMPARE(started(), 1);
        advance(60'000);
        QCOMPARE(started(), 2);
        answerError(1, 400, "{}"); // used nothing
        QVERIFY(calls[1]->ended());
        QCOMPARE(started(), 3);
    }

    void whoAsksForMuchLetsOthersThrough()
    {
        m_service->setLimits({ 32, { 2, 0, 0 } });
        const auto ask = [this](const QString &conversation, Priority priority = Priority::Interactive) {
            RunRequest one = request();
            one.conversationId = conversation;
            one.priority = priority;
            return std::make_unique<Observed>(m_service->start(one));
        };
        QList<std::shared_ptr<Observed>> calls;
        for (int i = 0; i < 3; ++i)
            calls.append(ask(u"batch"_s, Priority::Batch));
        for (int i = 0; i < 4; ++i)
            calls.append(ask(u"compare"_s));
        calls.append(ask(u"chat"_s));
        settle();
        advance(16);
        const auto waitsBehind = [&calls](int index) { return calls[index]->updates.constLast().wait.ahead; };
        QCOMPARE(started(), 2); // the batch was alone when it came
        QCOMPARE(waitsBehind(3), 0);
        QCOMPARE(waitsBehind(2), 5); // behind all that somebody waits for
        answerWhole(0);
        QVERIFY(calls[0]->ended());
        advance(16);
        QCOMPARE(waitsBehind(7), 0); // one of the comparison is on its way: now the chat
        answerWhole(1);
        advance(16);
        QVERIFY(calls[7]->updates.constLast().state != RunState::Queued);
        QCOMPARE(calls[4]->updates.constLast().state, RunState::Queued);
    }

    void waitingEndsAtItsLimit()
    {
        Limits limits { 32, { 1, 0, 0 } };
        limits.maxWaitMs = 5'000;
        m_service->setLimits(limits);
        RunRequest batch = request();
        batch.priority = Priority::Batch;
        const auto calls = startAll(*m_service, 2);
        const Observed patient(m_service->start(batch));
        settle();
        advance(4'999);
        QVERIFY(!calls[1]->ended());
        advance(1);
        QVERIFY(calls[1]->ended());
        QCOMPARE(calls[1]->errorKind(), ErrorKind::Queue);
        QVERIFY(calls[1]->record().answer.error->message.contains(u"at this provider"_s));
        QVERIFY(!patient.ended()); // nobody waits for it
        answerWhole(0);
        settle();
        QCOMPARE(started(), 2);
    }

    void theQueueIsToldAndCancelled()
    {
        QList<EngineState> states;
        const QObject listener;
        connect(m_service.get(), &RunService::stateChanged, &listener,
                [&states](const EngineState &state) { states.append(state); });
        m_service->setLimits({ 32, { 1, 0, 0 } });
        const auto calls = startAll(*m_service, 3);
        settle();
        QCOMPARE(states.constLast().queue.size(), 2);
        const OpenCall second = states.constLast().queue.constLast();
        QCOMPARE(second.id, calls[2]->run->id());
        QCOMPARE(second.model, u"m"_s);
        QCOMPARE(second.wait.ahead, 1);
        m_service->cancel(calls[1]->run->id());
        settle();
        QVERIFY(calls[1]->record().cancelled());
        QCOMPARE(states.constLast().queue.size(), 1);
        QCOMPARE(states.constLast().queue.constFirst().wait.ahead, 0);
    }

    void whatRunsIsToldToo()
    {
        EngineState state;
        const QObject listener;
        connect(m_service.get(), &RunService::stateChanged, &listener,
                [&state](const EngineState &now) { state = now; });
        m_service->setLimits({ 32, { 2, 0, 0 } });
        const auto calls = startAll(*m_service, 3);
        settle();
        QCOMPARE(state.running.size(), 2);
        for (qsizetype i = 0; i < 2; ++i)
            QCOMPARE(state.running.at(i).id, calls[i]->run->id()); // as they were asked for
        QCOMPARE(state.queue.size(), 1);
        answerHead(1);
        advance(20); // a frame
        QCOMPARE(state.running.at(1).state, RunState::Waiting);
        answerBytes(1, delta("Hi"));
        advance(20);
        const OpenCall streaming = state.running.at(1);
        QCOMPARE(streaming.state, RunState::Streaming);
        answerBytes(1, delta(" there"));
        advance(20);
        QCOMPARE(state.running.at(1), streaming); // more of it is no news
    }

    void allThatWaitsIsCancelled()
    {
        EngineState state;
        const QObject listener;
        connect(m_service.get(), &RunService::stateChanged, &listener,
                [&state](const EngineState &now) { state = now; });
        m_service->setLimits({ 32, { 1, 0, 0 } });
        const auto calls = startAll(*m_service, 60);
        settle();
        QCOMPARE(state.queued, 59);
        QCOMPARE(state.queue.size(), qsizetype(EngineState::mostShown));
        answerError(0, 429, rateLimited);
        advance(20); // a frame
        QCOMPARE(state.running.constFirst().id, calls[1]->run->id());
        QCOMPARE(state.queued, 59); // the first one waits to try again
        m_service->cancelWaiting();
        settle();
        QCOMPARE(state.queued, 0);
        QCOMPARE(state.inFlight, 1);
        for (qsizetype i = 0; i < calls.size(); ++i)
            QCOMPARE(calls[i]->ended(), i != 1);
    }

    void liftingALimitLetsThemGo()
    {
        m_service->setLimits({ 32, { 8, 1, 0 } });
        const auto calls = startAll(*m_service, 3);
        settle();
        QCOMPARE(started(), 1);
        m_service->setLimits({ 32, { 8, 0, 0 } });
        settle();
        QCOMPARE(started(), 3);
        advance(120'000); // the timer of the limit finds nothing to do
        QCOMPARE(started(), 3);
    }

    void cancelWhileWaitingForTheRate()
    {
        m_service->setLimits({ 32, { 8, 1, 0 } });
        const auto calls = startAll(*m_service, 3);
        settle();
        calls[1]->run->cancel();
        settle();
        QCOMPARE(calls[1]->errorKind(), ErrorKind::Cancelled);
        QCOMPARE(calls[1]->record().trace.dispatchedNs, 0);
        advance(60'000);
        QCOMPARE(started(), 2); // the third took the turn of the second
        answerWhole(1);
        QVERIFY(calls[2]->ended());
    }

    void cancelFreesTheSlotAtOnce_data()
    {
        QTest::addColumn<int>("reached");
        for (const auto &[name, state] :
             { std::pair("connecting", RunState::Connecting), std::pair("waiting", RunState::Waiting),
               std::pair("streaming", RunState::Streaming), std::pair("between two attempts", RunState::RetryWait) })
            QTest::newRow(name) << static_cast<int>(state);
    }
    void cancelFreesTheSlotAtOnce()
    {
        QFETCH(int, reached);
        const auto state = static_cast<RunState>(reached);
        m_service->setLimits({ 1, { 1, 0, 0 } });
        const auto calls = startAll(*m_service, 1);
        settle();
        if (state == RunState::Waiting || state == RunState::Streaming)
            answerHead(0);
        if (state == RunState::Streaming)
            answerBytes(0, delta("part"));
        if (state == RunState::RetryWait)
            answerError(0, 429, rateLimited, { { "retry-after", "9" } });
        advance(16);
        QCOMPARE(calls[0]->states.constLast(), state);
        const auto next = startAll(*m_service, 1);
        settle();
        QCOMPARE(started(), state == RunState::RetryWait ? 2 : 1);
        calls[0]->run->cancel();
        settle();
        QCOMPARE(calls[0]->errorKind(), ErrorKind::Cancelled);
        QCOMPARE(calls[0]->record().answer.text, state == RunState::Streaming ? u"part"_s : QString());
        QCOMPARE(started(), 2);
        QCOMPARE(live(), std::size_t(1)); // its connection is closed
        answerWhole(1);
        QVERIFY(next[0]->record().ok());
        advance(20'000);
        QCOMPARE(started(), 2);
        QCOMPARE(calls[0]->records.size(), 1);
    }

    void whyItWaits()
    {
        m_service->setLimits({ 2, { 1, 0, 0 } });
        const auto calls = startAll(*m_service, 2);
        settle();
        advance(16);
        QCOMPARE(calls[1]->updates.constLast().wait.reason, WaitReason::Provider);
        const auto others = startAll(*m_service, 1, u"q"_s);
        const auto last = startAll(*m_service, 1, u"r"_s);
        settle();
        advance(16);
        QCOMPARE(last[0]->updates.constLast().wait.reason, WaitReason::Overall);
        QCOMPARE(last[0]->updates.constLast().wait.ahead, 1);
        inNetwork([](FakeTransport &transport) { transport.blocked = { u"h"_s }; });
        answerWhole(0);
        advance(16);
        QCOMPARE(calls[1]->updates.constLast().wait.reason, WaitReason::Connection);
    }

    void retriesByKind_data()
    {
        QTest::addColumn<base::Error>("error");
        QTest::addColumn<bool>("again");
        QTest::newRow("refused") << failure(ErrorKind::Refused) << true;
        QTest::newRow("connect timeout") << failure(ErrorKind::ConnectTimeout) << true;
        QTest::newRow("reset") << failure(ErrorKind::Reset) << true;
        QTest::newRow("truncated") << failure(ErrorKind::Truncated) << true;
        QTest::newRow("dns") << failure(ErrorKind::Dns) << false;
        QTest::newRow("tls") << failure(ErrorKind::Tls) << false;
        QTest::newRow("first byte") << failure(ErrorKind::FirstByteTimeout) << false;
        QTest::newRow("idle") << failure(ErrorKind::IdleTimeout) << false;
        QTest::newRow("total") << failure(ErrorKind::TotalTimeout) << false;
        QTest::newRow("401") << failure(ErrorKind::Auth, 401) << false;
        QTest::newRow("403") << failure(ErrorKind::Forbidden, 403) << false;
        QTest::newRow("404") << failure(ErrorKind::NotFound, 404) << false;
        QTest::newRow("400") << failure(ErrorKind::InvalidRequest, 400) << false;
        QTest::newRow("context") << failure(ErrorKind::ContextTooLong, 400) << false;
        QTest::newRow("408") << failure(ErrorKind::Server, 408) << true;
        QTest::newRow("409") << failure(ErrorKind::InvalidRequest, 409) << true;
        QTest::newRow("429") << failure(ErrorKind::RateLimited, 429) << true;
        QTest::newRow("429, out of credit") << failure(ErrorKind::Quota, 429) << false;
        QTest::newRow("500") << failure(ErrorKind::Server, 500) << true;
        QTest::newRow("501") << failure(ErrorKind::Server, 501) << false;
        QTest::newRow("503") << failure(ErrorKind::Overloaded, 503) << true;
        QTest::newRow("529") << failure(ErrorKind::Overloaded, 529) << true;
        QTest::newRow("filtered") << failure(ErrorKind::Filtered, 400) << false;
        QTest::newRow("not JSON") << failure(ErrorKind::NotJson, 200) << false;
        QTest::newRow("redirect") << failure(ErrorKind::Redirect, 307) << false;
    }
    void retriesByKind()
    {
        QFETCH(base::Error, error);
        QFETCH(bool, again);
        Retry retry({ .seed = 1 });
        QCOMPARE(retry.delayMs({ error }).has_value(), again);
        // The server's own word goes before the table.
        QVERIFY(retry.delayMs({ .error = error, .serverSays = true }));
        QVERIFY(!retry.delayMs({ .error = error, .serverSays = false }));
        // Content that was shown goes before the server's word.
        QVERIFY(!retry.delayMs({ .error = error, .contentReceived = true, .serverSays = true }));
    }

    void retriesAreCapped()
    {
        Retry retry({ .maxAttempts = 3, .maxRetryAfterMs = 50'000, .maxTotalMs = 60'000, .seed = 1 });
        const base::Error busy = failure(ErrorKind::RateLimited, 429, 20'000);
        QCOMPARE(*retry.delayMs({ .error = busy, .attemptsMade = 2, .elapsedMs = 40'000 }), 20'000);
        QVERIFY(!retry.delayMs({ .error = busy, .attemptsMade = 2, .elapsedMs = 40'001 }));
        QVERIFY(!retry.delayMs({ .error = busy, .attemptsMade = 3 }));
        QVERIFY(!retry.delayMs({ failure(ErrorKind::RateLimited, 429, 50'001) }));
    }

    void aWaitOfNothingIsNone()
    {
        Retry retry({ .baseDelayMs = 100, .seed = 7 });
        qint64 longest = 0;
        for (int i = 0; i < 100; ++i)
            longest = std::max(longest, *retry.delayMs({ failure(ErrorKind::RateLimited, 429, 0) }));
        QVERIFY(longest > 90 && longest <= 100);
        QCOMPARE(*retry.delayMs({ failure(ErrorKind::RateLimited, 429, 1) }), 1);
    }

    void theTimeOfAnAnswerIsThatOfAllItsAttempts()
    {
        RunRequest asked = request();
        asked.limits.totalMs = 3000;
        Observed call(m_service->start(asked));
        settle();
        answerError(0, 503, "{}", { { "retry-after-ms", "1000" } });
        advance(1000);
        QCOMPARE(started(), 2);
        inNetwork([](FakeTransport &transport) {
            QCOMPARE(transport.limits.at(0).totalMs, 3000);
            QVERIFY(transport.limits.at(1).totalMs <= 2000 && transport.limits.at(1).totalMs > 1900);
        });
        answerError(1, 503, "{}", { { "retry-after-ms", "2000" } });
        QVERIFY(call.ended()); // the third would begin after the end
    }

    void whatIsRefusedIsLeftOutFromThenOn()
    {
        RunRequest asked = request();
        asked.chat.options.temperature = 0.2;
        asked.chat.options.maxTokens = 9;
        asked.retries = false;
        Observed call(m_service->start(asked));
        settle();
        const auto refuse = [this](std::size_t index, const QString &name) {
            const QJsonObject error { { u"message"_s, u"No."_s },
                                      { u"code"_s, u"unsupported_parameter"_s },
                                      { u"param"_s, name } };
            answerError(index, 400, QJsonDocument(QJsonObject { { u"error"_s, error } }).toJson());
            advance(0);
        };
        refuse(0, u"temperature"_s);
        refuse(1, u"max_tokens"_s);
        QCOMPARE(started(), 3);
        const QJsonObject body = bodyOf(2);
        QVERIFY(!body.contains("temperature"_L1) && !body.contains("max_tokens"_L1));
        QCOMPARE(body["max_completion_tokens"_L1].toInt(), 9);
        answerWhole(2);
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().earlierAttempts.size(), 2);
        const auto said = [](const profile::RunRecord &record) {
            return std::any_of(record.trace.decisions.begin(), record.trace.decisions.end(), [](const auto &decision) {
                return decision.stage == "options"_L1 && decision.reason.startsWith("temperature was not sent"_L1);
            });
        };
        QVERIFY(said(call.record()));
        Observed next(m_service->start(asked));
        settle();
        QCOMPARE(bodyOf(3), body);
        answerWhole(3);
        QVERIFY(said(next.record()));
        asked.chat.model = u"another"_s;
        Observed other(m_service->start(asked));
        settle();
        QVERIFY(bodyOf(4).contains("temperature"_L1));
        refuse(4, u"seed"_s); // was not there
        QVERIFY(other.ended());
        QCOMPARE(other.errorKind(), ErrorKind::InvalidRequest);
        QCOMPARE(started(), 5);
    }

    void backoffSpreadsOverItsWholeRange()
    {
        Retry retry({ .maxAttempts = 10, .baseDelayMs = 100, .maxDelayMs = 1000, .seed = 7 });
        for (const auto &[attempts, most] : { std::pair(1, 100), std::pair(3, 400), std::pair(8, 1000) }) {
            qint64 least = most;
            qint64 longest = 0;
            for (int i = 0; i < 500; ++i) {
                const qint64 delay =
                    *retry.delayMs({ .error = failure(ErrorKind::Overloaded, 503), .attemptsMade = attempts });
                least = std::min(least, delay);
                longest = std::max(longest, delay);
            }
            QVERIFY(least >= 0 && least < most / 10);
            QVERIFY(longest <= most && longest > most * 9 / 10);
        }
    }

    void retryAfterMsIsHonouredToTheMillisecond()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after-ms", "1234" }, { "retry-after", "2" } });
        QCOMPARE(call.updates.constLast().retryAtNs - m_clock.nowNs(), 1'234'000'000);
        advance(1'233);
        QCOMPARE(started(), 1);
        advance(1);
        QCOMPARE(started(), 2);
    }

    void theServerMayForbidAnotherAttempt()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 503, "{}", { { "x-should-retry", "false" } });
        QVERIFY(call.ended());
        Observed other(m_service->start(request()));
        settle();
        answerError(1, 400, "{}", { { "X-Should-Retry", "true" } });
        QCOMPARE(other.states.constLast(), RunState::RetryWait);
    }

    void eachAttemptKeepsItsOwnOutcome()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after-ms", "10" } });
        advance(10);
        answerEnd(1, base::Error { ErrorKind::Reset, u"reset, key topsecretkey"_s, {}, 0, {} });
        advance(1000);
        answerWhole(2);
        const profile::RunRecord &record = call.record();
        QVERIFY(record.ok());
        QCOMPARE(record.earlierAttempts.size(), 2);
        QCOMPARE(record.earlierAttempts[0].error->kind, ErrorKind::RateLimited);
        QCOMPARE(record.earlierAttempts[0].error->httpStatus, 429);
        QCOMPARE(record.earlierAttempts[0].trace.httpStatus, 429);
        QCOMPARE(record.earlierAttempts[1].error->kind, ErrorKind::Reset);
        QVERIFY(!record.earlierAttempts[1].error->message.contains(u"topsecretkey"_s));
        QVERIFY(record.earlierAttempts[1].trace.endNs > record.earlierAttempts[0].trace.endNs);
    }

private:
    QJsonObject bodyOf(std::size_t index)
    {
        QByteArray body;
        inNetwork([&](FakeTransport &transport) { body = transport.live.at(index)->request.body; });
        return QJsonDocument::fromJson(body).object();
    }
};

QTEST_GUILESS_MAIN(TestLimits)
#include "tst_limits.moc"
