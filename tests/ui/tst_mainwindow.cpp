#include "tests/ui/desk.h"
#include "ui/batch/batchpage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/modelpicker.h"
#include "ui/compare/comparepage.h"
#include "ui/settings/settingsdialog.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSpinBox>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

constexpr int patienceMs = 20'000;

} // namespace

class TestMainWindow final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void promptIsAnswered();
    void stopKeepsThePartialAnswer();
    void regenerateAddsASibling();
    void editAndResendAddsABranch();
    void restartKeepsConversations();
    void closingWhileStreamingKeepsThePartialAnswer();
    void closingLetsABatchsCallsEnd();
    void callGoesOnInAnotherConversation();
    void followsOnlyAtTheEnd();
    void longConversationIsBuiltInWindows();
    void errorIsShownInPlace();
    void removeCanBeUndone();
    void removingGoesOnToTheNextRow();
    void keptAnswersOfAChatAreForgotten();
    void filterGivesWay();
    void draftsAreKept();
    void draftsOutliveACrash();
    void cutAnswersGoOnInPlace();
    void aCallsWarningGoes();
    void typedModelNamesWork();
    void pagesAndSettingsOpen();

private:
    std::unique_ptr<Theme> m_theme;
};

void TestMainWindow::initTestCase()
{
    m_theme = std::make_unique<Theme>(*qApp);
    m_theme->setMode(Theme::Mode::Light);
}

void TestMainWindow::promptIsAnswered()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Tell me of rivers"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QCOMPARE(desk.window.findChild<MarkdownView *>(u"userText"_s)->toPlainText(), u"Tell me of rivers"_s);
    QVERIFY(desk.answer()->findChild<QWidget *>(u"numbersLine"_s)->isVisible());
    QCOMPARE(desk.window.findChild<QLabel *>(u"conversationTitle"_s)->text(), u"Tell me of rivers"_s);
    desk.window.findChild<QAction *>(u"copy_answer"_s)->trigger();
    QCOMPARE(QApplication::clipboard()->text(),
             desk.window.chats().tree().find(desk.answer()->messageId())->message.text());
}

void TestMainWindow::stopKeepsThePartialAnswer()
{
    QTemporaryDir dir;
    Desk desk(dir.path(), Workbench::endless());
    desk.say(u"Go on forever"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.answerText().size() > 20, patienceMs);
    desk.click(u"send"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QVERIFY(desk.answerText().size() > 20);
    QVERIFY(desk.answer()->findChild<QLabel *>(u"noticeTitle"_s)->text().contains(u"stopped"_s));
}

void TestMainWindow::regenerateAddsASibling()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Once"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    const QString first = desk.answer()->messageId();
    desk.click(u"regenerate"_s, desk.answer());
    QTRY_VERIFY_WITH_TIMEOUT(desk.done() && desk.answer()->messageId() != first, patienceMs);
    QCOMPARE(desk.answer()->findChild<QLabel *>(u"versionPosition"_s)->text(), u"2/2"_s);
    desk.click(u"previousVersion"_s, desk.answer());
    QTRY_COMPARE(desk.answer()->messageId(), first);
}

void TestMainWindow::editAndResendAddsABranch()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"First wording"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QTest::keyClick(desk.prompt(), Qt::Key_Up);
    auto *edit = desk.window.findChild<PromptEdit *>(u"messageEdit"_s);
    QVERIFY(edit->isVisible());
    QTRY_VERIFY(edit->window()->rect().contains(QRect(edit->mapTo(edit->window(), QPoint()), edit->size())));
    QTRY_VERIFY(edit->visibleRegion().boundingRect().height() >= edit->sizeHint().height());
    QCOMPARE(edit->toPlainText(), u"First wording"_s);
    edit->setPlainText(u"Second wording"_s);
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_COMPARE(desk.window.focusWidget(), desk.prompt());
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    const ConversationTree &tree = desk.window.chats().tree();
    QCOMPARE(tree.path().size(), 2);
    QCOMPARE(tree.find(tree.path().first())->message.text(), u"Second wording"_s);
    QCOMPARE(tree.siblings(tree.path().first()).size(), 2);
}

void TestMainWindow::restartKeepsConversations()
{
    QTemporaryDir dir;
    QString text;
    {
        Desk desk(dir.path());
        desk.say(u"Remember me"_s);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
        text = desk.answerText();
    }
    Desk desk(dir.path());
    QTRY_COMPARE_WITH_TIMEOUT(desk.list()->count(), 2, patienceMs);
    QCOMPARE(desk.list()->item(1)->text(), u"Remember me"_s);
    desk.list()->setCurrentRow(1);
    QTRY_COMPARE_WITH_TIMEOUT(desk.answerText(), text, patienceMs);
    QVERIFY2(desk.answer()->findChild<QWidget *>(u"numbersLine"_s)->isVisible(), "the figures are kept too");
}

void TestMainWindow::closingWhileStreamingKeepsThePartialAnswer()
{
    QTemporaryDir dir;
    {
        Desk desk(dir.path(), Workbench::endless());
        desk.say(u"Unfinished"_s);
        QTRY_VERIFY_WITH_TIMEOUT(desk.answerText().size() > 20, patienceMs);
    }
    Desk desk(dir.path());
    QTRY_COMPARE_WITH_TIMEOUT(desk.list()->count(), 2, patienceMs);
    desk.list()->setCurrentRow(1);
    QTRY_VERIFY_WITH_TIMEOUT(desk.answerText().size() > 20, patienceMs);
    QVERIFY(desk.answer()->findChild<QLabel *>(u"noticeTitle"_s)->text().startsWith(u"Interrupted"_s));
}

void TestMainWindow::callGoesOnInAnotherConversation()
{
    QTemporaryDir dir;
    simulator::Knobs knobs = Workbench::quick();
    knobs.gap = { simulator::Spread::Shape::Constant, 20, 0 };
    Desk desk(dir.path(), knobs);
    desk.say(u"In the background"_s);
    QTRY_VERIFY_WITH_TIMEOUT(!desk.answerText().isEmpty(), patienceMs);
    const QString id = desk.window.chats().currentId();
    desk.click(u"newChat"_s);
    QVERIFY(desk.window.chats().currentId().isEmpty());
    QVERIFY(desk.window.chats().isGenerating(id));
    QTRY_VERIFY_WITH_TIMEOUT(!desk.window.chats().isGenerating(id), patienceMs);
    desk.list()->setCurrentRow(1);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
}

void TestMainWindow::followsOnlyAtTheEnd()
{
    QTemporaryDir dir;
    simulator::Knobs knobs = Workbench::quick();
    knobs.tokens = 1200;
    Desk desk(dir.path(), knobs);
    auto *area = desk.window.findChild<QScrollArea *>(u"transcript"_s);
    QScrollBar *bar = area->verticalScrollBar();
    desk.say(u"A long one"_s);
    QTRY_VERIFY_WITH_TIMEOUT(bar->maximum() > 300, patienceMs);
    QTRY_COMPARE(bar->value(), bar->maximum());
    bar->setValue(bar->maximum() - 200);
    const int held = bar->value();
    QTRY_VERIFY_WITH_TIMEOUT(desk.done() && bar->maximum() > held + 200, patienceMs);
    QCOMPARE(bar->value(), held);
    desk.click(u"jumpToEnd"_s);
    QCOMPARE(bar->value(), bar->maximum());
}

void TestMainWindow::longConversationIsBuiltInWindows()
{
    QTemporaryDir dir;
    {
        Workbench bench(dir.path());
        store::Conversation conversation { u"c"_s, u"Long"_s, u"simulator"_s, u"sim-medium"_s, 1, 1 };
        bench.context.store.saveConversation(conversation);
        QString parent;
        for (int i = 0; i < 200; ++i) {
            store::StoredMessage message;
            message.id = QString::number(i);
            message.conversationId = u"c"_s;
            message.parentId = parent;
            message.message =
                llm::Message::fromText(i % 2 ? llm::Role::Assistant : llm::Role::User, u"Message %1"_s.arg(i));
            message.createdMs = i;
            bench.context.store.saveMessage(message);
            parent = message.id;
        }
    }
    Desk desk(dir.path());
    QTRY_COMPARE_WITH_TIMEOUT(desk.list()->count(), 2, patienceMs);
    desk.list()->setCurrentRow(1);
    const auto built = [&desk] { return desk.window.findChildren<MessageWidget *>().size(); };
    QTRY_COMPARE_WITH_TIMEOUT(built(), 40, patienceMs);
    auto *bar = desk.window.findChild<QScrollArea *>(u"transcript"_s)->verticalScrollBar();
    QTRY_COMPARE(bar->value(), bar->maximum());
    bar->setValue(0);
    QTRY_COMPARE(built(), 60);
    QVERIFY2(bar->value() > 0, "what was on display stays there");
}

void TestMainWindow::errorIsShownInPlace()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    config::ProviderConfig nobody;
    nobody.id = u"nobody"_s;
    nobody.name = u"Nobody"_s;
    nobody.protocol = u"openai-chat"_s;
    nobody.baseUrl = QUrl(u"http://127.0.0.1:1/v1"_s);
    QVERIFY(desk.bench.context.settings.setProviders({ nobody }));
    desk.window.chats().setModel(u"nobody"_s, u"m"_s);
    desk.say(u"Anybody there?"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.answer() && !desk.answer()->isLive(), patienceMs);
    auto *notice = desk.answer()->findChild<NoticeCard *>(u"notice"_s);
    QVERIFY(notice->isVisible());
    QVERIFY(!notice->findChild<QLabel *>(u"noticeTitle"_s)->text().isEmpty());
    QVERIFY(!notice->findChild<QLabel *>(u"noticeAdvice"_s)->text().isEmpty());
    desk.window.chats().setModel(config::simulatorId, u"sim-medium"_s);
    desk.click(u"noticeRetry"_s, notice);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QVERIFY(!desk.answer()->findChild<NoticeCard *>(u"notice"_s)->isVisible());
}

void TestMainWindow::removeCanBeUndone()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Precious"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    desk.list()->setFocus();
    QTest::keyClick(desk.list(), Qt::Key_Delete);
    QVERIFY(desk.window.chats().conversations().isEmpty());
    desk.click(u"undoRemove"_s);
    QCOMPARE(desk.window.chats().conversations().size(), 1);
    QVERIFY(desk.list()->hasFocus());
    QCOMPARE(desk.list()->currentRow(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QTest::keyClick(desk.list(), Qt::Key_Delete);
    desk.window.activateWindow();
    QTRY_VERIFY(desk.window.isActiveWindow());
    QTest::keyClick(&desk.window, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(desk.window.chats().conversations().size(), 1);
}

void TestMainWindow::removingGoesOnToTheNextRow()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    for (const QString &title : { u"One"_s, u"Two"_s, u"Three"_s }) {
        desk.click(u"newChat"_s);
        desk.say(title);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    }
    const auto titleAfterDelete = [&desk](int row) {
        desk.list()->setCurrentRow(row);
        desk.list()->setFocus();
        QTest::keyClick(desk.list(), Qt::Key_Delete);
        return desk.list()->currentItem() ? desk.list()->currentItem()->text() : QString();
    };
    QCOMPARE(titleAfterDelete(2), u"One"_s);
    QCOMPARE(desk.window.chats().currentTitle(), u"One"_s);
    QCOMPARE(titleAfterDelete(2), u"Three"_s);
    QVERIFY(desk.list()->hasFocus());
    const auto *toast = desk.window.findChild<QLabel *>(u"undoText"_s);
    QVERIFY(toast->isVisible());
    QCOMPARE(toast->text(), u"Deleted “One”"_s);
}

void TestMainWindow::keptAnswersOfAChatAreForgotten()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"One"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    store::CacheStore &cache = desk.bench.context.cache;
    for (const auto &[key, conversation] :
         { std::pair("a", desk.window.chats().currentId()), std::pair("b", u"another"_s) }) {
        profile::CacheEntry entry;
        entry.original.model = u"m"_s;
        entry.original.conversationId = conversation;
        cache.save(key, entry);
    }
    const QPoint row = desk.list()->visualItemRect(desk.list()->currentItem()).center();
    Q_EMIT desk.list()->customContextMenuRequested(row);
    const auto *menu = desk.window.findChild<QMenu *>(u"conversationMenu"_s);
    QVERIFY(menu);
    const auto actions = menu->actions();
    const auto forget = std::find_if(actions.begin(), actions.end(),
                                     [](const QAction *action) { return action->text() == u"Forget kept answers"_s; });
    QVERIFY(forget != actions.end());
    (*forget)->trigger();
    const auto *said = desk.window.findChild<QLabel *>(u"forgottenText"_s);
    QTRY_VERIFY(said->isVisible());
    QCOMPARE(said->text(), u"1 kept answer forgotten"_s);
    auto stats = cache.stats();
    stats.waitForFinished();
    QCOMPARE(stats.result().entries, 1); // another conversation's
}

void TestMainWindow::filterGivesWay()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    for (const QString &title : { u"Rivers"_s, u"Trees"_s }) {
        desk.click(u"newChat"_s);
        desk.say(title);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    }
    auto *filter = desk.window.findChild<QLineEdit *>(u"conversationFilter"_s);
    filter->setText(u"river"_s);
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(desk.window.chats().currentTitle(), u"Rivers"_s);
    desk.window.findChild<QAction *>(u"new"_s)->trigger();
    QVERIFY(filter->text().isEmpty());
    QCOMPARE(desk.list()->count(), 3);
}

void TestMainWindow::draftsAreKept()
{
    QTemporaryDir dir;
    {
        Desk desk(dir.path());
        desk.say(u"One"_s);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
        desk.prompt()->setPlainText(u"half a thought"_s);
        desk.click(u"newChat"_s);
        QVERIFY(desk.prompt()->toPlainText().isEmpty());
        desk.list()->setCurrentRow(1);
        QCOMPARE(desk.prompt()->toPlainText(), u"half a thought"_s);
    }
    Desk desk(dir.path());
    QTRY_COMPARE_WITH_TIMEOUT(desk.list()->count(), 2, patienceMs);
    desk.list()->setCurrentRow(1);
    QTRY_COMPARE(desk.prompt()->toPlainText(), u"half a thought"_s);
}

void TestMainWindow::draftsOutliveACrash()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    QTest::keyClicks(desk.prompt(), u"half a thought"_s);
    // Another program sees it on disk while this one still runs: nothing has to end well.
    store::Store other(dir.path());
    const auto draft = [&other] {
        auto drafts = other.drafts();
        drafts.waitForFinished();
        return drafts.result() && !drafts.result()->isEmpty() ? drafts.result()->first().text : QString();
    };
    other.open().waitForFinished();
    QTRY_COMPARE_WITH_TIMEOUT(draft(), u"half a thought"_s, patienceMs);
    QTest::keyClick(desk.prompt(), Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(draft(), QString(), patienceMs);
}

void TestMainWindow::cutAnswersGoOnInPlace()
{
    QTemporaryDir dir;
    simulator::Knobs knobs = Workbench::quick();
    knobs.cut = { simulator::Cut::Kind::Fin, 20 };
    QString whole;
    {
        Desk desk(dir.path(), knobs);
        desk.say(u"Tell me of rivers"_s);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
        const QString id = desk.answer()->messageId();
        const QString first = desk.window.chats().tree().find(id)->message.text();
        auto *notice = desk.answer()->findChild<NoticeCard *>(u"notice"_s);
        QVERIFY(notice->findChild<QPushButton *>(u"noticeRegenerate"_s)->isVisible());
        QVERIFY(!notice->findChild<QPushButton *>(u"noticeRetry"_s)->isVisible());
        desk.click(u"noticeContinue"_s, notice);
        QVERIFY(desk.answer()->isLive());
        QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
        QCOMPARE(desk.answer()->messageId(), id);
        QCOMPARE(desk.window.chats().tree().path().size(), 2);
        whole = desk.window.chats().tree().find(id)->message.text();
        QVERIFY(whole.size() > first.size());
        QVERIFY(whole.startsWith(first.left(first.lastIndexOf(u' '))));
        QVERIFY(!desk.answerText().isEmpty());
    }
    Desk desk(dir.path(), knobs);
    QTRY_COMPARE_WITH_TIMEOUT(desk.list()->count(), 2, patienceMs);
    desk.list()->setCurrentRow(1);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QCOMPARE(desk.window.chats().tree().find(desk.answer()->messageId())->message.text(), whole);
}

void TestMainWindow::typedModelNamesWork()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    auto *picker = desk.window.findChild<ModelPicker *>(u"modelPicker"_s);
    picker->open();
    auto *filter = picker->findChild<QLineEdit *>(u"modelFilter"_s);
    const auto *models = picker->findChild<QListView *>(u"models"_s)->model();
    QTRY_VERIFY_WITH_TIMEOUT(
        !models->match(models->index(0, 0), Qt::DisplayRole, u"sim-reasoner"_s, 1, Qt::MatchExactly).isEmpty(),
        patienceMs);
    filter->setText(u"a-name-of-my-own"_s);
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(desk.window.chats().model(), u"a-name-of-my-own"_s);
    QVERIFY(picker->text().contains(u"a-name-of-my-own"_s));
}

void TestMainWindow::pagesAndSettingsOpen()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.click(u"pageCompare"_s);
    QVERIFY(desk.window.findChild<ComparePage *>()->isVisible());
    desk.click(u"pageChat"_s);
    QVERIFY(desk.prompt()->isVisible());
    desk.click(u"settings"_s);
    auto *dialog = desk.window.findChild<SettingsDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    dialog->reject();
    desk.click(u"toggleSidebar"_s);
    QVERIFY(!desk.list()->isVisible());
    QVERIFY(!desk.bench.context.settings.value("window/sidebar").toBool());
    desk.window.findChild<QAction *>(u"larger"_s)->trigger();
    QVERIFY(desk.bench.context.settings.value("text_zoom").toDouble() > 1.05);
}

/// It is of one call: not of the next, nor of another conversation. What else went wrong stays until it is closed.
void TestMainWindow::aCallsWarningGoes()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    auto *chats = desk.window.findChild<ChatController *>();
    const auto *problem = desk.window.findChild<QLabel *>(u"problemText"_s);
    for (const base::ErrorKind kind : { base::ErrorKind::Budget, base::ErrorKind::Config }) {
        const base::Error warning { kind, u"The budget would be passed, or no summary came."_s, {}, 0, std::nullopt };
        Q_EMIT chats->failed(warning);
        QVERIFY(problem->isVisible());
        desk.say(u"Hello"_s);
        QTRY_VERIFY_WITH_TIMEOUT(desk.done() && !problem->isVisible(), patienceMs);
        Q_EMIT chats->failed(warning);
        QVERIFY(problem->isVisible());
        chats->newConversation();
        QVERIFY(!problem->isVisible());
    }
    Q_EMIT chats->failed({ base::ErrorKind::Storage, u"The disk is full."_s, {}, 0, std::nullopt });
    desk.say(u"Hello"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    QVERIFY(problem->isVisible());
}

/// They are paid in any case.
void TestMainWindow::closingLetsABatchsCallsEnd()
{
    QTemporaryDir dir;
    simulator::Knobs knobs = Workbench::quick();
    knobs.ttft = { simulator::Spread::Shape::Constant, 800, 0 };
    Desk desk(dir.path(), knobs);
    QVERIFY(desk.window.openPage(u"batch"_s));
    const QString path = dir.filePath(u"results.jsonl"_s);
    desk.window.findChild<QPlainTextEdit *>(u"batchText"_s)->setPlainText(u"first\nsecond"_s);
    desk.window.findChild<QLineEdit *>(u"batchModels"_s)->setText(u"sim-small"_s);
    desk.window.findChild<QSpinBox *>(u"batchConcurrency"_s)->setValue(1);
    desk.window.findChild<QLineEdit *>(u"batchOutPath"_s)->setText(path);
    auto *page = desk.window.findChild<BatchPage *>();
    page->start();
    QTRY_VERIFY_WITH_TIMEOUT(page->isRunning(), patienceMs);
    QVERIFY(!desk.window.close());
    QVERIFY(desk.window.isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!desk.window.isVisible(), patienceMs);
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll().count('\n'), 1);
}

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
