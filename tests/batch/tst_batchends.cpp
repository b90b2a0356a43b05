#include "tests/batch/providerbatchtest.h"

using namespace talkbench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

/// Provider's batches of which not everything comes back.
class TestBatchEnds final : public ProviderBatchTest {
    Q_OBJECT

private Q_SLOTS:
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
