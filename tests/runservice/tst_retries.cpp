#include "core/profile/metrictable.h"
#include "core/run/attempt.h"
#include "core/run/record.h"
#include "tests/runservice/fakeservice.h"
#include "tests/support/tokencounter.h"

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using llm::FinishReason;

/// Which failures are tried again, when, and what a wait holds.
class TestRetries : public test::FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void cancelWhileWaitingToRetry()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited, { { "retry-after", "7" } });
        QCOMPARE(call.states.constLast(), RunState::RetryWait);
        call.run->cancel();
        settle();
        QCOMPARE(call.errorKind(), ErrorKind::Cancelled);
        QCOMPARE(call.record().attempts(), 1);
        QVERIFY(call.record().trace.waitsToRetry());
        advance(10'000);
        QCOMPARE(started(), 1);
    }

    /// The server had the prompt and was at work: as where the user stops it.
    void whatWeGiveUpCostsItsPrompt_data()
    {
        QTest::addColumn<ErrorKind>("kind");
        QTest::newRow("first byte") << ErrorKind::FirstByteTimeout;
        QTest::newRow("idle") << ErrorKind::IdleTimeout;
        QTest::newRow("total") << ErrorKind::TotalTimeout;
    }
    void whatWeGiveUpCostsItsPrompt()
    {
        QFETCH(ErrorKind, kind);
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerEnd(0, base::Error { kind, u"too late"_s, {}, 0, {} });
        QVERIFY(call.ended());
        QCOMPARE(call.errorKind(), kind);
        QVERIFY(call.record().answer.usage && call.record().answer.usage->inputTotal() > 0);
        QVERIFY(call.record().costUsd.value_or(0) > 0);
        QVERIFY(profile::isEstimate(*profile::metricById("cost_usd"), call.record()));
    }

    void whatWasNotSentCostsNothing()
    {
        Observed call(m_service->start(request()));
        settle();
        answerEnd(0, base::Error { ErrorKind::TotalTimeout, u"too late"_s, {}, 0, {} });
        QVERIFY(call.ended());
        QVERIFY(!call.record().answer.usage && !call.record().costUsd && !call.record().isUnpriced());
    }

    void whatIsTriedAgainCostsItsPrompt_data()
    {
        QTest::addColumn<ErrorKind>("kind");
        QTest::newRow("reset") << ErrorKind::Reset;
        QTest::newRow("truncated") << ErrorKind::Truncated;
    }
    void whatIsTriedAgainCostsItsPrompt()
    {
        QFETCH(ErrorKind, kind);
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerEnd(0, base::Error { kind, u"gone"_s, {}, 0, {} });
        QVERIFY(!call.ended());
        call.run->retryNow();
        settle();
        answerWhole(1);
        const profile::RunRecord &record = call.record();
        QCOMPARE(record.earlierAttempts.size(), 1);
        const double attemptUsd = record.earlierAttempts[0].costUsd.value_or(0);
        QVERIFY(attemptUsd > 0);
        QCOMPARE(*record.costUsd, 0.003 + attemptUsd);
        const auto metric = [](const char *id) { return *profile::metricById(id); };
        QVERIFY(profile::isEstimate(metric("cost_usd"), record)); // a part of it is
        QVERIFY(!profile::isEstimate(metric("output_tokens"), record));
        QVERIFY(!metric("validation_cost_usd").compute(record)); // it failed no check
        QCOMPARE(*metric("cost_per_m_output_usd").compute(record), 15.0);
    }

    /// A server that refused has nothing to charge for.
    void whatWasRefusedCostsNothing()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited);
        call.run->retryNow();
        settle();
        answerWhole(1);
        QVERIFY(!call.record().earlierAttempts[0].usage);
        QCOMPARE(*call.record().costUsd, 0.003);
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
        QCOMPARE(record.earlierAttempts[0].trace.httpStatus, 429);
        QCOMPARE(record.trace.submittedNs, record.earlierAttempts[0].trace.submittedNs);
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
        m_service->setLimits({ 1, { 1, 0, 0 } });
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
};

QTEST_GUILESS_MAIN(TestRetries)
#include "tst_retries.moc"
