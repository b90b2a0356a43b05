#include "core/profile/cachebytes.h"
#include "core/run/sharedcache.h"

#include <QProcess>
#include <QPromise>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using profile::CacheEntry;

namespace {

using Shelf = QHash<QByteArray, CacheEntry>;

class Local final : public CacheStorage {
public:
    explicit Local(Shelf &shelf) : m_shelf(shelf) { }

    QFuture<Found> find(const QByteArray &key) override
    {
        QPromise<Found> promise;
        promise.start();
        promise.addResult(m_shelf.contains(key) ? Found(m_shelf.value(key)) : Found());
        promise.finish();
        return promise.future();
    }
    void save(const QByteArray &key, const CacheEntry &entry) override { m_shelf.insert(key, entry); }
    void clear(const profile::CacheFilter &) override { m_shelf.clear(); }
    void countHit(const QByteArray &, const profile::CacheHit &) override { }
    void countMiss() override { }

private:
    Shelf &m_shelf;
};

CacheEntry entryOf(const QString &text)
{
    CacheEntry entry;
    entry.original.answer.text = text;
    entry.storedMs = 1'700'000'000'000;
    return entry;
}

quint16 freePort()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

SharedCache cacheAt(quint16 port, Shelf &shelf)
{
    return { std::make_unique<Local>(shelf), QUrl(u"redis://127.0.0.1:%1"_s.arg(port)) };
}

} // namespace

class TestSharedCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bytesAreNotTrusted()
    {
        const QByteArray good = profile::packed(entryOf(u"Hello"_s));
        QCOMPARE(profile::unpackedEntry(good)->original.answer.text, u"Hello"_s);
        QVERIFY(!profile::unpackedEntry({}));
        QVERIFY(!profile::unpackedEntry("abc"));
        QVERIFY(!profile::unpackedEntry(good.first(good.size() / 2)));
        QVERIFY(!profile::unpackedEntry(qCompress("{\"run\":7}")));
        QVERIFY(!profile::unpackedEntry(qCompress("nonsense")));
        QByteArray greedy = good;
        greedy[0] = '\xff'; // claims 4 GB
        QVERIFY(!profile::unpackedEntry(greedy));
    }

    void withoutAServerTheLocalOneIsAllThereIs()
    {
        Shelf shelf;
        SharedCache cache = cacheAt(freePort(), shelf);
        cache.save("a", entryOf(u"local"_s));
        const auto there = cache.find("a");
        QTRY_VERIFY(there.isFinished());
        QCOMPARE(there.result()->original.answer.text, u"local"_s);
        const auto missing = cache.find("b");
        QTRY_VERIFY(missing.isFinished());
        QVERIFY(!missing.result());
    }

    /// It takes connections and says nothing.
    void aSilentServerIsNotWaitedFor()
    {
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        Shelf shelf;
        SharedCache cache = cacheAt(silent.serverPort(), shelf);
        const auto first = cache.find("b");
        QTRY_VERIFY(first.isFinished());
        QVERIFY(!first.result());
        const auto second = cache.find("b"); // left alone: no time passes
        QCoreApplication::processEvents();
        QTRY_VERIFY(second.isFinished());
        shelf.insert("a", entryOf(u"local"_s));
        const auto there = cache.find("a");
        QTRY_VERIFY(there.isFinished() && there.result());
    }

    void whatOneKeepsAnotherFinds()
    {
        const QString program = QStandardPaths::findExecutable(u"redis-server"_s);
        if (program.isEmpty())
            QSKIP("redis-server is not installed");
        const quint16 port = freePort();
        const QTemporaryDir dir;
        QProcess redis;
        redis.setWorkingDirectory(dir.path());
        redis.start(program, { u"--port"_s, QString::number(port), u"--bind"_s, u"127.0.0.1"_s, u"--save"_s, u""_s });
        QVERIFY(redis.waitForStarted());
        QTRY_VERIFY([port] {
            QTcpSocket probe;
            probe.connectToHost(u"127.0.0.1"_s, port);
            return probe.waitForConnected(100);
        }());
        Shelf mine;
        Shelf yours;
        SharedCache one = cacheAt(port, mine);
        SharedCache other = cacheAt(port, yours);
        one.save("key", entryOf(u"Hello"_s));
        QTRY_VERIFY([&other] {
            const auto found = other.find("key");
            return QTest::qWaitFor([&found] { return found.isFinished(); }) && found.result()
                && found.result()->original.answer.text == u"Hello"_s;
        }());
        QVERIFY(yours.contains("key")); // and has it of its own now
        redis.kill();
        redis.waitForFinished();
        const auto after = other.find("key");
        QTRY_VERIFY(after.isFinished() && after.result());
    }
};

QTEST_GUILESS_MAIN(TestSharedCache)
#include "tst_sharedcache.moc"
