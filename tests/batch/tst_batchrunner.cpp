#include "tests/batch/batchrunnertest.h"

using namespace talkbench;
using namespace talkbench::bench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

class TestBatchRunner final : public BatchRunnerTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void aBoundedNumberAtOnce()
    {
        Batch batch(*this, prompts(4));
        batch.runner.endInput();
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE(started(), 3);
        QCOMPARE(batch.runner.progress().ok, 1);
        QCOMPARE(batch.runner.progress().inFlight, 2);
        QCOMPARE(batch.runner.progress().costUsd, 0.003);
        for (const std::size_t index : { 0, 2, 3 })
            answerWhole(index);
        QCOMPARE(batch.finished.size(), 1);
        QCOMPARE(batch.journal.entries().size(), 4);
        QCOMPARE(batch.runner.progress().done(), 4);
    }

    void whatWaitsIsNotInFlight()
    {
        m_service->setLimits({ 32, { 8, 0, 0 }, { { u"p"_s, { 0, 1, 0 } } } });
        m_plan.concurrency = 3;
        Batch batch(*this, prompts(3));
        settle();
        QCOMPARE(started(), 1);
        advance(20); // a frame
        const BatchProgress &progress = batch.runner.progress();
        QCOMPARE(progress.inFlight, 1);
        QCOMPARE(progress.waiting, (QMap<QString, qsizetype> { { u"the requests a minute"_s, 2 } }));
        QVERIFY(progressLine(progress).contains(u"1 in flight · 2 waiting for the requests a minute"_s));
        answerWhole(0);
        advance(60'000);
        answerWhole(1);
        QCOMPARE(progress.ok, 2);
        QCOMPARE(progress.inFlight, 0);
        QVERIFY(progress.perSecond > 0 && !progress.remainingMs); // the limit says when it goes on
        advance(60'000);
        QCOMPARE(progress.inFlight, 1);
        QVERIFY(progress.waiting.isEmpty());
        QVERIFY(progress.remainingMs);
        batch.runner.cancel();
        settle();
    }

    void goesOnWhereItWas()
    {
        {
            Batch batch(*this, prompts(3));
            settle();
            answerWhole(0);
            answerError(1, 400, "{}"); // failed for good
            QCOMPARE(started(), 3);
        } // the third is cut short: no result
        settle();
        Batch batch(*this, prompts(3));
        QCOMPARE(batch.journal.entries().size(), 2);
        batch.runner.endInput();
        settle();
        QCOMPARE(started(), 4);
        QCOMPARE(batch.runner.progress().fromBefore, 2);
        QCOMPARE(batch.runner.progress().failed, 1);
        answerWhole(3);
        QCOMPARE(batch.runner.progress().ok, 2);
    }

    void whatHadFailedIsAskedAgainIfWanted()
    {
        {
            Batch batch(*this, prompts(1));
            settle();
            answerError(0, 400, "{}");
        }
        m_plan.retryFailed = true;
        Batch batch(*this, prompts(1));
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QVERIFY(batch.journal.entries().constBegin()->ok);
    }

    void whatIsKeptIsCheckedAgain()
    {
        {
            Batch batch(*this, prompts(2));
            settle();
            answerWhole(0);
            answerError(1, 400, "{}");
        }
        m_plan.validation.validators = { { u"contains"_s, { { u"text"_s, u"no such word"_s } } } };
        {
            Batch batch(*this, prompts(2));
            settle();
            QCOMPARE(started(), 2); // no one is asked
            QCOMPARE(batch.runner.progress().invalid, 1);
            QCOMPARE(batch.runner.progress().costUsd, 0.003);
            QCOMPARE(batch.runner.progress().costBeforeUsd, 0.003);
        }
        m_plan.retryFailed = true;
        Batch batch(*this, prompts(2));
        settle();
        QCOMPARE(started(), 4);
        QCOMPARE(batch.runner.progress().fromBefore, 0);
        QCOMPARE(batch.runner.progress().invalid, 0);
    }

    /// Whatever is done about an answer that fails, one that passes is not paid twice.
    void onlyWhatFailsItsChecksIsAskedAgain()
    {
        {
            Batch batch(*this, prompts(2));
            settle();
            answerWhole(0);
            answerHead(1);
            answerBytes(1, delta("Bye") + finish + usage + done);
            answerEnd(1);
        }
        m_plan.validation.validators = { { u"contains"_s, { { u"text"_s, u"Hi"_s } } } };
        m_plan.validation.onFailure = llm::Validation::OnFailure::Retry;
        for (const int retries : { 1, 2 }) {
            m_plan.validation.retries = retries;
            Batch batch(*this, prompts(2));
            settle();
            QCOMPARE(started(), 2);
            QCOMPARE(batch.runner.progress().fromBefore, 2);
            QCOMPARE(batch.runner.progress().invalid, 1);
        }
        m_plan.retryFailed = true;
        Batch batch(*this, prompts(2));
        settle();
        QCOMPARE(started(), 3);
        QCOMPARE(batch.runner.progress().fromBefore, 1);
    }

    void theSamePromptTwiceIsTwoCalls()
    {
        Batch batch(*this, prompts(1) + prompts(1));
        settle();
        QCOMPARE(started(), 2);
    }

    void otherOptionsAreOtherCalls()
    {
        QSet<QString> keys;
        const auto keyWith = [this, &keys](const auto &change) {
            const BatchPlan usual = m_plan;
            change(m_plan);
            QFile::remove(path());
            Batch batch(*this, prompts(1));
            settle();
            answerWhole(std::size_t(started() - 1));
            m_plan = usual;
            keys.insert(batch.journal.entries().constBegin().key());
        };
        keyWith([](BatchPlan &) {});
        keyWith([](BatchPlan &plan) { plan.system = u"Be brief."_s; });
        keyWith([](BatchPlan &plan) { plan.options.temperature = 0; });
        keyWith([](BatchPlan &plan) { plan.targets[0].model = u"n"_s; });
        keyWith([](BatchPlan &plan) { plan.targets[0].server = u"q"_s; });
        QCOMPARE(keys.size(), 5);
        keyWith([](BatchPlan &plan) { plan.options.stream = false; }); // changes nothing of the answer
        QCOMPARE(keys.size(), 5);
    }

    void pausesAndGoesOn()
    {
        Batch batch(*this, prompts(3));
        batch.runner.endInput();
        settle();
        batch.runner.pause();
        answerWhole(0);
        answerWhole(1);
        QCOMPARE(started(), 2);
        QCOMPARE(batch.finished.size(), 0);
        batch.runner.resume();
        settle();
        QCOMPARE(started(), 3);
        answerWhole(2);
        QCOMPARE(batch.finished.size(), 1);
    }

    void stoppingWaitsForWhatIsInFlight()
    {
        Batch batch(*this, prompts(5));
        batch.runner.endInput();
        settle();
        batch.runner.stop();
        QCOMPARE(batch.finished.size(), 0);
        answerWhole(0);
        answerWhole(1);
        QCOMPARE(batch.finished.size(), 1);
        QCOMPARE(started(), 2);
        QCOMPARE(batch.journal.entries().size(), 2);
    }

    /// The other calls are in our own queue: they are not asked.
    void stoppingAsksNothingMore()
    {
        m_service->setLimits({ 32, { 8, 0, 0 }, { { u"p"_s, { 1, 0, 0 } } } });
        m_plan.concurrency = 4;
        Batch batch(*this, prompts(6));
        batch.runner.endInput();
        settle();
        QCOMPARE(started(), 1);
        batch.runner.stop();
        settle();
        QCOMPARE(batch.runner.begun(), 1);
        answerWhole(0);
        QCOMPARE(batch.finished.size(), 1);
        QCOMPARE(started(), 1);
        QCOMPARE(batch.journal.entries().size(), 1);
    }

    void pausingAsksNothingMore()
    {
        m_service->setLimits({ 32, { 8, 0, 0 }, { { u"p"_s, { 1, 0, 0 } } } });
        m_plan.concurrency = 4;
        Batch batch(*this, prompts(6));
        batch.runner.endInput();
        settle();
        batch.runner.pause();
        batch.runner.resume(); // what was taken out of the queue comes back later
        settle();
        settle();
        QCOMPARE(batch.runner.begun(), 4);
        batch.runner.pause();
        settle();
        answerWhole(0);
        QCOMPARE(started(), 1);
        QCOMPARE(batch.runner.begun(), 0);
        batch.runner.resume();
        for (std::size_t i = 1; i < 6; ++i) {
            settle();
            QCOMPARE(started(), int(i) + 1);
            answerWhole(i);
        }
        QCOMPARE(batch.finished.size(), 1);
        QCOMPARE(batch.journal.entries().size(), 6);
    }

    void aCancelledCallIsNoResult()
    {
        Batch batch(*this, prompts(5));
        settle();
        batch.runner.cancel();
        QTRY_COMPARE(batch.finished.size(), 1);
        QVERIFY(batch.journal.entries().isEmpty());
    }

    /// A wrong key is not tried ten thousand times.
    void hopelessBatchesEnd()
    {
        m_plan.concurrency = 1;
        Batch batch(*this, prompts(100));
        settle();
        for (int i = 0; i < BatchRunner::hopeless; ++i)
            answerError(std::size_t(i), 401, "{}");
        QCOMPARE(batch.finished.size(), 1);
        QCOMPARE(batch.finished[0][0].value<std::optional<base::Error>>()->kind, ErrorKind::Auth);
        QCOMPARE(batch.runner.progress().failed, BatchRunner::hopeless);
        QCOMPARE(started(), BatchRunner::hopeless);
    }

    void tellsTheRate()
    {
        m_plan.concurrency = 1;
        Batch batch(*this, prompts(10));
        settle();
        for (int i = 0; i < 5; ++i) {
            advance(1'000);
            answerWhole(std::size_t(i));
        }
        QVERIFY(std::abs(batch.runner.progress().perSecond - 1) < 0.05);
        QVERIFY(std::abs(*batch.runner.progress().remainingMs - 5'000) < 250);
    }

    /// Results come in rounds, from the first one on.
    void tellsTheRateOfRounds()
    {
        m_plan.concurrency = 4;
        Batch batch(*this, prompts(20));
        const BatchProgress &progress = batch.runner.progress();
        settle();
        advance(4'000);
        for (const std::size_t index : { 0, 1, 2 })
            answerWhole(index);
        QVERIFY(progress.perSecond < 1);
        QVERIFY(!progress.remainingMs);
        answerWhole(3);
        QVERIFY2(std::abs(progress.perSecond - 1) < 0.05, qPrintable(QString::number(progress.perSecond)));
        QVERIFY2(std::abs(*progress.remainingMs - 16'000) < 800, qPrintable(QString::number(*progress.remainingMs)));
        advance(2'000);
        batch.runner.pause();
        QCOMPARE(progress.perSecond, 0);
        QVERIFY(!progress.remainingMs);
        batch.runner.resume();
        QVERIFY(!progress.remainingMs);
        batch.runner.stop();
        QVERIFY(!progressLine(progress).contains(u"/s"_s));
        batch.runner.cancel();
        settle();
    }

    /// A result that is not yet in the file holds up the next call, and the end.
    void keepsBeforeTheNextBegins()
    {
        QList<BatchRunner::Kept> waiting;
        m_plan.concurrency = 1;
        Batch batch(*this, prompts(2),
                    [&waiting](const BatchItem &, const profile::RunRecord &, const BatchRunner::Kept &then) {
                        waiting.append(then);
                    });
        batch.runner.endInput();
        settle();
        answerWhole(0);
        QCOMPARE(waiting.size(), 1);
        QCOMPARE(started(), 1);
        QCOMPARE(batch.runner.progress().done(), 0);
        waiting.takeFirst()({});
        settle();
        QCOMPARE(started(), 2);
        QCOMPARE(batch.runner.progress().ok, 1);
        answerWhole(1);
        batch.runner.stop();
        QCOMPARE(batch.finished.size(), 0);
        waiting.takeFirst()({});
        QCOMPARE(batch.finished.size(), 1);
    }

    void whatCantBeKeptEndsIt()
    {
        Batch batch(*this, prompts(5),
                    [](const BatchItem &, const profile::RunRecord &, const BatchRunner::Kept &then) {
                        then(base::Error { ErrorKind::Storage, u"The disk is full."_s, {}, 0, std::nullopt });
                    });
        settle();
        answerWhole(0);
        QTRY_COMPARE(batch.finished.size(), 1);
        QCOMPARE(batch.finished[0][0].value<std::optional<base::Error>>()->kind, ErrorKind::Storage);
        QCOMPARE(started(), 2);
    }

    void aModelIsChosenForEachPrompt()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        select::Policy policy = m_chooser.policy();
        policy.rules = { { .name = u"second"_s, .keywords = { u"prompt 2"_s }, .models = { { u"q"_s, u"m"_s } } } };
        m_chooser.setPolicy(policy);
        {
            Batch batch(*this, prompts(2));
            settle();
            answerWhole(0);
            answerWhole(1);
            QCOMPARE(batch.journal.entries().size(), 2);
            QStringList providers;
            for (const auto &entry : batch.journal.entries()) {
                const QJsonObject row = batch.journal.row(entry);
                QCOMPARE(row["model"_L1].toString(), u"m"_s);
                QCOMPARE(row["decision"_L1]["chosen"_L1].toString(), row["provider"_L1].toString() + u"/m"_s);
                QCOMPARE(row["decision"_L1]["rule"_L1].toString() == u"second"_s, row["id"_L1].toString() == u"2"_s);
                providers << row["provider"_L1].toString();
            }
            QVERIFY(providers.contains(u"p"_s) && providers.contains(u"q"_s));
        }
        policy.candidates = { { u"q"_s, u"n"_s } }; // what is finished is not chosen for again
        m_chooser.setPolicy(policy);
        Batch batch(*this, prompts(3));
        settle();
        QCOMPARE(started(), 3);
        QCOMPARE(batch.runner.progress().fromBefore, 2);
    }

    void anotherTakesOver()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"n"_s } });
        Batch batch(*this, prompts(1));
        settle();
        answerError(0, 429, rateLimited);
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE(batch.runner.progress().ok, 1);
        const QJsonObject row = batch.journal.row(*batch.journal.entries().constBegin());
        QCOMPARE(row["provider"_L1].toString(), u"q"_s);
        QCOMPARE(row["model"_L1].toString(), u"n"_s);
        QCOMPARE(row["decision"_L1]["chosen"_L1].toString(), u"p/m"_s);
    }

    void whereNoModelCanBeAskedThatIsTheResult()
    {
        chooseAmong({ { u"p"_s, u"m"_s } });
        m_plan.choice.unreachable = { { u"p"_s, u"it has no key"_s } };
        Batch batch(*this, prompts(BatchRunner::hopeless + 5));
        batch.runner.endInput();
        QCOMPARE(batch.finished.size(), 1); // it would be the same with every prompt
        QCOMPARE(batch.runner.progress().failed, BatchRunner::hopeless);
        const QJsonObject row = batch.journal.row(*batch.journal.entries().constBegin());
        QVERIFY(row["error"_L1]["message"_L1].toString().contains(u"it has no key"_s));
        QCOMPARE(started(), 0);
    }

    /// Who brings prompts without an end can wait with the next.
    void whatWaitsIsKnown()
    {
        Batch batch(*this, prompts(4));
        QCOMPARE(batch.runner.waiting(), 2);
        settle();
        answerWhole(0);
        QCOMPARE(batch.runner.waiting(), 1);
        batch.runner.add({ { u"k"_s, { u"5"_s, u"prompt 5"_s } } }, {});
        QCOMPARE(batch.runner.waiting(), 2);
        settle();
        for (int i = 0; i < 4; ++i)
            answerWhole(static_cast<std::size_t>(i) + 1);
        QCOMPARE(batch.runner.waiting(), 0);
        QCOMPARE(batch.runner.progress().ok, 5);
    }
};

QTEST_GUILESS_MAIN(TestBatchRunner)

#include "tst_batchrunner.moc"
