#include "tests/ui/world.h"
#include "ui/chat/answermessage.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/composer.h"
#include "ui/chat/foundservers.h"
#include "ui/chat/optionspanel.h"
#include "ui/chat/transcript.h"
#include "ui/chat/usermessage.h"
#include "ui/chat/welcome.h"
#include "ui/profiler/numbersline.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

/// A chat over a scripted network whose only provider is named p.
struct Chat {
    explicit Chat(const test::Script &script) : world({ { u"p"_s, script } }), chats(world.context)
    {
        world.settings.setValue("default/provider", u"p"_s);
        world.settings.setValue("default/model", u"priced"_s);
        page = std::make_unique<ChatPage>(world.context, chats);
        page->resize(900, 700);
        page->show();
        chats.load();
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
    QString text(const QString &id) const { return chats.tree().find(id)->message.text(); }
    QAbstractButton *button(const QString &name) const { return answer()->findChild<QAbstractButton *>(name); }

    test::World world;
    ChatController chats;
    std::unique_ptr<ChatPage> page;
};

test::Script stoppedAtTheLimit(const QList<QByteArray> &words)
{
    test::Script script = test::chatScript(words);
    script.pieces.last().replace("\"stop\"", "\"length\"");
    return script;
}

} // namespace

class TestChatPage final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lengthLimitOffersToContinue();
    void aContinuationThatFailsLosesNothing();
    void toolCallsAreShown();
    void callsWithoutResultsAreNotSentAgain();
    void toolResultsAreShown();
    void picturesGoOutAndStay();
    void aModelWithoutEyesIsSaid();
    void localServersAreOffered();
    void aSmallWindowShowsHowToConnect();
    void errorsKeepTheRawWordsBehindALine();
    void optionsAreSentAndKept();
    void whatIsNotValidIsNotSent();
    void aKeptAnswerSaysSo();
    void eachChatHasItsCachePolicy();
    void theModelChosenLastIsRemembered();
    void aServerThatIsConfiguredIsUsed();
    void aLimitOfTheProviderCountsDown();
    void anAnswerThatEndedWithTheProgramTellsItsCost();
};

void TestChatPage::lengthLimitOffersToContinue()
{
    Chat chat(stoppedAtTheLimit({ "one ", "two ", "thr" }));
    chat.say(u"Count"_s);
    QTRY_VERIFY(chat.ended());
    const QString id = chat.answer()->messageId();
    QCOMPARE(chat.text(id), u"one two thr"_s);
    QVERIFY(chat.answer()->findChild<QLabel *>(u"noticeTitle"_s)->text().contains(u"length limit"_s));
    chat.button(u"noticeContinue"_s)->setFocus();
    QTest::keyClick(chat.button(u"noticeContinue"_s), Qt::Key_Return);
    QVERIFY(qobject_cast<QPlainTextEdit *>(chat.page->focusWidget())); // of the composer, not whatever is next
    QTRY_VERIFY(chat.ended() && chat.world.requests.bodies().size() == 2);
    // The half word was written anew, in the same message: one turn, one flow.
    QCOMPARE(chat.text(id), u"one two one two thr"_s);
    QCOMPARE(chat.chats.tree().path().size(), 2);
    const QByteArray second = chat.world.requests.bodies().last();
    QVERIFY2(second.contains("\"one two \""), second.constData());
    QVERIFY(!second.contains("\"one two thr\""));
    QVERIFY(second.contains("cut off"));
}

void TestChatPage::aContinuationThatFailsLosesNothing()
{
    test::Script script = stoppedAtTheLimit({ "one ", "two ", "thr" });
    Chat chat(script);
    chat.say(u"Count"_s);
    QTRY_VERIFY(chat.ended());
    const QString id = chat.answer()->messageId();
    chat.world.settings.setProviders({});
    QTest::mouseClick(chat.button(u"noticeContinue"_s), Qt::LeftButton);
    QTRY_VERIFY(chat.ended() && chat.chats.record(id) && chat.chats.record(id)->answer.error);
    QCOMPARE(chat.text(id), u"one two thr"_s);
    QVERIFY(chat.button(u"noticeContinue"_s)->isVisible());
}

void TestChatPage::toolCallsAreShown()
{
    test::Script script;
    script.pieces = {
        R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\","}}]}}]})"
        "\n\n",
        R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"days\":3.10}"}}]}}]})"
        "\n\n",
        R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})"
        "\n\ndata: [DONE]\n\n",
    };
    Chat chat(script);
    chat.say(u"Weather?"_s);
    QTRY_VERIFY(chat.ended());
    const auto *block = chat.answer()->findChild<QWidget *>(u"toolCall"_s);
    QVERIFY(block && block->isVisible());
    auto *toggle = block->findChild<QAbstractButton *>(u"toolCallToggle"_s);
    const auto *words = block->findChild<QPlainTextEdit *>(u"toolCallText"_s);
    QVERIFY(toggle->text().contains(u"get_weather"_s));
    QCOMPARE(words->toPlainText(), u"{\n  \"city\": \"Paris\",\n  \"days\": 3.10\n}"_s);
    QVERIFY(words->isVisible());
    toggle->setFocus();
    QTest::keyClick(toggle, Qt::Key_Space);
    QVERIFY(!words->isVisible());
    QVERIFY(chat.button(u"regenerate"_s)->isVisible());
}

void TestChatPage::callsWithoutResultsAreNotSentAgain()
{
    test::Script script = test::chatScript({ "Let me look." });
    script.pieces.prepend(
        R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"look","arguments":"{}"}}]}}]})"
        "\n\n");
    Chat chat(script);
    chat.say(u"Look"_s);
    QTRY_VERIFY(chat.ended());
    QCOMPARE(chat.chats.tree().find(chat.answer()->messageId())->message.toolCalls.size(), 1);
    chat.say(u"And now?"_s);
    QTRY_COMPARE(chat.world.requests.bodies().size(), 2);
    QVERIFY(chat.world.requests.bodies().last().contains("Let me look."));
    QVERIFY(!chat.world.requests.bodies().last().contains("tool_calls"));
}

void TestChatPage::toolResultsAreShown()
{
    Chat chat(test::chatScript({ "fine" }));
    chat.world.store.saveConversation({ u"c"_s, u"Old"_s, u"p"_s, u"priced"_s, 1, 1 });
    store::StoredMessage call { u"1"_s, u"c"_s, {}, llm::Message::fromText(llm::Role::Assistant, u"Looking"_s),
                                {},     {},     {}, 1 };
    call.message.toolCalls = { { u"t1"_s, u"look"_s, u"{}"_s } };
    store::StoredMessage result { u"2"_s, u"c"_s, u"1"_s, llm::Message::fromText(llm::Role::Tool, u"{\"found\":1}"_s),
                                  {},     {},     {},     2 };
    result.message.toolCallId = u"t1"_s;
    chat.world.store.saveMessage(call);
    chat.world.store.saveMessage(result);
    chat.chats.load();
    QTRY_COMPARE(chat.chats.conversations().size(), 1);
    chat.chats.open(u"c"_s);
    QTRY_VERIFY(chat.page->findChild<QWidget *>(u"toolMessage"_s));
    auto *message = chat.page->findChild<QWidget *>(u"toolMessage"_s);
    QVERIFY(message->findChild<QAbstractButton *>(u"toolResultToggle"_s)->text().contains(u"look"_s));
    QCOMPARE(message->findChild<QPlainTextEdit *>(u"toolResultText"_s)->toPlainText(), u"{\n  \"found\": 1\n}"_s);
}

void TestChatPage::picturesGoOutAndStay()
{
    Chat chat(test::chatScript({ "A red square." }));
    QImage image(30, 30, QImage::Format_RGB32);
    image.fill(Qt::red);
    const QString path = chat.world.dir.filePath(u"red.png"_s);
    QVERIFY(image.save(path));
    QMimeData files;
    files.setUrls({ QUrl::fromLocalFile(path) });
    // Anywhere on the page.
    QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(chat.page.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(chat.page.get(), &drop);
    auto *composer = chat.page->findChild<QWidget *>(u"composer"_s);
    QTRY_VERIFY(composer->findChild<QWidget *>(u"picture"_s));
    chat.say(u"What is it?"_s);
    QTRY_VERIFY(chat.ended());
    const QByteArray body = chat.world.requests.bodies().first();
    QVERIFY2(body.contains("data:image/png;base64,"), body.left(400).constData());
    auto *message = chat.page->findChild<UserMessage *>(u"userMessage"_s);
    QVERIFY(message->findChild<QWidget *>(u"picture"_s)->isVisible());
    QVERIFY(message->findChild<QWidget *>(u"picture"_s)->accessibleName().contains(u"Picture"_s));
    // An edit keeps them.
    message->beginEdit();
    auto *edit = message->findChild<QPlainTextEdit *>(u"messageEdit"_s);
    edit->setPlainText(u"Which colour?"_s);
    QTest::keyClick(edit, Qt::Key_Return);
    QTRY_COMPARE(chat.world.requests.bodies().size(), 2);
    QVERIFY(chat.world.requests.bodies().last().contains("data:image/png;base64,"));
    QVERIFY(chat.world.requests.bodies().last().contains("Which colour?"));
}

void TestChatPage::errorsKeepTheRawWordsBehindALine()
{
    test::Script script;
    script.status = 401;
    script.pieces = { R"({"error":{"message":"Incorrect API key","code":"invalid_api_key"}})" };
    Chat chat(script);
    chat.say(u"Hello"_s);
    QTRY_VERIFY(chat.ended());
    auto *toggle = chat.button(u"noticeDetailsToggle"_s);
    QVERIFY(toggle->isVisible());
    QTRY_COMPARE(toggle->height(), toggle->sizeHint().height()); // laid out: before, a click hits nothing
    auto *words = chat.answer()->findChild<QPlainTextEdit *>(u"noticeDetailsText"_s);
    QVERIFY(!words->isVisible());
    QTest::mouseClick(toggle, Qt::LeftButton);
    QVERIFY(words->isVisible());
    QVERIFY(words->toPlainText().contains(u"invalid_api_key"_s));
    QVERIFY(words->toPlainText().contains(u"401"_s));
    QVERIFY(chat.button(u"noticeSettings"_s)->isVisible());
    QVERIFY(chat.button(u"noticeRetry"_s)->isVisible());
}

void TestChatPage::optionsAreSentAndKept()
{
    Chat chat(test::chatScript({ "Aye." }));
    auto *button = chat.page->findChild<QAbstractButton *>(u"options"_s);
    auto *panel = chat.page->findChild<QWidget *>(u"optionsPanel"_s);
    QVERIFY(!panel->isVisible());
    chat.say(u"Plain"_s);
    QTRY_VERIFY(chat.ended());
    // Nothing set: nothing sent.
    for (const char *name : { "temperature", "top_p", "max_", "seed", "stop\"", "response_format", "\"system\"" })
        QVERIFY2(!chat.world.requests.bodies().first().contains(name), name);
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(panel->isVisible());
    panel->findChild<QPlainTextEdit *>(u"optionSystem"_s)->setPlainText(u"Speak as a pirate."_s);
    QTest::keyClicks(panel->findChild<QLineEdit *>(u"optionTemperature"_s), u"0.7"_s);
    QTest::keyClicks(panel->findChild<QLineEdit *>(u"optionSeed"_s), u"-42"_s);
    panel->findChild<QPlainTextEdit *>(u"optionStop"_s)->setPlainText(u"END\nFIN"_s);
    QVERIFY(button->accessibleName().contains(u"4"_s));
    QTest::keyClick(panel, Qt::Key_Escape);
    QVERIFY(!panel->isVisible());
    chat.say(u"Hello"_s);
    QTRY_COMPARE(chat.world.requests.bodies().size(), 2);
    const QByteArray body = chat.world.requests.bodies().last();
    for (const char *part : { "Speak as a pirate.", "\"temperature\":0.7", "\"seed\":-42", "\"END\"", "\"FIN\"" })
        QVERIFY2(body.contains(part), body.constData());
    QTRY_VERIFY(chat.ended());
    const QString id = chat.chats.currentId();
    // Another chat has its own; a restart knows them again.
    chat.chats.newConversation();
    QVERIFY(chat.chats.systemPrompt().isEmpty());
    QVERIFY(panel->findChild<QPlainTextEdit *>(u"optionSystem"_s)->toPlainText().isEmpty());
    ChatController later(chat.world.context);
    later.load();
    QTRY_COMPARE(later.conversations().size(), 1);
    later.open(id);
    QCOMPARE(later.systemPrompt(), u"Speak as a pirate."_s);
    QCOMPARE(later.options().temperature.value_or(0), 0.7);
    QCOMPARE(later.options().seed.value_or(0), -42);
    QCOMPARE(later.options().stop, QStringList({ u"END"_s, u"FIN"_s }));
}

/// A new chat asks what another asked before.
void TestChatPage::aKeptAnswerSaysSo()
{
    Chat chat(test::chatScript({ "Aye ", "aye." }, 5));
    chat.world.runs.setCacheSettings({ .policy = profile::CachePolicy::Always });
    chat.say(u"Well?"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY(!chat.button(u"askAgain"_s)->isVisible());
    const QString first = chat.chats.currentId();
    chat.chats.newConversation();
    chat.say(u"Well?"_s);
    QTRY_VERIFY(chat.ended() && chat.chats.currentId() != first);
    QCOMPARE(chat.world.requests.bodies().size(), 1);
    const QString id = chat.answer()->messageId();
    QCOMPARE(chat.text(id), u"Aye aye."_s);
    const auto *numbers = chat.answer()->findChild<QAbstractButton *>(u"numbersLine"_s);
    QVERIFY(numbers->isVisible());
    QVERIFY2(numbers->text().startsWith(u"from just now, saved "_s), qPrintable(numbers->text()));
    QVERIFY2(numbers->text().contains(u" and "_s) && !numbers->text().contains(u"first token"_s),
             qPrintable(numbers->text()));
    auto *again = chat.button(u"askAgain"_s);
    QVERIFY(again->isVisible() && again->isEnabled());
    QCOMPARE(again->accessibleName(), u"Ask again"_s);
    QVERIFY(again->focusPolicy() & Qt::TabFocus);
    again->setFocus();
    QTest::keyClick(again, Qt::Key_Space);
    QTRY_COMPARE(chat.world.requests.bodies().size(), 2);
    QTRY_VERIFY(chat.ended() && chat.answer()->messageId() != id);
    QVERIFY(!chat.button(u"askAgain"_s)->isVisible());
    QVERIFY(chat.answer()->findChild<QAbstractButton *>(u"numbersLine"_s)->text().contains(u"first token"_s));
}

void TestChatPage::eachChatHasItsCachePolicy()
{
    Chat chat(test::chatScript({ "Aye." }));
    chat.world.runs.setCacheSettings({ .policy = profile::CachePolicy::Always });
    auto *panel = chat.page->findChild<OptionsPanel *>(u"optionsPanel"_s);
    auto *policy = panel->findChild<QComboBox *>(u"optionCache"_s);
    QVERIFY(!policy->accessibleName().isEmpty());
    QVERIFY(!panel->cachePolicy());
    policy->setCurrentIndex(policy->findData(int(profile::CachePolicy::Off)));
    QCOMPARE(panel->count(), 1);
    chat.say(u"Well?"_s);
    QTRY_VERIFY(chat.ended());
    const QString id = chat.chats.currentId();
    chat.chats.newConversation();
    QVERIFY(!panel->cachePolicy());
    chat.say(u"Well?"_s); // the other chat kept nothing
    QTRY_COMPARE(chat.world.requests.bodies().size(), 2);
    QTRY_VERIFY(chat.ended());
    ChatController later(chat.world.context);
    later.load();
    QTRY_COMPARE(later.conversations().size(), 2);
    later.open(id);
    QCOMPARE(later.cachePolicy(), profile::CachePolicy::Off);
}

void TestChatPage::whatIsNotValidIsNotSent()
{
    Chat chat(test::chatScript({ "Yes." }));
    auto *panel = chat.page->findChild<OptionsPanel *>(u"optionsPanel"_s);
    panel->show();
    panel->findChild<QLineEdit *>(u"optionTemperature"_s)->setText(u"5"_s);
    auto *format = panel->findChild<QComboBox *>(u"optionFormat"_s);
    auto *problem = panel->findChild<QLabel *>(u"optionSchemaProblem"_s);
    format->setCurrentIndex(2);
    auto *schema = panel->findChild<QPlainTextEdit *>(u"optionSchema"_s);
    QVERIFY(schema->isVisible());
    schema->setPlainText(u"{ \"type\": "_s);
    QVERIFY(problem->isVisible() && problem->text().contains(u"character"_s));
    QCOMPARE(panel->count(), 0);
    QVERIFY(!panel->options().temperature);
    schema->setPlainText(u"{ \"type\": \"object\" }"_s);
    QVERIFY(!problem->isVisible());
    QCOMPARE(panel->count(), 1);
    chat.say(u"JSON, please"_s);
    QTRY_COMPARE(chat.world.requests.bodies().size(), 1);
    QVERIFY(chat.world.requests.bodies().first().contains("json_schema"));
    QTest::mouseClick(panel->findChild<QAbstractButton *>(u"optionsClear"_s), Qt::LeftButton);
    QCOMPARE(panel->count(), 0);
    QVERIFY(!schema->isVisible());
}

void TestChatPage::aModelWithoutEyesIsSaid()
{
    Chat chat(test::chatScript({ "Well." }));
    const auto learn = [&chat](std::optional<bool> imageInput) {
        llm::ModelInfo model;
        model.id = u"priced"_s;
        model.imageInput = imageInput;
        chat.world.models.learn(u"p"_s, QList { model });
    };
    learn(false);
    QImage image(30, 30, QImage::Format_RGB32);
    image.fill(Qt::red);
    auto *composer = chat.page->findChild<Composer *>(u"composer"_s);
    auto *note = composer->findChild<QLabel *>(u"composerNoteText"_s);
    QVERIFY(!note->isVisible());
    composer->addImage(image);
    QTRY_COMPARE(note->text(), u"priced does not take pictures."_s);
    QVERIFY(note->isVisible());
    learn({}); // a list that says nothing of it
    QVERIFY(!note->isVisible());
    learn(false);
    QVERIFY(note->isVisible());
    chat.say(u"What is it?"_s);
    QTRY_VERIFY(chat.ended());
    QVERIFY(chat.world.requests.bodies().last().contains("data:image/png;base64,"));
    QTRY_VERIFY(!note->isVisible());
}

/// The room that a window of 900 × 600 leaves.
void TestChatPage::aSmallWindowShowsHowToConnect()
{
    QScrollArea area;
    auto *welcome = new Welcome;
    area.setWidgetResizable(true);
    area.setWidget(welcome);
    area.resize(443, 400);
    welcome->setSimulated(true, false);
    welcome->setServers({ u"OpenAI-compatible server answers at 127.0.0.1:1234: 4 models."_s,
                          u"OpenAI-compatible server answers at 127.0.0.1:8080: 4 models."_s });
    area.show();
    for (const auto &name : { u"connectProvider"_s, u"useServer1"_s, u"useServer2"_s }) {
        const auto *button = welcome->findChild<QPushButton *>(name);
        QTRY_COMPARE(button->visibleRegion().boundingRect(), button->rect());
    }
}

void TestChatPage::localServersAreOffered()
{
    test::Script models;
    models.pieces = { R"({"object":"list","data":[{"id":"alpha"},{"id":"beta"}]})" };
    test::World world({ { u"127.0.0.1"_s, models }, { u"localhost"_s, models } });
    world.settings.setProviders({});
    ChatController chats(world.context);
    ChatPage page(world.context, chats);
    page.resize(900, 700);
    page.show();
    chats.load();
    auto *card = page.findChild<QWidget *>(u"foundServers"_s);
    QVERIFY(!card->isVisible());
    page.lookForServers();
    QTRY_VERIFY(card->isVisible());
    const auto offers = [&card] { return card->findChildren<QPushButton *>().size(); };
    const auto before = offers();
    QTest::keyClick(card->findChild<QPushButton *>(u"useServer1"_s), Qt::Key_Space);
    QCOMPARE(world.settings.providers().size(), 2);
    QCOMPARE(chats.model(), u"alpha"_s);
    QCOMPARE(chats.providerId(), world.settings.providers().last().id);
    QVERIFY(offers() < before);
    QCOMPARE(world.settings.value("default/provider").toString(), chats.providerId()); // after a restart, too
    QVERIFY(!card->isVisible()); // a real model answers now
}

void TestChatPage::theModelChosenLastIsRemembered()
{
    test::World world({ { u"p"_s, test::Script() }, { u"q"_s, test::Script() } });
    {
        ChatController chats(world.context);
        chats.setModel(u"q"_s, u"small"_s);
    }
    QVERIFY(world.settings.flush());
    config::Settings read(world.dir.path());
    QVERIFY(read.load());
    QCOMPARE(read.value("chat/last_model"), world.settings.value("chat/last_model"));
    {
        ChatController chats(world.context);
        QCOMPARE(chats.providerId(), u"q"_s);
        QCOMPARE(chats.model(), u"small"_s);
        chats.setModel(select::autoRef.providerId, select::autoRef.model);
    }
    {
        ChatController chats(world.context);
        QCOMPARE(select::ModelRef({ chats.providerId(), chats.model() }), select::autoRef);
        // What is set after it for new chats holds.
        world.settings.setValue("default/provider", u"p"_s);
        QCOMPARE(chats.providerId(), u"p"_s);
    }
    QCOMPARE(ChatController(world.context).providerId(), u"p"_s);
    {
        ChatController chats(world.context);
        chats.setModel(u"q"_s, u"small"_s);
    }
    world.settings.setProviders({ *world.settings.provider(u"p"_s) });
    QCOMPARE(ChatController(world.context).providerId(), u"p"_s);
}

void TestChatPage::aServerThatIsConfiguredIsUsed()
{
    test::Script models;
    models.pieces = { R"({"object":"list","data":[{"id":"alpha"}]})" };
    test::World world({ { u"127.0.0.1"_s, models }, { u"localhost"_s, models } });
    world.settings.setProviders({});
    FoundServers found(world.context);
    QSignalSpy changed(&found, &FoundServers::changed);
    found.look();
    QTRY_VERIFY(!changed.isEmpty());
    config::ProviderConfig own;
    own.id = own.name = u"mine"_s;
    own.protocol = found.servers().first().protocol;
    own.baseUrl = found.servers().first().baseUrl;
    {
        const QSignalBlocker blocker(world.settings); // the list on display is an older one
        QVERIFY(world.settings.setProviders({ own }));
    }
    QCOMPARE(found.add(0), u"mine"_s);
    QCOMPARE(world.settings.providers().size(), 2);
}

void TestChatPage::aLimitOfTheProviderCountsDown()
{
    Chat chat(test::chatScript({ "Well." }));
    chat.world.runs.setLimits({ 32, { 8, 1, 0 } });
    chat.say(u"One"_s);
    QTRY_VERIFY(chat.ended());
    chat.say(u"Two"_s);
    const auto state = [&chat] { return chat.answer()->findChild<QLabel *>(u"answerState"_s)->text(); };
    static const QRegularExpression words(u"^Waiting for this provider's limit of 1 request a minute · (\\d+) s$"_s);
    QTRY_VERIFY2(words.match(state()).hasMatch(), qPrintable(state()));
    const int seconds = words.match(state()).captured(1).toInt();
    QVERIFY2(seconds > 50 && seconds <= 60, qPrintable(state()));
    QTRY_VERIFY(words.match(state()).captured(1).toInt() < seconds);
    chat.chats.stop();
    QTRY_VERIFY(chat.ended());
}

void TestChatPage::anAnswerThatEndedWithTheProgramTellsItsCost()
{
    Chat chat(test::chatScript({ "no" }));
    store::Store &store = chat.world.store;
    store.saveConversation({ .id = u"c"_s, .title = u"Cut off"_s, .providerId = u"p"_s, .model = u"priced"_s });
    store::StoredMessage message;
    message.id = u"q"_s;
    message.conversationId = u"c"_s;
    message.message = llm::Message::fromText(llm::Role::User, u"What?"_s);
    store.saveMessage(message);
    message.id = u"a"_s;
    message.parentId = u"q"_s;
    message.message = llm::Message::fromText(llm::Role::Assistant, u"Half an"_s);
    store.saveMessage(message);
    profile::RunRecord run;
    run.conversationId = u"c"_s;
    run.messageId = u"a"_s;
    run.answer.text = u"Half an"_s;
    run.answer.error = base::Error { base::ErrorKind::Interrupted, u"ended"_s, {}, 0, {} };
    run.answer.usage.emplace().output = 2;
    run.answer.usage->source = llm::UsageSource::Chunks;
    run.costUsd = 0.5;
    store.saveRun(run);
    chat.chats.load();
    QTRY_VERIFY(!chat.chats.conversations().isEmpty());
    chat.chats.open(u"c"_s);
    QTRY_VERIFY(chat.answer());
    QVERIFY(chat.answer()->findChild<QLabel *>(u"noticeTitle"_s)->text().startsWith(u"Interrupted"_s));
    const auto *numbers = chat.answer()->findChild<NumbersLine *>(u"numbersLine"_s);
    QVERIFY(numbers->isVisible());
    QCOMPARE(numbers->text(), u"interrupted · ~2 tok · ~$0.500"_s);
}

QTEST_MAIN(TestChatPage)
#include "tst_chatpage.moc"
