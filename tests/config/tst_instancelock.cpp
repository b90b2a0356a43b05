#include "core/config/instancelock.h"

#include <QCoreApplication>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>
#include <memory>

using namespace talkbench;
using namespace talkbench::config;
using namespace Qt::StringLiterals;

class TestInstanceLock final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSecondInstanceIsToldWhoHoldsTheFolder()
    {
        const QTemporaryDir folder;
        QProcess first;
        QVERIFY(startHolder(&first, folder.path()));
        InstanceLock second(folder.path());
        const auto refused = second.acquire();
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, base::ErrorKind::Config);
        QVERIFY2(refused.error().message.contains(QString::number(first.processId())),
                 qPrintable(refused.error().message));
        const QTemporaryDir other;
        QVERIFY(InstanceLock(other.path()).acquire());
        end(&first);
    }

    void theLockOfADeadProcessIsTakenOver()
    {
        const QTemporaryDir folder;
        QProcess first;
        QVERIFY(startHolder(&first, folder.path()));
        end(&first); // killed: it could not clean up
        QVERIFY(QFile::exists(folder.filePath(u"talkbench.lock"_s)));
        InstanceLock second(folder.path());
        QVERIFY(second.acquire());
        QVERIFY(InstanceLock::activateOther(folder.path()));
    }

    void theLockEndsWithItsOwner()
    {
        const QTemporaryDir folder;
        auto first = std::make_unique<InstanceLock>(folder.path());
        QVERIFY(first->acquire());
        InstanceLock second(folder.path());
        QVERIFY(!second.acquire());
        first.reset();
        QVERIFY(second.acquire());
    }

    void aSecondStartRaisesTheFirst()
    {
        const QTemporaryDir folder;
        QVERIFY(!InstanceLock::activateOther(folder.path()));
        InstanceLock first(folder.path());
        QVERIFY(first.acquire());
        QSignalSpy activated(&first, &InstanceLock::activated);
        QVERIFY(InstanceLock::activateOther(folder.path() + u"/."_s));
        QTRY_COMPARE(activated.size(), 1);
        QVERIFY(InstanceLock::activateOther(folder.path()));
        QTRY_COMPARE(activated.size(), 2);
        const QTemporaryDir other;
        QVERIFY(!InstanceLock::activateOther(other.path()));
    }

    void whoMakesNoChangesSaysSo()
    {
        const QTemporaryDir folder;
        QProcess first;
        QVERIFY(startHolder(&first, folder.path()));
        const QJsonObject asked { { u"theme"_s, u"dark"_s } };
        int made = 0;
        const auto change = [&made](const QJsonObject &) {
            ++made;
            return base::Result<void>();
        };
        const auto refused = InstanceLock::make(folder.path(), asked, change);
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.contains(u"no such change"_s), qPrintable(refused.error().message));
        QCOMPARE(made, 0);
        end(&first);
        QVERIFY(InstanceLock::make(folder.path(), asked, change));
        QCOMPARE(made, 1);
    }

    /// It listens to nobody, and its end is near.
    void aCommandThatDoesNotEndIsNamed()
    {
        const QTemporaryDir folder;
        QLockFile command(folder.filePath(u"talkbench.lock"_s));
        QVERIFY(command.tryLock(0));
        const auto refused = InstanceLock::make(folder.path(), {}, [](const QJsonObject &) {
            qFatal("changed beside another");
            return base::Result<void>();
        });
        QVERIFY(!refused);
        const QString pid = QString::number(QCoreApplication::applicationPid());
        QVERIFY2(refused.error().message.contains(u"(process %1)"_s.arg(pid)), qPrintable(refused.error().message));
        QVERIFY2(!refused.error().message.contains(u"window"_s), qPrintable(refused.error().message));
    }

    void aFolderThatCannotBeWrittenToIsSaid()
    {
        InstanceLock lock(u"/nonexistent/talkbench"_s);
        const auto refused = lock.acquire();
        QVERIFY(!refused);
        QVERIFY(refused.error().message.contains(u"can't be locked"_s));
    }

private:
    static bool startHolder(QProcess *process, const QString &dir)
    {
        process->start(QCoreApplication::applicationFilePath(), { u"--hold"_s, dir });
        return process->waitForReadyRead() && process->readAllStandardOutput().trimmed() == "held";
    }

    static void end(QProcess *process)
    {
        process->kill();
        process->waitForFinished();
    }
};

namespace {

/// The other process: takes the lock, says so and stays until it is killed.
int hold(const QString &dir)
{
    InstanceLock lock(dir);
    std::puts(lock.acquire() ? "held" : "refused");
    std::fflush(stdout);
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == u"--hold")
        return hold(arguments.value(2));
    TestInstanceLock test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_instancelock.moc"
