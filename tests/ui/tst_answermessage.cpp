#include "tests/ui/world.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/foldedtext.h"
#include "ui/chat/liveanswer.h"

#include <QAbstractButton>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class AnswerMessageTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thoughtsAreReadWhileTheyCome();
    void thoughtsOpenedByHandStayOpen();
    void aStopKeepsTheErrorBefore();
    void exactWordsAreAsHighAsTheyAre();
};

namespace {

store::StoredMessage stored(const QString &text, const QString &reasoning)
{
    store::StoredMessage answer;
    answer.id = u"a"_s;
    answer.model = u"m"_s;
    answer.message = llm::Message::fromText(llm::Role::Assistant, text);
    answer.message.reasoning = reasoning;
    return answer;
}

run::RunUpdate update(const QString &text, const QString &reasoning)
{
    run::RunUpdate update;
    update.state = run::RunState::Streaming;
    update.text = text;
    update.reasoning = reasoning;
    update.trace.firstContentNs = 1'000'000'000;
    update.trace.firstOutputNs = text.isEmpty() ? 0 : 3'500'000'000;
    return update;
}

} // namespace

void AnswerMessageTest::thoughtsAreReadWhileTheyCome()
{
    AnswerMessage answer(stored({}, {}), nullptr);
    answer.show();
    auto *toggle = answer.findChild<QAbstractButton *>(u"reasoningToggle"_s);
    auto *words = answer.findChild<QWidget *>(u"reasoningText"_s);
    answer.setLive({}, 0);
    QVERIFY(!toggle->isVisible());
    answer.apply(update({}, u"Let me see. "_s), 0);
    QVERIFY(words->isVisible());
    QCOMPARE(toggle->text(), u"Thinking…"_s);
    // Whoever closes it is not shown it again by the next word.
    toggle->click();
    answer.apply(update({}, u"Rivers …"_s), 0);
    QVERIFY(!words->isVisible());
    toggle->click();
    answer.apply(update(u"Rivers"_s, {}), 0);
    QVERIFY(!words->isVisible());
    QCOMPARE(toggle->text(), u"Thought for 2.5 s"_s);

    // The same of an answer that is come back to while it thinks.
    LiveAnswer live;
    live.reasoning = u"Let me see. "_s;
    AnswerMessage again(stored({}, live.reasoning), nullptr);
    again.show();
    again.setLive(live, 0);
    QVERIFY(again.findChild<QWidget *>(u"reasoningText"_s)->isVisible());
    again.setEnded(stored({}, live.reasoning), nullptr);
    QVERIFY(!again.findChild<QWidget *>(u"reasoningText"_s)->isVisible());
}

void AnswerMessageTest::thoughtsOpenedByHandStayOpen()
{
    AnswerMessage answer(stored(u"Rivers"_s, u"Let me see."_s), nullptr);
    answer.show();
    auto *words = answer.findChild<QWidget *>(u"reasoningText"_s);
    QVERIFY(!words->isVisible());
    answer.findChild<QAbstractButton *>(u"reasoningToggle"_s)->click();
    answer.setEnded(stored(u"Rivers"_s, u"Let me see."_s), nullptr);
    QVERIFY(words->isVisible());
}

void AnswerMessageTest::aStopKeepsTheErrorBefore()
{
    test::Script busy;
    busy.status = 429;
    busy.pieces = { R"({"error":{"message":"Slow down, please.","code":"rate_limit_exceeded"}})" };
    test::World world({ { u"p"_s, busy } });
    run::RetryPolicy patient;
    patient.baseDelayMs = 60'000;
    patient.maxDelayMs = 60'000;
    world.runs.setRetryPolicy(patient);
    world.settings.setValue("default/provider", u"p"_s);
    world.settings.setValue("default/model", u"priced"_s);
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.show();
    chats.load();
    chats.send(u"Hello"_s);
    const auto stop = [&page]() -> QAbstractButton * {
        const auto *answer = page.findChild<AnswerMessage *>(u"answerMessage"_s);
        auto *button = answer ? answer->findChild<QAbstractButton *>(u"noticeStop"_s) : nullptr;
        return button && button->isVisible() ? button : nullptr;
    };
    QTRY_VERIFY(stop());
    stop()->click();
    const auto *answer = page.findChild<AnswerMessage *>(u"answerMessage"_s);
    QTRY_VERIFY(!answer->isLive());
    QCOMPARE(answer->findChild<QLabel *>(u"noticeTitle"_s)->text(), u"You stopped this answer."_s);
    QVERIFY(answer->findChild<QLabel *>(u"noticeAdvice"_s)->text().contains(u"HTTP 429"_s));
    QVERIFY(answer->findChild<QAbstractButton *>(u"noticeDetailsToggle"_s)->isVisible());
    const QString raw = answer->findChild<QPlainTextEdit *>(u"noticeDetailsText"_s)->toPlainText();
    QVERIFY2(raw.contains(u"rate_limit_exceeded"_s), qPrintable(raw));
}

void AnswerMessageTest::exactWordsAreAsHighAsTheyAre()
{
    FoldedText folded(u"words"_s, nullptr);
    auto *text = folded.findChild<QPlainTextEdit *>(u"wordsText"_s);
    const auto isWhole = [text] { return text->verticalScrollBar()->maximum() == 0; };
    folded.setText(u"{\n    \"a\": \"%1\",\n    \"b\": 1\n}"_s.arg(QString(150, u'x')));
    folded.setOpen(true);
    folded.resize(300, 600);
    folded.show();
    QTRY_VERIFY(isWhole());
    const int high = text->height();
    folded.resize(900, 600);
    QTRY_VERIFY(text->height() < high);
    QVERIFY(isWhole());
    folded.setText(u"word "_s.repeated(2000));
    QTRY_VERIFY(!isWhole());
    QVERIFY(text->height() < 20 * text->fontMetrics().lineSpacing());
}

QTEST_MAIN(AnswerMessageTest)
#include "tst_answermessage.moc"
