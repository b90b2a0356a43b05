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
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(4));
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
            BatchRunner runner(services(journal), m_plan);
            add(runner, journal, prompts(3));
            settle();
            answerWhole(0);
            answerError(1, 400, "{}"); // failed for good
            QCOMPARE(started(), 3);
        } // the third is cut short: no result
        settle();
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        QCOMPARE(journal.entries().size(), 2);
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(3));
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
            BatchRunner runner(services(journal), m_plan);
            add(runner, journal, prompts(1));
            settle();
            answerError(0, 400, "{}");
        }
        m_plan.retryFailed = true;
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(1));
        settle();
        QCOMPARE(started(), 2);
        answerWhole(1);
        QVERIFY(journal.entries().constBegin()->ok);
    }

    void whatIsKeptIsCheckedAgain()
    {
        {
            BatchJournal journal;
            QVERIFY(journal.open(path()));
            BatchRunner runner(services(journal), m_plan);
            add(runner, journal, prompts(2));
            settle();
            answerWhole(0);
            answerError(1, 400, "{}");
        }
        m_plan.validation.validators = { { u"contains"_s, { { u"text"_s, u"no such word"_s } } } };
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(2));
        settle();
        QCOMPARE(started(), 2); // no one is asked
        QCOMPARE(runner.progress().invalid, 1);
        QCOMPARE(runner.progress().costUsd, 0.003);
        QCOMPARE(runner.progress().costBeforeUsd, 0.003);

        m_plan.retryFailed = true;
        BatchRunner again(services(journal), m_plan);
        add(again, journal, prompts(2));
        settle();
        QCOMPARE(started(), 4);
        QCOMPARE(again.progress().fromBefore, 0);
        QCOMPARE(again.progress().invalid, 0);
    }

    void aBudgetThatIsUsedUpEndsIt()
    {
        m_plan.choice.budgets = { { cost::BudgetScope::Day, {}, 0.006, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 1;
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(4));
        runner.endInput();
        settle();
        answerWhole(0);
        answerWhole(1);
        QCOMPARE(started(), 2);
        QCOMPARE(finished.size(), 1);
        const auto error = finished[0][0].value<std::optional<base::Error>>();
        QVERIFY(error && error->kind == base::ErrorKind::Budget);
        QCOMPARE(runner.progress().done(), 2);
    }

    void theSamePromptTwiceIsTwoCalls()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(1) + prompts(1));
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
            BatchRunner runner(services(journal), plan);
            add(runner, journal, prompts(1), plan);
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
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(3));
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
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(5));
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
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(5));
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
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(100));
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
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(10));
        settle();
        for (int i = 0; i < 5; ++i) {
            answerWhole(std::size_t(i));
            advance(1'000);
        }
        QVERIFY(std::abs(runner.progress().perSecond - 1) < 0.05);
        QVERIFY(std::abs(*runner.progress().remainingMs - 5'000) < 250);
    }

    /// A result that is not yet in the file holds up the next call, and the end.
    void keepsBeforeTheNextBegins()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        QList<BatchRunner::Kept> waiting;
        BatchRunner::Services slow = services(journal);
        slow.keep = [&waiting](const BatchItem &, const profile::RunRecord &, const BatchRunner::Kept &then) {
            waiting.append(then);
        };
        m_plan.concurrency = 1;
        BatchRunner runner(slow, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(2));
        runner.endInput();
        settle();
        answerWhole(0);
        QCOMPARE(waiting.size(), 1);
        QCOMPARE(started(), 1);
        QCOMPARE(runner.progress().done(), 0);
        waiting.takeFirst()({});
        settle();
        QCOMPARE(started(), 2);
        QCOMPARE(runner.progress().ok, 1);
        answerWhole(1);
        runner.stop();
        QCOMPARE(finished.size(), 0);
        waiting.takeFirst()({});
        QCOMPARE(finished.size(), 1);
    }

    void whatCantBeKeptEndsIt()
    {
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner::Services full = services(journal);
        full.keep = [](const BatchItem &, const profile::RunRecord &, const BatchRunner::Kept &then) {
            then(base::Error { ErrorKind::Storage, u"The disk is full."_s, {}, 0, std::nullopt });
        };
        BatchRunner runner(full, m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(5));
        settle();
        answerWhole(0);
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].value<std::optional<base::Error>>()->kind, ErrorKind::Storage);
        QCOMPARE(started(), 2);
    }

    void aModelIsChosenForEachPrompt()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        select::Policy policy = m_chooser.policy();
        policy.rules = { { .name = u"second"_s, .keywords = { u"prompt 2"_s }, .models = { { u"q"_s, u"m"_s } } } };
        m_chooser.setPolicy(policy);
        {
            BatchJournal journal;
            QVERIFY(journal.open(path()));
            BatchRunner runner(services(journal), m_plan);
            add(runner, journal, prompts(2));
            settle();
            answerWhole(0);
            answerWhole(1);
            QCOMPARE(journal.entries().size(), 2);
            QStringList providers;
            for (const auto &entry : journal.entries()) {
                const QJsonObject row = journal.row(entry);
                QCOMPARE(row["model"_L1].toString(), u"m"_s);
                QCOMPARE(row["decision"_L1]["chosen"_L1].toString(), row["provider"_L1].toString() + u"/m"_s);
                QCOMPARE(row["decision"_L1]["rule"_L1].toString() == u"second"_s, row["id"_L1].toString() == u"2"_s);
                providers << row["provider"_L1].toString();
            }
            QVERIFY(providers.contains(u"p"_s) && providers.contains(u"q"_s));
        }
        policy.candidates = { { u"q"_s, u"n"_s } }; // what is finished is not chosen for again
        m_chooser.setPolicy(policy);
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(3));
        settle();
        QCOMPARE(started(), 3);
        QCOMPARE(runner.progress().fromBefore, 2);
    }

    void anotherTakesOver()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"n"_s } });
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(1));
        settle();
        answerError(0, 429, rateLimited);
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE(runner.progress().ok, 1);
        const QJsonObject row = journal.row(*journal.entries().constBegin());
        QCOMPARE(row["provider"_L1].toString(), u"q"_s);
        QCOMPARE(row["model"_L1].toString(), u"n"_s);
        QCOMPARE(row["decision"_L1]["chosen"_L1].toString(), u"p/m"_s);
    }

    /// The batch itself uses the budget up.
    void whoseBudgetIsUsedUpIsChosenNoMore()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        m_plan.choice.budgets = { { cost::BudgetScope::Day, u"p"_s, 0.003, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 1;
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        add(runner, journal, prompts(2));
        settle();
        answerWhole(0);
        answerWhole(1);
        QStringList providers;
        for (const auto &entry : journal.entries())
            providers << journal.row(entry)["provider"_L1].toString();
        std::sort(providers.begin(), providers.end());
        QCOMPARE(providers, (QStringList { u"p"_s, u"q"_s }));
    }

    void whereNoModelCanBeAskedThatIsTheResult()
    {
        chooseAmong({ { u"p"_s, u"m"_s } });
        m_plan.choice.unreachable = { { u"p"_s, u"it has no key"_s } };
        BatchJournal journal;
        QVERIFY(journal.open(path()));
        BatchRunner runner(services(journal), m_plan);
        QSignalSpy finished(&runner, &BatchRunner::finished);
        add(runner, journal, prompts(BatchRunner::hopeless + 5));
        runner.endInput();
        QCOMPARE(finished.size(), 1); // it would be the same with every prompt
        QCOMPARE(runner.progress().failed, BatchRunner::hopeless);
        const QJsonObject row = journal.row(*journal.entries().constBegin());
        QVERIFY(row["error"_L1]["message"_L1].toString().contains(u"it has no key"_s));
        QCOMPARE(started(), 0);
    }

private:
    QString path() const { return m_dir->filePath(u"results.jsonl"_s); }
    BatchRunner::Services services(BatchJournal &journal)
    {
        return { *m_service, m_clock, m_timers, m_chooser, keepIn(journal) };
    }
    void add(BatchRunner &runner, const BatchJournal &journal, const QList<BatchPrompt> &asked)
    {
        add(runner, journal, asked, m_plan);
    }
    static void add(BatchRunner &runner, const BatchJournal &journal, const QList<BatchPrompt> &asked,
                    const BatchPlan &plan)
    {
        BatchProgress before;
        const QList<BatchItem> items = BatchItems(plan).pending(asked, journal, before);
        runner.add(items, before);
    }
    /// In this order, while they can be asked.
    void chooseAmong(const QList<select::ModelRef> &models)
    {
        m_chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = models });
        m_plan.targets = { BatchTarget::automatic() };
        m_plan.choice.models = models;
        for (const select::ModelRef &ref : models)
            m_plan.choice.endpoints.insert(ref.providerId, request(ref.providerId, ref.providerId).endpoint);
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    run::TimerScheduler m_timers;
    select::Chooser m_chooser { [](const select::ModelRef &ref) { return select::Candidate { .ref = ref }; } };
    BatchPlan m_plan;
};

QTEST_GUILESS_MAIN(TestBatchRunner)

#include "tst_batchrunner.moc"
