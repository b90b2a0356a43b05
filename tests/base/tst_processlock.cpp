#include "core/base/processlock.h"

#include <QDateTime>
#include <QFile>
#include <QLockFile>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace Qt::StringLiterals;

class TestProcessLock final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// As a process leaves it that is killed before it has written its name.
    void whatNobodyNamedIsTakenOver()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"lock"_s);
        leave(path, QDateTime::currentDateTime());
        QLockFile fresh(path);
        QVERIFY(!base::lockForProcess(fresh)); // its maker may be about to
        leave(path, QDateTime::currentDateTime().addSecs(-10));
        QLockFile lock(path);
        QVERIFY(base::lockForProcess(lock));
        QVERIFY(lock.isLocked());
    }

    void whoLivesKeepsIt()
    {
        const QTemporaryDir dir;
        const QString path = dir.filePath(u"lock"_s);
        QLockFile owner(path);
        QVERIFY(base::lockForProcess(owner));
        leave(path, QDateTime::currentDateTime().addDays(-10));
        QLockFile other(path);
        QVERIFY(!base::lockForProcess(other));
        QCOMPARE(other.error(), QLockFile::LockFailedError);
        QVERIFY(QFile::exists(path));
    }

private:
    static void leave(const QString &path, const QDateTime &when)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QVERIFY(file.setFileTime(when, QFileDevice::FileModificationTime));
    }
};

QTEST_GUILESS_MAIN(TestProcessLock)
#include "tst_processlock.moc"
