#include "tests/runservice/fakeservice.h"

#include "core/profile/metrictable.h"
#include "core/run/bill.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using OnFailure = llm::Validation::OnFailure;
using Outcome = profile::Verdict::Outcome;

namespace {

RunRequest checked(const QList<llm::Validator> &validators, OnFailure onFailure = OnFailure::Mark)
{
    RunRequest request = test::request();
    request.validation.validators = validators;
    request.validation.onFailure = onFailure;
    return request;
}

const llm::Validator digits { u"regex"_s, { { u"pattern"_s, u"^\\d+$"_s } } };
const llm::Validator judge { u"judge"_s, { { u"prompt"_s, u"It is polite."_s } } };

std::optional<double> metric(const profile::RunRecord &record, const char *id)
{
    return profile::metricById(id)->compute(record);
}

} // namespace

class TestValidating final : public test::FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void passes()
    {
        Observed call(m_service->start(checked({ digits, { u"not-empty"_s, {} } }, OnFailure::Retry)));
        answer(0, "42");
        QVERIFY(call.ended());
        QCOMPARE(call.record().validation.size(), 2);
        QCOMPARE(call.record().validation[0].outcome, Outcome::Passed);
        QCOMPARE(metric(call.record(), "validation_pass"), 1.0);
        QVERIFY(!metric(call.record(), "validation_cost_usd"));
        QCOMPARE(started(), 1);
    }

    void marks()
    {
        Observed call(m_service->start(checked({ digits })));
        answer(0, "forty-two");
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"forty-two"_s);
        QCOMPARE(call.record().validation[0].outcome, Outcome::Failed);
        QCOMPARE(metric(call.record(), "validation_pass"), 0.0);
        QCOMPARE(started(), 1);
    }

    void withoutValidatorsNothingIsSaid()
    {
        Observed call(m_service->start(test::request()));
        answer(0, "forty-two");
        QVERIFY(call.record().validation.isEmpty());
        QVERIFY(!metric(call.record(), "validation_pass"));
    }

    void asksAgainWithTheFailure()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        answer(0, "forty-two");
        QVERIFY(!call.ended());
        const QJsonArray messages = sent(1)["messages"_L1].toArray();
        QCOMPARE(messages.size(), 3);
        QCOMPARE(messages[1]["content"_L1].toString(), u"forty-two"_s);
        QVERIFY(messages[2]["content"_L1].toString().contains(u"does not match the regular expression ^\\d+$"_s));
        answer(1, "42");
        QVERIFY(call.ended());
        const profile::RunRecord &record = call.record();
        QCOMPARE(record.answer.text, u"42"_s);
        QCOMPARE(metric(record, "validation_pass"), 1.0);
        QCOMPARE(record.earlierAttempts.size(), 1);
        const profile::Attempt &first = record.earlierAttempts[0];
        QCOMPARE(first.text, u"forty-two"_s);
        QCOMPARE(first.validation[0].outcome, Outcome::Failed);
        QVERIFY(!first.error);
        QVERIFY(first.trace.endNs != 0 && first.trace.endNs <= record.trace.dispatchedNs);
        QCOMPARE(first.usage->inputTotal(), 1000);
        QCOMPARE(record.trace.submittedNs, first.trace.submittedNs);
        // Both answers were paid for, at 0.003 each.
        QCOMPARE(*first.costUsd, 0.003);
        QCOMPARE(*record.costUsd, 0.006);
        QCOMPARE(metric(record, "validation_cost_usd"), 0.003);
        QCOMPARE(*metric(record, "cost_per_m_output_usd"), 15.0);
        QCOMPARE(profile::toJson(profile::runRecordFromJson(profile::toJson(record))), profile::toJson(record));
    }

    void saysThatTheTextStartsAgain()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        answer(0, "forty-two");
        answer(1, "42");
        QString text;
        int restarts = 0;
        for (const RunUpdate &update : std::as_const(call.updates)) {
            if (update.restarted) {
                ++restarts;
                text.clear();
                QCOMPARE(update.failed.size(), 1);
            }
            text += update.text;
        }
        QCOMPARE(restarts, 1);
        QCOMPARE(text, u"42"_s);
    }

    void givesUpAfterSoManyRetries()
    {
        RunRequest request = checked({ digits }, OnFailure::Retry);
        request.validation.retries = 2;
        Observed call(m_service->start(request));
        for (std::size_t i = 0; i < 3; ++i)
            answer(i, "no");
        QVERIFY(call.ended());
        QCOMPARE(started(), 3);
        QCOMPARE(call.record().earlierAttempts.size(), 2);
        QCOMPARE(call.record().validation[0].outcome, Outcome::Failed);
        QVERIFY(qFuzzyCompare(*call.record().costUsd, 0.009));
        // The third request holds the last failed answer, not all of them.
        QCOMPARE(call.record().retries(), 2);
    }

    void whatCantBeCheckedIsNotAskedAgain()
    {
        Observed call(m_service->start(checked({ { u"regex"_s, { { u"pattern"_s, u"("_s } } } }, OnFailure::Retry)));
        answer(0, "x");
        QVERIFY(call.ended());
        QCOMPARE(call.record().validation[0].outcome, Outcome::NotChecked);
        QVERIFY(!metric(call.record(), "validation_pass"));
    }

    void fallsBack()
    {
        RunRequest request = checked({ digits }, OnFailure::FallBack);
        Fallback other { request.endpoint, u"other"_s };
        other.endpoint.providerId = u"q"_s;
        other.endpoint.baseUrl = QUrl(u"http://elsewhere/v1"_s);
        request.fallbacks = { other };
        Observed call(m_service->start(request));
        answer(0, "no");
        QCOMPARE(sent(1)["model"_L1].toString(), u"other"_s);
        QCOMPARE(sent(1)["messages"_L1].toArray().size(), 1);
        answer(1, "7");
        QCOMPARE(call.record().model, u"other"_s);
        QCOMPARE(call.record().providerId, u"q"_s);
        QCOMPARE(call.record().earlierAttempts[0].model, u"m"_s);
        QCOMPARE(call.record().earlierAttempts[0].providerId, u"p"_s);
        QVERIFY(!call.record().costUsd); // nobody knows the other's price
    }

    void cutAnswersAreNotChecked()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        settle();
        answerHead(0);
        answerBytes(0,
                    delta("forty") + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
                        + usage + done);
        answerEnd(0);
        QVERIFY(call.ended());
        QVERIFY(call.record().validation.isEmpty());
        QCOMPARE(started(), 1);
    }

    void errorsAreNotChecked()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        settle();
        answerError(0, 401, R"({"error":{"message":"no"}})");
        QVERIFY(call.ended());
        QVERIFY(call.record().validation.isEmpty());
    }

    void cancelledWhileAskedAgain()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        answer(0, "no");
        QVERIFY(!call.ended());
        call.run->cancel();
        settle();
        QVERIFY(call.ended());
        QVERIFY(call.record().cancelled());
        QVERIFY(call.record().validation.isEmpty());
        QCOMPARE(call.record().earlierAttempts[0].text, u"no"_s);
        QCOMPARE(live(), std::size_t(0));
    }

    void aModelJudges()
    {
        Observed call(m_service->start(checked({ judge, digits })));
        answer(0, "42");
        QVERIFY(!call.ended());
        const QString asked = sent(1)["messages"_L1].toArray()[1]["content"_L1].toString();
        QVERIFY(asked.contains(u"It is polite."_s) && asked.contains(u"Hello there"_s) && asked.contains(u"42"_s));
        answer(1, "PASS: it is a number");
        QVERIFY(call.ended());
        const profile::RunRecord &record = call.record();
        QCOMPARE(record.answer.text, u"42"_s);
        QCOMPARE(call.text, u"42"_s);
        QCOMPARE(record.validation.size(), 2);
        QCOMPARE(record.validation[1].outcome, Outcome::Passed);
        QCOMPARE(record.validation[1].reason, u"it is a number"_s);
        QCOMPARE(record.judgements.size(), 1);
        QVERIFY(record.earlierAttempts.isEmpty());
        QCOMPARE(record.retries(), 0);
        QCOMPARE(*record.costUsd, 0.006);
        QVERIFY(record.trace.endNs <= record.judgements[0].trace.dispatchedNs);
    }

    void aJudgeCanSendItBack()
    {
        Observed call(m_service->start(checked({ judge }, OnFailure::Retry)));
        answer(0, "42!");
        answer(1, "FAIL: it shouts.");
        QVERIFY(sent(2)["messages"_L1].toArray()[2]["content"_L1].toString().contains(u"it shouts."_s));
        answer(2, "42");
        answer(3, "PASS");
        QVERIFY(call.ended());
        QCOMPARE(call.record().answer.text, u"42"_s);
        QCOMPARE(call.record().judgements.size(), 2);
        QVERIFY(qFuzzyCompare(*call.record().costUsd, 0.012));
    }

    void theReceiptAddsUp()
    {
        Observed call(m_service->start(checked({ digits, judge }, OnFailure::Retry)));
        answer(0, "forty-two");
        answer(1, "about forty-two");
        answer(2, "42");
        answer(3, "PASS");
        QVERIFY(call.ended());
        const profile::RunRecord &record = call.record();
        const QList<Beside> besides = besidesOf(record);
        QCOMPARE(besides.size(), 2);
        QCOMPARE(besides[0], (Beside { Beside::What::FailedAnswers, {}, 2, 0.006 }));
        QCOMPARE(besides[1], (Beside { Beside::What::Judge, u"m"_s, 1, 0.003 }));
        addsUp(record);
        profile::RunRecord older = record; // of a version that kept no price
        older.price = {};
        QVERIFY(std::abs(*answerUsd(older) - 0.003) < 1e-12);
    }

    void anyReceiptAddsUp()
    {
        QRandomGenerator random(7);
        const auto usage = [&] {
            llm::Usage drawn;
            drawn.input = random.bounded(10'000);
            drawn.cacheRead = random.bounded(10'000);
            drawn.output = random.bounded(10'000);
            drawn.reasoning = random.bounded(10'000);
            return drawn;
        };
        const auto attempts = [&] {
            QList<profile::Attempt> drawn;
            for (int left = random.bounded(4); left > 0; --left) {
                const bool whole = random.bounded(3) > 0;
                drawn.append({ .trace = {},
                               .model = u"judge %1"_s.arg(random.bounded(2)),
                               .usage = whole ? std::optional(usage()) : std::nullopt,
                               .costUsd = whole ? std::optional(random.bounded(1.0)) : std::nullopt });
            }
            return drawn;
        };
        for (int i = 0; i < 200; ++i) {
            profile::RunRecord record;
            record.answer.usage = usage();
            record.price = {
                { u"model"_s, u"m"_s }, { u"input"_s, 1 }, { u"output"_s, 10 }, { u"source"_s, u"test"_s }
            };
            record.earlierAttempts = attempts();
            record.judgements = attempts();
            record.costUsd = receiptOf(record).totalUsd();
            for (const profile::Attempt &attempt : record.earlierAttempts + record.judgements)
                *record.costUsd += attempt.costUsd.value_or(0);
            addsUp(record);
        }
    }

    void whatWasPaidForNoAnswerIsOnTheReceipt()
    {
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        answer(0, "forty-two");
        answerError(1, 400, "{}");
        QVERIFY(call.ended());
        QVERIFY(!call.record().answer.usage);
        const QJsonValue receipt = receiptJson(call.record());
        QCOMPARE(receipt["besides"_L1][0]["what"_L1].toString(), u"failed_answers"_s);
        QCOMPARE(receipt["total_usd"_L1].toDouble(), 0.003);
    }

    void noJudgeIsPaidForWhatFailsAnyway()
    {
        Observed call(m_service->start(checked({ judge, digits })));
        answer(0, "no");
        QVERIFY(call.ended());
        QCOMPARE(started(), 1);
        QCOMPARE(call.record().validation[1].outcome, Outcome::NotChecked);
    }

    void aJudgeThatFailsTakesNothingFromTheAnswer()
    {
        Observed call(m_service->start(checked({ judge }, OnFailure::Retry)));
        answer(0, "42");
        answerError(1, 500, "{}");
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"42"_s);
        QCOMPARE(call.record().validation[0].outcome, Outcome::NotChecked);
    }

    void stopWhileJudgedKeepsTheAnswer()
    {
        Observed call(m_service->start(checked({ judge, judge })));
        answer(0, "42");
        call.run->cancel();
        settle();
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"42"_s);
        QCOMPARE(call.record().validation.size(), 2);
        QCOMPARE(live(), std::size_t(0));
    }

    /// Beside the network thread, in which the other streams go on.
    void othersGoOnWhileOneIsChecked()
    {
        holdChecks();
        Observed call(m_service->start(checked({ digits }, OnFailure::Retry)));
        answer(0, "forty-two");
        QVERIFY(!call.ended());
        QCOMPARE(started(), 1);
        QCOMPARE(call.text, u"forty-two"_s);
        Observed other(m_service->start(test::request()));
        answer(1, "Hi");
        QVERIFY(other.ended());
        check();
        QCOMPARE(started(), 3); // it failed, and is asked for again
        answer(2, "42");
        check();
        QVERIFY(call.ended());
        QCOMPARE(call.record().validation[0].outcome, Outcome::Passed);
        QCOMPARE(call.record().earlierAttempts[0].validation[0].outcome, Outcome::Failed);
    }

    void stopWhileCheckedKeepsTheAnswer()
    {
        holdChecks();
        Observed call(m_service->start(checked({ digits, judge }, OnFailure::Retry)));
        answer(0, "forty-two");
        call.run->cancel();
        settle();
        QVERIFY(call.ended());
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"forty-two"_s);
        QCOMPARE(call.record().validation.size(), 2);
        QCOMPARE(call.record().validation[0].outcome, Outcome::NotChecked);
        check(); // nobody waits for it any more
        QCOMPARE(call.records.size(), 1);
        QCOMPARE(started(), 1);
    }

    void closingWhileCheckedLosesNothing()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, m_service.get(),
                [&records](const profile::RunRecord &record) { records.append(record); });
        holdChecks();
        const auto run = m_service->start(checked({ digits }));
        answer(0, "42");
        QVERIFY(records.isEmpty());
        m_service.reset();
        QCOMPARE(records.size(), 1);
        QVERIFY(records[0].ok());
        QCOMPARE(records[0].answer.text, u"42"_s);
    }

    void workIsDoneInAnotherThread()
    {
        TimerScheduler scheduler;
        QObject context;
        QThread *worker = nullptr;
        QThread *then = nullptr;
        scheduler.aside(&context, [&worker, &then]() -> Scheduler::Then {
            return [&worker, &then, here = QThread::currentThread()] {
                worker = here;
                then = QThread::currentThread();
            };
        });
        QTRY_VERIFY(then);
        QCOMPARE(then, QThread::currentThread());
        QVERIFY(worker != then);
    }

    void whoIsGoneHearsNothing()
    {
        TimerScheduler scheduler;
        QObject context;
        auto gone = std::make_unique<QObject>();
        bool called = false;
        bool done = false;
        scheduler.aside(gone.get(), [&called] { return [&called] { called = true; }; });
        gone.reset();
        scheduler.aside(&context, [&done] { return [&done] { done = true; }; });
        QTRY_VERIFY(done);
        QVERIFY(!called);
    }

    /// The window closes while an answer that is complete still waits for its connection.
    void closingLosesNothing()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, m_service.get(),
                [&records](const profile::RunRecord &record) { records.append(record); });
        const auto one = m_service->start(checked({ digits }, OnFailure::Retry));
        const auto two = m_service->start(checked({ judge }));
        settle();
        for (const std::size_t i : { 0, 1 }) {
            answerHead(i);
            answerBytes(i, delta("no") + finish + usage + done);
        }
        m_service.reset();
        QCOMPARE(records.size(), 2);
        QCOMPARE(records[0].answer.text, u"no"_s);
        QCOMPARE(records[1].answer.text, u"no"_s);
    }

private:
    void holdChecks()
    {
        inNetwork([this](FakeTransport &) { m_scheduler->holdsWork = true; });
    }
    void check()
    {
        inNetwork([this](FakeTransport &) { m_scheduler->workAside(); });
        settle();
    }
    void answer(std::size_t index, const QByteArray &text)
    {
        settle();
        answerHead(index);
        answerBytes(index, delta(text) + finish + usage + done);
        answerEnd(index);
    }
    static void addsUp(const profile::RunRecord &record)
    {
        double sum = 0;
        const QJsonValue receipt = receiptJson(record);
        for (const char *part : { "lines", "besides" }) {
            const QJsonArray rows = receipt[QLatin1StringView(part)].toArray();
            for (const auto &row : rows)
                sum += row["usd"_L1].toDouble();
        }
        QVERIFY2(std::abs(sum - *record.costUsd) < 1e-9, qPrintable(QString::number(sum)));
        QCOMPARE(receipt["total_usd"_L1].toDouble(), *record.costUsd);
    }
    QJsonObject sent(std::size_t index)
    {
        QJsonObject body;
        inNetwork([&](FakeTransport &transport) {
            body = QJsonDocument::fromJson(transport.live.at(index)->request.body).object();
        });
        return body;
    }
};

QTEST_GUILESS_MAIN(TestValidating)
#include "tst_validating.moc"
