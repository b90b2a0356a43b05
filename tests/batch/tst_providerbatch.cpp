#include "core/bench/batchexport.h"
#include "core/bench/providerbatch.h"
#include "core/net/qttransport.h"
#include "core/simulator/simulator.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using simulator::Knobs;

namespace {

constexpr int count = 5;

QList<BatchPrompt> prompts(const QString &about = u"bridges"_s)
{
    QList<BatchPrompt> list;
    for (int i = 1; i <= count; ++i)
        list.append({ u"p%1"_s.arg(i), u"Tell me %1 things about %2"_s.arg(i).arg(about) });
    return list;
}

Knobs quick(double batchMs = 60)
{
    Knobs knobs;
    knobs.batchMs = batchMs;
    knobs.tokens = 12;
    return knobs;
}

} // namespace

/// On the simulator, over real sockets: it counts what it is asked.
class TestProviderBatch : public QObject {
    Q_OBJECT

private:
    /// One process's life with the batch.
    struct Life {
        Life(TestProviderBatch &test, const QString &file, const QList<BatchPrompt> &asked)
        {
            opened = bool(journal.open(file));
            BatchProgress before;
            const QList<BatchItem> items = BatchItems(test.m_plan).pending(asked, journal, before);
            batch = std::make_unique<ProviderBatch>(
                ProviderBatch::Services { *test.m_service, test.m_clock, test.m_scheduler, test.m_prices }, journal,
                test.m_plan);
            finished = std::make_unique<QSignalSpy>(batch.get(), &ProviderBatch::finished);
            start = [this, items, before] { batch->start(items, before); };
        }

        bool ends() const { return !finished->isEmpty() || finished->wait(20'000); }
        std::optional<base::Error> error() const { return finished->at(0).at(0).value<std::optional<base::Error>>(); }
        bool hasState(Submission::State state) const
        {
            const auto &all = journal.submissions();
            return std::any_of(all.begin(), all.end(), [state](const auto &row) { return row.state == state; });
        }

        BatchJournal journal;
        bool opened = false;
        std::unique_ptr<ProviderBatch> batch;
        std::unique_ptr<QSignalSpy> finished;
        std::function<void()> start;
    };

    void begin(const Knobs &knobs)
    {
        m_simulator = std::make_unique<simulator::Simulator>(knobs);
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_root = *url;
        m_dir = std::make_unique<QTemporaryDir>();
        QFETCH(QString, protocol);
        BatchTarget target;
        target.server = target.endpoint.providerId = u"p"_s;
        target.endpoint.protocol = protocol;
        target.endpoint.baseUrl = m_root;
        if (protocol != u"anthropic"_s)
            target.endpoint.baseUrl.setPath(u"/v1"_s);
        target.endpoint.apiKey = u"topsecretkey"_s;
        target.model = u"sim-small"_s;
        m_plan = {};
        m_plan.targets = { target };
        m_plan.way = BatchWay::Provider;
        m_plan.pollMs = m_plan.doubtMs = 15;
    }

    /// Null where the answer is no JSON.
    QJsonObject got(const QString &path)
    {
        QUrl url = m_root;
        url.setPath(path);
        QNetworkAccessManager manager;
        const std::unique_ptr<QNetworkReply> reply(manager.get(QNetworkRequest(url)));
        QSignalSpy finished(reply.get(), &QNetworkReply::finished);
        return finished.wait(5000) ? QJsonDocument::fromJson(reply->readAll()).object() : QJsonObject();
    }
    int asked() { return got(u"/sim/requests"_s)[u"requests"_s].toInt(-1); }
    /// Of what was uploaded first.
    bool hasFile() { return !got(u"/v1/files/file-sim1/content"_s).contains(u"error"_s); }
    QString file(const QString &name = u"results.jsonl"_s) const { return m_dir->filePath(name); }
    static void protocols()
    {
        QTest::addColumn<QString>("protocol");
        for (const auto &protocol : { u"openai-chat"_s, u"openai-responses"_s, u"anthropic"_s })
            QTest::newRow(qPrintable(protocol)) << protocol;
    }

    const base::SystemClock m_clock {};
    run::TimerScheduler m_scheduler;
    cost::PriceBook m_prices;
    std::unique_ptr<run::RunService> m_service;
    std::unique_ptr<simulator::Simulator> m_simulator;
    std::unique_ptr<QTemporaryDir> m_dir;
    QUrl m_root;
    BatchPlan m_plan;

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<std::optional<base::Error>>();
        m_prices =
            *cost::PriceBook::fromJson(R"({"version":"v1","prices":[{"model":"sim-small","provider":"p","input":2,
            "output":20,"batch":{"input":1,"output":10},"source":"test","date":"2026-01-01"}]})");
    }
    void init()
    {
        m_service = std::make_unique<run::RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                      m_clock, m_prices);
    }
    void cleanup() { m_service.reset(); }

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
        const QByteArray csv = batchCsv(life.journal);
        QCOMPARE(csv.count("\r\n"), count + 1);
        QVERIFY(csv.contains("p5,p,sim-small,true,"));
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
