#include "tests/ui/world.h"
#include "ui/batch/batchworker.h"

#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class BatchWorkerTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The window does so by itself when it opens.
    void lookingTouchesNoFile()
    {
        const test::World world;
        BatchTask task;
        task.text = u"first"_s;
        task.out = world.dir.filePath(u"notes.json"_s);
        const QByteArray notes = "{\"important\":\"x\"}";
        {
            QFile file(task.out);
            QVERIFY(file.open(QIODevice::WriteOnly));
            QCOMPARE(file.write(notes), notes.size());
        }
        BatchWorker worker(world.context.runs, world.clock, {});
        const QSignalSpy looked(&worker, &BatchWorker::looked);
        worker.look(task);
        QCOMPARE(looked.size(), 0);
        QCOMPARE(contents(task.out), notes);
        task.out = world.dir.filePath(u"none.jsonl"_s);
        worker.look(task);
        QVERIFY(!QFile::exists(task.out));
    }
};

QTEST_MAIN(BatchWorkerTest)
#include "tst_batchworker.moc"
