#include "core/select/policy.h"
#include "tests/ui/settingsforms.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/modelpicker.h"
#include "ui/chat/sidebar.h"
#include "ui/settings/settingsdialog.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTabWidget>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

const select::ModelRef first { u"a"_s, u"priced"_s };
const select::ModelRef second { u"b"_s, u"priced"_s };

Script refusing()
{
    Script script;
    script.status = 429;
    script.pieces = { R"({"error":{"message":"slow down","type":"rate_limit_exceeded"}})" };
    return script;
}

/// A chat with 'Auto' over two providers, chosen in their order.
struct Desk {
    explicit Desk(const Script &ofFirst = chatScript({ "One." }))
        : world({ { u"a"_s, ofFirst }, { u"b"_s, chatScript({ "Two." }) } }), chats(world.context)
    {
        world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { first, second } });
        chats.setModel(select::autoRef.providerId, select::autoRef.model);
        page = std::make_unique<ChatPage>(world.context, chats);
        page->resize(900, 700);
        page->show();
        chats.load();
        QObject::connect(&world.runs, &run::RunService::recorded, &world.store,
                         [this](const profile::RunRecord &record) {
                             recorded.append(record);
                             world.store.saveRun(record);
                         });
    }
    void say(const QString &text)
    {
        auto *prompt = page->findChild<QPlainTextEdit *>(u"prompt"_s);
        prompt->setPlainText(text);
        QTest::keyClick(prompt, Qt::Key_Return);
    }
    AnswerMessage *answer() const
    {
        const auto all = page->findChildren<AnswerMessage *>(u"answerMessage"_s);
        for (auto it = all.crbegin(); it != all.crend(); ++it)
            if ((*it)->isVisible())
                return *it;
        return nullptr;
    }
    bool ended() const { return answer() && !answer()->isLive(); }
    QAbstractButton *button(const QString &name) const { return answer()->findChild<QAbstractButton *>(name); }
    QString label(const QString &name) const { return answer()->findChild<QLabel *>(name)->text(); }
    const store::StoredMessage &message() const { return *chats.tree().find(answer()->messageId()); }

    World world;
    QList<profile::RunRecord> recorded;
    ChatController chats;
    std::unique_ptr<ChatPage> page;
};

} // namespace

/// 'Auto' in the window: choosing it, why it chose, choosing another, and its settings.
class AutoChoiceTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theChoiceIsExplained();
    void oneClickTakesAnother();
    void overrulesTeach();
    void rulesAskForWhatIsWanted();
    void rulesAskForTheBudgetLeft();
    void aUsedUpProviderIsLeftAlone();
    void newChatsCanBeginWithIt();
    void whoTakesOverIsSaid();
    void noModelIsAnError();
    void thePickerOffersIt();
    void theLineStaysWithTheConversation();
    void theLineStaysWhereTheAnswerGoesOn();
    void whatIsEditedIsTriedAndKept();
    void aWrongRuleIsNotKept();
    void rulesHaveAnOrder();
    void theEstimateIsOverTheCandidates();
};

void AutoChoiceTest::theChoiceIsExplained()
{
    Desk desk;
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.message().providerId, u"a"_s);
    QCOMPARE(desk.message().model, u"priced"_s);
    QCOMPARE(desk.label(u"answerModel"_s), u"priced"_s);
    QAbstractButton *line = desk.button(u"decisionLine"_s);
    QVERIFY(line->isVisible());
    // Both candidates are called 'priced'.
    QVERIFY2(line->text().startsWith(u"Auto, at a: priced of 2 by 'fixed'"_s), qPrintable(line->text()));
    QCOMPARE(desk.button(u"useAnother"_s)->text(), u"Use priced of b"_s);
    auto *card = desk.answer()->findChild<QWidget *>(u"decisionCard"_s);
    QVERIFY(!card->isVisible());
    line->setFocus();
    QTest::keyClick(line, Qt::Key_Space);
    QVERIFY(card->isVisible());
    QStringList cells;
    for (const QLabel *cell : card->findChildren<QLabel *>())
        cells << cell->text();
    QVERIFY2(cells.contains(u"priced of a"_s) && cells.contains(u"priced of b"_s), qPrintable(cells.join(u'|')));
    QVERIFY(cells.contains(u"chosen"_s));
    QVERIFY(cells.contains(u"unknown"_s)); // no price is not free
    QCOMPARE(select::decisionFromJson(desk.recorded.at(0).decision).chosen, first);
}

void AutoChoiceTest::oneClickTakesAnother()
{
    Desk desk;
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    const QString id = desk.chats.record(desk.answer()->messageId())->id;
    QTest::mouseClick(desk.button(u"useAnother"_s), Qt::LeftButton);
    QTRY_COMPARE(desk.recorded.size(), 2);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.message().providerId, u"b"_s);
    QCOMPARE(desk.message().message.text(), u"Two."_s);
    QCOMPARE(desk.recorded.at(1).decision["overrules"_L1].toString(), id);
    QCOMPARE(desk.recorded.at(1).decision["chosen"_L1].toString(), u"b/priced"_s);
    QAbstractButton *line = desk.button(u"decisionLine"_s);
    QVERIFY(line->text().startsWith(u"Your choice"_s));
    // It has no candidates to show.
    QVERIFY(!line->isCheckable());
    line->click();
    QVERIFY(!desk.answer()->findChild<QWidget *>(u"decisionCard"_s)->isVisible());
    QCOMPARE(desk.chats.providerId(), select::autoRef.providerId); // the conversation stays automatic
    QCOMPARE(desk.chats.tree().siblings(desk.answer()->messageId()).size(), 2);
}

void AutoChoiceTest::overrulesTeach()
{
    Desk desk;
    QObject::connect(&desk.world.runs, &run::RunService::recorded, &desk.chats,
                     [&desk](const profile::RunRecord &record) { desk.world.chooser.learn(record); });
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QTest::mouseClick(desk.button(u"useAnother"_s), Qt::LeftButton);
    QTRY_COMPARE(desk.recorded.size(), 2);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.recorded.at(1).decision["instead_of"_L1].toString(), u"a/priced"_s);
    desk.say(u"And again"_s);
    QTRY_COMPARE(desk.recorded.size(), 3);
    QTRY_VERIFY(desk.ended());
    QTest::mouseClick(desk.button(u"decisionLine"_s), Qt::LeftButton);
    QStringList cells;
    for (const QLabel *cell : desk.answer()->findChild<QWidget *>(u"decisionCard"_s)->findChildren<QLabel *>())
        cells << cell->text();
    const QString said = cells.join(u'|');
    QVERIFY2(said.contains(u"you prefer it: +0.1"_s) && said.contains(u"you replaced it: −0.1"_s), qPrintable(said));
}

void AutoChoiceTest::rulesAskForWhatIsWanted()
{
    Desk desk;
    const select::Rule fine { .name = u"fine"_s, .quality = select::Quality::High, .models = { second } };
    const select::Rule work { .name = u"work"_s, .tags = { u"work"_s }, .models = { second } };
    desk.world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { first }, .rules = { fine, work } });
    auto *quality = desk.page->findChild<QComboBox *>(u"optionQuality"_s);
    quality->setCurrentIndex(quality->findData(int(select::Quality::High)));
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.recorded.at(0).decision["rule"_L1].toString(), u"fine"_s);
    quality->setCurrentIndex(quality->findData(int(select::Quality::Balanced)));
    desk.chats.setTags(desk.chats.currentId(), { u"Work"_s });
    desk.say(u"And again"_s);
    QTRY_COMPARE(desk.recorded.size(), 2);
    QCOMPARE(desk.recorded.at(1).decision["rule"_L1].toString(), u"work"_s);
    QTRY_VERIFY(desk.ended());
    desk.chats.setQuality(select::Quality::Low);
    // They stay with the conversation.
    ChatController again(desk.world.context);
    again.load();
    QTRY_COMPARE(again.conversations().size(), 1);
    QCOMPARE(again.conversations().at(0).tags, QStringList { u"Work"_s });
    again.open(desk.chats.currentId());
    QCOMPARE(again.quality(), select::Quality::Low);
    again.newConversation();
    QCOMPARE(again.quality(), select::Quality::Balanced);
    QCOMPARE(tagsFrom(u" work,, Work , two  words"_s), (QStringList { u"work"_s, u"two words"_s }));
}

void AutoChoiceTest::rulesAskForTheBudgetLeft()
{
    Desk desk;
    const select::Rule poor { .name = u"poor"_s, .budgetBelow = 0.5, .models = { second } };
    desk.world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { first }, .rules = { poor } });
    const QList<cost::Budget> day { { cost::BudgetScope::Day, {}, 1, cost::BudgetAction::Warn } };
    QVERIFY(desk.world.settings.setValue("budgets", cost::toSetting(day)));
    BudgetWatch watch(desk.world.context);
    QTRY_COMPARE(watch.left(), std::optional(1.0)); // asked of the store after the chat has asked
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.recorded.at(0).decision["rule"_L1].toString(), QString());
    profile::RunRecord dear = desk.recorded.at(0);
    dear.id = u"dear"_s;
    dear.costUsd = 0.75;
    desk.world.store.saveRun(dear);
    Q_EMIT desk.world.runs.recorded(dear);
    QTRY_VERIFY(*watch.left() < 0.26);
    desk.say(u"And again"_s);
    QTRY_VERIFY(desk.recorded.size() >= 3); // the dear one, too
    QCOMPARE(desk.recorded.last().decision["rule"_L1].toString(), u"poor"_s);
    QTRY_VERIFY(desk.ended());
}

void AutoChoiceTest::aUsedUpProviderIsLeftAlone()
{
    Desk desk;
    const QList<cost::Budget> none { { cost::BudgetScope::Month, u"a"_s, 0, cost::BudgetAction::Refuse } };
    QVERIFY(desk.world.settings.setValue("budgets", cost::toSetting(none)));
    BudgetWatch watch(desk.world.context);
    QTRY_VERIFY(!watch.usedUp().isEmpty()); // asked of the store after the chat has asked
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.message().providerId, u"b"_s);
    desk.button(u"decisionLine"_s)->click();
    const auto cells = desk.answer()->findChildren<QLabel *>(u"decisionCell"_s);
    QVERIFY(std::any_of(cells.begin(), cells.end(), [](const QLabel *cell) {
        return cell->text().contains(u"its budget of $0.00 a month is used up"_s);
    }));
}

void AutoChoiceTest::newChatsCanBeginWithIt()
{
    World world({ { u"a"_s, models() } });
    ChatController chats(world.context);
    QVERIFY(select::ModelRef({ chats.providerId(), chats.model() }) != select::autoRef);
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::General);
    find<QCheckBox>(dialog, u"setting_default/auto"_s)->click();
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    QCOMPARE(select::ModelRef({ chats.providerId(), chats.model() }), select::autoRef);
    const ChatController later(world.context);
    QCOMPARE(select::ModelRef({ later.providerId(), later.model() }), select::autoRef);
}

void AutoChoiceTest::whoTakesOverIsSaid()
{
    Desk desk(refusing());
    auto providers = desk.world.settings.providers();
    for (config::ProviderConfig &provider : providers)
        provider.name = provider.id == u"a"_s ? u"First & Co"_s : provider.name;
    QVERIFY(desk.world.settings.setProviders(providers));
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QCOMPARE(desk.message().message.text(), u"Two."_s);
    QCOMPARE(desk.message().providerId, u"b"_s);
    QVERIFY2(
        desk.label(u"fallbackSteps"_s).contains(u"priced of First & Co is rate limited: asking priced of b instead"_s),
        qPrintable(desk.label(u"fallbackSteps"_s)));
    QCOMPARE(desk.recorded.size(), 2);
    QVERIFY(desk.recorded.at(0).answer.error);
}

void AutoChoiceTest::noModelIsAnError()
{
    Desk desk;
    desk.world.chooser.setPolicy({});
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    QVERIFY(desk.recorded.isEmpty());
    const auto said = desk.label(u"noticeTitle"_s) + desk.label(u"noticeAdvice"_s);
    QVERIFY2(said.contains(u"no model to choose from"_s), qPrintable(said));
}

void AutoChoiceTest::thePickerOffersIt()
{
    World world({ { u"a"_s, models() } });
    ModelPicker picker(world.context);
    picker.offerAuto();
    picker.show();
    QSignalSpy chosen(&picker, &ModelPicker::chosen);
    picker.open();
    auto *list = picker.findChild<QListView *>(u"models"_s);
    QCOMPARE(list->model()->index(0, 0).data().toString(), u"Auto"_s);
    auto *filter = picker.findChild<QLineEdit *>(u"modelFilter"_s);
    QTest::keyClicks(filter, u"auto"_s);
    QCOMPARE(list->currentIndex().data().toString(), u"Auto"_s);
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(chosen.value(0), QList<QVariant>({ select::autoRef.providerId, select::autoRef.model }));
    picker.setCurrent(select::autoRef.providerId, select::autoRef.model);
    QCOMPARE(picker.text(), u"Auto"_s);
}

void AutoChoiceTest::theLineStaysWithTheConversation()
{
    Desk desk(refusing());
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    const QString conversation = desk.chats.currentId();
    ChatController again(desk.world.context);
    ChatPage page(desk.world.context, again);
    page.show();
    again.load();
    QTRY_COMPARE(again.conversations().size(), 1);
    again.open(conversation);
    const auto line = [&page] { return page.findChild<QAbstractButton *>(u"decisionLine"_s); };
    QTRY_VERIFY(line() && line()->isVisible() && line()->text().startsWith(u"Auto, at a: "_s));
    QVERIFY(page.findChild<QLabel *>(u"fallbackSteps"_s)->text().contains(u"asking priced of b instead"_s));
    QCOMPARE(again.model(), select::autoRef.model);
}

void AutoChoiceTest::theLineStaysWhereTheAnswerGoesOn()
{
    Desk desk;
    desk.say(u"Hello"_s);
    QTRY_VERIFY(desk.ended());
    const QString before = desk.button(u"decisionLine"_s)->text();
    QVERIFY(before.startsWith(u"Auto, at a: "_s));
    desk.chats.continueAnswer(desk.answer()->messageId());
    QVERIFY(desk.answer()->isLive());
    QVERIFY(desk.button(u"decisionLine"_s)->isVisible());
    QTRY_COMPARE(desk.recorded.size(), 2);
    QTRY_VERIFY(desk.ended());
    QVERIFY(desk.button(u"decisionLine"_s)->isVisible());
    QCOMPARE(desk.button(u"decisionLine"_s)->text(), before);
    QCOMPARE(select::decisionFromJson(desk.recorded.at(1).decision).goesOnFrom, desk.recorded.at(0).id);
}

void AutoChoiceTest::whatIsEditedIsTriedAndKept()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QPlainTextEdit>(dialog, u"choiceCandidates"_s)->setPlainText(u"a/alpha\na/beta"_s);
    auto *strategy = find<QComboBox>(dialog, u"choiceStrategy"_s);
    strategy->setCurrentIndex(strategy->findData(u"fixed"_s));
    find<QSlider>(dialog, u"weightCheap"_s)->setValue(100);
    QTest::keyClicks(find<QLineEdit>(dialog, u"tryPrompt"_s), u"Tell me a story"_s);
    auto *line = find<QAbstractButton>(dialog, u"decisionLine"_s);
    QVERIFY2(line->text().startsWith(u"Auto: alpha of 2"_s), qPrintable(line->text()));

    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    retype(find<QLineEdit>(dialog, u"ruleName"_s), u"tales"_s);
    find<QLineEdit>(dialog, u"ruleModels"_s)->setText(u"a/beta"_s);
    find<QLineEdit>(dialog, u"ruleKeywords"_s)->setText(u"story, tale"_s);
    QVERIFY2(line->text().startsWith(u"Auto: rule 'tales': beta"_s), qPrintable(line->text()));
    QVERIFY(find<QLabel>(dialog, u"tryTrial"_s)->text().contains(u"Rule “tales” decides"_s));
    find<QPlainTextEdit>(dialog, u"choiceFallbacks"_s)->setPlainText(u"a/alpha -> a/beta"_s);
    QVERIFY(world.settings.value("select/rules").toString() == u"[]"_s); // not before Save
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());

    QStringList problems;
    const select::Policy kept =
        select::policyFrom([&](QByteArrayView key) { return world.settings.value(key); }, &problems);
    QVERIFY(problems.isEmpty());
    QCOMPARE(kept.strategy, u"fixed"_s);
    QCOMPARE(kept.weights, (select::Weights { 1, 2, 1 }));
    QCOMPARE(kept.candidates.size(), 2);
    QCOMPARE(kept.rules.size(), 1);
    QCOMPARE(kept.rules.at(0).keywords, (QStringList { u"story"_s, u"tale"_s }));
    QCOMPARE(kept.fallbacks.value({ u"a"_s, u"alpha"_s }).size(), 1);
}

void AutoChoiceTest::aWrongRuleIsNotKept()
{
    World world({ { u"a"_s, models() } });
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QPushButton>(dialog, u"ruleAdd"_s)->click();
    const auto problem = [&] { return find<QLabel>(dialog, u"choiceProblem"_s)->text(); };
    save(dialog);
    QVERIFY(dialog.isVisible());
    QVERIFY2(problem().contains(u"names no model"_s), qPrintable(problem()));
    find<QLineEdit>(dialog, u"ruleModels"_s)->setText(u"a/alpha"_s);
    QVERIFY(problem().isEmpty());
    for (const auto &[field, text] : { std::pair(u"rulePattern"_s, u"(("_s), std::pair(u"ruleMinTokens"_s, u"many"_s),
                                       std::pair(u"ruleFrom"_s, u"noon"_s), std::pair(u"ruleBudget"_s, u"little"_s) }) {
        auto *edit = find<QLineEdit>(dialog, field);
        edit->setText(text);
        QVERIFY2(!problem().isEmpty(), qPrintable(field));
        edit->clear();
        QVERIFY2(problem().isEmpty(), qPrintable(problem()));
    }
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
}

void AutoChoiceTest::rulesHaveAnOrder()
{
    World world({ { u"a"_s, models() } });
    select::Rule one;
    one.name = u"one"_s;
    one.models = { { u"a"_s, u"alpha"_s } };
    select::Rule two = one;
    two.name = u"two"_s;
    QVERIFY(world.settings.setValue("select/rules", select::toText(QList<select::Rule> { one, two })));
    SettingsDialog dialog(world.context);
    dialog.showPage(SettingsDialog::Choice);
    dialog.open();
    find<QTabWidget>(dialog, u"choiceTabs"_s)->setCurrentIndex(1);
    QVERIFY(QTest::qWaitForWindowActive(&dialog));
    auto *list = find<QListWidget>(dialog, u"ruleList"_s);
    list->setFocus();
    list->setCurrentRow(1);
    QTest::keyClick(list, Qt::Key_Up, Qt::AltModifier);
    QCOMPARE(list->item(0)->text(), u"two"_s);
    QCOMPARE(list->currentRow(), 0);
    find<QPushButton>(dialog, u"ruleDown"_s)->click();
    QCOMPARE(list->item(1)->text(), u"two"_s);
    find<QPushButton>(dialog, u"ruleRemove"_s)->click();
    QCOMPARE(list->count(), 1);
    save(dialog);
    QTRY_VERIFY(!dialog.isVisible());
    const auto kept = select::rulesFromText(world.settings.value("select/rules").toString());
    QCOMPARE(kept->size(), 1);
    QCOMPARE(kept->at(0).name, u"one"_s);
}

void AutoChoiceTest::theEstimateIsOverTheCandidates()
{
    Desk desk;
    auto *prompt = desk.page->findChild<QPlainTextEdit *>(u"prompt"_s);
    const auto *estimate = desk.page->findChild<QLabel *>(u"composerEstimate"_s);
    prompt->setPlainText(u"word "_s.repeated(1000));
    QTRY_VERIFY2(estimate->text().endsWith(u", by the model chosen"_s), qPrintable(estimate->text()));
    QVERIFY2(estimate->text().contains(u" to $"_s), qPrintable(estimate->text()));
    QVERIFY(!estimate->text().contains(u"known"_s));
    desk.world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { first, { u"b"_s, u"unheard-of"_s } } });
    prompt->setPlainText(u"word "_s.repeated(1001));
    QTRY_VERIFY2(estimate->text().endsWith(u" where the price is known, by the model chosen"_s),
                 qPrintable(estimate->text()));
    desk.world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { first } });
    prompt->setPlainText(u"word "_s.repeated(1002));
    QTRY_VERIFY2(!estimate->text().contains(u"chosen"_s), qPrintable(estimate->text()));
    QVERIFY(estimate->text().contains(u" to $"_s));
}

QTEST_MAIN(AutoChoiceTest)
#include "tst_autochoice.moc"
