#include "tests/profile/records.h"
#include "tests/ui/world.h"
#include "ui/compare/compareresults.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// The table that tells how answers differ: its room, and what can be taken from it.
class CompareResultsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theAnswersKeepMostOfTheRoom();
    void whatWasFoldedByHandStaysSo();
    void theTableCanBeCopied();
};

static QList<profile::RunRecord> twoAnswers()
{
    return { profile::success(u"a"_s, u"slow|er"_s, 900), profile::success(u"b"_s, u"fast"_s, 80) };
}

void CompareResultsTest::theAnswersKeepMostOfTheRoom()
{
    test::World world;
    QWidget page;
    CompareResults results(world.context, &page);
    page.show();
    results.setRoom(700);
    results.setRecords({ twoAnswers().first() });
    QVERIFY(!results.isVisible());
    results.setRecords(twoAnswers());
    const auto *table = results.findChild<QTableWidget *>(u"compareTable"_s);
    QVERIFY(table->isVisible());
    QVERIFY2(table->maximumHeight() <= 700 / 4, qPrintable(QString::number(table->maximumHeight())));
    results.setRoom(500);
    QVERIFY(results.isVisible() && !table->isVisible());
    results.setRoom(700);
    QVERIFY(table->isVisible());
}

void CompareResultsTest::whatWasFoldedByHandStaysSo()
{
    test::World world;
    QWidget page;
    CompareResults results(world.context, &page);
    page.show();
    results.setRoom(500);
    results.setRecords(twoAnswers());
    const auto *table = results.findChild<QTableWidget *>(u"compareTable"_s);
    auto *fold = results.findChild<QToolButton *>(u"compareFold"_s);
    QVERIFY(!table->isVisible() && !fold->isChecked());
    QTest::keyClick(fold, Qt::Key_Space);
    QVERIFY(table->isVisible());
    results.setRecords(twoAnswers());
    QVERIFY(table->isVisible());
    QTest::keyClick(fold, Qt::Key_Space);
    results.setRoom(900);
    QVERIFY(!table->isVisible());
}

void CompareResultsTest::theTableCanBeCopied()
{
    test::World world({ { u"a"_s, {} }, { u"b"_s, {} } });
    QWidget page;
    CompareResults results(world.context, &page);
    page.show();
    results.setRecords(twoAnswers());
    results.findChild<QToolButton *>(u"compareCopyCsv"_s)->click();
    const QStringList csv = QGuiApplication::clipboard()->text().split(u"\r\n"_s);
    QCOMPARE(csv.at(0), u"metric,unit,a · slow|er,b · fast"_s);
    QVERIFY2(csv.contains(u"ttft_ms,ms,900,80"_s), qPrintable(csv.join(u'\n')));
    results.findChild<QToolButton *>(u"compareCopyMarkdown"_s)->click();
    const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
    QCOMPARE(lines.at(0), u"|   | a · slow\\|er | b · fast |"_s);
    QCOMPARE(lines.at(1), u"| --- | ---: | ---: |"_s);
    QVERIFY2(lines.contains(u"| Time to first token | 900 ms | **80 ms** |"_s), qPrintable(lines.join(u'\n')));
}

QTEST_MAIN(CompareResultsTest)
#include "tst_compareresults.moc"
