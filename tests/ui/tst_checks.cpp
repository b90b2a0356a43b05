#include "core/select/chooser.h"
#include "tests/ui/world.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/checksline.h"
#include "ui/chat/optionspanel.h"
#include "ui/profiler/calldetails.h"

#include <QAbstractButton>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QSpinBox>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;
using OnFailure = llm::Validation::OnFailure;
using Outcome = profile::Verdict::Outcome;

namespace {

/// A chat whose provider p answers every request with the same words, with its options open.
struct Chat {
    explicit Chat(const QList<QByteArray> &words, const QHash<QString, test::Script> &others = {}, int everyMs = 1)
        : world(hosts(words, others, everyMs)), chats(world.context)
    {
        world.settings.setValue("default/provider", u"p"_s);
        world.settings.setValue("default/model", u"priced"_s);
        page = std::make_unique<ChatPage>(world.context, chats);
        page->resize(900, 700);
        page->show();
        chats.load();
        QTest::mouseClick(page->findChild<QAbstractButton *>(u"options"_s), Qt::LeftButton);
    }
    static QHash<QString, test::Script> hosts(const QList<QByteArray> &words, QHash<QString, test::Script> others,
                                              int everyMs)
    {
        others.insert(u"p"_s, test::chatScript(words, everyMs));
        return others;
    }

    OptionsPanel &panel() const { return *page->findChild<OptionsPanel *>(u"optionsPanel"_s); }
    /// By keys: the menu's line of this kind. The new check.
    QWidget *add(const QString &kind) const
    {
        auto *button = panel().findChild<QAbstractButton *>(u"checkAdd"_s);
        button->setFocus();
        QTest::keyClick(button, Qt::Key_Space);
        auto *menu = panel().findChild<QMenu *>(u"checkKinds"_s);
        menu->setActiveAction(menu->findChild<QAction *>(kind));
        QTest::keyClick(menu, Qt::Key_Return);
        return panel().findChildren<QWidget *>(u"check"_s).last();
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
        return all.isEmpty() ? nullptr : all.last();
    }
    bool ended() const { return answer() && !answer()->isLive(); }
    QAbstractButton *line() const { return answer()->findChild<QAbstractButton *>(u"checksText"_s); }

    test::World world;
    ChatController chats;
    std::unique_ptr<ChatPage> page;
};

void type(const QWidget *check, const QString &field, const QString &text)
{
    auto *edit = check->findChild<QLineEdit *>(field);
    edit->clear();
    QTest::keyClicks(edit, text);
}

QStringList labelsOf(const QWidget *card)
{
    QStringList texts;
    const auto labels = card->findChildren<QLabel *>();
    for (const QLabel *label : labels) {
        if (!label->isHidden())
            texts << label->text();
    }
    return texts;
}

} // namespace

class ChecksTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void problemsAreSaidInWords();
    void everyKindHasAForm();
    void anAnswerIsMarked();
    void askedAgainAndPaidFor();
    void judgesAreCounted();
    void aJudgeAtWorkIsNamed();
    void theNextModelIsAsked();
    void switchedOffOrRemovedIsNotAsked();
    void areKeptWithTheirConversation();
    void aContinuationIsNotChecked();
    void aRestartIsTold();
    void theLineSaysWhatIsKnown_data();
    void theLineSaysWhatIsKnown();
};

void ChecksTest::problemsAreSaidInWords()
{
    Chat chat({ "Yes." });
    const QWidget *regex = chat.add(u"regex"_s);
    auto *pattern = regex->findChild<QLineEdit *>(u"check_pattern"_s);
    auto *problem = regex->findChild<QLabel *>(u"checkProblem"_s);
    QCOMPARE(chat.page->focusWidget(), pattern);
    QTest::keyClicks(pattern, u"(a"_s);
    QVERIFY(problem->isVisible());
    QVERIFY2(problem->text().startsWith(u"Can't be checked: "_s) && problem->text().size() > 25,
             qPrintable(problem->text()));
    QTest::keyClicks(pattern, u")+"_s);
    QVERIFY(!problem->isVisible());
    const QWidget *schema = chat.add(u"json-schema"_s);
    auto *text = schema->findChild<QPlainTextEdit *>(u"check_schema"_s);
    problem = schema->findChild<QLabel *>(u"checkProblem"_s);
    text->setPlainText(u"{ \"patternProperties\": {} }"_s);
    QVERIFY2(problem->isVisible() && problem->text().contains(u"patternProperties"_s), qPrintable(problem->text()));
    text->setPlainText(u"{ \"type\": \"object\" }"_s);
    QVERIFY(!problem->isVisible());
    const QWidget *language = chat.add(u"language"_s);
    type(language, u"check_language"_s, u"tlh"_s);
    QVERIFY(language->findChild<QLabel *>(u"checkProblem"_s)->text().contains(u"tlh"_s));
    QVERIFY(chat.page->findChild<QAbstractButton *>(u"options"_s)->accessibleName().contains(u"1"_s));
}

void ChecksTest::everyKindHasAForm()
{
    Chat chat({ "Yes." });
    const QStringList kinds { u"not-empty"_s, u"length"_s,      u"contains"_s, u"contains-not"_s, u"regex"_s,
                              u"json"_s,      u"json-schema"_s, u"equals"_s,   u"language"_s,     u"judge"_s };
    QCOMPARE(chat.panel().findChild<QMenu *>(u"checkKinds"_s)->actions().size(), kinds.size());
    for (const QString &kind : kinds) {
        const QWidget *form = chat.add(kind);
        const auto fields = form->findChildren<QWidget *>(QRegularExpression(u"^check_"_s));
        for (const QWidget *field : fields)
            QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(kind + field->objectName()));
        QVERIFY(form->isAncestorOf(chat.page->focusWidget()));
    }
    const auto validators = chat.chats.validation().validators;
    QCOMPARE(validators.size(), kinds.size());
    for (qsizetype i = 0; i < kinds.size(); ++i)
        QCOMPARE(validators.at(i).kind, kinds.at(i));
    QVERIFY(chat.page->height() <= 700);
}

void ChecksTest::anAnswerIsMarked()
{
    Chat chat({ "forty", "-two" });
    chat.add(u"not-empty"_s);
    type(chat.add(u"regex"_s), u"check_pattern"_s, u"^\\d+$"_s);
    chat.say(u"How much?"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY(chat.line()->isVisible());
    QVERIFY2(chat.line()->text().startsWith(u"Failed 1 of 2 checks: The answer does not match"_s),
             qPrintable(chat.line()->text()));
    const auto *card = chat.answer()->findChild<QWidget *>(u"checksCard"_s);
    QVERIFY(!card->isVisible());
    chat.line()->setFocus();
    QTest::keyClick(chat.line(), Qt::Key_Space);
    QVERIFY(card->isVisible());
    const QStringList said = labelsOf(card);
    for (const QString &part : { u"passed"_s, u"failed"_s, u"not empty"_s, u"matches ‘^\\d+$’"_s })
        QVERIFY2(said.contains(part), qPrintable(said.join(u'|')));
    // The words are the answer's, marked or not.
    QCOMPARE(chat.chats.tree().find(chat.answer()->messageId())->message.text(), u"forty-two"_s);
    QCOMPARE(chat.world.requests.bodies().size(), 1);
}

void ChecksTest::askedAgainAndPaidFor()
{
    Chat chat({ "forty", "-two" });
    type(chat.add(u"regex"_s), u"check_pattern"_s, u"^\\d+$"_s);
    auto *onFailure = chat.panel().findChild<QComboBox *>(u"checkOnFailure"_s);
    auto *retries = chat.panel().findChild<QSpinBox *>(u"checkRetries"_s);
    QVERIFY(onFailure->isVisible() && !retries->isVisible());
    onFailure->setCurrentIndex(1);
    QVERIFY(retries->isVisible());
    retries->setValue(3);
    chat.say(u"How much?"_s);
    QTRY_VERIFY(chat.ended());
    QCOMPARE(chat.world.requests.bodies().size(), 4);
    QVERIFY(chat.world.requests.bodies().last().contains("does not meet the requirements"));
    const profile::RunRecord &record = *chat.chats.record(chat.answer()->messageId());
    // 10 tokens at 1 and 2 at 10 USD a million, four times.
    QVERIFY2(qAbs(record.costUsd.value_or(0) - 4 * 30e-6) < 1e-12, qPrintable(QString::number(*record.costUsd)));
    const QString receipt = receiptHtml(record, {}, Qt::gray, Qt::red);
    QVERIFY2(receipt.contains(u"3 failed answers"_s) && receipt.contains(u"$0.00009"_s), qPrintable(receipt));
    QVERIFY2(chat.line()->text().startsWith(u"Failed its check (asked again 3 times, under $0.0001 more): The"_s),
             qPrintable(chat.line()->text()));
    QTest::keyClick(chat.line(), Qt::Key_Space);
    const auto *card = chat.answer()->findChild<QWidget *>(u"checksCard"_s);
    QCOMPARE(card->findChildren<QWidget *>(u"failedAnswer"_s).size(), 3);
    QCOMPARE(card->findChildren<QPlainTextEdit *>(u"failedAnswerText"_s).first()->toPlainText(), u"forty-two"_s);
    // One answer stands in the transcript, once.
    QCOMPARE(chat.chats.tree().find(chat.answer()->messageId())->message.text(), u"forty-two"_s);
}

void ChecksTest::judgesAreCounted()
{
    Chat chat({ "PASS: it ", "is polite" });
    QWidget *judge = chat.add(u"judge"_s);
    judge->findChild<QPlainTextEdit *>(u"check_prompt"_s)->setPlainText(u"It is polite."_s);
    chat.say(u"Hello"_s);
    QTRY_VERIFY(chat.ended());
    QCOMPARE(chat.world.requests.bodies().size(), 2);
    QCOMPARE(chat.line()->text(), u"Passed 1 check (under $0.0001 more)"_s);
    QTest::keyClick(chat.line(), Qt::Key_Space);
    const QStringList said = labelsOf(chat.answer()->findChild<QWidget *>(u"checksCard"_s));
    QVERIFY2(said.contains(u"it is polite"_s) && said.contains(u"Judged by priced: under $0.0001"_s),
             qPrintable(said.join(u'|')));
}

void ChecksTest::aJudgeAtWorkIsNamed()
{
    Chat chat({ "PASS: it ", "is polite" }, {}, 20); // longer than a frame
    QWidget *judge = chat.add(u"judge"_s);
    judge->findChild<QPlainTextEdit *>(u"check_prompt"_s)->setPlainText(u"It is polite."_s);
    type(judge, u"check_model"_s, u"strict"_s);
    QStringList said;
    connect(&chat.chats, &ChatController::answerUpdated, this, [&](const QString &, const run::RunUpdate &update) {
        if (!update.judge.isEmpty())
            said << chat.line()->text();
    });
    chat.say(u"Hello"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY2(said.contains(u"Judging with strict…"_s), qPrintable(said.join(u'|')));
    QVERIFY2(chat.line()->text().startsWith(u"Passed 1 check"_s), qPrintable(chat.line()->text()));
    const profile::RunRecord &record = *chat.chats.record(chat.answer()->messageId());
    const QString receipt = receiptHtml(record, {}, Qt::gray, Qt::red);
    QVERIFY2(receipt.contains(u"Judged by strict"_s), qPrintable(receipt));
}

void ChecksTest::theNextModelIsAsked()
{
    Chat chat({ "forty-two" }, { { u"q"_s, test::chatScript({ "42" }) } });
    select::Policy policy;
    policy.fallbacks.insert({ u"p"_s, u"priced"_s }, { { u"gone"_s, u"m"_s }, { u"q"_s, u"other"_s } });
    chat.world.chooser.setPolicy(policy);
    type(chat.add(u"regex"_s), u"check_pattern"_s, u"^\\d+$"_s);
    chat.panel().findChild<QComboBox *>(u"checkOnFailure"_s)->setCurrentIndex(2);
    QVERIFY(chat.panel().findChild<QLineEdit *>(u"checkModels"_s)->isVisible());
    chat.say(u"How much?"_s);
    QTRY_VERIFY(chat.ended());
    const store::StoredMessage &message = *chat.chats.tree().find(chat.answer()->messageId());
    QCOMPARE(message.message.text(), u"42"_s);
    QCOMPARE(message.providerId, u"q"_s);
    QCOMPARE(message.model, u"other"_s);
    // The other model's price is not known.
    QVERIFY2(chat.line()->text().startsWith(u"Passed 1 check (after priced failed, "_s),
             qPrintable(chat.line()->text()));
    // Named models of the same provider go before those.
    type(chat.panel().findChild<QWidget *>(u"checksEditor"_s), u"checkModels"_s, u" second , third"_s);
    QCOMPARE(chat.chats.validation().fallbackModels, QStringList({ u"second"_s, u"third"_s }));
    chat.chats.setModel(u"p"_s, u"priced"_s);
    chat.say(u"Again?"_s);
    QTRY_VERIFY(chat.ended() && chat.world.requests.bodies().size() == 5);
    QCOMPARE(chat.chats.record(chat.answer()->messageId())->model, u"third"_s);
}

void ChecksTest::switchedOffOrRemovedIsNotAsked()
{
    Chat chat({ "forty-two" });
    QWidget *regex = chat.add(u"regex"_s);
    type(regex, u"check_pattern"_s, u"^\\d+$"_s);
    auto *on = regex->findChild<QCheckBox *>(u"checkOn"_s);
    QTest::keyClick(on, Qt::Key_Space);
    QVERIFY(!on->isChecked());
    QCOMPARE(chat.panel().count(), 0);
    chat.say(u"How much?"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY(!chat.line()->isVisible());
    QCOMPARE(chat.chats.validation().validators.size(), 1);
    auto *remove = regex->findChild<QAbstractButton *>(u"checkRemove"_s);
    remove->setFocus();
    QTest::keyClick(remove, Qt::Key_Space);
    QVERIFY(chat.chats.validation().validators.isEmpty());
    QCOMPARE(chat.page->focusWidget(), chat.panel().findChild<QAbstractButton *>(u"checkAdd"_s));
    QVERIFY(!chat.panel().findChild<QComboBox *>(u"checkOnFailure"_s)->isVisible());
}

void ChecksTest::areKeptWithTheirConversation()
{
    Chat chat({ "forty-two" });
    connect(&chat.world.runs, &run::RunService::recorded, this,
            [&chat](const profile::RunRecord &record) { chat.world.store.saveRun(record); });
    QWidget *length = chat.add(u"length"_s);
    type(length, u"check_min"_s, u"5"_s);
    length->findChild<QComboBox *>(u"check_unit"_s)->setCurrentIndex(2);
    chat.panel().findChild<QComboBox *>(u"checkOnFailure"_s)->setCurrentIndex(1);
    chat.panel().findChild<QSpinBox *>(u"checkRetries"_s)->setValue(1);
    chat.say(u"How much?"_s);
    QTRY_VERIFY(chat.ended());
    const QString id = chat.chats.currentId();
    const QString said = chat.line()->text();
    QVERIFY2(said.contains(u"asked again once"_s), qPrintable(said));
    chat.chats.newConversation();
    QVERIFY(chat.panel().validation().validators.isEmpty());

    ChatController later(chat.world.context);
    ChatPage page(chat.world.context, later);
    page.resize(900, 700);
    page.show();
    later.load();
    QTRY_COMPARE(later.conversations().size(), 1);
    later.open(id);
    QCOMPARE(later.validation().validators,
             (QList<llm::Validator> { { u"length"_s, { { u"min"_s, u"5"_s }, { u"unit"_s, u"tokens"_s } } } }));
    QCOMPARE(later.validation().retries, 1);
    auto *panel = page.findChild<OptionsPanel *>(u"optionsPanel"_s);
    QCOMPARE(panel->validation(), later.validation());
    QTRY_VERIFY(page.findChild<QAbstractButton *>(u"checksText"_s));
    QTRY_COMPARE(page.findChild<QAbstractButton *>(u"checksText"_s)->text(), said);
    QVERIFY(page.findChild<QAbstractButton *>(u"checksText"_s)->isVisible());
}

/// Half an answer is no valid JSON, and its other half neither.
void ChecksTest::aContinuationIsNotChecked()
{
    Chat chat({ "[1, " });
    chat.add(u"json"_s);
    chat.say(u"JSON, please"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY(chat.line()->isVisible());
    chat.chats.continueAnswer(chat.answer()->messageId());
    QTRY_VERIFY(chat.ended() && chat.world.requests.bodies().size() == 2);
    QVERIFY(!chat.line()->isVisible());
}

/// While the answer is given anew; hostile words stay words.
void ChecksTest::aRestartIsTold()
{
    ChecksLine line(nullptr);
    QVERIFY(line.isHidden());
    line.setAskedAgain(2, { { u"a"_s, Outcome::Passed, {} }, { u"b"_s, Outcome::Failed, u"<b>No</b>\nJSON."_s } });
    const auto *text = line.findChild<QAbstractButton *>(u"checksText"_s);
    QCOMPARE(text->text(), u"Asked again 2 times, as the answer failed: <b>No</b> JSON."_s);
    QVERIFY(!text->toolTip().contains(u"<b>"_s));
    QVERIFY(!line.isHidden() && !text->isEnabled());
    line.setAskedAgain(0, {});
    QVERIFY(line.isHidden());
}

void ChecksTest::theLineSaysWhatIsKnown_data()
{
    QTest::addColumn<QList<int>>("outcomes");
    QTest::addColumn<QList<int>>("before"); // cost of each failed answer in cents; -1: unknown
    QTest::addColumn<QString>("text");
    const int passed = int(Outcome::Passed);
    const int failed = int(Outcome::Failed);
    const int open = int(Outcome::NotChecked);
    using Ints = QList<int>;
    QTest::newRow("nothing") << Ints {} << Ints {} << QString();
    QTest::newRow("one") << Ints { passed } << Ints {} << u"Passed 1 check"_s;
    QTest::newRow("three") << Ints { passed, passed, passed } << Ints {} << u"Passed 3 checks"_s;
    QTest::newRow("fails") << Ints { failed } << Ints {} << u"Failed its check: why 0"_s;
    QTest::newRow("one fails") << Ints { passed, failed, open } << Ints {} << u"Failed 1 of 3 checks: why 1"_s;
    QTest::newRow("open") << Ints { open } << Ints {} << u"Not checked: why 0"_s;
    QTest::newRow("one open") << Ints { passed, open } << Ints {} << u"Passed 1 of 2 checks: why 1"_s;
    QTest::newRow("again") << Ints { passed } << Ints { 25, 25 }
                           << u"Passed 1 check (asked again 2 times, $0.500 more)"_s;
    QTest::newRow("unknown") << Ints { passed } << Ints { 25, -1 }
                             << u"Passed 1 check (asked again 2 times, an unknown price more)"_s;
    QTest::newRow("no answer after all") << Ints {} << Ints { 25 }
                                         << u"Not checked (asked again once, $0.250 more): the call did not end "
                                            "with an answer"_s;
}

void ChecksTest::theLineSaysWhatIsKnown()
{
    QFETCH(QList<int>, outcomes);
    QFETCH(QList<int>, before);
    QFETCH(QString, text);
    profile::RunRecord record;
    record.model = u"m"_s;
    for (const int outcome : outcomes)
        record.validation.append(
            { u"check"_s, Outcome(outcome),
              Outcome(outcome) == Outcome::Passed ? QString() : u"why %1"_s.arg(record.validation.size()) });
    for (const int cents : before) {
        profile::Attempt attempt;
        attempt.model = u"m"_s;
        attempt.usage = llm::Usage {};
        attempt.validation = { { u"check"_s, Outcome::Failed, u"why"_s } };
        if (cents >= 0)
            attempt.costUsd = cents / 100.0;
        record.earlierAttempts.append(attempt);
    }
    QCOMPARE(checksText(record), text);
}

QTEST_MAIN(ChecksTest)
#include "tst_checks.moc"
