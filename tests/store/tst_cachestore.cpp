#include "core/store/cachefile.h"
#include "peek.h"

#include <QFile>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;
using profile::CacheEntry;
using profile::CacheFilter;
using profile::CacheHit;

namespace {

class FakeClock final : public base::Clock {
public:
    qint64 nowNs() const override { return m_ms * 1'000'000; }
    qint64 wallMs() const override { return m_ms; }
    void advance(qint64 ms) { m_ms += ms; }

private:
    std::atomic<qint64> m_ms { 1'700'000'000'000 };
};

QByteArray keyOf(int number)
{
    return QByteArray::number(number).rightJustified(32, '.');
}

/// Of so many bytes, which no compression makes much smaller.
QString noise(qsizetype size)
{
    QByteArray bytes(size, '\0');
    QRandomGenerator random(1);
    for (char &byte : bytes)
        byte = static_cast<char>(random.bounded(256));
    return QString::fromLatin1(bytes.toBase64());
}

} // namespace

class TestCacheStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        reopen();
    }
    void cleanup() { m_store.reset(); }

    void survivesARestart()
    {
        CacheEntry entry = entryOf(u"Hello"_s);
        entry.original.answer.reasoning = u"Hm"_s;
        entry.original.answer.toolCalls = { { u"1"_s, u"look"_s, u"{}"_s } };
        entry.original.answer.replay = llm::Replay { u"anthropic"_s, { { u"s"_s, u"x"_s } } };
        entry.original.trace.chunks = { { 2'000'000, 5, profile::ChunkKind::Text } };
        m_store->save(keyOf(1), entry);
        reopen();
        const auto found = find(1);
        QVERIFY(found);
        QCOMPARE(profile::toJson(found->original), profile::toJson(entry.original));
        QCOMPARE(found->storedMs, entry.storedMs);
        QVERIFY(!find(2));
        QCOMPARE(QFile::permissions(CacheStore::filePath(m_dir->path()))
                     & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
                 QFile::Permissions());
    }

    void aNewAnswerReplacesTheOld()
    {
        m_store->save(keyOf(1), entryOf(u"old"_s));
        m_store->save(keyOf(1), entryOf(u"new"_s));
        QCOMPARE(find(1)->original.answer.text, u"new"_s);
        QCOMPARE(stats().entries, 1);
    }

    void counts()
    {
        m_store->save(keyOf(1), entryOf(u"a"_s));
        m_store->countMiss();
        m_store->countHit(keyOf(1), CacheHit { u"r"_s, 0, 1800, 0.012 });
        m_store->countHit(keyOf(1), CacheHit { u"r"_s, 0, {}, {} });
        reopen();
        const profile::CacheStats now = stats();
        QCOMPARE(now.entries, 1);
        QVERIFY(now.bytes > 300);
        QCOMPARE(now.hits, 2);
        QCOMPARE(now.misses, 1);
        QCOMPARE(now.savedMs, 1800.0);
        QCOMPARE(now.savedUsd, 0.012);
    }

    void whatHasExpiredGoes()
    {
        CacheEntry brief = entryOf(u"brief"_s);
        brief.expiresMs = m_clock.wallMs() + 1000;
        m_store->save(keyOf(1), brief);
        m_store->save(keyOf(2), entryOf(u"for ever"_s));
        QVERIFY(find(1));
        m_clock.advance(1000);
        QVERIFY(!find(1)); // at once, tidied or not
        QTRY_COMPARE(stats().entries, 1); // in the background
        QVERIFY(find(2));
    }

    void theLeastUsedGoesFirst()
    {
        m_store->setLimits({ .bytes = 1 << 30, .entries = 10 });
        for (int i = 0; i < 10; ++i) {
            m_store->save(keyOf(i), entryOf(u"x"_s));
            m_clock.advance(1000);
        }
        m_store->countHit(keyOf(0), CacheHit());
        QVERIFY(find(0)); // and all before is written
        m_clock.advance(1000);
        for (int i = 10; i < 15; ++i)
            m_store->save(keyOf(i), entryOf(u"x"_s));
        QTRY_COMPARE(stats().entries, 10);
        QVERIFY(find(0));
        QVERIFY(!find(1));
        QVERIFY(find(14));
    }

    void bytesAreBounded()
    {
        const qint64 most = 64 * 1024;
        m_store->setLimits({ .bytes = most, .entries = 1'000'000 });
        for (int i = 0; i < 400; ++i)
            m_store->save(keyOf(i), entryOf(QString::number(i).repeated(200)));
        QVERIFY(stats().bytes > 0);
        QTRY_VERIFY(stats().bytes <= most);
        QVERIFY(stats().entries > 10);
        const qint64 before = stats().entries;
        m_store->save(keyOf(999), entryOf(noise(most))); // would push all others out
        QCOMPARE(stats().entries, before);
    }

    void holesAreFreedInLargeSteps()
    {
        const QString path = CacheStore::filePath(m_dir->path());
        m_store.reset();
        CacheFile file(path);
        QList<CacheChange> changes;
        for (int i = 0; i < 800; ++i)
            changes << CacheSave { keyOf(i), entryOf(noise(3000), i == 0 ? u"kept"_s : u"m"_s) };
        const CacheLimits limits;
        file.write(changes, limits);
        QCOMPARE(file.clear({ u"m"_s, {} }), 799);
        const auto holes = [&path] { return Peek(path).ask(u"PRAGMA freelist_count"_s).toInt(); };
        const int before = holes();
        QVERIFY2(before > 300, qPrintable(QString::number(before)));
        QVERIFY(file.tidy(limits, m_clock.wallMs()));
        QCOMPARE(holes(), before - 256);
        QVERIFY(file.find(keyOf(0), m_clock.wallMs()));
        while (file.tidy(limits, m_clock.wallMs())) { }
        QVERIFY(holes() <= 256);
    }

    void clearing()
    {
        const auto fill = [this] {
            m_store->save(keyOf(1), entryOf(u"x"_s, u"a"_s, u"1"_s));
            m_store->save(keyOf(2), entryOf(u"x"_s, u"a"_s, u"2"_s));
            m_store->save(keyOf(3), entryOf(u"x"_s, u"b"_s, u"2"_s));
            m_store->save(keyOf(4), entryOf(u"x"_s, u"b"_s, {}));
        };
        fill();
        auto models = m_store->models();
        models.waitForFinished();
        QCOMPARE(models.result(), (QStringList { u"a"_s, u"b"_s }));
        QCOMPARE(clear({ .model = u"a"_s }), 2);
        QVERIFY(!find(1) && !find(2) && find(3) && find(4));
        fill();
        QCOMPARE(clear({ .model = {}, .conversationId = u"2"_s }), 2);
        QVERIFY(find(1) && !find(2) && !find(3) && find(4));
        fill();
        QCOMPARE(clear({ u"a"_s, u"2"_s }), 1);
        QCOMPARE(stats().entries, 3);
        m_store->countMiss();
        QCOMPARE(clear({}), 3);
        QCOMPARE(stats().entries, 0);
        QCOMPARE(stats().bytes, 0);
        QCOMPARE(stats().misses, 1);
        fill();
        QCOMPARE(stats().entries, 4);
        QVERIFY(find(1));
    }

    void aDamagedFileIsThrownAway_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no database")
            << QByteArray("this is no database, and long enough to be told from one").repeated(40);
        QTest::newRow("cut") << QByteArray("SQLite format 3\0", 16);
        QTest::newRow("its header only") << QByteArray();
    }
    void aDamagedFileIsThrownAway()
    {
        QFETCH(QByteArray, bytes);
        m_store->save(keyOf(1), entryOf(u"x"_s));
        m_store.reset();
        QFile file(CacheStore::filePath(m_dir->path()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        if (bytes.isEmpty())
            QVERIFY(file.resize(100));
        else
            QVERIFY(file.resize(0) && file.write(bytes) == bytes.size());
        file.close();
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"response cache is begun anew"_s));
        reopen();
        QVERIFY(!find(1));
        m_store->save(keyOf(1), entryOf(u"again"_s));
        QCOMPARE(find(1)->original.answer.text, u"again"_s);
    }

    /// Pages in the middle: found only when they are read.
    void damageFoundLaterIsNoError()
    {
        for (int i = 0; i < 500; ++i)
            m_store->save(keyOf(i), entryOf(QString::number(i).repeated(300)));
        m_store.reset();
        QFile file(CacheStore::filePath(m_dir->path()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        const qint64 size = file.size();
        QVERIFY(size > 50'000);
        QVERIFY(file.seek(4096));
        file.write(QByteArray(static_cast<qsizetype>(size - 4096), '\xa5'));
        file.close();
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"response cache is begun anew"_s));
        reopen();
        QVERIFY(!find(250));
        m_store->save(keyOf(1), entryOf(u"again"_s));
        QCOMPARE(find(1)->original.answer.text, u"again"_s);
        QCOMPARE(stats().entries, 1);
    }

    void aFolderThatCantBeWrittenTo()
    {
        m_store = std::make_unique<CacheStore>(u"/proc/nowhere"_s, m_clock);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"response cache can't be used"_s));
        m_store->save(keyOf(1), entryOf(u"x"_s));
        QVERIFY(!find(1));
        QCOMPARE(stats(), profile::CacheStats());
        QCOMPARE(clear({}), std::nullopt);
        QCOMPARE(clear({ .model = u"m"_s }), std::nullopt);
    }

private:
    void reopen()
    {
        m_store.reset();
        m_store = std::make_unique<CacheStore>(m_dir->path(), m_clock,
                                               CacheStore::Options { {}, std::chrono::milliseconds(20) });
    }
    CacheEntry entryOf(const QString &text, const QString &model = u"m"_s, const QString &conversation = u"c"_s) const
    {
        CacheEntry entry;
        entry.original.id = u"run"_s;
        entry.original.model = model;
        entry.original.conversationId = conversation;
        entry.original.answer.text = text;
        entry.original.answer.finished = true;
        entry.storedMs = m_clock.wallMs();
        return entry;
    }
    CacheStore::Found find(int number)
    {
        auto future = m_store->find(keyOf(number));
        future.waitForFinished();
        return future.result();
    }
    profile::CacheStats stats()
    {
        auto future = m_store->stats();
        future.waitForFinished();
        return future.result();
    }
    std::optional<qint64> clear(const CacheFilter &filter)
    {
        auto future = m_store->clear(filter);
        future.waitForFinished();
        return future.result();
    }

    FakeClock m_clock;
    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<CacheStore> m_store;
};

QTEST_GUILESS_MAIN(TestCacheStore)
#include "tst_cachestore.moc"
