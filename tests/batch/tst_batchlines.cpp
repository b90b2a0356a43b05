#include "core/bench/providerbatch.h"
#include "tests/runservice/fakeservice.h"

#include <QSignalSpy>
#include <QTemporaryDir>

using namespace talkbench;
using namespace talkbench::bench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray result(const QString &key)
{
    return R"({"custom_id":")" + key.toUtf8()
        + R"(","result":{"type":"succeeded","message":{"id":"x","type":"message","role":"assistant","model":"m",)"
          R"("content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn",)"
          R"("usage":{"input_tokens":1,"output_tokens":1}}}})"
          "\n";
}

} // namespace

/// What a provider gives as the results of its batch.
class TestBatchLines final : public FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeService();
        m_dir = std::make_unique<QTemporaryDir>();
        m_journal = std::make_unique<BatchJournal>();
        QVERIFY(m_journal->open(m_dir->filePath(u"results.jsonl"_s)));
        BatchTarget target { request().endpoint, u"m"_s, u"p"_s };
        target.endpoint.protocol = u"anthropic"_s;
        BatchPlan plan;
        plan.targets = { target };
        plan.way = BatchWay::Provider;
        BatchProgress before;
        const QList<BatchPrompt> prompts { { u"1"_s, u"one"_s }, { u"2"_s, u"two"_s }, { u"3"_s, u"three"_s } };
        const QList<BatchItem> items = BatchItems(plan).pending(prompts, *m_journal, before);
        m_batch = std::make_unique<ProviderBatch>(
            ProviderBatch::Services {
                *m_service, m_clock, m_timers, {}, [] { return QtFuture::makeReadyFuture(base::Result<void>()); } },
            *m_journal, plan);
        m_finished = std::make_unique<QSignalSpy>(m_batch.get(), &ProviderBatch::finished);
        m_batch->start(items, before);
        answer(0,
               R"({"id":"b1","processing_status":"ended","request_counts":{"succeeded":3},)"
               R"("created_at":"2026-01-01T00:00:00Z"})");
        m_keys = m_journal->submissions().first().prompts.keys();
        QCOMPARE(m_keys.size(), 3);
    }
    void cleanup()
    {
        m_batch.reset();
        m_service.reset();
    }

    void oneThatCannotBeReadHidesNoOther()
    {
        answer(1, result(m_keys[0]) + "this is no result\n" + result(m_keys[1]));
        QTRY_COMPARE(m_finished->size(), 1);
        QVERIFY(!error());
        const BatchProgress &progress = m_batch->progress();
        QCOMPARE(progress.ok, 2);
        QCOMPARE(progress.unanswered, 1);
        QVERIFY2(progress.warning.startsWith(u"1 line of the results"_s), qPrintable(progress.warning));
        QVERIFY(progress.warning.contains(u"this is no result"_s));
        QVERIFY(!m_journal->hasOpenSubmission());
    }

    /// A page in its place ends no batch: its results may be had the next time.
    void whatHoldsNoResultIsNotTakenForThem()
    {
        answer(1, "<html>\n<p>Please sign in</p>\n</html>\n");
        QTRY_COMPARE(m_finished->size(), 1);
        QVERIFY(error() && error()->message.contains(u"could not be collected"_s));
        QVERIFY(m_journal->hasOpenSubmission());
        QVERIFY(m_journal->entries().isEmpty());
    }

    void oneThatComesTwiceIsCountedOnce()
    {
        answer(1, result(m_keys[0]) + result(m_keys[0]) + result(m_keys[1]) + result(m_keys[2]));
        QTRY_COMPARE(m_finished->size(), 1);
        QVERIFY(!error());
        QCOMPARE(m_batch->progress().ok, 3);
    }

private:
    void answer(int index, const QByteArray &body)
    {
        QTRY_COMPARE(started(), index + 1);
        answerHead(std::size_t(index));
        answerBytes(std::size_t(index), body);
        answerEnd(std::size_t(index));
    }
    std::optional<base::Error> error() const { return m_finished->at(0).at(0).value<std::optional<base::Error>>(); }

    std::unique_ptr<QTemporaryDir> m_dir;
    run::TimerScheduler m_timers;
    std::unique_ptr<BatchJournal> m_journal;
    std::unique_ptr<ProviderBatch> m_batch;
    std::unique_ptr<QSignalSpy> m_finished;
    QStringList m_keys;
};

QTEST_GUILESS_MAIN(TestBatchLines)
#include "tst_batchlines.moc"
