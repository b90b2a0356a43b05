#include "core/cost/budget.h"
#include "core/net/qttransport.h"
#include "core/simulator/simulator.h"
#include "tests/ui/batchpages.h"
#include "ui/batch/batchpage.h"
#include "ui/batch/batchresults.h"
#include "ui/theme/colours.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTest>

#include <algorithm>

using namespace talkbench;
using namespace talkbench::ui;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

class BatchPageTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void asksEveryModelEveryPrompt();
    void goesOnWhereItWas();
    void pausesAndStops();
    void stopsNowWhereAskedTwice();
    void wrongInputIsSaid();
    void failedOnesAreAskedAgain();
    void theProvidersBatchSurvivesTheWindow();
    void anOpenBatchIsNotAskedCallByCall();
    void budgetsAreAskedFirst();
    void aBudgetThatWarnsIsToldAtTheEnd();
    void autoChoosesForEachPrompt();
    void howOftenIsAskedIsKept();
    void closingDoesNotWaitForALongFile();
    void answersAreCheckedAndSampled();
    void theProvidersBatchIsOnlyMarked();
    void goesOnAfterARestart();
    void whatWasLookedUpIsOfThatForm();
};

void BatchPageTest::asksEveryModelEveryPrompt()
{
    test::World world({ { u"a"_s, test::chatScript({ "one ", "two" }, 2) } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\n\nsecond"_s, u"a/m, a/n"_s);
    QVERIFY(part<QLabel>(page, "batchEmpty")->isVisible());
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(results(world).size(), 4);
    const auto *table = part<QTableView>(page, "batchTable");
    QVERIFY(table->isVisible());
    QCOMPARE(table->model()->rowCount(), 4);
    QCOMPARE(table->model()->index(0, BatchResults::Answer).data().toString(), u"one two"_s);
    QCOMPARE(part<QProgressBar>(page, "batchBar")->value(), 4);
    QVERIFY(part<QLabel>(page, "batchMessage")->text().contains(u"All done"_s));
    QVERIFY(!part<QPushButton>(page, "batchPause")->isVisible());
}

void BatchPageTest::goesOnWhereItWas()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    {
        BatchPage page(world.context);
        QSignalSpy running(&page, &BatchPage::runningChanged);
        fill(page, world, u"first"_s);
        page.start();
        QTRY_COMPARE(running.size(), 2);
    }
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\nsecond"_s);
    page.start();
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(results(world).size(), 2);
    QVERIFY(part<QLabel>(page, "batchProgress")->text().contains(u"1 from before"_s));
}

void BatchPageTest::pausesAndStops()
{
    test::World world({ { u"a"_s, hanging() } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\nsecond\nthird"_s);
    part<QSpinBox>(page, "batchConcurrency")->setValue(1);
    press(page, "batchStart");
    QTRY_COMPARE(world.requests.bodies().size(), 1); // on the wire
    QVERIFY(!part<QLineEdit>(page, "batchModels")->isEnabled());
    press(page, "batchPause");
    QCOMPARE(part<QPushButton>(page, "batchPause")->text(), u"Resume"_s);
    press(page, "batchPause");
    QCOMPARE(part<QPushButton>(page, "batchPause")->text(), u"Pause"_s);
    press(page, "batchStop");
    QVERIFY(page.isRunning()); // the one in flight comes to its end, which here never comes
    QVERIFY(results(world).isEmpty());
}

void BatchPageTest::stopsNowWhereAskedTwice()
{
    const auto restore =
        qScopeGuard([was = QApplication::doubleClickInterval()] { QApplication::setDoubleClickInterval(was); });
    test::World world({ { u"a"_s, hanging() } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\nsecond"_s);
    part<QSpinBox>(page, "batchConcurrency")->setValue(1);
    press(page, "batchStart");
    QTRY_COMPARE(world.requests.bodies().size(), 1);
    auto *stop = part<QPushButton>(page, "batchStop");
    stop->setFocus();
    press(page, "batchStop");
    QCOMPARE(stop->text(), u"Stop now"_s);
    QVERIFY(stop->isEnabled());
    QCOMPARE(page.focusWidget(), stop);
    QApplication::setDoubleClickInterval(600'000);
    press(page, "batchStop"); // as the second of a double click
    QCoreApplication::processEvents();
    QVERIFY(page.isRunning());
    QApplication::setDoubleClickInterval(0);
    press(page, "batchStop");
    QTRY_COMPARE(running.size(), 2);
    QVERIFY(!page.isRunning());
    QVERIFY(results(world).isEmpty());
    QCOMPARE(world.requests.bodies().size(), 1);
    auto *message = part<QLabel>(page, "batchMessage");
    QVERIFY2(message->text().contains(u"asks the other 2"_s), qPrintable(message->text()));
    QCOMPARE(part<QPushButton>(page, "batchStart")->text(), u"Go on"_s);
}

void BatchPageTest::wrongInputIsSaid()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    auto *message = part<QLabel>(page, "batchMessage");
    fill(page, world, {});
    press(page, "batchStart");
    QTRY_VERIFY(message->text().contains(u"no prompt"_s));
    fill(page, world, u"first"_s, u" "_s);
    part<QLineEdit>(page, "batchModels")->clear();
    press(page, "batchStart");
    QVERIFY(message->text().contains(u"model"_s));
    fill(page, world, u"first"_s);
    part<QLineEdit>(page, "batchTemplate")->setText(u"{{nothing}}"_s);
    press(page, "batchStart");
    QTRY_VERIFY(message->text().contains(u"nothing"_s));
    part<QLineEdit>(page, "batchTemplate")->clear();
    part<QLineEdit>(page, "batchOutPath")->setText(u"/no/such/folder/x.jsonl"_s);
    press(page, "batchStart");
    QTRY_VERIFY(message->text().contains(u"/no/such/folder"_s));
    QVERIFY(!page.isRunning());
    QVERIFY(part<QPushButton>(page, "batchStart")->isEnabled());
}

void BatchPageTest::failedOnesAreAskedAgain()
{
    test::Script refusing;
    refusing.status = 400;
    refusing.pieces = { "{}" };
    test::World world({ { u"a"_s, refusing } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s);
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    QVERIFY(part<QPushButton>(page, "batchRetry")->isVisible());
    QVERIFY(part<QLabel>(page, "batchMessage")->text().contains(u"\ninvalid_request 1: "_s));
    press(page, "batchStart"); // it had failed, and stays so
    QTRY_COMPARE(running.size(), 4);
    QCOMPARE(results(world).size(), 1);
    press(page, "batchRetry");
    QTRY_COMPARE(running.size(), 6);
    QCOMPARE(results(world).size(), 2);
}

namespace {

/// A world on a simulator, with a provider "a" there.
struct SimulatedWorld {
    explicit SimulatedWorld(double batchMs)
        : simulator(knobs(batchMs)), url(*simulator.start()),
          world({}, [this] { return std::make_unique<net::QtTransport>(clock); })
    {
        config::ProviderConfig provider;
        provider.id = provider.name = u"a"_s;
        provider.protocol = u"anthropic"_s;
        provider.baseUrl = url;
        world.settings.setProviders({ provider });
        world.settings.setValue("batch/poll_s", 1);
    }
    static simulator::Knobs knobs(double batchMs)
    {
        simulator::Knobs knobs;
        knobs.batchMs = batchMs;
        knobs.tokens = 8;
        return knobs;
    }

    base::SystemClock clock;
    simulator::Simulator simulator;
    QUrl url;
    test::World world;
};

bool isSent(const test::World &world)
{
    const QList<QJsonObject> rows = results(world);
    return std::any_of(rows.begin(), rows.end(), [](const auto &row) { return row[u"state"_s] == u"sent"_s; });
}

} // namespace

void BatchPageTest::theProvidersBatchSurvivesTheWindow()
{
    SimulatedWorld simulated(1500);
    const test::World &world = simulated.world;
    {
        BatchPage page(simulated.world.context);
        fill(page, world, u"first\nsecond"_s, u"a/sim-small"_s);
        part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
        QVERIFY(!part<QSpinBox>(page, "batchConcurrency")->isVisible());
        QVERIFY(part<QSpinBox>(page, "batchPoll")->isVisible());
        press(page, "batchStart");
        QTRY_VERIFY(isSent(world));
        QTRY_VERIFY(part<QLabel>(page, "batchProgress")->text().contains(u"in progress, 0 of 2"_s));
        QVERIFY(part<QPushButton>(page, "batchCancel")->isVisible());
        QVERIFY(!part<QPushButton>(page, "batchPause")->isVisible());
    }
    BatchPage page(simulated.world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    page.show();
    QTRY_COMPARE_WITH_TIMEOUT(running.size(), 2, 20'000);
    QCOMPARE(part<QPlainTextEdit>(page, "batchText")->toPlainText(), u"first\nsecond"_s);
    QVERIFY(part<QLabel>(page, "batchMessage")->text().contains(u"All done"_s));
    QCOMPARE(part<QTableView>(page, "batchTable")->model()->rowCount(), 2);
    QVERIFY(simulated.world.settings.value("batch/open").toMap().isEmpty());
}

void BatchPageTest::anOpenBatchIsNotAskedCallByCall()
{
    SimulatedWorld simulated(20'000);
    const test::World &world = simulated.world;
    BatchPage page(simulated.world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s, u"a/sim-small"_s);
    part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
    press(page, "batchStart");
    QTRY_VERIFY(isSent(world));
    press(page, "batchStop");
    QTRY_COMPARE(running.size(), 2);
    auto *message = part<QLabel>(page, "batchMessage");
    QVERIFY(message->text().contains(u"goes on at the provider"_s));
    part<QComboBox>(page, "batchWay")->setCurrentIndex(0);
    press(page, "batchStart");
    QTRY_VERIFY(message->text().contains(u"paid twice"_s));
    QVERIFY(!page.isRunning());
    part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
    press(page, "batchStart");
    QTRY_VERIFY(page.isRunning());
    press(page, "batchCancel");
    QTRY_COMPARE_WITH_TIMEOUT(running.size(), 4, 20'000);
    QVERIFY(message->text().contains(u"other 1"_s)); // what was cancelled is no result
}

void BatchPageTest::budgetsAreAskedFirst()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    world.settings.setValue("budgets",
                            cost::toSetting({ { cost::BudgetScope::Day, {}, 0.000001, cost::BudgetAction::Ask } }));
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s, u"a/priced"_s);
    press(page, "batchStart");
    QTRY_VERIFY(page.findChild<QMessageBox *>(u"budgetQuestion"_s));
    QPointer<QMessageBox> question = page.findChild<QMessageBox *>(u"budgetQuestion"_s);
    QVERIFY(question->text().contains(u"this batch costs"_s));
    QVERIFY(part<QLabel>(page, "batchProgress")->text().isEmpty()); // nothing is read any more
    QTest::keyClick(question, Qt::Key_Return); // the safe one
    QTRY_VERIFY(!question);
    QCOMPARE(running.size(), 0);
    QVERIFY(world.requests.bodies().isEmpty());
    const auto *message = part<QLabel>(page, "batchMessage");
    QCOMPARE(message->text(), u"Nothing was sent."_s);
    QCOMPARE(message->palette().color(QPalette::WindowText), colours(QApplication::palette()).mutedText);
    press(page, "batchStart");
    QTRY_VERIFY(page.findChild<QMessageBox *>(u"budgetQuestion"_s));
    question = page.findChild<QMessageBox *>(u"budgetQuestion"_s);
    const QList<QAbstractButton *> buttons = question->buttons();
    for (QAbstractButton *button : buttons) {
        if (question->buttonRole(button) == QMessageBox::AcceptRole)
            button->click();
    }
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(world.requests.bodies().size(), 1);
}

void BatchPageTest::aBudgetThatWarnsIsToldAtTheEnd()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    world.settings.setValue("budgets",
                            cost::toSetting({ { cost::BudgetScope::Day, {}, 0.000001, cost::BudgetAction::Warn } }));
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s, u"a/priced"_s);
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    const QString said = part<QLabel>(page, "batchMessage")->text();
    QVERIFY2(said.contains(u"is passed now"_s), qPrintable(said));
}

void BatchPageTest::autoChoosesForEachPrompt()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) }, { u"b"_s, test::chatScript({ "two" }, 2) } });
    const select::Rule second { .name = u"second"_s, .keywords = { u"second"_s }, .models = { { u"b"_s, u"n"_s } } };
    world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { { u"a"_s, u"m"_s } }, .rules = { second } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first\nsecond"_s, u"auto"_s);
    part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
    press(page, "batchStart");
    QTRY_VERIFY(part<QLabel>(page, "batchMessage")->text().contains(u"one model"_s));
    part<QComboBox>(page, "batchWay")->setCurrentIndex(0);
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    QStringList models;
    const auto rows = results(world);
    for (const QJsonObject &row : rows) {
        models << row[u"provider"_s].toString() + u'/' + row[u"model"_s].toString();
        QCOMPARE(row[u"decision"_s][u"chosen"_s].toString(), models.constLast());
    }
    models.sort();
    QCOMPARE(models, (QStringList { u"a/m"_s, u"b/n"_s }));
}

void BatchPageTest::howOftenIsAskedIsKept()
{
    SimulatedWorld simulated(50);
    BatchPage page(simulated.world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, simulated.world, u"first"_s, u"a/sim-small"_s);
    auto *poll = part<QSpinBox>(page, "batchPoll");
    QVERIFY(!poll->isVisible());
    part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
    QVERIFY(poll->isVisible());
    QCOMPARE(poll->value(), 1);
    poll->setValue(2);
    press(page, "batchStart");
    QTRY_COMPARE_WITH_TIMEOUT(running.size(), 2, 20'000);
    QCOMPARE(simulated.world.settings.value("batch/poll_s").toInt(), 2);
}

/// Whatever is read, the page is there at once, and goes at once.
void BatchPageTest::closingDoesNotWaitForALongFile()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    const QString path = world.dir.filePath(u"long.txt"_s);
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 300'000; ++i)
            file.write("A prompt of no great length, but there are many of them\n");
    }
    {
        BatchPage page(world.context);
        fill(page, world, {});
        part<QLineEdit>(page, "batchFilePath")->setText(path);
        page.start();
        QCoreApplication::processEvents();
        QVERIFY(!page.isRunning());
        QVERIFY(!part<QPushButton>(page, "batchStart")->isEnabled());
    }
    QVERIFY(results(world).isEmpty());
    QVERIFY(world.requests.bodies().isEmpty());
}

namespace {

QLineEdit *addCheck(const BatchPage &page, const char *kind, const char *parameter)
{
    part<QMenu>(page, "checkKinds")->findChild<QAction *>(QLatin1StringView(kind))->trigger();
    return part<QLineEdit>(page, parameter);
}

} // namespace

void BatchPageTest::answersAreCheckedAndSampled()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    fill(page, world, u"first"_s);
    auto *temperature = part<QLineEdit>(page, "batchTemperature");
    auto *message = part<QLabel>(page, "batchMessage");
    temperature->setText(u"7"_s);
    press(page, "batchStart");
    QVERIFY2(message->text().startsWith(u"Temperature is 0"_s), qPrintable(message->text()));
    temperature->setText(u"0.5"_s);
    part<QLineEdit>(page, "batchMaxTokens")->setText(u"77"_s);
    part<QLineEdit>(page, "batchSeed")->setText(u"42"_s);
    QLineEdit *pattern = addCheck(page, "regex", "check_pattern");
    pattern->setText(u"("_s);
    press(page, "batchStart");
    QVERIFY(message->isVisible());
    QVERIFY(world.requests.bodies().isEmpty());
    pattern->setText(u"^\\d+$"_s);
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    const QJsonObject body = QJsonDocument::fromJson(world.requests.bodies().constFirst()).object();
    QCOMPARE(body[u"temperature"_s].toDouble(), 0.5);
    QCOMPARE(body[u"seed"_s].toInt(), 42);
    QVERIFY(body.toVariantMap().values().contains(QVariant(77)));
    QCOMPARE(part<QTableView>(page, "batchTable")->model()->index(0, BatchResults::State).data().toString(),
             u"fails checks"_s);
}

void BatchPageTest::theProvidersBatchIsOnlyMarked()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    BatchPage page(world.context);
    fill(page, world, u"first"_s);
    addCheck(page, "contains", "check_text");
    auto *note = part<QLabel>(page, "batchChecksNote");
    auto *onFailure = part<QComboBox>(page, "checkOnFailure");
    QVERIFY(!note->isVisible());
    QVERIFY(onFailure->isVisible());
    part<QComboBox>(page, "batchWay")->setCurrentIndex(1);
    QVERIFY(note->isVisible());
    QVERIFY(!onFailure->isVisible());
}

void BatchPageTest::goesOnAfterARestart()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    {
        BatchPage page(world.context);
        QSignalSpy running(&page, &BatchPage::runningChanged);
        fill(page, world, u"first"_s);
        part<QLineEdit>(page, "batchTemplate")->setText(u"Say {{prompt}}"_s);
        part<QLineEdit>(page, "batchSeed")->setText(u"42"_s);
        press(page, "batchStart");
        QTRY_COMPARE(running.size(), 2);
    }
    QVariantMap form = world.settings.value("batch/form").toMap();
    form.insert(u"text"_s, u"first\nsecond"_s); // as of one that was killed before its second
    world.settings.setValue("batch/form", form);
    BatchPage page(world.context);
    QSignalSpy running(&page, &BatchPage::runningChanged);
    page.resize(900, 700);
    page.show();
    auto *start = part<QPushButton>(page, "batchStart");
    auto *progress = part<QLabel>(page, "batchProgress");
    QTRY_COMPARE(start->text(), u"Go on"_s);
    QCOMPARE(progress->text(), u"1 of 2 are done"_s);
    QCOMPARE(part<QLineEdit>(page, "batchTemplate")->text(), u"Say {{prompt}}"_s);
    QCOMPARE(part<QLineEdit>(page, "batchSeed")->text(), u"42"_s);
    auto *rows = part<QTableView>(page, "batchTable")->model();
    QCOMPARE(rows->rowCount(), 1);
    QCOMPARE(rows->index(0, BatchResults::Answer).data().toString(), u"one"_s);
    QCOMPARE(running.size(), 0);
    press(page, "batchStart");
    QTRY_COMPARE(running.size(), 2);
    QCOMPARE(rows->rowCount(), 2);
    QCOMPARE(results(world).size(), 2);
    QCOMPARE(start->text(), u"Start"_s);
}

void BatchPageTest::whatWasLookedUpIsOfThatForm()
{
    test::World world({ { u"a"_s, test::chatScript({ "one" }, 2) } });
    {
        BatchPage page(world.context);
        QSignalSpy running(&page, &BatchPage::runningChanged);
        fill(page, world, u"first"_s);
        press(page, "batchStart");
        QTRY_COMPARE(running.size(), 2);
    }
    QVariantMap form = world.settings.value("batch/form").toMap();
    form.insert(u"text"_s, u"first\nsecond"_s);
    world.settings.setValue("batch/form", form);
    BatchPage page(world.context);
    page.show();
    auto *start = part<QPushButton>(page, "batchStart");
    QTRY_COMPARE(start->text(), u"Go on"_s);
    part<QLineEdit>(page, "batchModels")->setText(u"a/other"_s);
    QCOMPARE(start->text(), u"Start"_s);
    QVERIFY(part<QLabel>(page, "batchProgress")->text().isEmpty());
}

QTEST_MAIN(BatchPageTest)

#include "tst_batchpage.moc"
