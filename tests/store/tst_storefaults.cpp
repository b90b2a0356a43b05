#include "storefixtures.h"

#include <QCoreApplication>
#include <QDir>
#include <QFutureWatcher>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <memory>
#include <sys/resource.h>

using namespace talkbench;
using namespace talkbench::store;
using namespace Qt::StringLiterals;

namespace {

/// No file may grow beyond a size while this lives: what a full disk is to SQLite, for one process and for any user.
class FullDisk final {
public:
    explicit FullDisk(rlim_t bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit full { bytes, m_before.rlim_max };
        setrlimit(RLIMIT_FSIZE, &full);
    }

    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &m_before); }
    Q_DISABLE_COPY_MOVE(FullDisk)

private:
    rlimit m_before {};
};

} // namespace

class TestStoreFaults final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
    }

    void aDamagedDatabaseIsKeptAside_data()
    {
        QTest::addColumn<QString>("damage");
        for (const char *damage : { "garbage", "short garbage", "cut", "cut to a header", "zeroed header",
                                    "zeroed middle", "another program's", "log without database" })
            QTest::newRow(damage) << QString::fromLatin1(damage);
    }

    void aDamagedDatabaseIsKeptAside()
    {
        QFETCH(QString, damage);
        fill();
        const QString damagedFile = damage == u"log without database" ? path() + u"-wal"_s : path();
        inflict(damage);
        const QByteArray before = contentOf(damagedFile);
        QVERIFY(!before.isEmpty());

        auto store = std::make_unique<Store>(m_folder->path());
        const auto opened = wait(store->open());
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().message + opened.error().detail));
        QVERIFY(opened->keptAside.startsWith(path() + u".unreadable-"_s));
        const QString kept = opened->keptAside + damagedFile.mid(path().size());
        QVERIFY(contentOf(kept) == before);

        QVERIFY(wait(store->conversations())->isEmpty());
        QVERIFY(wait(store->saveConversation(conversation(u"new"_s))));
        store = std::make_unique<Store>(m_folder->path());
        const auto again = wait(store->open());
        QVERIFY(again);
        QVERIFY(again->keptAside.isEmpty());
        QCOMPARE(wait(store->conversations())->size(), 1);
        QVERIFY(contentOf(kept) == before);
    }

    void aDamagedDatabaseIsKeptAsideWithItsLog()
    {
        fill();
        write(path() + u"-wal"_s, QByteArray(5000, 'w'));
        write(path(), QByteArray(9000, 'g'));
        Store store(m_folder->path());
        const auto opened = wait(store.open());
        QVERIFY(opened);
        QCOMPARE(contentOf(opened->keptAside), QByteArray(9000, 'g'));
        QCOMPARE(contentOf(opened->keptAside + u"-wal"_s), QByteArray(5000, 'w'));
    }

    void aLogThatIsFineIsNotCarriedIntoADamagedDatabase()
    {
        fill();
        const QTemporaryDir other;
        const QString copy = Store::databasePath(other.path());
        {
            Store store(m_folder->path());
            QVERIFY(wait(store.open()));
            QVERIFY(wait(store.saveConversation(conversation(u"in the log"_s))));
            QVERIFY(QFile::copy(path() + u"-wal"_s, copy + u"-wal"_s));
            write(copy, contentOf(path()).replace(32'768, 8192, QByteArray(8192, '\0')));
        }
        const QByteArray database = contentOf(copy);
        const QByteArray log = contentOf(copy + u"-wal"_s);
        QVERIFY(!log.isEmpty());
        Store store(other.path());
        const auto opened = wait(store.open());
        QVERIFY(opened);
        QVERIFY(!opened->keptAside.isEmpty());
        QVERIFY(contentOf(opened->keptAside) == database);
        QVERIFY(contentOf(opened->keptAside + u"-wal"_s) == log);
    }

    void aRefusalAmongHeldWritesIsSaid()
    {
        Store store(m_folder->path(), { .retryInterval = std::chrono::milliseconds(1) });
        QSignalSpy failed(&store, &Store::writeFailed);
        QSignalSpy recovered(&store, &Store::writeRecovered);
        QVERIFY(wait(store.saveConversation(conversation(u"c"_s))));
        {
            const FullDisk full(10'000);
            QVERIFY(!wait(store.saveMessage(message(u"m"_s, u"c"_s))));
            QVERIFY(!wait(store.saveMessage(message(u"orphan"_s, u"unknown"_s))));
            QTRY_COMPARE(failed.size(), 1);
        }
        QTRY_COMPARE(recovered.size(), 1);
        QCOMPARE(failed.size(), 2);
        QCOMPARE(wait(store.messages(u"c"_s))->size(), 1);
        QVERIFY(wait(store.messages(u"unknown"_s))->isEmpty());
    }

    void anEmptyFileIsANewDatabase()
    {
        write(path(), {});
        Store store(m_folder->path());
        const auto opened = wait(store.open());
        QVERIFY(opened);
        QVERIFY(opened->keptAside.isEmpty());
        QVERIFY(wait(store.saveConversation(conversation(u"c"_s))));
    }

    void aFullDiskLosesNothing()
    {
        Store store(m_folder->path(), { .retryInterval = std::chrono::milliseconds(1) });
        QSignalSpy failed(&store, &Store::writeFailed);
        QSignalSpy recovered(&store, &Store::writeRecovered);
        QVERIFY(wait(store.open()));
        QVERIFY(wait(store.saveConversation(conversation(u"c"_s))));
        QVERIFY(wait(store.saveMessage(message(u"m0"_s, u"c"_s))));
        const QString big(300'000, u'x');
        {
            const FullDisk full(100'000);
            const auto refused = wait(store.saveMessage(message(u"m1"_s, u"c"_s, u"m0"_s, big)));
            QVERIFY(!refused);
            QCOMPARE(refused.error().kind, base::ErrorKind::Storage);
            QVERIFY2(refused.error().message.contains(u"disk"_s), qPrintable(refused.error().message));
            QVERIFY(!wait(store.saveMessage(message(u"m2"_s, u"c"_s, u"m1"_s))));
            store.saveRun(runRecord(u"r"_s, u"c"_s, 1));
            QTRY_COMPARE(failed.size(), 1);
            // everything shows, in its order
            const auto held = wait(store.messages(u"c"_s));
            QVERIFY(held);
            QCOMPARE(held->size(), 3);
            QVERIFY(held->at(1).message.text() == big);
            QCOMPARE(wait(store.runs(0))->size(), 1);
            QCOMPARE(recovered.size(), 0);
        }
        QTRY_COMPARE(recovered.size(), 1);
        QCOMPARE(failed.size(), 1); // said once, however often it was tried
        QVERIFY(wait(store.saveMessage(message(u"m3"_s, u"c"_s, u"m2"_s))));

        Store again(m_folder->path());
        QVERIFY(wait(again.open()));
        const auto messages = wait(again.messages(u"c"_s));
        QCOMPARE(messages->size(), 4);
        QVERIFY(messages->at(1).message.text() == big);
        QCOMPARE(messages->at(3).id, u"m3"_s);
        QCOMPARE(wait(again.runs(0))->size(), 1);
    }

    void aFolderThatIsNotThereYet()
    {
        // a file stands where the folder should be: refused for every user, root included
        const QString dir = m_folder->filePath(u"data"_s);
        write(dir, "x");
        Store store(dir, { .retryInterval = std::chrono::milliseconds(1) });
        QSignalSpy recovered(&store, &Store::writeRecovered);
        const auto opened = wait(store.open());
        QVERIFY(!opened);
        QVERIFY(opened.error().message.contains(dir));
        QVERIFY(!wait(store.conversations()));
        QVERIFY(!wait(store.saveConversation(conversation(u"c"_s))));
        QCOMPARE(wait(store.conversations())->size(), 1);
        QCOMPARE(contentOf(dir), QByteArray("x"));
        QVERIFY(QFile::remove(dir));
        QTRY_COMPARE(recovered.size(), 1);
        QVERIFY(QFile::exists(Store::databasePath(dir)));
    }

    void whatWasAcknowledgedSurvivesAKill()
    {
        QProcess writer;
        writer.start(QCoreApplication::applicationFilePath(), { u"--write"_s, m_folder->path() });
        QByteArray said;
        while (said.count('\n') < 300) {
            QVERIFY(writer.waitForReadyRead());
            said += writer.readAllStandardOutput();
        }
        writer.kill(); // in the middle of its writes
        writer.waitForFinished();
        QCOMPARE(writer.exitStatus(), QProcess::CrashExit);
        said += writer.readAllStandardOutput();
        const auto acknowledged = said.left(said.lastIndexOf('\n')).split('\n');

        Store store(m_folder->path());
        const auto opened = wait(store.open());
        QVERIFY(opened);
        QVERIFY(opened->keptAside.isEmpty());
        const auto messages = wait(store.messages(u"c"_s));
        QVERIFY(messages->size() >= acknowledged.size());
        for (qsizetype i = 0; i < acknowledged.size(); ++i)
            QCOMPARE(messages->at(i).id.toUtf8(), acknowledged.at(i));
    }

private:
    QString path() const { return Store::databasePath(m_folder->path()); }

    void fill()
    {
        Store store(m_folder->path());
        QVERIFY(wait(store.open()));
        store.saveConversation(conversation(u"c"_s));
        for (int i = 0; i < 200; ++i)
            store.saveMessage(message(u"m%1"_s.arg(i), u"c"_s, {}, QString(500, u'x')));
    }

    void inflict(const QString &damage)
    {
        const QByteArray whole = contentOf(path());
        QVERIFY(whole.size() > 65536);
        QByteArray damaged = whole;
        if (damage == u"garbage")
            damaged = QByteArray(20'000, '\xa5');
        else if (damage == u"short garbage")
            damaged = "not a database";
        else if (damage == u"cut")
            damaged.truncate(whole.size() / 2 + 100);
        else if (damage == u"cut to a header")
            damaged.truncate(100);
        else if (damage == u"zeroed header")
            damaged.replace(0, 100, QByteArray(100, '\0'));
        else if (damage == u"zeroed middle")
            damaged.replace(32'768, 8192, QByteArray(8192, '\0'));
        else if (damage == u"another program's")
            damaged.replace(60, 4, QByteArray(4, '\0')); // user_version 0, with tables
        else
            return moveToLog(whole);
        write(path(), damaged);
    }

    void moveToLog(const QByteArray &content)
    {
        QVERIFY(QFile::remove(path()));
        write(path() + u"-wal"_s, content);
    }

    static void write(const QString &path, const QByteArray &content)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content), content.size());
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

namespace {

/// The other process: writes without end and names each message once it is on disk.
int writeUntilKilled(const QString &dir)
{
    Store store(dir);
    wait(store.open());
    wait(store.saveConversation(conversation(u"c"_s)));
    QList<std::pair<QString, QFuture<base::Result<void>>>> asked;
    for (int i = 0; i < 1'000'000; ++i) {
        const QString id = u"m%1"_s.arg(i);
        asked.append({ id, store.saveMessage(message(id, u"c"_s)) });
        if (asked.size() < 10)
            continue;
        const auto [oldest, written] = asked.takeFirst();
        if (!wait(written))
            return 1;
        std::puts(qPrintable(oldest));
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == u"--write")
        return writeUntilKilled(arguments.value(2));
    TestStoreFaults test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_storefaults.moc"
