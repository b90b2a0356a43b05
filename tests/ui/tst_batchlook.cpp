#include "tests/ui/batchpages.h"
#include "ui/batch/batchresults.h"
#include "ui/batch/resultdialog.h"

#include <QAction>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace talkbench::test;

/// What the page for batches shows beside the run itself: before it, after it, at other sizes and at its end.
class BatchLookTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatItWillCostIsSaidBefore();
    void anotherFormShowsNothingOfTheLast();
    void aStoppedOneGoesOn();
    void aPausedOneSaysSo();
    void anEditedFormIsKept();
    void aFinishedOneIsExportedAfterARestart();
    void aResultIsShownWhole();
    void rowsNameTheirProvider();
    void theFocusStaysOnThePage();
    void theFormFoldsAway();
    void aNarrowFormIsNotCut();
    void figuresAreNotCut();
    void closingLetsCallsEnd();
};

namespace {

/// Runs it to its end.
void runThrough(BatchPage &page)
{
    QSignalSpy running(&page, &BatchPage::runningChanged);
    page.start();
    QTRY_COMPARE(running.size(), 2);
}

} // namespace

void BatchLookTest::whatItWillCostIsSaidBefore()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first\nsecond"_s, u"a/priced, a/other"_s);
    const auto *estimate = part<QLabel>(page, "batchEstimate");
    QTRY_VERIFY2(estimate->text().startsWith(u"Prompts: 2 · models: 2 · calls to make: 4 · estimated at "_s),
                 qPrintable(estimate->text()));
    QVERIFY(estimate->isVisible());
    QVERIFY(estimate->text().contains(u"$"_s));
    QVERIFY(estimate->text().endsWith(u"price unknown: other"_s));
    const QString said = estimate->text();
    runThrough(page);
    QCOMPARE(estimate->text(), said);
    part<QLineEdit>(page, "batchModels")->setText(u"a/priced"_s);
    QVERIFY(estimate->text().isEmpty());
    part<QPlainTextEdit>(page, "batchText")->setPlainText(u"first\nthird"_s);
    QTRY_VERIFY(estimate->text().contains(u"calls to make: 1 "_s)); // the first is there
}

void BatchLookTest::anotherFormShowsNothingOfTheLast()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    runThrough(page);
    const auto *message = part<QLabel>(page, "batchMessage");
    const auto *rows = part<QTableView>(page, "batchTable")->model();
    auto *text = part<QPlainTextEdit>(page, "batchText");
    QVERIFY(message->isVisible());
    part<QSpinBox>(page, "batchConcurrency")->setValue(3); // of the same batch
    QVERIFY(message->isVisible());
    text->setPlainText(u"other"_s);
    QVERIFY(!message->isVisible());
    QVERIFY(part<QLabel>(page, "batchProgress")->text().isEmpty());
    QVERIFY(!part<QPushButton>(page, "batchExport")->isVisible());
    QCOMPARE(rows->rowCount(), 0);
    text->setPlainText(u"first"_s);
    QTRY_COMPARE(rows->rowCount(), 1);
    QVERIFY(part<QPushButton>(page, "batchExport")->isVisible());
}

void BatchLookTest::aStoppedOneGoesOn()
{
    World world({ { u"a"_s, chatScript({ "one" }, 100) } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\nsecond\nthird"_s);
    part<QSpinBox>(page, "batchConcurrency")->setValue(1);
    press(page, "batchStart");
    QTRY_COMPARE(world.requests.bodies().size(), 1);
    press(page, "batchStop");
    QCOMPARE(part<QPushButton>(page, "batchStop")->text(), u"Stop now"_s);
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(part<QPushButton>(page, "batchStart")->text(), u"Go on"_s);
    QCOMPARE(part<QLabel>(page, "batchMessage")->text(), u"Stopped. “Go on” asks the other 2."_s);
    const QString progress = part<QLabel>(page, "batchProgress")->text();
    QVERIFY2(progress.startsWith(u"1 of 3"_s), qPrintable(progress));
    QVERIFY2(!progress.contains(u"/s"_s) && !progress.contains(u" left"_s), qPrintable(progress));
}

void BatchLookTest::aPausedOneSaysSo()
{
    World world({ { u"a"_s, hanging() } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    press(page, "batchStart");
    QTRY_VERIFY(page.isRunning());
    press(page, "batchPause");
    QVERIFY(part<QLabel>(page, "batchProgress")->text().endsWith(u" · paused"_s));
    press(page, "batchPause");
    QVERIFY(!part<QLabel>(page, "batchProgress")->text().contains(u"paused"_s));
}

void BatchLookTest::anEditedFormIsKept()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    const auto kept = [&world] { return world.settings.value("batch/form").toMap().value(u"text"_s).toString(); };
    {
        BatchPage page(world.context);
        fill(page, world, u"first"_s);
        QTRY_COMPARE(kept(), u"first"_s);
        part<QPlainTextEdit>(page, "batchText")->setPlainText(u"second"_s);
    }
    QCOMPARE(kept(), u"second"_s);
    BatchPage page(world.context);
    QTRY_COMPARE(part<QPlainTextEdit>(page, "batchText")->toPlainText(), u"second"_s);
}

void BatchLookTest::aFinishedOneIsExportedAfterARestart()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    {
        BatchPage page(world.context);
        fill(page, world, u"first"_s);
        runThrough(page);
    }
    BatchPage page(world.context);
    page.resize(900, 700);
    page.show();
    QTRY_VERIFY(part<QPushButton>(page, "batchExport")->isVisible());
    press(page, "batchExport");
    auto *dialog = page.findChild<QFileDialog *>();
    QVERIFY(dialog);
    const QString path = world.dir.filePath(u"results.csv"_s);
    Q_EMIT dialog->fileSelected(path);
    dialog->close();
    QTRY_VERIFY(part<QLabel>(page, "batchMessage")->text().contains(path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("one"));
}

void BatchLookTest::aResultIsShownWhole()
{
    const QByteArray answer = "one " + QByteArray(3000, 'x') + " end";
    World world({ { u"a"_s, chatScript({ answer }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    part<QLineEdit>(page, "batchSystem")->setText(u"Be brief."_s);
    part<QLineEdit>(page, "batchTemplate")->setText(u"Say {{prompt}}!"_s);
    part<QMenu>(page, "checkKinds")->findChild<QAction *>(u"contains"_s)->trigger();
    part<QLineEdit>(page, "check_text")->setText(u"nothing of it"_s);
    runThrough(page);
    auto *table = part<QTableView>(page, "batchTable");
    table->setCurrentIndex(table->model()->index(0, BatchResults::Answer));
    QTest::keyClick(table, Qt::Key_Return);
    QTRY_VERIFY(page.findChild<ResultDialog *>());
    QPointer<ResultDialog> dialog = page.findChild<ResultDialog *>();
    QVERIFY(dialog->windowTitle().contains(u"a · m"_s));
    const QString text = dialog->findChild<QPlainTextEdit *>(u"batchResultText"_s)->toPlainText();
    QVERIFY(text.contains(u"Say first!"_s));
    QVERIFY(text.contains(u"Be brief."_s));
    QVERIFY(text.contains(QString::fromLatin1(answer)));
    QVERIFY(text.contains(u"nothing of it"_s));
    QVERIFY(text.contains(u": failed"_s));
    QTest::keyClick(dialog, Qt::Key_Escape);
    QTRY_VERIFY(!dialog);
    part<QAction>(page, "batchOpenResult")->trigger();
    QTRY_VERIFY(page.findChild<ResultDialog *>());
}

void BatchLookTest::rowsNameTheirProvider()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) }, { u"b"_s, chatScript({ "two" }, 2) } });
    QStringList named;
    {
        BatchPage page(world.context);
        fill(page, world, u"first"_s, u"a/m, b/m"_s);
        runThrough(page);
        const auto *rows = part<QTableView>(page, "batchTable")->model();
        for (int row = 0; row < rows->rowCount(); ++row)
            named << rows->index(row, BatchResults::Model).data().toString();
        named.sort();
        QCOMPARE(named, (QStringList { u"a · m"_s, u"b · m"_s }));
    }
    BatchPage page(world.context); // from the file of results
    const auto *rows = part<QTableView>(page, "batchTable")->model();
    QTRY_COMPARE(rows->rowCount(), 2);
    QVERIFY(named.contains(rows->index(0, BatchResults::Model).data().toString()));
}

void BatchLookTest::theFocusStaysOnThePage()
{
    World world({ { u"a"_s, hanging() }, { u"b"_s, chatScript({ "two" }, 2) } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s, u"b/m"_s);
    auto *start = part<QPushButton>(page, "batchStart");
    auto *models = part<QLineEdit>(page, "batchModels");
    start->setFocus();
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(page.focusWidget(), start);
    models->setText(u"a/m"_s);
    press(page, "batchStart");
    QTRY_VERIFY(page.isRunning());
    QTRY_COMPARE(page.focusWidget(), part<QPushButton>(page, "batchPause"));

    BatchPage empty(world.context);
    fill(empty, world, u"first"_s, {});
    auto *none = part<QLineEdit>(empty, "batchModels");
    none->clear();
    part<QPushButton>(empty, "batchStart")->setFocus();
    press(empty, "batchStart");
    QCOMPARE(empty.focusWidget(), none);
    fill(empty, world, {}, u"b/m"_s);
    part<QPushButton>(empty, "batchStart")->setFocus();
    press(empty, "batchStart");
    QTRY_COMPARE(empty.focusWidget(), part<QPlainTextEdit>(empty, "batchText"));
}

void BatchLookTest::theFormFoldsAway()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    auto *fold = part<QToolButton>(page, "batchFold");
    const auto *models = part<QLineEdit>(page, "batchModels");
    QVERIFY(models->isVisible());
    runThrough(page);
    QVERIFY(!models->isVisible());
    QTest::keyClick(fold, Qt::Key_Space);
    QVERIFY(models->isVisible());
    part<QLineEdit>(page, "batchSystem")->setText(u"Be brief."_s);
    QTRY_VERIFY(!part<QLabel>(page, "batchEstimate")->text().isEmpty());
    QVERIFY(models->isVisible()); // under the hands of whoever types nothing folds
}

void BatchLookTest::aNarrowFormIsNotCut()
{
    constexpr int narrow = 360;
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    page.resize(narrow, 700);
    QTRY_COMPARE(page.width(), narrow);
    for (const char *name : { "batchFilePath", "batchTemperature", "batchMaxTokens", "batchSeed", "batchOutPath" }) {
        const auto *field = part<QLineEdit>(page, name);
        QTRY_VERIFY2(field->mapTo(&page, QPoint(field->width(), 0)).x() <= narrow, name);
        QTRY_VERIFY2(field->width() > narrow / 3, name);
    }
    const auto *choose = part<QPushButton>(page, "batchFileChoose");
    QVERIFY(choose->mapTo(&page, QPoint(choose->width(), 0)).x() <= narrow);
}

void BatchLookTest::figuresAreNotCut()
{
    World world({ { u"a"_s, chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    runThrough(page);
    const auto *table = part<QTableView>(page, "batchTable");
    const QFontMetrics words = table->fontMetrics();
    page.resize(1400, 700);
    QTRY_COMPARE(table->horizontalHeader()->length(), table->viewport()->width());
    page.resize(420, 700);
    QTRY_VERIFY(table->horizontalScrollBar()->maximum() > 0);
    QVERIFY(table->columnWidth(BatchResults::Answer) >= 20 * words.averageCharWidth());
    QVERIFY(table->columnWidth(BatchResults::Cost) > words.horizontalAdvance(u"under $0.0001"_s));
    QVERIFY(table->columnWidth(BatchResults::State) > words.horizontalAdvance(u"fails checks"_s));
}

void BatchLookTest::closingLetsCallsEnd()
{
    World world({ { u"a"_s, chatScript({ "one" }, 100) } });
    BatchPage page(world.context);
    fill(page, world, u"first\nsecond\nthird"_s);
    part<QSpinBox>(page, "batchConcurrency")->setValue(1);
    QVERIFY(page.mayClose());
    press(page, "batchStart");
    QTRY_COMPARE(world.requests.bodies().size(), 1);
    QSignalSpy closable(&page, &BatchPage::closable);
    QVERIFY(!page.mayClose());
    QTRY_COMPARE(closable.size(), 1);
    QCOMPARE(results(world).size(), 1);
    QCOMPARE(world.requests.bodies().size(), 1);
}

QTEST_MAIN(BatchLookTest)
#include "tst_batchlook.moc"
