#include "core/cost/budget.h"
#include "core/cost/tokencounter.h"
#include "core/profile/format.h"
#include "tests/support/tokencounter.h"
#include "tests/ui/world.h"
#include "ui/compare/comparecolumn.h"
#include "ui/compare/comparepage.h"
#include "ui/compare/differences.h"
#include "ui/markdown/markdownview.h"
#include "ui/profiler/numbersline.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProxyStyle>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStyleOptionHeader>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class ComparePageTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runsAllAtTheSameMoment();
    void anErrorStaysInItsColumn();
    void stopsAllAndOne();
    void theFocusStaysWithTheButtons();
    void nothingRunsWithoutPromptOrModel();
    void addsAndRemovesColumns();
    void addsAModelNotYetCompared();
    void tableFollowsTheTheme();
    void eightColumnsStayReadable();
    void closingWhileItRunsIsSafe();
    void theBestIsMarked();
    void whatItMayCostIsSaidBeforeItRuns();
    void budgetsHoldForTheSum();
    void aBudgetThatIsUsedUpRefuses();
    void checksMarkEachAnswer();
    void longNamesAreElided();
};

/// What a header draws, by section.
class HeaderTexts final : public QProxyStyle {
public:
    void drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                     const QWidget *widget) const override
    {
        if (const auto *header = qstyleoption_cast<const QStyleOptionHeader *>(option))
            drawn.insert(header->section, header->text);
        QProxyStyle::drawControl(element, option, painter, widget);
    }

    mutable QHash<int, QString> drawn;
};

static const QList<QByteArray> tenWords { "one ", "two ",   "three ", "four ", "five ",
                                          "six ", "seven ", "eight ", "nine ", "ten" };

static test::Script hanging()
{
    test::Script script = test::chatScript({ "begun " }, 5);
    script.pieces.removeLast();
    script.hangs = true;
    return script;
}

/// A page on display whose columns ask these providers.
static void prepare(ComparePage &page, const QStringList &providers)
{
    page.resize(900, 700);
    page.show();
    for (qsizetype i = 0; i < providers.size(); ++i)
        page.columns().at(i)->setModel(providers.at(i), u"priced"_s);
}

static void type(ComparePage &page, const QString &prompt)
{
    auto *edit = page.findChild<QPlainTextEdit *>(u"comparePrompt"_s);
    edit->setPlainText(prompt);
    QTest::keyClick(edit, Qt::Key_Return);
}

static QString answerOf(const CompareColumn *column)
{
    auto *view = column->findChildren<MarkdownView *>().last();
    view->flush();
    return view->toPlainText();
}

/// A key pressed twice closes no panel.
void ComparePageTest::theFocusStaysWithTheButtons()
{
    test::World world({ { u"a"_s, hanging() }, { u"b"_s, hanging() } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"b"_s });
    page.findChild<QPlainTextEdit *>(u"comparePrompt"_s)->setPlainText(u"Count."_s);
    auto *run = page.findChild<QPushButton *>(u"compareRun"_s);
    auto *stop = page.findChild<QPushButton *>(u"compareStopAll"_s);
    run->setFocus();
    QTest::keyClick(run, Qt::Key_Space);
    QTRY_VERIFY(page.isRunning());
    QCOMPARE(page.focusWidget(), stop);
    QTest::keyClick(stop, Qt::Key_Space);
    QTRY_VERIFY(!page.isRunning());
    QTRY_COMPARE(page.focusWidget(), run);
}

void ComparePageTest::runsAllAtTheSameMoment()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords, 2) }, { u"b"_s, test::chatScript(tenWords, 6) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"b"_s });
    QSignalSpy recorded(&world.runs, &run::RunService::recorded);
    QSignalSpy updates(&page, &ComparePage::callUpdated);
    type(page, u"Count."_s);
    QVERIFY(page.isRunning());
    QVERIFY(page.findChild<QPushButton *>(u"compareStopAll"_s)->isVisible());
    QTRY_VERIFY(!page.isRunning());
    QCOMPARE(recorded.count(), 2);
    QVERIFY(updates.count() > 2);
    for (const CompareColumn *column : page.columns()) {
        QVERIFY(column->record() && column->record()->ok());
        QCOMPARE(answerOf(column).trimmed(), u"one two three four five six seven eight nine ten"_s);
        const auto *line = column->findChild<NumbersLine *>();
        QVERIFY2(line->text().contains(u"10 tok · $"_s), qPrintable(line->text()));
        QVERIFY(!column->findChildren<QLabel *>(QRegularExpression(u"compareRate\\d"_s)).first()->text().isEmpty());
    }
    // Neither waited for the other's end.
    const profile::Trace &one = page.columns()[0]->record()->trace;
    const profile::Trace &other = page.columns()[1]->record()->trace;
    QVERIFY(one.submittedNs < other.endNs && other.submittedNs < one.endNs);
    const auto *table = page.findChild<QTableWidget *>(u"compareTable"_s);
    QVERIFY(table->isVisible());
    QCOMPARE(table->columnCount(), 3);
    QVERIFY(table->rowCount() >= 5);
}

void ComparePageTest::anErrorStaysInItsColumn()
{
    test::Script refused;
    refused.error = base::Error { base::ErrorKind::Refused, u"Nothing answers at that address."_s, {}, 0, {} };
    refused.pieces = {};
    test::World world({ { u"a"_s, test::chatScript(tenWords) }, { u"b"_s, refused } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"b"_s });
    type(page, u"Count."_s);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(page.columns()[0]->record()->ok());
    QVERIFY(!page.columns()[1]->record()->ok());
    QVERIFY(page.columns()[1]->findChild<NumbersLine *>()->text().startsWith(u"failed"_s));
    bool said = false;
    for (const QLabel *label : page.columns()[1]->findChildren<QLabel *>())
        said = said || (label->isVisible() && !label->text().isEmpty());
    QVERIFY(said);
    page.columns()[1]->setModel(u"gone"_s, u"m"_s);
    type(page, u"Again."_s);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(page.columns()[0]->record()->ok());
    QVERIFY(page.columns()[1]->record()->answer.error);
}

void ComparePageTest::stopsAllAndOne()
{
    test::World world({ { u"a"_s, hanging() }, { u"b"_s, hanging() } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"b"_s });
    type(page, u"Go."_s);
    QTRY_VERIFY(answerOf(page.columns()[0]).contains(u"begun"_s));
    page.findChild<QToolButton *>(u"compareStop1"_s)->click();
    QTRY_VERIFY(!page.columns()[0]->isRunning());
    QVERIFY(page.columns()[0]->record()->cancelled());
    QVERIFY(answerOf(page.columns()[0]).contains(u"begun"_s));
    QVERIFY(page.columns()[1]->isRunning());
    QTest::keyClick(page.findChild<QPlainTextEdit *>(u"comparePrompt"_s), Qt::Key_Escape);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(page.columns()[1]->record()->cancelled());
    // At once after the start, before a call exists.
    type(page, u"Go."_s);
    page.stopAll();
    QTRY_VERIFY(!page.isRunning());
}

void ComparePageTest::nothingRunsWithoutPromptOrModel()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    auto *run = page.findChild<QPushButton *>(u"compareRun"_s);
    QVERIFY(!run->isEnabled());
    QVERIFY(page.findChild<QLabel *>(u"compareEmpty"_s)->isVisible());
    type(page, u"  \n "_s);
    QVERIFY(!page.isRunning());
    page.findChild<QPlainTextEdit *>(u"comparePrompt"_s)->setPlainText(u"x"_s);
    QVERIFY(run->isEnabled());
    page.columns()[1]->setModel(u"a"_s, {});
    QVERIFY(!run->isEnabled());
}

void ComparePageTest::addsAndRemovesColumns()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    auto *add = page.findChild<QPushButton *>(u"compareAdd"_s);
    while (add->isEnabled())
        add->click();
    QCOMPARE(page.columns().size(), ComparePage::most);
    for (qsizetype i = 2; i <= ComparePage::most - 1; ++i)
        page.findChild<QToolButton *>(u"compareRemove%1"_s.arg(i))->click();
    QCOMPARE(page.columns().size(), ComparePage::fewest);
    QVERIFY(!page.findChild<QToolButton *>(u"compareRemove1"_s)->isVisible());
}

void ComparePageTest::addsAModelNotYetCompared()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    page.show();
    world.models.learn(u"a"_s, QList<llm::ModelInfo> { { u"one"_s, {} }, { u"two"_s, {} }, { u"three"_s, {} } });
    page.columns()[0]->setModel(u"a"_s, u"two"_s);
    page.columns()[1]->setModel(u"a"_s, u"one"_s);
    auto *add = page.findChild<QPushButton *>(u"compareAdd"_s);
    add->click();
    QCOMPARE(page.columns()[2]->model(), u"three"_s);
    add->click();
    QVERIFY2(page.columns()[3]->model() == u"three"_s, "there is no other");
}

void ComparePageTest::tableFollowsTheTheme()
{
    Theme theme(*qApp);
    theme.setMode(Theme::Mode::Light);
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    type(page, u"Count."_s);
    QTRY_VERIFY(!page.isRunning());
    auto *header = page.findChild<QTableWidget *>(u"compareTable"_s)->horizontalHeader();
    const auto lightness = [header] { return header->grab().toImage().pixelColor(3, 3).lightness(); };
    QVERIFY(lightness() > 200);
    theme.setMode(Theme::Mode::Dark);
    QTRY_VERIFY(lightness() < 60);
    theme.setMode(Theme::Mode::Light);
}

void ComparePageTest::eightColumnsStayReadable()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    auto *add = page.findChild<QPushButton *>(u"compareAdd"_s);
    while (add->isEnabled())
        add->click();
    QTRY_VERIFY(page.columns().last()->width() >= 236);
    const QList<CompareColumn *> columns = page.columns();
    for (qsizetype i = 1; i < columns.size(); ++i)
        QTRY_VERIFY(columns.at(i)->x() >= columns.at(i - 1)->geometry().right());
    // What was added is brought into view.
    auto *sideways = page.findChild<QScrollArea *>(u"compareColumns"_s);
    QTRY_VERIFY(!columns.last()->visibleRegion().isEmpty());
    QVERIFY(sideways->horizontalScrollBar()->value() > 0);
    QVERIFY(page.width() <= 900);
}

void ComparePageTest::closingWhileItRunsIsSafe()
{
    test::World world({ { u"a"_s, hanging() }, { u"b"_s, hanging() } });
    QSignalSpy recorded(&world.runs, &run::RunService::recorded);
    {
        ComparePage page(world.context);
        prepare(page, { u"a"_s, u"b"_s });
        type(page, u"Go."_s);
        QTRY_VERIFY(answerOf(page.columns()[0]).contains(u"begun"_s));
        page.hide();
        QVERIFY(page.isRunning());
    }
    QTRY_COMPARE(recorded.count(), 2);
    {
        ComparePage page(world.context);
        prepare(page, { u"a"_s, u"b"_s });
        type(page, u"Go."_s);
    }
    QCoreApplication::processEvents();
}

void ComparePageTest::theBestIsMarked()
{
    const auto record = [](qint64 ttftMs, int tokens) {
        profile::RunRecord made;
        made.trace.submittedNs = 1'000'000'000;
        made.trace.firstContentNs = made.trace.submittedNs + ttftMs * 1'000'000;
        made.trace.lastContentNs = made.trace.firstContentNs + 1'000'000'000;
        made.trace.endNs = made.trace.lastContentNs;
        made.answer.finished = true;
        made.answer.usage = llm::Usage {};
        made.answer.usage->output = tokens;
        return made;
    };
    auto failed = record(1, 1000);
    failed.answer.error = base::Error {};
    auto priced = record(300, 201);
    priced.costUsd = 0.5;
    const auto rows = differencesOf({ record(200, 101), priced, failed });
    const auto row = [&rows](QByteArrayView id) {
        return *std::find_if(rows.cbegin(), rows.cend(),
                             [id](const Difference &each) { return id == each.metric->id; });
    };
    QCOMPARE(row("ttft_ms").best, 0);
    QCOMPARE(row("ttft_ms").ratio(1), 1.5);
    QVERIFY(!row("ttft_ms").ratio(0));
    QCOMPARE(row("tokens_per_s").best, 1);
    QCOMPARE(row("tokens_per_s").ratio(0), 0.5);
    QCOMPARE(row("output_tokens").best, -1);
    QVERIFY(!row("ttft_ms").ratio(2));
    QCOMPARE(row("cost_usd").best, -1);
    QVERIFY(!row("cost_usd").values[0]);
}

/// One call may cost up to 0.041 USD: one alone is surely within the budget, two may not be.
void ComparePageTest::whatItMayCostIsSaidBeforeItRuns()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    world.counter = std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter());
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    const auto *estimate = page.findChild<QLabel *>(u"compareEstimate"_s);
    auto *edit = page.findChild<QPlainTextEdit *>(u"comparePrompt"_s);
    QVERIFY(estimate && estimate->text().isEmpty());
    const QString prompt = u"word "_s.repeated(1000).trimmed();
    edit->setPlainText(prompt);
    const auto rangeOf = [&](int calls) {
        const cost::TokenCount count = world.counter->countPrompt(
            u"a"_s, u"priced"_s, { llm::Message::fromText(llm::Role::User, edit->toPlainText()) });
        const auto one =
            cost::estimateCost(u"a"_s, u"priced"_s, count, 0, {}, world.prices, QDateTime::currentDateTimeUtc());
        return u"together "_s + profile::formatUsdRange(calls * one->minUsd, calls * one->maxUsd);
    };
    QTRY_COMPARE(estimate->text(), rangeOf(2));
    QCOMPARE(estimate->toolTip().count(u"priced: ~"_s), 2);
    page.findChild<QPushButton *>(u"compareAdd"_s)->click();
    page.columns().last()->setModel(u"a"_s, u"priced"_s);
    QTRY_COMPARE(estimate->text(), rangeOf(3));
    edit->setPlainText(prompt + u" and more"_s.repeated(500));
    QTRY_COMPARE(estimate->text(), rangeOf(3));
    page.columns().last()->setModel(u"a"_s, u"nobody-knows"_s);
    QTRY_COMPARE(estimate->text(), rangeOf(2) + u", and 1 of unknown price"_s);
    QVERIFY(estimate->accessibleName().contains(estimate->text()));
    edit->clear();
    QTRY_VERIFY(estimate->text().isEmpty());
    QVERIFY(world.requests.bodies().isEmpty() || !world.requests.bodies().last().contains("word"));
}

void ComparePageTest::budgetsHoldForTheSum()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    world.settings.setValue("budgets",
                            cost::toSetting({ { cost::BudgetScope::Day, {}, 0.06, cost::BudgetAction::Refuse } }));
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    const auto ask = [&page] {
        type(page, u"Count."_s);
        [&page] { QTRY_VERIFY(page.findChild<QMessageBox *>(u"budgetQuestion"_s)); }();
        return page.findChild<QMessageBox *>(u"budgetQuestion"_s);
    };
    const auto *message = page.findChild<QLabel *>(u"compareMessage"_s);
    QMessageBox *question = ask();
    QVERIFY2(question->text().contains(u"these 2 calls cost"_s), qPrintable(question->text()));
    QVERIFY(world.requests.bodies().isEmpty());
    QVERIFY(page.isRunning() && !page.findChild<QWidget *>(u"compareModel1"_s)->isEnabled());
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(!page.columns()[0]->record() && page.findChild<QWidget *>(u"compareModel1"_s)->isEnabled());
    QVERIFY(message->isVisible());
    QCOMPARE(message->text(), u"Nothing was sent."_s);
    QVERIFY(world.requests.bodies().isEmpty());
    QTRY_VERIFY(!page.findChild<QMessageBox *>(u"budgetQuestion"_s));
    question = ask();
    for (QAbstractButton *button : question->buttons()) {
        if (question->buttonRole(button) == QMessageBox::AcceptRole)
            button->click();
    }
    QTRY_VERIFY(!page.isRunning());
    QCOMPARE(world.requests.bodies().size(), 2);
    QVERIFY(page.columns()[0]->record()->ok() && page.columns()[1]->record()->ok());
    QVERIFY(!message->isVisible());
    // What is not run again takes nothing away.
    question = ask();
    QTest::keyClick(question, Qt::Key_Escape);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(message->isVisible() && page.findChild<QTableWidget *>(u"compareTable"_s)->isVisible());
    for (const CompareColumn *column : page.columns()) {
        QVERIFY(column->record()->ok());
        QVERIFY(answerOf(column).startsWith(u"one two"_s));
    }
}

void ComparePageTest::aBudgetThatIsUsedUpRefuses()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    const auto budget = [&world](cost::BudgetAction action) {
        world.settings.setValue("budgets", cost::toSetting({ { cost::BudgetScope::Day, {}, 0, action } }));
    };
    budget(cost::BudgetAction::Refuse);
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    QSignalSpy warned(&page, &ComparePage::warned);
    type(page, u"Count."_s);
    QTRY_VERIFY(!page.isRunning());
    const auto *message = page.findChild<QLabel *>(u"compareMessage"_s);
    QVERIFY2(message->isVisible() && message->text().startsWith(u"Nothing was sent. "_s), qPrintable(message->text()));
    QVERIFY(world.requests.bodies().isEmpty() && warned.isEmpty());
    budget(cost::BudgetAction::Warn);
    type(page, u"Count."_s);
    QTRY_VERIFY(!page.isRunning());
    QCOMPARE(world.requests.bodies().size(), 2);
    QCOMPARE(warned.count(), 1);
}

void ComparePageTest::checksMarkEachAnswer()
{
    test::World world({ { u"a"_s, test::chatScript({ "42" }) }, { u"b"_s, test::chatScript({ "forty-two" }) } });
    {
        ComparePage page(world.context);
        prepare(page, { u"a"_s, u"b"_s });
        auto *button = page.findChild<QToolButton *>(u"compareChecks"_s);
        QTest::keyClick(button, Qt::Key_Space);
        page.findChild<QAction *>(u"regex"_s)->trigger();
        QTest::keyClicks(page.findChild<QLineEdit *>(u"check_pattern"_s), u"^\\d+$"_s);
        QCOMPARE(button->text(), u"Checks (1)"_s);
        type(page, u"How much?"_s);
        QTRY_VERIFY(!page.isRunning());
        const auto line = [&page](qsizetype column) {
            return page.columns()[column]->findChild<QToolButton *>(u"checksText"_s);
        };
        QVERIFY(line(0)->isVisible() && line(1)->isVisible());
        QCOMPARE(line(0)->text(), u"Passed 1 check"_s);
        QVERIFY2(line(1)->text().startsWith(u"Failed its check: "_s), qPrintable(line(1)->text()));
        QCOMPARE(world.requests.bodies().size(), 2);
    }
    // Kept for the next time, and switched off all is as before.
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"b"_s });
    QTest::keyClick(page.findChild<QToolButton *>(u"compareChecks"_s), Qt::Key_Space);
    auto *on = page.findChild<QAbstractButton *>(u"checkOn"_s);
    QVERIFY(on && on->isChecked());
    QTest::keyClick(on, Qt::Key_Space);
    type(page, u"How much?"_s);
    QTRY_VERIFY(!page.isRunning());
    QVERIFY(!page.columns()[1]->findChild<QToolButton *>(u"checksText"_s)->isVisible());
}

void ComparePageTest::longNamesAreElided()
{
    test::World world({ { u"a"_s, test::chatScript(tenWords) } });
    ComparePage page(world.context);
    prepare(page, { u"a"_s, u"a"_s });
    auto *add = page.findChild<QPushButton *>(u"compareAdd"_s);
    while (add->isEnabled())
        add->click();
    const QString name = u"some-vendor/a-model-whose-name-is-longer-than-any-header-2026-11-24-instruct"_s;
    page.columns()[0]->setModel(u"a"_s, name);
    type(page, u"Count."_s);
    QTRY_VERIFY(!page.isRunning());
    auto *table = page.findChild<QTableWidget *>(u"compareTable"_s);
    QCOMPARE(table->columnCount(), 9);
    for (int column = 1; column < table->columnCount(); ++column)
        QVERIFY2(table->columnWidth(column) >= 132, qPrintable(QString::number(table->columnWidth(column))));
    QCOMPARE(table->horizontalHeaderItem(1)->toolTip(), u"a · "_s + name);
    HeaderTexts texts;
    table->horizontalHeader()->setStyle(&texts);
    table->horizontalHeader()->grab();
    const QString drawn = texts.drawn.value(1);
    QVERIFY2(drawn.startsWith(u"a · som"_s) && drawn.contains(u'…') && drawn.endsWith(u"ct"_s), qPrintable(drawn));
    QVERIFY(table->fontMetrics().horizontalAdvance(drawn) < table->columnWidth(1));
    QCOMPARE(texts.drawn.value(2), u"a · priced"_s);
}

QTEST_MAIN(ComparePageTest)
#include "tst_comparepage.moc"
