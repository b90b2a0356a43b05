#include "peek.h"
#include "storetest.h"

#include "core/store/database.h"

#include <QDir>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

/// Calls that had begun when their process ended. A store that goes without their runs is such a process.
class TestBegunRuns final : public StoreTest {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        begin();
        QVERIFY(wait(m_store->open()));
    }
    void cleanup() { end(); }

    void aCallThatNeverEndedBecomesARun()
    {
        m_store->saveBegun(begun(u"a"_s));
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        restart();
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        QVERIFY(wait(m_store->endInterrupted(priced)));
        const auto runs = wait(m_store->runs(0));
        QCOMPARE(runs->size(), 1);
        profile::RunRecord expected = begun(u"a"_s);
        expected.costUsd = 7;
        QCOMPARE(profile::toJson(runs->first()), profile::toJson(expected));
        QCOMPARE(wait(m_store->spending({ u"c"_s, 0, 0 }))->first().conversationUsd, 7.0);
        QVERIFY(wait(m_store->endInterrupted(priced))); // once is enough
        QCOMPARE(wait(m_store->runs(0))->size(), 1);
        m_store.reset();
        QCOMPARE(rows(), 0);
        QCOMPARE(locks(), 0);
    }

    void whatIsSaidLastCounts()
    {
        m_store->saveBegun(begun(u"a"_s));
        QVERIFY(wait(m_store->runs(0))->isEmpty()); // a read has all written that waits
        profile::RunRecord later = begun(u"a"_s);
        later.earlierAttempts = { profile::Attempt {} };
        m_store->saveBegun(later);
        restart();
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QCOMPARE(wait(m_store->runs(0))->first().earlierAttempts.size(), 1);
    }

    void whatHasEndedLeavesNothing_data()
    {
        QTest::addColumn<bool>("written");
        QTest::newRow("after its row was written") << true;
        QTest::newRow("before") << false;
    }

    void whatHasEndedLeavesNothing()
    {
        QFETCH(bool, written);
        m_store->saveBegun(begun(u"a"_s));
        if (written) {
            QVERIFY(wait(m_store->runs(0))->isEmpty());
            QCOMPARE(rows(), 1);
        }
        QVERIFY(wait(m_store->saveRun(runRecord(u"a"_s, u"c"_s, 1))));
        QCOMPARE(rows(), 0);
        restart();
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QCOMPARE(wait(m_store->runs(0))->size(), 1);
        QVERIFY(wait(m_store->runs(0))->first().ok());
    }

    void itIsWrittenWithoutCompany()
    {
        m_store->saveBegun(begun(u"a"_s));
        QTRY_COMPARE(rows(), 1);
    }

    void aProcessThatRunsKeepsItsCalls()
    {
        m_store->saveBegun(begun(u"a"_s));
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        Store other(m_folder->path());
        QVERIFY(wait(other.endInterrupted(priced)));
        QVERIFY(wait(other.runs(0))->isEmpty());
        QCOMPARE(rows(), 1);
        other.saveBegun(begun(u"b"_s));
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QVERIFY(wait(m_store->saveRun(runRecord(u"a"_s, u"c"_s, 1))));
        QVERIFY(wait(other.saveRun(runRecord(u"b"_s, u"c"_s, 2))));
        QCOMPARE(wait(other.runs(0))->size(), 2);
        QCOMPARE(rows(), 0);
    }

    void whereTheLockIsGoneTheProcessIs()
    {
        m_store->saveBegun(begun(u"a"_s));
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        Peek(path()).ask(u"UPDATE begun_runs SET owner = 'of long ago'"_s);
        Store other(m_folder->path());
        QVERIFY(wait(other.endInterrupted(priced)));
        QCOMPARE(wait(other.runs(0))->size(), 1);
    }

    void whatCameOfTheAnswerIsHandedOver()
    {
        m_store->saveConversation(conversation(u"c"_s));
        for (const auto &[id, text] : { std::pair { u"m1"_s, u"half an answer"_s },
                                        { u"m2"_s, u"first. and more"_s },
                                        { u"m3"_s, u"what fai"_s },
                                        { u"m4"_s, u""_s } }) {
            StoredMessage row = message(id, u"c"_s, {}, text);
            row.message.reasoning = id == u"m1" ? u"because"_s : QString();
            m_store->saveMessage(row);
        }
        profile::RunRecord first = runRecord(u"first"_s, u"c"_s, 1);
        first.messageId = u"m2"_s; // the answer that "goes on" goes on with
        first.answer.text = u"first."_s;
        m_store->saveRun(first);
        for (const auto &[id, messageId] : { std::pair { u"whole"_s, u"m1"_s },
                                             { u"goes on"_s, u"m2"_s },
                                             { u"again"_s, u"m3"_s },
                                             { u"silent"_s, u"m4"_s },
                                             { u"none"_s, u""_s } })
            m_store->saveBegun(begun(id, messageId));
        profile::RunRecord again = begun(u"again"_s, u"m3"_s);
        again.earlierAttempts = { profile::Attempt { .trace = {}, .text = u"what failed its checks"_s } };
        m_store->saveBegun(again);
        restart();
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QHash<QString, QString> texts;
        const auto runs = wait(m_store->runs(0));
        for (const profile::RunRecord &run : *runs)
            texts.insert(run.id, run.answer.text + u'|' + run.answer.reasoning);
        const QHash<QString, QString> expected {
            { u"first"_s, u"first.|"_s },      { u"whole"_s, u"half an answer|because"_s },
            { u"goes on"_s, u" and more|"_s }, { u"again"_s, u"|"_s },
            { u"silent"_s, u"|"_s },           { u"none"_s, u"|"_s }
        };
        QCOMPARE(texts, expected);
    }

    void anOldDatabaseGetsTheTable()
    {
        m_store.reset();
        QVERIFY(QFile::remove(path()));
        {
            Database old(path(), migrations().first(3));
            QVERIFY(old.open());
            QSqlQuery query(old.connection());
            QVERIFY(query.exec(
                u"INSERT INTO runs (id, conversation_id, message_id, provider_id, model, started_ms, ok, record) "
                "VALUES ('old', '', '', 'p', 'm', 5, 1, '{\"id\":\"old\"}')"_s));
        }
        QCOMPARE(Peek(path()).ask(u"PRAGMA user_version"_s).toInt(), 3);
        restart();
        m_store->saveBegun(begun(u"a"_s));
        restart();
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QStringList ids;
        const auto runs = wait(m_store->runs(0));
        for (const profile::RunRecord &run : *runs)
            ids << run.id;
        QCOMPARE(ids, (QStringList { u"a"_s, u"old"_s }));
    }

    void itFailsWhereTheFileIsLocked()
    {
        m_store->saveBegun(begun(u"a"_s));
        restart();
        Peek other(path());
        other.ask(u"BEGIN IMMEDIATE"_s);
        const auto done = wait(m_store->endInterrupted(priced));
        QVERIFY(!done);
        QCOMPARE(done.error().kind, base::ErrorKind::Storage);
        other.ask(u"ROLLBACK"_s);
        QVERIFY(wait(m_store->endInterrupted(priced)));
        QCOMPARE(wait(m_store->runs(0))->size(), 1);
    }

private:
    static profile::RunRecord begun(const QString &id, const QString &messageId = {})
    {
        profile::RunRecord record;
        record.id = id;
        record.conversationId = u"c"_s;
        record.messageId = messageId;
        record.providerId = u"simulator"_s;
        record.model = u"sim-1"_s;
        record.startedWallMs = 1000;
        record.answer.error = base::Error { base::ErrorKind::Interrupted, u"ended"_s, {}, 0, {} };
        return record;
    }

    static profile::RunRecord priced(profile::RunRecord record)
    {
        record.costUsd = 7;
        return record;
    }

    int rows() const { return Peek(path()).ask(u"SELECT count(*) FROM begun_runs"_s).toInt(); }
    qsizetype locks() const { return QDir(m_folder->path()).entryList({ u"talkbench.db.calls-*"_s }).size(); }
};

QTEST_GUILESS_MAIN(TestBegunRuns)
#include "tst_begunruns.moc"
