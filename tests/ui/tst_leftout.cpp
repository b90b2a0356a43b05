#include "core/cost/budget.h"
#include "core/select/policy.h"
#include "tests/support/tokencounter.h"
#include "tests/ui/world.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/leftoutline.h"
#include "ui/chat/messagewidget.h"
#include "ui/chat/transcript.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <algorithm>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

/// A chat with a model of 1,400 tokens, of which 1,050 are for the prompt: 750, as its vocabulary is not known by 40 %.
struct Chat {
    explicit Chat(const QString &model = u"priced"_s, const test::Script &ofFirst = test::chatScript({ "Aye." }))
        : world({ { u"p"_s, ofFirst }, { u"s"_s, test::chatScript({ "They spoke of the sea." }) } }),
          chats(world.context)
    {
        world.counter = std::make_shared<const cost::TokenCounter>(test::shippedTokenCounter());
        world.runs.setTokenCounter(world.counter);
        world.settings.setValue("default/provider", u"p"_s);
        world.settings.setValue("default/model", model);
        world.models.learn(u"p"_s, QList<llm::ModelInfo> { { model, {}, 1'400 } });
        page = std::make_unique<ChatPage>(world.context, chats);
        page->resize(900, 700);
        page->show();
    }
    QPlainTextEdit *prompt() const { return page->findChild<QPlainTextEdit *>(u"prompt"_s); }
    QString estimate() const { return page->findChild<QLabel *>(u"composerEstimate"_s)->text(); }
    QString line() const
    {
        const auto *line = page->findChild<LeftOutLine *>(u"leftOutLine"_s);
        return line->isVisible() ? line->findChild<QLabel *>(u"leftOutText"_s)->text() : QString();
    }
    void press(const QString &name) const { page->findChild<QToolButton *>(name)->click(); }
    /// Sends it and has its answer.
    bool say(const QString &text)
    {
        const qsizetype before = world.requests.bodies().size();
        prompt()->setPlainText(text);
        QTest::keyClick(prompt(), Qt::Key_Return);
        return QTest::qWaitFor(
            [&] { return world.requests.bodies().size() > before && !chats.isGenerating(chats.currentId()); });
    }
    /// Three turns: about 900 tokens.
    bool talk()
    {
        for (const QString &about : { u"Oak"_s, u"Birch"_s, u"Linden"_s }) {
            if (!say(about + u" is a tree. "_s + u"A tree has leaves, and a tree has roots. "_s.repeated(25)))
                return false;
        }
        return true;
    }
    QList<MessageWidget *> dimmed() const
    {
        QList<MessageWidget *> found;
        for (auto *message : page->findChildren<MessageWidget *>()) {
            const auto *veil = message->findChild<QWidget *>(u"leftOutVeil"_s);
            if (veil && veil->isVisible())
                found.append(message);
        }
        return found;
    }
    QString first() const { return chats.tree().path().first(); }

    test::World world;
    ChatController chats;
    std::unique_ptr<ChatPage> page;
};

} // namespace

class TestLeftOut final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theCountIsExactWhereTheVocabularyIsKnown()
    {
        Chat chat(u"gpt-4o"_s);
        const QString text = u"Hello world, how are you?"_s;
        chat.prompt()->setPlainText(text);
        const qint64 tokens = chat.world.counter->countText(u"p"_s, u"gpt-4o"_s, text).tokens;
        QTRY_VERIFY2(chat.estimate().startsWith(u"%1 tok"_s.arg(tokens)), qPrintable(chat.estimate()));
        const QString tip = chat.page->findChild<QLabel *>(u"composerEstimate"_s)->toolTip();
        QVERIFY2(tip.contains(u"o200k_base"_s), qPrintable(tip));
    }

    void elseItIsARange()
    {
        Chat chat(u"olmo-7b"_s);
        chat.prompt()->setPlainText(u"Hello world, how are you?"_s);
        QTRY_VERIFY2(chat.estimate().startsWith(u'~'), qPrintable(chat.estimate()));
        const QString tip = chat.page->findChild<QLabel *>(u"composerEstimate"_s)->toolTip();
        QVERIFY2(tip.contains(u" to "_s) && tip.contains(u"1.1 × o200k_base ± 40 %"_s), qPrintable(tip));
        QVERIFY2(chat.estimate().endsWith(u"price unknown"_s), qPrintable(chat.estimate()));
    }

    /// The counting itself goes on aside; this is what the window's own thread does at a key.
    void typingInALongPromptDoesNotWait()
    {
        Chat chat;
        chat.prompt()->setPlainText(u"Some words of a long prompt. "_s.repeated(10'300)); // 300 kB
        QSignalSpy planned(&chat.chats.fitting(), &PromptFitting::planned);
        QVERIFY(planned.wait());
        const Prompt prompt = chat.chats.nextPrompt(chat.prompt()->toPlainText() + u'x');
        QElapsedTimer timer;
        timer.start();
        chat.chats.fitting().plan(prompt);
        const qint64 handedOverMs = timer.elapsed();
        QVERIFY(planned.wait());
        qInfo("300 kB: %lld ms in the window's thread, counted after %lld ms", handedOverMs, timer.elapsed());
        QVERIFY(handedOverMs < 16);
    }

    void whatIsLeftOutIsSaidBeforeItIsSent()
    {
        Chat chat;
        QVERIFY(chat.talk());
        chat.prompt()->setPlainText(u"And now?"_s);
        QTRY_VERIFY2(chat.line().contains(u"2 older messages"_s), qPrintable(chat.line()));
        QVERIFY(chat.line().contains(u"left out"_s));
        QCOMPARE(chat.dimmed().size(), 2);
        QCOMPARE(chat.dimmed().first()->messageId(), chat.first());
        // The veil is not over what is said.
        const auto *veil = chat.dimmed().first()->findChild<QWidget *>(u"leftOutVeil"_s);
        const auto *mark = chat.dimmed().first()->findChild<QWidget *>(u"leftOutMark"_s);
        const QObjectList layers = chat.dimmed().first()->children(); // as they are stacked
        QVERIFY(layers.indexOf(mark) > layers.indexOf(veil));
        QVERIFY(chat.say(u"And now?"_s));
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(!sent.contains("Oak is a tree") && sent.contains("Birch is a tree") && sent.contains("And now?"));
        const profile::RunRecord *record = chat.chats.record(chat.chats.tree().leaf());
        QVERIFY(record);
        const auto &decisions = record->trace.decisions;
        QVERIFY(!decisions.isEmpty());
        QCOMPARE(decisions.first().stage, u"fit"_s);
        QVERIFY2(decisions.first().reason.contains(u"left out"_s), qPrintable(decisions.first().reason));
    }

    /// About 980 tokens, where 1,050 have room: but they may be 40 % more.
    void theErrorOfTheCountIsSaidWhereItIsWhy()
    {
        Chat chat(u"olmo-7b"_s);
        QVERIFY(chat.talk());
        QTRY_VERIFY2(chat.line().contains(u"left out: the prompt is ~"_s) && chat.line().contains(u"may be up to"_s),
                     qPrintable(chat.line()));
        chat.press(u"leftOutUndo"_s);
        QTRY_VERIFY2(chat.line().startsWith(u"All is sent: the prompt is ~"_s), qPrintable(chat.line()));
        chat.press(u"leftOutUndo"_s);
        QTRY_VERIFY2(chat.line().contains(u"left out"_s), qPrintable(chat.line()));
    }

    /// Asked once a message, whatever was left out.
    void whatIsTooLongNeverthelessIsAnError()
    {
        test::Script refusing;
        refusing.status = 400;
        refusing.pieces = {
            R"({"error":{"message":"The maximum context length is 100 tokens.","code":"context_length_exceeded"}})"
        };
        Chat chat(u"priced"_s, refusing);
        QVERIFY(chat.talk());
        QVERIFY(chat.say(u"And now?"_s));
        QCOMPARE(chat.world.requests.bodies().size(), 4);
        const profile::RunRecord *record = chat.chats.record(chat.chats.tree().leaf());
        QVERIFY(record && record->answer.error);
        QCOMPARE(record->answer.error->kind, base::ErrorKind::ContextTooLong);
        QCOMPARE(record->trace.decisions.first().stage, u"fit"_s);
        QVERIFY(!chat.chats.isGenerating(chat.chats.currentId()));
    }

    void undoSendsAll()
    {
        Chat chat;
        QVERIFY(chat.talk());
        QTRY_VERIFY(!chat.line().isEmpty());
        chat.press(u"leftOutUndo"_s);
        QTRY_VERIFY2(chat.line().startsWith(u"All is sent"_s), qPrintable(chat.line()));
        QVERIFY(chat.dimmed().isEmpty());
        QVERIFY(chat.say(u"And now?"_s));
        QVERIFY(chat.world.requests.bodies().last().contains("Oak is a tree"));
        chat.press(u"leftOutUndo"_s);
        QTRY_VERIFY2(chat.line().contains(u"left out"_s), qPrintable(chat.line()));
    }

    void aPinnedMessageStays()
    {
        Chat chat;
        QVERIFY(chat.talk());
        QTRY_COMPARE(chat.dimmed().size(), 2);
        auto *pin = chat.dimmed().first()->findChild<QToolButton *>(u"pinMessage"_s);
        QVERIFY(pin && pin->isCheckable());
        pin->click();
        QTRY_VERIFY(chat.dimmed().isEmpty() || chat.dimmed().first()->messageId() != chat.first());
        QVERIFY(chat.say(u"And now?"_s));
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(sent.contains("Oak is a tree") && !sent.contains("Birch is a tree"));
        // It is kept with the conversation.
        const auto kept = chat.world.store.conversations();
        QTRY_VERIFY(kept.isFinished());
        QCOMPARE(kept.result()->first().pinned, QStringList { chat.first() });
    }

    void thePolicyCanBeChangedOnTheSpot()
    {
        Chat chat;
        QVERIFY(chat.talk());
        QTRY_VERIFY(!chat.line().isEmpty());
        chat.world.settings.setValue("context/policy", u"off"_s);
        QTRY_VERIFY2(chat.line().contains(u"sent whole"_s), qPrintable(chat.line()));
        chat.world.settings.setValue("context/policy", u"cut"_s);
        QTRY_VERIFY2(chat.line().contains(u"out of the middle"_s), qPrintable(chat.line()));
        // What is only shortened is not dimmed, and tells what it loses.
        QVERIFY(chat.dimmed().isEmpty());
        QStringList said;
        for (const QLabel *mark : chat.page->findChildren<QLabel *>(u"leftOutMark"_s)) {
            if (mark->isVisible())
                said << mark->text();
        }
        QVERIFY(!said.isEmpty());
        for (const QString &words : std::as_const(said))
            QVERIFY2(words.startsWith(u"Shortened in the next prompt"_s) && words.contains(u"A tree has"_s),
                     qPrintable(words));
    }

    void withAutoItIsSaidLikewise()
    {
        Chat chat;
        chat.world.chooser.setPolicy({ .strategy = u"fixed"_s, .candidates = { { u"p"_s, u"priced"_s } } });
        chat.chats.setModel(select::autoRef.providerId, select::autoRef.model);
        QVERIFY(chat.talk());
        chat.prompt()->setPlainText(u"And now?"_s);
        QTRY_VERIFY2(chat.line().contains(u"2 older messages"_s), qPrintable(chat.line()));
        QVERIFY(chat.say(u"And now?"_s));
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(!sent.contains("Oak is a tree") && sent.contains("Birch is a tree"));
    }

    void whoTakesOverHasThePromptFittedForItself()
    {
        test::Script refusing;
        refusing.status = 503;
        refusing.pieces = { "{}" };
        Chat chat(u"priced"_s, refusing);
        chat.world.models.learn(u"s"_s, QList<llm::ModelInfo> { { u"short"_s, {}, 840 } });
        chat.world.chooser.setPolicy({ .fallbacks = { { { u"p"_s, u"priced"_s }, { { u"s"_s, u"short"_s } } } } });
        QVERIFY(chat.talk());
        QVERIFY(chat.say(u"And now?"_s));
        const QList<QByteArray> bodies = chat.world.requests.bodies();
        const QByteArray &first = bodies.at(bodies.size() - 2);
        QVERIFY(!first.contains("Oak is a tree") && first.contains("Birch is a tree"));
        const QByteArray &second = bodies.last();
        QVERIFY(!second.contains("Birch is a tree") && second.contains("Linden is a tree"));
        const profile::RunRecord *record = chat.chats.record(chat.chats.tree().leaf());
        QCOMPARE(record->model, u"short"_s);
        const auto &decisions = record->trace.decisions;
        QCOMPARE(std::count_if(decisions.begin(), decisions.end(),
                               [](const profile::Decision &decision) { return decision.stage == "fit"_L1; }),
                 1);
    }

    void aSummaryTakesThePlace()
    {
        Chat chat;
        chat.world.settings.setValue("context/policy", u"summarise"_s);
        chat.world.settings.setValue("context/summary_model", u"s/priced"_s);
        QVERIFY(chat.say(u"Oak is a tree, and a tree has leaves. "_s.repeated(28)));
        QVERIFY(chat.say(u"Birch is a tree, and a tree has leaves. "_s.repeated(28)));
        QSignalSpy recorded(&chat.world.runs, &run::RunService::recorded);
        chat.prompt()->setPlainText(u"Linden is a tree, and a tree has leaves. "_s.repeated(14));
        QTest::keyClick(chat.prompt(), Qt::Key_Return);
        QTRY_COMPARE(recorded.size(), 2);
        const auto summary = recorded.at(0).first().value<profile::RunRecord>();
        QCOMPARE(summary.providerId, u"s"_s);
        QCOMPARE(summary.operation, profile::Operation::Summary);
        QCOMPARE(summary.conversationId, chat.chats.currentId());
        QVERIFY(summary.costUsd);
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(sent.contains("They spoke of the sea.") && !sent.contains("Oak is a tree"));
    }

    void aBudgetHoldsForTheSummaryToo()
    {
        Chat chat;
        QSignalSpy failed(&chat.chats, &ChatController::failed);
        chat.world.settings.setValue("context/policy", u"summarise"_s);
        chat.world.settings.setValue("context/summary_model", u"s/priced"_s);
        QVERIFY(chat.talk());
        chat.world.settings.setValue(
            "budgets", cost::toSetting({ { cost::BudgetScope::Call, u"s"_s, 1e-9, cost::BudgetAction::Refuse } }));
        QVERIFY(chat.say(u"And now?"_s));
        QVERIFY(!failed.isEmpty());
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(!sent.contains("Oak is a tree") && sent.contains("And now?") && !sent.contains("They spoke"));
    }

    /// Said before it is sent, where a model can be chosen: not a promise, and an error after.
    void withoutAModelToSummariseTheOldestGo()
    {
        Chat chat;
        QSignalSpy failed(&chat.chats, &ChatController::failed);
        QSignalSpy wanted(chat.page.get(), &ChatPage::generalSettingsRequested);
        chat.world.settings.setValue("context/policy", u"summarise"_s);
        QVERIFY(chat.talk());
        QTRY_VERIFY2(chat.line().contains(u"no model to summarise with is chosen"_s), qPrintable(chat.line()));
        chat.press(u"leftOutSummariser"_s);
        QCOMPARE(wanted.count(), 1);
        QVERIFY(chat.say(u"And now?"_s));
        QVERIFY(failed.isEmpty());
        const QByteArray sent = chat.world.requests.bodies().last();
        QVERIFY(!sent.contains("Oak is a tree") && sent.contains("And now?"));
        const auto &decisions = chat.chats.record(chat.chats.tree().leaf())->trace.decisions;
        QVERIFY2(decisions.first().reason.contains(u"No model to summarise with"_s),
                 qPrintable(decisions.first().reason));
        chat.world.settings.setValue("context/summary_model", u"s/priced"_s);
        QTRY_VERIFY2(!chat.line().contains(u"no model"_s), qPrintable(chat.line()));
        QVERIFY(!chat.page->findChild<QToolButton *>(u"leftOutSummariser"_s)->isVisible());
    }

    /// The last turn, which always stays, is the one to come.
    void whatIsSaidBeforeAKeyHoldsAfterIt()
    {
        Chat chat;
        chat.world.settings.setValue("context/policy", u"summarise"_s);
        chat.world.settings.setValue("context/summary_model", u"s/priced"_s);
        QVERIFY(chat.say(u"Oak is a tree, and a tree has leaves. "_s.repeated(28)));
        QVERIFY(chat.say(u"Birch is a tree, and a tree has leaves. "_s.repeated(56)));
        QTRY_VERIFY(!chat.line().isEmpty());
        const Prompt prompt = chat.chats.nextPrompt();
        QCOMPARE(prompt.request.messages.last().role, llm::Role::User);
        QCOMPARE(prompt.ids.last(), QString());
        QSignalSpy planned(&chat.chats.fitting(), &PromptFitting::planned);
        const auto leftOut = [&](const QString &typed) {
            chat.chats.fitting().plan(chat.chats.nextPrompt(typed));
            return planned.wait() ? planned.last().first().value<PromptPlan>().leftOut : QSet<QString>();
        };
        const QSet<QString> before = leftOut({});
        QVERIFY(!before.isEmpty());
        QCOMPARE(leftOut(u"And"_s), before);
    }

    void whatCannotFitIsExplained()
    {
        Chat chat;
        chat.prompt()->setPlainText(u"A tree has leaves. "_s.repeated(600));
        QTRY_VERIFY2(chat.line().contains(u"sent whole"_s) && chat.line().contains(u"the last turn always stay"_s),
                     qPrintable(chat.line()));
    }

    void aPolicyThatIsChosenIsInForce()
    {
        Chat chat;
        QVERIFY(chat.talk());
        QTRY_VERIFY(!chat.line().isEmpty());
        chat.press(u"leftOutUndo"_s);
        QTRY_VERIFY2(chat.line().startsWith(u"All is sent"_s), qPrintable(chat.line()));
        auto *line = chat.page->findChild<LeftOutLine *>(u"leftOutLine"_s);
        Q_EMIT line->policyChosen(u"cut"_s);
        QTRY_VERIFY2(chat.line().contains(u"out of the middle"_s), qPrintable(chat.line()));
    }
};

QTEST_MAIN(TestLeftOut)
#include "tst_leftout.moc"
