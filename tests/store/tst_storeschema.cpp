#include "peek.h"
#include "storetest.h"

#include "core/store/database.h"

#include <QDir>

#include <array>
#include <vector>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

/// The file: made, migrated, and left alone.
class TestStoreSchema final : public StoreTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void nothingIsMadeBeforeOpen()
    {
        QVERIFY(!QFile::exists(path()));
        const auto opened = wait(m_store->open());
        QVERIFY(opened);
        QVERIFY(opened->keptAside.isEmpty());
        QVERIFY(QFile::exists(path()));
        QVERIFY(!(QFile::permissions(path()) & (QFile::ReadGroup | QFile::ReadOther)));
        QVERIFY(wait(m_store->conversations())->isEmpty());
        QVERIFY(wait(m_store->runs(0))->isEmpty());
        QVERIFY(wait(m_store->messages(u"none"_s))->isEmpty());
    }

    void theSchemaIsMadeFromNothing()
    {
        QVERIFY(wait(m_store->open()));
        m_store.reset();
        Peek peek(path());
        QCOMPARE(peek.ask(u"PRAGMA user_version"_s).toInt(), migrations().back().version);
        QCOMPARE(peek.ask(u"PRAGMA journal_mode"_s).toString(), u"wal"_s);
        QCOMPARE(peek.ask(u"SELECT count(*) FROM sqlite_master WHERE type = 'table'"_s).toInt(), 7);
        QVERIFY(QDir(m_folder->path()).entryList({ u"talkbench.db.v*"_s }).isEmpty()); // nothing to copy
    }

    void aMigrationCopiesFirst()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        m_store.reset();
        constexpr std::array<const char *, 2> statements {
            "ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
            "UPDATE conversations SET title = 'migrated'"
        };
        const int newest = migrations().back().version;
        std::vector<Migration> steps(migrations().begin(), migrations().end());
        steps.push_back({ newest + 1, statements });
        {
            Database database(path(), steps);
            QVERIFY(database.open());
        }
        const QStringList copies = QDir(m_folder->path()).entryList({ u"talkbench.db.v%1-*"_s.arg(newest) });
        QCOMPARE(copies.size(), 1);
        Peek migrated(path());
        QCOMPARE(migrated.ask(u"PRAGMA user_version"_s).toInt(), newest + 1);
        QCOMPARE(migrated.ask(u"SELECT title FROM conversations"_s).toString(), u"migrated"_s);
        QCOMPARE(migrated.ask(u"SELECT pinned FROM conversations"_s).toInt(), 0);
        Peek copy(m_folder->filePath(copies.first()));
        QCOMPARE(copy.ask(u"PRAGMA user_version"_s).toInt(), newest);
        QCOMPARE(copy.ask(u"SELECT title FROM conversations"_s).toString(), u"Title of c"_s);
    }

    /// Summing costs up reads no run.
    void aDatabaseOfBeforeGetsItsIndices()
    {
        {
            Database before(path(), migrations().first(4));
            QVERIFY(before.open());
        }
        QVERIFY(wait(m_store->open()));
        m_store.reset();
        Peek peek(path());
        QCOMPARE(peek.ask(u"PRAGMA user_version"_s).toInt(), migrations().back().version);
        const QString plan = peek.plan(u"SELECT provider_id, TOTAL(CASE WHEN started_ms >= 2 THEN cost_usd END), "
                                       "TOTAL(cost_usd) FROM runs WHERE started_ms >= 1 GROUP BY provider_id"_s);
        QCOMPARE(plan, u"SCAN runs USING COVERING INDEX runs_by_cost"_s);
        const QString elsewhere = peek.plan(u"SELECT provider_id, TOTAL(cost_usd) FROM paid_elsewhere "
                                            "WHERE started_ms >= 1 GROUP BY provider_id"_s);
        QCOMPARE(elsewhere, u"SCAN paid_elsewhere USING COVERING INDEX paid_elsewhere_by_cost"_s);
        const QString talk =
            peek.plan(u"SELECT provider_id, cost_usd FROM paid_elsewhere WHERE conversation_id = 'c'"_s);
        QVERIFY2(talk.startsWith(u"SEARCH paid_elsewhere USING COVERING INDEX paid_elsewhere_by_conversation"_s),
                 qPrintable(talk));
    }

    void aMigrationThatFailsChangesNothing()
    {
        QVERIFY(wait(m_store->open()));
        m_store->saveConversation(conversation(u"c"_s));
        m_store.reset();
        constexpr std::array<const char *, 2> statements { "UPDATE conversations SET title = 'half'",
                                                           "UPDATE nothing SET x = 1" };
        const int newest = migrations().back().version;
        std::vector<Migration> steps(migrations().begin(), migrations().end());
        steps.push_back({ newest + 1, statements });
        {
            Database database(path(), steps);
            QVERIFY(!database.open());
            QVERIFY(!database.isOpen());
        }
        Peek peek(path());
        QCOMPARE(peek.ask(u"PRAGMA user_version"_s).toInt(), newest);
        QCOMPARE(peek.ask(u"SELECT title FROM conversations"_s).toString(), u"Title of c"_s);
    }

    void aNewerDatabaseIsNotTouched()
    {
        QVERIFY(wait(m_store->open()));
        m_store.reset();
        {
            Peek peek(path());
            peek.ask(u"PRAGMA user_version = 99"_s);
            peek.ask(u"PRAGMA wal_checkpoint(TRUNCATE)"_s);
        }
        const QByteArray before = contentOf(path());
        m_store = std::make_unique<Store>(m_folder->path());
        const auto opened = wait(m_store->open());
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, base::ErrorKind::Storage);
        QVERIFY2(opened.error().message.contains(u"newer Talkbench"_s), qPrintable(opened.error().message));
        const auto saved = wait(m_store->saveConversation(conversation(u"c"_s)));
        QVERIFY(!saved);
        QCOMPARE(wait(m_store->conversations())->size(), 1); // held in memory
        m_store.reset();
        QCOMPARE(contentOf(path()), before);
        QVERIFY(QDir(m_folder->path()).entryList({ u"*unreadable*"_s }).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestStoreSchema)
#include "tst_storeschema.moc"
