#include "tests/ui/world.h"
#include "ui/batch/answertips.h"
#include "ui/batch/batchresults.h"
#include "ui/batch/batchworker.h"

#include <QHelpEvent>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolTip>

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
        const QSignalSpy looked(&worker, &BatchWorker::looked);
        worker.look(task);
        QCOMPARE(looked.size(), 0);
        QCOMPARE(contents(task.out), notes);
        task.out = world.dir.filePath(u"none.jsonl"_s);
        worker.look(task);
        QVERIFY(!QFile::exists(task.out));
    }

    /// The table holds what a row shows; the rest is in the file.
    void tellsMoreOfAnAnswer()
    {
        const test::World world;
        BatchTask task;
        task.text = u"first"_s;
        task.out = world.dir.filePath(u"r.jsonl"_s);
        BatchWorker worker(world.context.runs, world.context.store, world.clock, {});
        QSignalSpy told(&worker, &BatchWorker::told);
        worker.tell(u"k"_s); // of nothing
        worker.prepare(task);
        profile::RunRecord record;
        record.model = u"m"_s;
        record.answer.finished = true;
        record.answer.text = u"<b>word</b> "_s.repeated(1000);
        bench::BatchItem item;
        item.key = u"k"_s;
        QVERIFY(worker.keep(item, record));
        worker.tell(u"other"_s);
        QCOMPARE(told.size(), 0);
        worker.tell(u"k"_s);
        QCOMPARE(told.size(), 1);
        QCOMPARE(told[0][1].toString(), record.answer.text.first(2000));

        BatchResults results;
        results.append(bench::resultOf(item.key, {}, record, {}));
        QVERIFY(results.index(0, BatchResults::Answer).data().toString().size() <= 200);
        QVERIFY(!results.index(0, BatchResults::Answer).data(Qt::ToolTipRole).isValid());
    }

    void aTipIsAskedForAndShownAsItIs()
    {
        BatchResults results;
        results.append({ .key = u"k"_s, .id = u"1"_s, .model = u"m"_s, .ok = true, .text = u"begins"_s });
        QWidget window;
        QTableView *table = tableOf(&results, &window);
        table->resize(900, 300);
        window.show();
        AnswerTips tips(table);
        const QSignalSpy wanted(&tips, &AnswerTips::wanted);
        const QPoint place = table->visualRect(table->model()->index(0, BatchResults::Answer)).center();
        QHelpEvent event(QEvent::ToolTip, place, table->viewport()->mapToGlobal(place));
        QCoreApplication::sendEvent(table->viewport(), &event);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toString(), u"k"_s);
        tips.show(u"another"_s, u"not this"_s);
        QVERIFY(!QToolTip::text().contains(u"not this"_s));
        tips.show(u"k"_s, u"<b>begins</b>"_s);
        QVERIFY2(QToolTip::text().contains(u"&lt;b&gt;begins"_s), qPrintable(QToolTip::text()));
    }
};

QTEST_MAIN(BatchWorkerTest)
#include "tst_batchworker.moc"
