#include "core/bench/batchrunner.h"
#include "tests/runservice/fakeservice.h"

#include <QSignalSpy>
#include <QTemporaryDir>

using namespace talkbench;
using namespace talkbench::bench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

QList<BatchPrompt> prompts(int count)
{
    QList<BatchPrompt> list;
    for (int i = 1; i <= count; ++i)
        list.append({ QString::number(i), u"prompt %1"_s.arg(i) });
    return list;
}

} // namespace

class TestBatchRunner : public FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeService();
        m_dir = std::make_unique<QTemporaryDir>();
        m_plan = {};
        m_plan.targets.append({ request().endpoint, u"m"_s, u"p"_s });
        m_plan.concurrency = 2;
    }
    void cleanup() { m_service.reset(); }

    void aBoundedNumberAtOnce()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        runner.add(prompts(4));
        runner.endInput();
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE(started(), 3);
        QCOMPARE(runner.progress().ok, 1);
        QCOMPARE(runner.progress().inFlight, 2);
        QCOMPARE(runner.progress().costUsd, 0.003);
        for (const std::size_t index : { 0, 2, 3 })
            answerWhole(index);
        QCOMPARE(finished.size(), 1);
        QCOMPARE(journal.entries().size(), 4);
        QCOMPARE(runner.progress().done(), 4);
    }

    void goesOnWhereItWas()
    {
        {
            BatchJournal journal;
            QVERIFY(journal.open(path()));
            BatchRunner runner(*m_service, m_clock, journal, m_plan);
            runner.add(prompts(3));
            settle();
            answerWhole(0);
            answerError(1, 400, "{}"); // failed for good
            QCOMPARE(started(), 3);
        } // the third is cut short: no result
        settle();
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        QCOMPARE(journal.entries().size(), 2);
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        runner.add(prompts(3));
        runner.endInput();
        settle();
        QCOMPARE(started(), 4);
        QCOMPARE(runner.progress().fromBefore, 2);
        QCOMPARE(runner.progress().failed, 1);
        answerWhole(3);
        QCOMPARE(runner.progress().ok, 2);
    }

    void whatHadFailedIsAskedAgainIfWanted()
    {
        {
            BatchJournal journal;
            QVERIFY(journal.open(path()));
            BatchRunner runner(*m_service, m_clock, journal, m_plan);
            runner.add(prompts(1));
            settle();
            answerError(0, 400, "{}");
        }
        m_plan.retryFailed = true;
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        runner.add(prompts(1));
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QVERIFY(journal.entries().constBegin()->ok);
    }

    void theSamePromptTwiceIsTwoCalls()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        runner.add(prompts(1) + prompts(1));
        settle();
        QCOMPARE(started(), 2);
    }

    void otherOptionsAreOtherCalls()
    {
        QSet<QString> keys;
        const auto keyWith = [this, &keys](const auto &change) {
            BatchPlan plan = m_plan;
            change(plan);
            QFile::remove(path());
            BatchJournal journal;
            QVERIFY(journal.open(path()));
            BatchRunner runner(*m_service, m_clock, journal, plan);
            runner.add(prompts(1));
            settle();
            answerWhole(std::size_t(started() - 1));
            keys.insert(journal.entries().constBegin().key());
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
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        runner.add(prompts(3));
        runner.endInput();
        settle();
        runner.pause();
        answerWhole(0);
        answerWhole(1);
        QCOMPARE(started(), 2);
        QCOMPARE(finished.size(), 0);
        runner.resume();
        settle();
        QCOMPARE(started(), 3);
        answerWhole(2);
        QCOMPARE(finished.size(), 1);
    }

    void stoppingWaitsForWhatIsInFlight()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        runner.add(prompts(5));
        runner.endInput();
        settle();
        runner.stop();
        QCOMPARE(finished.size(), 0);
        answerWhole(0);
        answerWhole(1);
        QCOMPARE(finished.size(), 1);
        QCOMPARE(started(), 2);
        QCOMPARE(journal.entries().size(), 2);
    }

    void aCancelledCallIsNoResult()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        runner.add(prompts(5));
        settle();
        runner.cancel();
        QTRY_COMPARE(finished.size(), 1);
        QVERIFY(journal.entries().isEmpty());
    }

    /// A wrong key is not tried ten thousand times.
    void hopelessBatchesEnd()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        m_plan.concurrency = 1;
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        runner.add(prompts(100));
        settle();
        for (int i = 0; i < BatchRunner::hopeless; ++i)
            answerError(std::size_t(i), 401, "{}");
        QCOMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].value<std::optional<base::Error>>()->kind, ErrorKind::Auth);
        QCOMPARE(runner.progress().failed, BatchRunner::hopeless);
        QCOMPARE(started(), BatchRunner::hopeless);
    }

    void tellsTheRate()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        m_plan.concurrency = 1;
        BatchRunner runner(*m_service, m_clock, journal, m_plan);
        runner.add(prompts(10));
        settle();
        for (int i = 0; i < 5; ++i) {
            answerWhole(std::size_t(i));
            advance(1'000);
        }
        QVERIFY(std::abs(runner.progress().perSecond - 1) < 0.05);
        QVERIFY(std::abs(*runner.progress().remainingMs - 5'000) < 250);
    }

private:
    QString path() const { return m_dir->filePath(u"results.jsonl"_s); }

    std::unique_ptr<QTemporaryDir> m_dir;
    BatchPlan m_plan;
};

QTEST_GUILESS_MAIN(TestBatchRunner)

#include "tst_batchrunner.moc"
