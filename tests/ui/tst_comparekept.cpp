#include "tests/ui/world.h"
#include "ui/compare/comparecolumn.h"
#include "ui/compare/comparepage.h"
#include "ui/markdown/markdownview.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

/// What the page that compares keeps, and what it offers to compare.
class CompareKeptTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theLastComparisonIsThereAgain();
    void whatWasTypedIsThereAgain();
    void anUntouchedPageFollowsTheDefaultModel();
    void modelsThatAreGivenReplaceTheKeptOnes();
    void otherProvidersAreOfferedNext();
};

static QPlainTextEdit *promptOf(const ComparePage &page)
{
    return page.findChild<QPlainTextEdit *>(u"comparePrompt"_s);
}

static QString answerOf(const CompareColumn *column)
{
    auto *view = column->findChildren<MarkdownView *>().last();
    view->flush();
    return view->toPlainText().trimmed();
}

void CompareKeptTest::theLastComparisonIsThereAgain()
{
    test::World world({ { u"a"_s, test::chatScript({ "one ", "two" }) }, { u"b"_s, test::chatScript({ "three" }) } });
    connect(&world.runs, &run::RunService::recorded, &world.store,
            [&world](const profile::RunRecord &record) { world.store.saveRun(record); });
    {
        ComparePage page(world.context);
        page.show();
        page.columns()[0]->setModel(u"a"_s, u"priced"_s);
        page.columns()[1]->setModel(u"b"_s, u"priced"_s);
        page.findChild<QPushButton *>(u"compareAdd"_s)->click();
        page.columns()[2]->setModel(u"gone"_s, u"m"_s);
        promptOf(page)->setPlainText(u"Count."_s);
        QTest::keyClick(promptOf(page), Qt::Key_Return);
        QTRY_VERIFY(!page.isRunning() && page.columns()[0]->record());
    }
    ComparePage page(world.context);
    page.resize(900, 700);
    page.show();
    QTRY_COMPARE(promptOf(page)->toPlainText(), u"Count."_s);
    QTRY_VERIFY(page.findChild<QTableWidget *>(u"compareTable"_s)->isVisible());
    QCOMPARE(page.columns().size(), 3);
    QCOMPARE(page.columns()[2]->model(), u"m"_s);
    QVERIFY(!page.columns()[2]->record());
    QCOMPARE(answerOf(page.columns()[0]), u"one two"_s);
    QCOMPARE(answerOf(page.columns()[1]), u"three"_s);
    QVERIFY(page.columns()[1]->record()->ok() && page.columns()[1]->record()->costUsd);
    QVERIFY(!page.isRunning() && !page.findChild<QLabel *>(u"compareEmpty"_s)->isVisible());
    // One model of two providers: a heading tells which.
    const auto *table = page.findChild<QTableWidget *>(u"compareTable"_s);
    QCOMPARE(table->horizontalHeaderItem(1)->toolTip(), u"a · priced"_s);
    QCOMPARE(table->horizontalHeaderItem(2)->toolTip(), u"b · priced"_s);
    QCOMPARE(world.requests.bodies().size(), 2);
}

void CompareKeptTest::whatWasTypedIsThereAgain()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }) } });
    {
        ComparePage page(world.context);
        page.show();
        promptOf(page)->setPlainText(u"Not sent yet"_s);
    }
    ComparePage page(world.context);
    page.show();
    QTRY_COMPARE(promptOf(page)->toPlainText(), u"Not sent yet"_s);
}

void CompareKeptTest::anUntouchedPageFollowsTheDefaultModel()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }) }, { u"b"_s, test::chatScript({ "two" }) } });
    world.settings.setValue("default/provider", u"a"_s);
    {
        ComparePage page(world.context);
        page.show();
        QCOMPARE(page.columns()[0]->providerId(), u"a"_s);
    }
    world.settings.setValue("default/provider", u"b"_s);
    ComparePage page(world.context);
    page.show();
    QCOMPARE(page.columns()[0]->providerId(), u"b"_s);
}

void CompareKeptTest::modelsThatAreGivenReplaceTheKeptOnes()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }) } });
    world.settings.setValue("default/provider", u"a"_s);
    {
        ComparePage page(world.context);
        page.show();
        page.findChild<QPushButton *>(u"compareAdd"_s)->click();
    }
    ComparePage page(world.context);
    page.show();
    QCOMPARE(page.columns().size(), 3);
    page.compare({ u"x"_s, u"y"_s }, u"Go."_s);
    QCOMPARE(page.columns().size(), 2);
    QCOMPARE(page.columns()[1]->model(), u"y"_s);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(page.columns()[1]->record()->ok());
}

void CompareKeptTest::otherProvidersAreOfferedNext()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }) }, { u"b"_s, test::chatScript({ "two" }) } });
    ComparePage page(world.context);
    page.show();
    world.models.learn(u"a"_s, QList<llm::ModelInfo> { { u"one"_s, {} }, { u"two"_s, {} } });
    page.columns()[0]->setModel(u"a"_s, u"one"_s);
    page.columns()[1]->setModel(u"a"_s, u"two"_s);
    auto *add = page.findChild<QPushButton *>(u"compareAdd"_s);
    add->click();
    QCOMPARE(page.columns()[2]->providerId(), u"b"_s);
    QCOMPARE(page.columns()[2]->model(), u"priced"_s);
    add->click();
    QVERIFY2(page.columns()[3]->model() == u"priced"_s, "there is no other");
}

QTEST_MAIN(CompareKeptTest)
#include "tst_comparekept.moc"
