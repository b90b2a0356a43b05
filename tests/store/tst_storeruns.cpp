#include "peek.h"
#include "storetest.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

/// Runs: kept, summed up, shown and rewritten.
class TestStoreRuns final : public StoreTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void runsAreRewritten()
    {
        QVERIFY(wait(m_store->open()));
        constexpr int count = 450; // three pages
        for (int i = 0; i < count; ++i)
            m_store->saveRun(runRecord(QString::number(i), u"c"_s, i));
        profile::RunRecord other = runRecord(u"other"_s, u"c"_s, 100);
        other.model = u"another"_s;
        m_store->saveRun(other);
        QSignalSpy rewritten(m_store.get(), &Store::runsRewritten);
        QStringList seen;
        const auto look = [&seen](const profile::RunRecord &run) {
            seen << run.id;
            return std::optional<profile::RunRecord>();
        };
        QVERIFY(wait(m_store->rewriteRuns({}, look)));
        QCOMPARE(seen.size(), count + 1);
        QCoreApplication::processEvents();
        QCOMPARE(rewritten.size(), 0); // nothing has changed
        seen.clear();
        QVERIFY(wait(m_store->rewriteRuns({ 10, 20, u"sim-1"_s }, look)));
        QCOMPARE(seen.size(), 10);
        QCOMPARE(seen.first(), u"10"_s);
        QVERIFY(wait(m_store->rewriteRuns({ 0, 300, u"sim-1"_s }, [](profile::RunRecord run) {
            run.costUsd = 1;
            return std::optional(run);
        })));
        QTRY_COMPARE(rewritten.size(), 1);
        restart();
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), count + 1);
        for (const profile::RunRecord &run : *runs)
            QCOMPARE(run.costUsd, std::optional(run.startedWallMs < 300 && run.id != u"other"_s ? 1.0 : 0.125));
        const auto spent = wait(m_store->spending({ u"c"_s, 0, 0 }));
        QCOMPARE(spent->first().conversationUsd, 300 + 151 * 0.125);
    }

    void whatIsSettledIsOnDisk()
    {
        QVERIFY(wait(m_store->open()));
        for (int i = 1; i <= 3; ++i) {
            m_store->saveRun(runRecord(QString::number(i), u"c"_s, i));
            QFuture<base::Result<void>> settled = m_store->settled();
            settled.waitForFinished(); // in the store's own thread it needs no event loop
            QVERIFY(settled.result());
            QCOMPARE(Peek(path()).ask(u"SELECT count(*) FROM runs"_s).toInt(), i);
        }
        QFuture<base::Result<void>> settled;
        const std::unique_ptr<QThread> other(QThread::create([&] { settled = m_store->settled(); }));
        other->start();
        QVERIFY(other->wait(5000));
        m_store->saveRun(runRecord(u"4"_s, u"c"_s, 4)); // before what comes from elsewhere
        QTRY_VERIFY(settled.isFinished());
        QVERIFY(settled.result());
        QCOMPARE(Peek(path()).ask(u"SELECT count(*) FROM runs"_s).toInt(), 4);
        QCOMPARE(wait(m_store->runs(0))->size(), 4);
    }

    void aRunIsFoundById()
    {
        QVERIFY(wait(m_store->open()));
        for (int i = 0; i < 3; ++i)
            m_store->saveRun(runRecord(QString::number(i), u"c"_s, i));
        const auto found = wait(m_store->run(u"1"_s));
        QCOMPARE(found->size(), 1);
        QCOMPARE(profile::toJson(found->first()), profile::toJson(runRecord(u"1"_s, u"c"_s, 1)));
        QVERIFY(wait(m_store->run(u"none"_s))->isEmpty());
    }

    void runsAreShown()
    {
        QVERIFY(wait(m_store->open()));
        constexpr int count = 450; // three slices
        for (int i = 0; i < count; ++i)
            m_store->saveRun(runRecord(QString::number(i), u"c"_s, count - i / 2)); // two at a time, the newest first
        QStringList seen;
        const auto look = [&seen](const profile::RunRecord &run) { seen << run.id; };
        QSignalSpy committed(m_store.get(), &Store::committed);
        QVERIFY(wait(m_store->runs(1)));
        QTRY_VERIFY(!committed.isEmpty());
        committed.clear();
        // What is asked while the first slice is shown has its turn before the last.
        QFuture<qsizetype> seenThen;
        const auto askAtFirst = [&](const profile::RunRecord &run) {
            if (seen.isEmpty())
                seenThen = m_store->runs(1).then(
                    [&seen](const base::Result<QList<profile::RunRecord>> &) { return seen.size(); });
            look(run);
        };
        QVERIFY(wait(m_store->visitRuns({}, askAtFirst)));
        QVERIFY(wait(seenThen) < count);
        QCOMPARE(seen.size(), count);
        QCOMPARE(seen.first(), u"448"_s);
        QCOMPARE(seen.at(1), u"449"_s);
        QCOMPARE(seen.last(), u"1"_s);
        QCOMPARE(QSet<QString>(seen.begin(), seen.end()).size(), count);
        seen.clear();
        QVERIFY(wait(m_store->visitRuns({ .fromMs = count - 2, .untilMs = count, .model = {} }, look)));
        QCOMPARE(seen, (QStringList { u"4"_s, u"5"_s, u"2"_s, u"3"_s }));
        {
            Peek writer(path()); // nothing is written: it does not wait for whoever writes
            writer.ask(u"BEGIN IMMEDIATE"_s);
            QVERIFY(wait(m_store->visitRuns({}, look)));
            writer.ask(u"ROLLBACK"_s);
        }
        QCoreApplication::processEvents();
        QVERIFY(committed.isEmpty());
    }

    void rewritingFailsWhereTheFileIsLocked()
    {
        QVERIFY(wait(m_store->open()));
        QVERIFY(wait(m_store->saveRun(runRecord(u"r"_s, u"c"_s, 1))));
        Peek other(path());
        other.ask(u"BEGIN IMMEDIATE"_s);
        const auto done = wait(m_store->rewriteRuns({}, [](profile::RunRecord run) {
            run.costUsd = 1;
            return std::optional(run);
        }));
        QVERIFY(!done);
        QCOMPARE(done.error().kind, base::ErrorKind::Storage);
        other.ask(u"ROLLBACK"_s);
        QCOMPARE(wait(m_store->runs(0))->first().costUsd, std::optional(0.125)); // not held either
    }

    void runsKeepEverything()
    {
        QVERIFY(wait(m_store->open()));
        profile::RunRecord failed = runRecord(u"r2"_s, {}, 200);
        failed.answer.error = base::Error { base::ErrorKind::RateLimited, u"slow down"_s, u"{\"raw\":1}"_s, 429, 2000 };
        failed.answer.usage.reset();
        failed.costUsd.reset();
        failed.trace.firstContentNs = 0;
        failed.earlierAttempts = { { failed.trace, failed.answer.error } };
        profile::RunRecord big = runRecord(u"r3"_s, u"c"_s, 300);
        for (qint64 i = 0; i < 5000; ++i)
            big.trace.chunks.append(
                { .ns = 3'000'000'000 + i * 7, .characters = 3, .kind = profile::ChunkKind::Reasoning });
        m_store->saveRun(runRecord(u"r1"_s, u"c"_s, 100));
        m_store->saveRun(big);
        m_store->saveRun(failed);
        restart();
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), 3);
        QCOMPARE(profile::toJson(runs->at(0)), profile::toJson(big));
        QCOMPARE(profile::toJson(runs->at(1)), profile::toJson(failed));
        QCOMPARE(profile::toJson(runs->at(2)), profile::toJson(runRecord(u"r1"_s, u"c"_s, 100)));
        QCOMPARE(runs->at(0).trace, big.trace);
        QCOMPARE(wait(m_store->runs(1))->value(0).id, u"r3"_s);
        QCOMPARE(wait(m_store->runs(0, {}, runs->value(0).startedWallMs))->size(), 1);
        QCOMPARE(wait(m_store->runs(0, {}, runs->value(0).startedWallMs + 1))->size(), 0);
        const auto ofConversation = wait(m_store->runs(0, u"c"_s));
        QCOMPARE(ofConversation->size(), 2);
        QCOMPARE(ofConversation->at(1).id, u"r1"_s);

        m_store.reset();
        Peek peek(path());
        const QString ofRun = u"SELECT %1 FROM runs WHERE id = '%2'"_s;
        QCOMPARE(peek.ask(ofRun.arg(u"ttft_ms"_s, u"r1"_s)).toDouble(), 100.0);
        QCOMPARE(peek.ask(ofRun.arg(u"response_ms"_s, u"r1"_s)).toDouble(), 1000.0);
        QCOMPARE(peek.ask(ofRun.arg(u"input_tokens"_s, u"r1"_s)).toInt(), 13);
        QCOMPARE(peek.ask(ofRun.arg(u"output_tokens"_s, u"r1"_s)).toInt(), 10);
        QCOMPARE(peek.ask(ofRun.arg(u"cost_usd"_s, u"r1"_s)).toDouble(), 0.125);
        QVERIFY(peek.ask(ofRun.arg(u"error_kind"_s, u"r1"_s)).isNull());
        QCOMPARE(peek.ask(ofRun.arg(u"ok"_s, u"r2"_s)).toInt(), 0);
        QCOMPARE(peek.ask(ofRun.arg(u"error_kind"_s, u"r2"_s)).toString(), u"rate_limited"_s);
        QVERIFY(peek.ask(ofRun.arg(u"cost_usd"_s, u"r2"_s)).isNull());
        QVERIFY(peek.ask(ofRun.arg(u"ttft_ms"_s, u"r2"_s)).isNull());
        QCOMPARE(peek.ask(ofRun.arg(u"typeof(record)"_s, u"r3"_s)).toString(), u"blob"_s); // compressed
    }

    void spendingIsOfItsPeriodAndConversation()
    {
        QVERIFY(wait(m_store->open()));
        const auto save = [this](const QString &id, const QString &conversation, qint64 ms, std::optional<double> usd,
                                 bool cached = false) {
            profile::RunRecord record = runRecord(id, conversation, ms);
            record.costUsd = usd;
            record.cached = cached;
            m_store->saveRun(record);
        };
        save(u"before"_s, u"c"_s, 99, 1.0);
        save(u"long before"_s, u"d"_s, 99, 1000.0);
        save(u"month"_s, u"d"_s, 100, 2.0);
        save(u"day"_s, u"c"_s, 200, 4.0);
        save(u"unknown"_s, u"c"_s, 201, {});
        save(u"cached"_s, u"c"_s, 202, 8.0, true);
        profile::RunRecord other = runRecord(u"other"_s, {}, 203);
        other.providerId = u"b"_s;
        other.costUsd = 16;
        m_store->saveRun(other);
        const auto spending = wait(m_store->spending({ u"c"_s, 200, 100 }));
        QVERIFY(spending);
        QCOMPARE(spending->size(), 2);
        const qsizetype b = spending->at(0).providerId == u"b"_s ? 0 : 1;
        QCOMPARE(spending->at(b), (Spending { u"b"_s, 0, 16, 16 }));
        QCOMPARE(spending->at(1 - b), (Spending { u"simulator"_s, 5, 4, 6 }));
        QCOMPARE(wait(m_store->spending({ {}, 1000, 1000 }))->size(), 0);
        const auto all = wait(m_store->spending({ {}, 200, 100 }));
        for (const Spending &row : *all)
            QCOMPARE(row.conversationUsd, 0.0);
    }

    void whoWasPaidIsCharged_data()
    {
        QTest::addColumn<bool>("writable");
        QTest::newRow("on disk") << true;
        QTest::newRow("in memory") << false;
    }

    void whoWasPaidIsCharged()
    {
        QFETCH(bool, writable);
        QVERIFY(wait(m_store->open()));
        if (!writable) { // it is a newer program's
            m_store.reset();
            Peek(path()).ask(u"PRAGMA user_version = 99"_s);
            m_store = std::make_unique<Store>(m_folder->path());
        }
        profile::RunRecord record = runRecord(u"r"_s, u"c"_s, 200);
        record.costUsd = 0.75;
        profile::Attempt failed { .trace = record.trace, .costUsd = 0.5 };
        failed.providerId = u"b"_s;
        record.earlierAttempts = { failed };
        m_store->saveRun(record);
        const auto spent = [this] {
            QList<Spending> rows = *wait(m_store->spending({ u"c"_s, 200, 100 }));
            std::sort(rows.begin(), rows.end(),
                      [](const Spending &left, const Spending &right) { return left.providerId < right.providerId; });
            return rows;
        };
        const QList<Spending> both { { u"b"_s, 0.5, 0.5, 0.5 }, { u"simulator"_s, 0.25, 0.25, 0.25 } };
        QCOMPARE(spent(), both);
        if (!writable)
            return;
        record.earlierAttempts.clear(); // written again, it says something else
        m_store->saveRun(record);
        QCOMPARE(spent().last(), (Spending { u"simulator"_s, 0.75, 0.75, 0.75 }));
        QCOMPARE(Peek(path()).ask(u"SELECT count(*) FROM paid_elsewhere"_s).toInt(), 0);
    }

    void removingAConversationKeepsTheFiguresOfItsRuns()
    {
        QVERIFY(wait(m_store->open()));
        for (const auto &id : { u"c"_s, u"d"_s }) {
            m_store->saveConversation(conversation(id));
            m_store->saveMessage(message(u"m"_s + id, id));
            profile::RunRecord record = runRecord(u"r"_s + id, id, 1);
            record.validation = { { u"contains ‘secret’"_s, profile::Verdict::Outcome::Failed, u"No ‘secret’."_s } };
            record.earlierAttempts = { profile::Attempt { .trace = record.trace,
                                                          .model = u"m"_s,
                                                          .text = u"the secret"_s,
                                                          .validation = record.validation,
                                                          .costUsd = 0.5 } };
            record.judgements = record.earlierAttempts;
            m_store->saveRun(record);
        }
        QVERIFY(wait(m_store->removeConversation(u"c"_s)));
        restart();
        QCOMPARE(wait(m_store->conversations())->size(), 1);
        QVERIFY(wait(m_store->messages(u"c"_s))->isEmpty());
        QCOMPARE(wait(m_store->messages(u"d"_s))->size(), 1);
        QVERIFY(wait(m_store->runs(0, u"c"_s))->isEmpty());
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), 2);
        for (const profile::RunRecord &record : *runs) {
            QCOMPARE(record.answer.text.isEmpty(), record.id == u"rc");
            QCOMPARE(QJsonDocument(profile::toJson(record)).toJson().contains("secret"), record.id == u"rd");
            QCOMPARE(record.validation[0].outcome, profile::Verdict::Outcome::Failed);
            QCOMPARE(record.earlierAttempts[0].costUsd, std::optional(0.5));
            QCOMPARE(record.costUsd, std::optional(0.125));
            QCOMPARE(record.trace.chunks.size(), 5);
        }
        QVERIFY(wait(m_store->removeConversation(u"never was"_s)));
    }
};

QTEST_GUILESS_MAIN(TestStoreRuns)
#include "tst_storeruns.moc"
