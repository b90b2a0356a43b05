#include "tests/ui/world.h"
#include "ui/batch/batchresults.h"
#include "ui/batch/batchworker.h"

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
        BatchWorker worker(world.context.runs, world.context.store, world.clock, {});
        worker.look(task, {});
        QCOMPARE(contents(task.out), notes);
        task.out = world.dir.filePath(u"none.jsonl"_s);
        worker.look(task, {});
        QVERIFY(!QFile::exists(task.out));
    }

    /// The table holds what a row shows; the rest is in the file.
    void tellsTheWholeOfAResult()
    {
        const test::World world;
        BatchTask task;
        task.text = u"first"_s;
        task.out = world.dir.filePath(u"r.jsonl"_s);
        BatchWorker worker(world.context.runs, world.context.store, world.clock, {});
        worker.prepare(task);
        profile::RunRecord record;
        record.model = u"m"_s;
        record.answer.finished = true;
        record.answer.text = u"<b>word</b> "_s.repeated(1000);
        bench::BatchItem item;
        item.key = u"k"_s;
        QVERIFY(worker.keep(item, record));
        BatchDetail told;
        connect(&worker, &BatchWorker::detailed, this, [&told](const BatchDetail &detail) { told = detail; });
        worker.detail(task, u"other"_s);
        QVERIFY(told.result.text.isEmpty() && !told.problem.isEmpty());
        worker.detail(task, u"k"_s);
        QCOMPARE(told.result.text, record.answer.text);

        BatchResults results([](const QString &id) { return id; });
        results.append(bench::resultOf(item.key, {}, record, {}));
        QVERIFY(results.index(0, BatchResults::Answer).data().toString().size() <= 200);
    }
};

QTEST_MAIN(BatchWorkerTest)
#include "tst_batchworker.moc"
