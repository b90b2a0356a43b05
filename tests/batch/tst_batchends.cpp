#include "tests/batch/providerbatchtest.h"

using namespace talkbench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

/// Provider's batches of which not everything comes back.
class TestBatchEnds final : public ProviderBatchTest {
    Q_OBJECT

private Q_SLOTS:
    /// Killed between the two, a batch collects it again: under the same ids, so that nothing is counted twice.
    void whatIsInTheJournalIsARunOnDisk_data() { protocols(); }
    void whatIsInTheJournalIsARunOnDisk()
    {
        begin(quick());
        QSet<QString> ids;
        connect(m_service.get(), &run::RunService::recorded, this,
                [&ids](const profile::RunRecord &record) { ids.insert(record.id); });
        QSignalSpy recorded(m_service.get(), &run::RunService::recorded);
        {
            QPromise<base::Result<void>> never;
            never.start();
            m_settled = [&never] { return never.future(); };
            Life life(*this, file(), prompts());
            life.start();
            QTRY_COMPARE_WITH_TIMEOUT(recorded.size(), count, 20'000);
            QCoreApplication::processEvents();
            QVERIFY(life.journal.entries().isEmpty());
            QVERIFY(life.finished->isEmpty());
        }
        m_settled = [] { return QtFuture::makeReadyFuture(base::Result<void>()); };
        Life again(*this, file(), prompts());
        again.start();
        QVERIFY(again.ends());
        QCOMPARE(again.batch->progress().ok, count);
        QCOMPARE(recorded.size(), 2 * count);
        QCOMPARE(ids.size(), count);
        QCOMPARE(asked(), count);
    }

    void whatIsNoRunOnDiskStaysAtTheProvider_data() { protocols(); }
    void whatIsNoRunOnDiskStaysAtTheProvider()
    {
        begin(quick());
        m_settled = [] {
            const base::Error full { base::ErrorKind::Storage, u"The disk is full."_s, {}, 0, std::nullopt };
            return QtFuture::makeReadyFuture(base::Result<void>(full));
        };
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(life.error() && life.error()->kind == base::ErrorKind::Storage);
        QVERIFY(life.journal.hasOpenSubmission());
    }

    void aModelThatIsNotThere_data() { protocols(); }
    void aModelThatIsNotThere()
    {
        begin(quick());
        m_plan.targets[0].model = u"custom/sim-small"_s;
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(!life.error());
        QCOMPARE(life.batch->progress().failed, count);
        const auto &failures = life.batch->progress().failures;
        QCOMPARE(failures.size(), 1);
        QCOMPARE(failures.first().count, count);
        QVERIFY(!failures.first().message.isEmpty());
        QCOMPARE(life.batch->progress().unanswered, 0);
        QVERIFY(answers(u"/v1/files/file-out-batch_sim1/content"_s)); // which is empty, if there is one
    }

    /// Somebody else has cancelled it at the provider.
    void whatIsNotAnsweredIsCounted_data() { protocols(); }
    void whatIsNotAnsweredIsCounted()
    {
        begin(quick(600));
        const QString batches =
            m_plan.targets[0].endpoint.protocol == u"anthropic"_s ? u"/v1/messages/batches/"_s : u"/v1/batches/"_s;
        {
            Life life(*this, file(), prompts());
            QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
            life.start();
            while (!life.hasState(Submission::State::Sent))
                QVERIFY(progressed.wait(5000));
            QVERIFY(answers(batches + life.journal.submissions().first().remote + u"/cancel"_s, "{}"));
            QVERIFY(life.ends());
            QVERIFY(!life.error());
            const BatchProgress &progress = life.batch->progress();
            QVERIFY(progress.unanswered > 0);
            QCOMPARE(progress.unanswered + progress.done(), count);
        }
        m_plan.targets[0].endpoint.headers = { { "x-sim-batch-ms", "50" } };
        Life again(*this, file(), prompts());
        again.start();
        QVERIFY(again.ends());
        QCOMPARE(again.batch->progress().ok, count);
        QCOMPARE(again.batch->progress().unanswered, 0);
    }
};

QTEST_GUILESS_MAIN(TestBatchEnds)
#include "tst_batchends.moc"
