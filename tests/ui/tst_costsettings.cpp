#include "core/cost/budget.h"
#include "core/cost/pricelayers.h"
#include "tests/ui/settingsforms.h"
#include "tests/ui/world.h"
#include "ui/charts/livechart.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/profilerdock.h"
#include "ui/settings/settingsdialog.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTableView>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class CostSettingsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aChangedFigureIsAPriceOfOnesOwn();
    void nonsenseIsNoPrice();
    void anAddedPriceIsNotFree();
    void pastCostsAreRecomputedWhereAsked_data();
    void pastCostsAreRecomputedWhereAsked();
    void pricesAreSavedBeforeTheyArePutOnThePast();
    void anOpenChatShowsWhatWasRecomputed();
    void theFiguresShowWhatWasRecomputed();
    void answersAreKeptAsLongAsTheirProviderSays();
    void budgetsAreKept();
    void aBudgetAsks_data();
    void aBudgetAsks();
    void aBudgetRefuses();
    void theEstimateIsARange();
};

namespace {

QModelIndex cell(const SettingsDialog &dialog, int column)
{
    return find<QTableView>(dialog, u"priceTable"_s)->model()->index(0, column);
}

bool type(const SettingsDialog &dialog, int column, const QString &text)
{
    return find<QTableView>(dialog, u"priceTable"_s)->model()->setData(cell(dialog, column), text);
}

void budget(World &world, cost::BudgetAction action)
{
    world.settings.setValue("budgets",
                            cost::toSetting(QList<cost::Budget> { { cost::BudgetScope::Call, {}, 1e-9, action } }));
    world.settings.setValue("default/provider", u"p"_s);
    world.settings.setValue("default/model", u"priced"_s);
}

bool asked(const World &world)
{
    const auto bodies = world.requests.bodies();
    return std::any_of(bodies.begin(), bodies.end(), [](const QByteArray &body) { return body.contains("messages"); });
}

void say(const ChatPage &page, const QString &text)
{
    auto *prompt = page.findChild<QPlainTextEdit *>(u"prompt"_s);
    prompt->setPlainText(text);
    QTest::keyClick(prompt, Qt::Key_Return);
}

} // namespace

void CostSettingsTest::aChangedFigureIsAPriceOfOnesOwn()
{
    World world({ { u"a"_s, models() } });
    {
        SettingsDialog dialog(world.context);
        dialog.showPage(SettingsDialog::Prices);
        dialog.open();
        QTest::keyClicks(find<QLineEdit>(dialog, u"priceSearch"_s), u"nothing of the kind"_s);
        QVERIFY(!cell(dialog, 0).isValid());
        retype(find<QLineEdit>(dialog, u"priceSearch"_s), u"PRICED"_s);
        QCOMPARE(cell(dialog, 0).data().toString(), u"priced"_s);
        find<QTableView>(dialog, u"priceTable"_s)->setCurrentIndex(cell(dialog, 0));
        QVERIFY(!find<QPushButton>(dialog, u"priceReset"_s)->isEnabled());
        QVERIFY(type(dialog, 2, QLocale().toString(2.5)));
        QVERIFY(cell(dialog, 6).data().toString().startsWith(u"your own"_s));
        QVERIFY(find<QPushButton>(dialog, u"priceReset"_s)->isEnabled());
        QVERIFY(world.settings.value("prices/own").toMap().isEmpty()); // not before Save
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QStringList problems;
    const auto own = cost::userPrices(world.settings.value("prices/own").toMap(), &problems);
    QCOMPARE(own.size(), 1);
    QCOMPARE(own[0].input, 2.5);
    QCOMPARE(own[0].output, 10.0);
    world.prices.setRows(cost::PriceOrigin::User, own);

    SettingsDialog again(world.context);
    again.open();
    find<QTableView>(again, u"priceTable"_s)->setCurrentIndex(cell(again, 0));
    find<QPushButton>(again, u"priceReset"_s)->click();
    QCOMPARE(cell(again, 2).data().toString(), u"1"_s);
    save(again);
    QTRY_VERIFY(!again.isVisible());
    QVERIFY(cost::userPrices(world.settings.value("prices/own").toMap(), &problems).isEmpty());
}

void CostSettingsTest::anAddedPriceIsNotFree()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Prices);
    dialog.open();
    find<QPushButton>(dialog, u"priceAdd"_s)->click();
    retype(find<QLineEdit>(dialog, u"priceSearch"_s), u"model"_s);
    QCOMPARE(cell(dialog, 2).data().toString(), u"unknown"_s);
    save(dialog);
    const auto *problem = find<QLabel>(dialog, u"priceProblem"_s);
    QVERIFY(dialog.isVisible());
    QVERIFY2(problem->isVisible() && problem->text().contains(u"not known"_s), qPrintable(problem->text()));
    QVERIFY(world.settings.value("prices/own").toMap().isEmpty());
    QVERIFY(type(dialog, 2, u"3"_s));
    QVERIFY(type(dialog, 3, u"0"_s)); // free because somebody said so
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QStringList problems;
    const auto own = cost::userPrices(world.settings.value("prices/own").toMap(), &problems);
    QCOMPARE(own.size(), 1);
    QCOMPARE(own[0].input, 3.0);
    QCOMPARE(own[0].output, 0.0);
}

void CostSettingsTest::nonsenseIsNoPrice()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.open();
    const auto *problem = find<QLabel>(dialog, u"priceProblem"_s);
    for (const QString &nonsense : { u"-1"_s, u"cheap"_s, QString(), u"1e30"_s, u"nan"_s, u"0,7"_s }) {
        QVERIFY(!type(dialog, 2, nonsense));
        QVERIFY2(problem->text().startsWith(u"“%1” is no price"_s.arg(nonsense)), qPrintable(problem->text()));
    }
    QVERIFY(!type(dialog, 5, u"tiers"_s));
    QVERIFY(!type(dialog, 6, u"me"_s));
    QCOMPARE(cell(dialog, 2).data().toString(), u"1"_s);
}

namespace {

profile::RunRecord pastCall(const QString &id, double costUsd)
{
    profile::RunRecord record;
    record.id = id;
    record.providerId = u"a"_s;
    record.model = u"priced"_s;
    record.startedWallMs = 1'000'000;
    record.answer.usage = llm::Usage {};
    record.answer.usage->input = 1'000'000;
    record.costUsd = costUsd;
    record.priceVersion = u"v0"_s;
    return record;
}

} // namespace

void CostSettingsTest::pastCostsAreRecomputedWhereAsked_data()
{
    QTest::addColumn<bool>("agreed");
    QTest::newRow("yes") << true;
    QTest::newRow("no") << false;
}

void CostSettingsTest::pastCostsAreRecomputedWhereAsked()
{
    QFETCH(bool, agreed);
    World world({ { u"a"_s, models() } });
    world.store.saveRun(pastCall(u"old"_s, 0.5));
    world.store.saveRun(pastCall(u"same"_s, 1));
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Prices);
    dialog.open();
    auto *button = find<QPushButton>(dialog, u"recomputeCosts"_s);
    button->click();
    QTRY_VERIFY(dialog.findChild<QMessageBox *>(u"recomputeQuestion"_s));
    auto *question = dialog.findChild<QMessageBox *>(u"recomputeQuestion"_s);
    QCOMPARE(question->text(), u"Put the prices of today on 1 of 2 past calls?"_s);
    QVERIFY2(question->informativeText().startsWith(u"Old sum: $1.50\nNew sum: $2.00 (+33 %)"_s),
             qPrintable(question->informativeText()));
    for (QAbstractButton *answer : question->buttons()) {
        if ((question->buttonRole(answer) == QMessageBox::AcceptRole) == agreed)
            answer->click();
    }
    if (agreed)
        QTRY_COMPARE(find<QLabel>(dialog, u"recomputeOutcome"_s)->text(),
                     u"1 calls recomputed: $2.00 in place of $1.50."_s);
    auto runs = world.store.runs(0);
    runs.waitForFinished();
    double sum = 0;
    const auto kept = runs.result();
    QVERIFY(kept);
    for (const profile::RunRecord &record : *kept)
        sum += *record.costUsd;
    QCOMPARE(sum, agreed ? 2.0 : 1.5);
    if (!agreed)
        return;
    button->click();
    QTRY_COMPARE(find<QLabel>(dialog, u"recomputeOutcome"_s)->text(), u"Nothing would change: 2 calls, $2.00."_s);
}

void CostSettingsTest::pricesAreSavedBeforeTheyArePutOnThePast()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Prices);
    dialog.open();
    QVERIFY(type(dialog, 2, QLocale().toString(2.5)));
    find<QPushButton>(dialog, u"recomputeCosts"_s)->click();
    QVERIFY(find<QLabel>(dialog, u"recomputeOutcome"_s)->text().startsWith(u"Save your prices first"_s));
}

void CostSettingsTest::anOpenChatShowsWhatWasRecomputed()
{
    World world({ { u"p"_s, chatScript({ "Well." }) } });
    connect(&world.runs, &run::RunService::recorded, this,
            [&world](const profile::RunRecord &record) { world.store.saveRun(record); });
    world.settings.setValue("default/provider", u"p"_s);
    world.settings.setValue("default/model", u"priced"_s);
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.show();
    say(page, u"Hello"_s);
    const auto numbers = [&page] {
        const auto *line = page.findChild<QAbstractButton *>(u"numbersLine"_s);
        return line ? line->text() : QString();
    };
    QTRY_VERIFY(numbers().contains(u"under $0.0001"_s));
    world.store.rewriteRuns({}, [](profile::RunRecord record) {
        record.costUsd = 7;
        return std::optional(record);
    });
    QTRY_VERIFY2(numbers().contains(u"$7.00"_s), qPrintable(numbers()));
}

void CostSettingsTest::theFiguresShowWhatWasRecomputed()
{
    World world({ { u"p"_s, chatScript({ "Well." }) } });
    ActivityMonitor monitor(world.context);
    ProfilerDock dock(monitor);
    connect(&world.runs, &run::RunService::recorded, this,
            [&world](const profile::RunRecord &record) { world.store.saveRun(record); });
    const auto ask = [&world] {
        run::RunRequest request;
        request.endpoint.providerId = u"p"_s;
        request.endpoint.protocol = u"openai-chat"_s;
        request.endpoint.baseUrl = QUrl(u"http://p/v1"_s);
        request.chat.model = u"priced"_s;
        request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Hello"_s) };
        return world.runs.start(request);
    };
    const auto cost = [&monitor] { return monitor.calls().counts(profile::Window::Start).costUsd; };
    const auto calls = [&monitor] { return monitor.calls().counts(profile::Window::Minute).calls; };
    const auto first = ask();
    const auto second = ask();
    QTRY_COMPARE(calls(), 2U);
    QVERIFY(cost() < 0.001);
    QSignalSpy rewritten(&monitor, &ActivityMonitor::callsRewritten);
    world.store.rewriteRuns({}, [](profile::RunRecord record) {
        record.costUsd = 7;
        return std::optional(record);
    });
    QTRY_COMPARE(rewritten.size(), 1);
    QCOMPARE(cost(), 14.0);
    QCOMPARE(calls(), 2U);
    QCOMPARE(monitor.lastCall().costUsd, 7.0);
    const QList<QByteArray> points = dock.chart("cost"_L1)->csv().trimmed().split('\n');
    QVERIFY2(points.last().contains("14"), points.join(' ').constData());
}

void CostSettingsTest::answersAreKeptAsLongAsTheirProviderSays()
{
    World world({ { u"a"_s, models() }, { u"b"_s, models() } });
    world.settings.setValue("cache/provider_ttl_hours", QVariantMap { { u"a"_s, 0.125 }, { u"gone"_s, 7 } });
    {
        SettingsDialog dialog(world.context);
        dialog.showPage(SettingsDialog::Cache);
        dialog.open();
        auto *provider = find<QComboBox>(dialog, u"cacheHoursProvider"_s);
        auto *hours = find<QDoubleSpinBox>(dialog, u"cacheHours"_s);
        provider->setCurrentIndex(provider->findData(u"a"_s));
        QCOMPARE(hours->value(), 0.125);
        QCOMPARE(provider->currentText(), u"a: 0.125 h"_s);
        provider->setCurrentIndex(provider->findData(u"b"_s));
        QCOMPARE(hours->text(), u"as for all"_s);
        hours->selectAll();
        QTest::keyClicks(hours, u"24"_s);
        QCOMPARE(provider->currentText(), u"b: 24 h"_s);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    const QVariantMap expected { { u"a"_s, 0.125 }, { u"b"_s, 24.0 }, { u"gone"_s, 7 } };
    QCOMPARE(world.settings.value("cache/provider_ttl_hours").toMap(), expected);
    SettingsDialog again(world.context);
    again.open();
    for (const auto &[id, hours] : { std::pair(u"a"_s, -1), std::pair(u"b"_s, 0) }) { // as for all; for ever
        auto *provider = find<QComboBox>(again, u"cacheHoursProvider"_s);
        provider->setCurrentIndex(provider->findData(id));
        find<QDoubleSpinBox>(again, u"cacheHours"_s)->setValue(hours);
    }
    save(again);
    QTRY_VERIFY(!again.isVisible());
    const QVariantMap changed { { u"b"_s, 0.0 }, { u"gone"_s, 7 } };
    QCOMPARE(world.settings.value("cache/provider_ttl_hours").toMap(), changed);
}

void CostSettingsTest::budgetsAreKept()
{
    World world({ { u"a"_s, models() } });
    const QList<cost::Budget> wanted { { cost::BudgetScope::Month, u"a"_s, 20.5, cost::BudgetAction::Refuse } };
    {
        SettingsDialog dialog(world.context);
        dialog.showPage(SettingsDialog::Budgets);
        dialog.open();
        find<QPushButton>(dialog, u"budgetAdd"_s)->click();
        find<QDoubleSpinBox>(dialog, u"budgetLimit"_s)->setValue(20.5);
        find<QComboBox>(dialog, u"budgetScope"_s)->setCurrentIndex(3);
        auto *provider = find<QComboBox>(dialog, u"budgetProvider"_s);
        provider->setCurrentIndex(provider->findData(u"a"_s));
        find<QComboBox>(dialog, u"budgetAction"_s)->setCurrentIndex(2);
        save(dialog);
        QTRY_VERIFY(!dialog.isVisible());
    }
    QStringList problems;
    QCOMPARE(cost::budgetsFromSetting(world.settings.value("budgets").toMap(), &problems), wanted);
    SettingsDialog again(world.context);
    again.open();
    QCOMPARE(find<QDoubleSpinBox>(again, u"budgetLimit"_s)->value(), 20.5);
    find<QPushButton>(again, u"budgetRemove"_s)->click();
    save(again);
    QTRY_VERIFY(!again.isVisible());
    QVERIFY(cost::budgetsFromSetting(world.settings.value("budgets").toMap(), &problems).isEmpty());
}

void CostSettingsTest::aBudgetAsks_data()
{
    QTest::addColumn<bool>("send");
    QTest::newRow("send") << true;
    QTest::newRow("don't") << false;
}

void CostSettingsTest::aBudgetAsks()
{
    QFETCH(bool, send);
    World world({ { u"p"_s, chatScript({ "Well." }) } });
    budget(world, cost::BudgetAction::Ask);
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.show();
    say(page, u"Hello"_s);
    QTRY_VERIFY(page.findChild<QMessageBox *>(u"budgetQuestion"_s));
    auto *question = page.findChild<QMessageBox *>(u"budgetQuestion"_s);
    QVERIFY(question->text().contains(u"a call would be passed"_s));
    QVERIFY(!asked(world));
    for (QAbstractButton *button : question->buttons()) {
        if ((question->buttonRole(button) == QMessageBox::AcceptRole) == send)
            button->click();
    }
    QTRY_VERIFY(!chats.isGenerating(chats.currentId()));
    QCOMPARE(asked(world), send);
    const auto *record = chats.record(page.findChild<AnswerMessage *>(u"answerMessage"_s)->messageId());
    QVERIFY(record);
    QCOMPARE(record->ok(), send);
    if (send)
        return;
    QCOMPARE(record->answer.error->kind, base::ErrorKind::Budget);
    const QString title = page.findChild<QLabel *>(u"noticeTitle"_s)->text();
    QVERIFY2(title.startsWith(u"Not sent: "_s) && title.contains(u"would be passed"_s), qPrintable(title));
}

void CostSettingsTest::aBudgetRefuses()
{
    World world({ { u"p"_s, chatScript({ "Well." }) } });
    budget(world, cost::BudgetAction::Refuse);
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.show();
    say(page, u"Hello"_s);
    const auto answer = [&page] { return page.findChild<AnswerMessage *>(u"answerMessage"_s); };
    QTRY_VERIFY(answer() && !answer()->isLive());
    QVERIFY(!asked(world));
    QCOMPARE(chats.record(answer()->messageId())->answer.error->kind, base::ErrorKind::Budget);
}

void CostSettingsTest::theEstimateIsARange()
{
    World world({ { u"p"_s, chatScript({ "Well." }) } });
    world.settings.setValue("default/provider", u"p"_s);
    world.settings.setValue("default/model", u"priced"_s);
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.show();
    page.findChild<QPlainTextEdit *>(u"prompt"_s)->setPlainText(u"word "_s.repeated(1000));
    QLabel *estimate = page.findChild<QLabel *>(u"composerEstimate"_s);
    QVERIFY(estimate);
    QTRY_VERIFY2(estimate->text().contains(u" to $"_s), qPrintable(estimate->text()));
}

QTEST_MAIN(CostSettingsTest)
#include "tst_costsettings.moc"
