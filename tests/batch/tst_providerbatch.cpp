#include "core/bench/batchexport.h"
#include "tests/batch/providerbatchtest.h"

using namespace talkbench;
using namespace talkbench::bench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using simulator::Knobs;

class TestProviderBatch final : public ProviderBatchTest {
    Q_OBJECT

private Q_SLOTS:
    void wholeLife_data() { protocols(); }
    void wholeLife()
    {
        begin(quick());
        QSignalSpy recorded(m_service.get(), &run::RunService::recorded);
        Life life(*this, file(), prompts());
        QSignalSpy resulted(life.batch.get(), &ProviderBatch::resulted);
        life.start();
        QVERIFY(life.ends());
        QVERIFY2(!life.error(), life.error() ? qPrintable(life.error()->message) : "");
        QCOMPARE(asked(), count);
        QCOMPARE(life.journal.entries().size(), count);
        QVERIFY(!life.journal.hasOpenSubmission());
        QCOMPARE(life.batch->progress().ok, count);
        QCOMPARE(resulted.size(), 1);
        double cost = 0;
        for (const auto &entry : life.journal.entries()) {
            const QJsonObject row = life.journal.row(entry);
            QVERIFY(row[u"ok"_s].toBool());
            QVERIFY(!row[u"text"_s].toString().isEmpty());
            const QJsonObject usage = row[u"usage"_s].toObject();
            const double usd = (usage[u"input_total"_s].toDouble() + 10 * usage[u"output_total"_s].toDouble()) / 1e6;
            QCOMPARE(row[u"cost_usd"_s].toDouble(), usd); // at the batch's price
            QVERIFY(row[u"metrics"_s][u"ttft_ms"_s].isNull());
            cost += usd;
        }
        QCOMPARE(life.batch->progress().costUsd, cost);
        QTRY_COMPARE(recorded.size(), count);
        const auto record = recorded[0][0].value<profile::RunRecord>();
        QVERIFY(record.batch);
        QCOMPARE(record.operation, profile::Operation::Batch);
        QVERIFY(profile::runRecordFromJson(profile::toJson(record)).batch);
        const QByteArray csv = batchCsv(life.journal, life.places);
        QCOMPARE(csv.count("\r\n"), count + 1);
        QVERIFY(csv.contains("p5,Tell me 5 things about bridges,p,sim-small,true,"));
    }

    /// As often as there are steps to be killed after.
    void killedAnywhereNothingIsAskedTwice_data() { protocols(); }
    void killedAnywhereNothingIsAskedTwice()
    {
        bool ended = false;
        for (int steps = 1; !ended; ++steps) {
            begin(quick());
            m_plan.doubtMs = 1000; // what was on its way is given that long to arrive
            {
                Life life(*this, file(), prompts());
                QEventLoop loop;
                int left = steps;
                connect(
                    life.batch.get(), &ProviderBatch::progressed, &loop,
                    [&] {
                        if (--left == 0)
                            loop.quit();
                    },
                    Qt::QueuedConnection);
                connect(
                    life.batch.get(), &ProviderBatch::finished, &loop,
                    [&] {
                        ended = true;
                        loop.quit();
                    },
                    Qt::QueuedConnection);
                life.start();
                loop.exec();
            }
            Life life(*this, file(), prompts());
            QVERIFY(life.opened);
            life.start();
            QVERIFY(life.ends());
            QVERIFY2(!life.error(), life.error() ? qPrintable(life.error()->message) : "");
            QVERIFY2(asked() == count, qPrintable(u"killed after %1 steps: %2"_s.arg(steps).arg(asked())));
            QCOMPARE(life.batch->progress().ok, count);
            QCOMPARE(life.journal.entries().size(), count);
            QVERIFY(steps < 100);
        }
    }

    void theUploadedFileIsDeleted_data()
    {
        QTest::addColumn<QString>("protocol");
        QTest::newRow("openai-chat") << u"openai-chat"_s;
    }
    void theUploadedFileIsDeleted()
    {
        begin(quick());
        Life life(*this, file(), prompts());
        QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
        life.start();
        while (!life.hasState(Submission::State::Sent))
            QVERIFY(progressed.wait(5000));
        QVERIFY(hasFile());
        QVERIFY(life.ends());
        QVERIFY(!life.error());
        QVERIFY(!hasFile());
        QCOMPARE(life.batch->progress().warning, QString());
    }

    void aFileThatStaysIsTold_data() { theUploadedFileIsDeleted_data(); }
    void aFileThatStaysIsTold()
    {
        Knobs knobs = quick();
        knobs.filesStay = true;
        begin(knobs);
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(!life.error());
        QCOMPARE(life.batch->progress().ok, count);
        QVERIFY(hasFile());
        QVERIFY2(life.batch->progress().warning.contains(u"file-sim1"_s), qPrintable(life.batch->progress().warning));
    }

    /// However often is asked how far it is.
    void aDoubtIsGivenItsTime_data() { protocols(); }
    void aDoubtIsGivenItsTime()
    {
        QCOMPARE(BatchPlan().doubtMs, 60'000);
        Knobs knobs = quick();
        knobs.batchLost = 1;
        begin(knobs);
        m_plan.doubtMs = 1'000'000;
        Life life(*this, file(), prompts());
        QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
        life.start();
        const auto looks = [&life] { return life.batch->progress().remote.contains(u"looking for it"_s); };
        while (!looks())
            QVERIFY(progressed.wait(5000));
        QVERIFY(!life.finished->wait(200));
        QVERIFY(looks());
        QCOMPARE(asked(), count); // and nothing was sent again
    }

    void anAnswerThatWasLostIsFoundAgain_data() { protocols(); }
    void anAnswerThatWasLostIsFoundAgain()
    {
        Knobs knobs = quick();
        knobs.batchLost = 1;
        begin(knobs);
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY2(!life.error(), life.error() ? qPrintable(life.error()->message) : "");
        QCOMPARE(asked(), count);
        QCOMPARE(life.batch->progress().ok, count);
        QVERIFY(!life.journal.hasOpenSubmission());
    }

    /// Another's batch of the same size and time is not taken for it.
    void othersBatchesStayTheirs_data() { protocols(); }
    void othersBatchesStayTheirs()
    {
        Knobs knobs = quick();
        knobs.batchLost = 1;
        begin(knobs);
        {
            Life life(*this, file(), prompts());
            QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
            life.start();
            while (!life.hasState(Submission::State::Sending))
                QVERIFY(progressed.wait(5000));
            QTRY_COMPARE(asked(), count);
        }
        Life other(*this, file(u"other.jsonl"_s), prompts(u"cats"_s));
        other.start();
        QVERIFY(other.ends());
        QCOMPARE(other.batch->progress().ok, count);
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY2(!life.error(), life.error() ? qPrintable(life.error()->message) : "");
        QCOMPARE(life.batch->progress().ok, count);
        QCOMPARE(asked(), 2 * count);
    }

    void someMayFail_data() { protocols(); }
    void someMayFail()
    {
        Knobs knobs = quick();
        knobs.errorAt = { 2 };
        begin(knobs);
        {
            Life life(*this, file(), prompts());
            life.start();
            QVERIFY(life.ends());
            QVERIFY(!life.error());
            QCOMPARE(life.batch->progress().ok, count - 1);
            QCOMPARE(life.batch->progress().failed, 1);
        }
        {
            Life again(*this, file(), prompts()); // it had failed, and stays so
            again.start();
            QVERIFY(again.ends());
            QCOMPARE(asked(), count);
            QCOMPARE(again.batch->progress().fromBefore, count);
        }
        m_plan.retryFailed = true;
        Life retry(*this, file(), prompts());
        retry.start();
        QVERIFY(retry.ends());
        QCOMPARE(asked(), count + 1);
        QCOMPARE(retry.batch->progress().ok, count);
    }

    void someMayExpire_data() { protocols(); }
    void someMayExpire()
    {
        Knobs knobs = quick();
        knobs.batchExpire = 2;
        begin(knobs);
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(!life.error());
        QCOMPARE(life.batch->progress().ok, count - 2);
        QCOMPARE(life.batch->progress().failed, 2);
        int expired = 0;
        for (const auto &entry : life.journal.entries()) {
            const QJsonObject row = life.journal.row(entry);
            expired += row[u"error"_s][u"kind"_s] == u"total_timeout"_s ? 1 : 0;
            QVERIFY(entry.ok || row[u"cost_usd"_s].isNull());
        }
        QCOMPARE(expired, 2);
    }

    void cancelling_data() { protocols(); }
    void cancelling()
    {
        begin(quick(600));
        {
            Life life(*this, file(), prompts());
            QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
            life.start();
            while (!life.hasState(Submission::State::Sent))
                QVERIFY(progressed.wait(5000));
            life.batch->cancel();
            QVERIFY(life.ends());
            QVERIFY(!life.error());
            QVERIFY(!life.journal.hasOpenSubmission());
            QVERIFY(life.batch->progress().done() < count); // no result is none, and none has failed
            QCOMPARE(life.batch->progress().failed, 0);
            QCOMPARE(life.batch->progress().unanswered, 0); // as it was wanted
        }
        m_plan.targets[0].endpoint.headers = { { "x-sim-batch-ms", "50" } };
        Life again(*this, file(), prompts());
        again.start();
        QVERIFY(again.ends());
        QCOMPARE(again.batch->progress().ok, count);
    }

    void cancelledBeforeItWasSentNothingIsAsked_data() { protocols(); }
    void cancelledBeforeItWasSentNothingIsAsked()
    {
        begin(quick());
        Life life(*this, file(), prompts());
        life.batch->cancel();
        life.start();
        QVERIFY(life.ends());
        QCOMPARE(asked(), 0);
    }

    void aWrongKeyIsSaid_data() { protocols(); }
    void aWrongKeyIsSaid()
    {
        Knobs knobs = quick();
        knobs.requireKey = u"another"_s;
        begin(knobs);
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(life.error());
        QCOMPARE(life.error()->kind, ErrorKind::Auth);
        QVERIFY(!life.error()->message.contains(u"topsecretkey"_s));
        QVERIFY(!life.journal.hasOpenSubmission());
        QCOMPARE(asked(), 0);
    }

    /// Its results are gone; only who says so pays again.
    void aBatchThatIsGone_data() { protocols(); }
    void aBatchThatIsGone()
    {
        begin(quick(60'000));
        {
            Life life(*this, file(), prompts());
            QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
            life.start();
            while (!life.hasState(Submission::State::Sent))
                QVERIFY(progressed.wait(5000));
            life.batch->stop();
            QCOMPARE(life.finished->size(), 1);
            QVERIFY(life.journal.hasOpenSubmission());
        }
        const BatchPlan plan = m_plan;
        auto dir = std::move(m_dir);
        begin(quick()); // another simulator, which knows nothing
        m_dir = std::move(dir);
        {
            Life life(*this, file(), prompts());
            life.start();
            QVERIFY(life.ends());
            QCOMPARE(life.error()->kind, ErrorKind::NotFound);
            QCOMPARE(asked(), 0);
            QVERIFY(life.journal.hasOpenSubmission());
        }
        m_plan.retryFailed = true;
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QVERIFY(!life.error());
        QCOMPARE(life.batch->progress().ok, count);
        QCOMPARE(asked(), count);
    }

    void anotherTargetIsNotAskedInItsPlace_data() { protocols(); }
    void anotherTargetIsNotAskedInItsPlace()
    {
        begin(quick(60'000));
        {
            Life life(*this, file(), prompts());
            QSignalSpy progressed(life.batch.get(), &ProviderBatch::progressed);
            life.start();
            while (!life.hasState(Submission::State::Sent))
                QVERIFY(progressed.wait(5000));
        }
        m_plan.targets[0].model = u"sim-large"_s;
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QCOMPARE(life.error()->kind, ErrorKind::Config);
        QVERIFY(life.error()->message.contains(u"sim-small"_s));
        QCOMPARE(asked(), count);
    }

    void whoHasNoBatchApi()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_plan = {};
        BatchTarget target;
        target.server = u"local"_s;
        target.endpoint.protocol = u"ollama"_s;
        m_plan.targets = { target };
        Life life(*this, file(), prompts());
        life.start();
        QVERIFY(life.ends());
        QCOMPARE(life.error()->kind, ErrorKind::Config);
        QVERIFY(life.error()->message.contains(u"local"_s));
    }
};

QTEST_GUILESS_MAIN(TestProviderBatch)
#include "tst_providerbatch.moc"
