#include "tests/ui/settingsforms.h"
#include "tests/ui/workbench.h"
#include "tests/ui/world.h"
#include "ui/chat/chatcontroller.h"
#include "ui/mainwindow.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/callrow.h"
#include "ui/profiler/queuebutton.h"

#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::test;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

/// A server that begins to answer and never ends.
Script endless()
{
    Script script = chatScript({ "Well" });
    script.pieces.resize(1);
    script.hangs = true;
    return script;
}

/// The list under its button, over a network where one call at a time may run.
class Queue final {
public:
    Queue()
        : world({ { u"p"_s, endless() } }), monitor(world.context),
          button(world.context, monitor, [](const QString &id) { return id == u"c1"_s ? u"A talk"_s : QString(); })
    {
        world.runs.setLimits({ 32, { 1, 0, 0 } });
        QObject::connect(&world.runs, &run::RunService::recorded, &monitor,
                         [this](const profile::RunRecord &record) { ended.append(record); });
        button.show();
    }

    std::unique_ptr<run::Run> start(const QString &conversation,
                                    profile::Operation operation = profile::Operation::Chat,
                                    profile::CachePolicy cache = profile::CachePolicy::Off)
    {
        run::RunRequest request;
        request.endpoint.providerId = u"p"_s;
        request.endpoint.protocol = u"openai-chat"_s;
        request.endpoint.baseUrl = QUrl(u"http://p/v1"_s);
        request.chat.model = u"priced"_s;
        request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Hello"_s) };
        request.conversationId = conversation;
        request.operation = operation;
        request.cache = cache;
        if (operation == profile::Operation::Batch)
            request.priority = run::Priority::Batch;
        return world.runs.start(request);
    }

    QWidget &popover() const { return *find<QWidget>(button, u"queuePopover"_s); }
    QList<QWidget *> rows() const
    {
        QList<QWidget *> rows;
        const QLayout *layout = popover().findChild<QScrollArea *>()->widget()->layout();
        for (int i = 0; i < layout->count(); ++i)
            rows.append(layout->itemAt(i)->widget());
        return rows;
    }
    QString state(qsizetype row) const
    {
        const auto all = rows();
        return row < all.size() ? find<QLabel>(*all.at(row), u"callState"_s)->text() : QString();
    }
    QToolButton *cancel(qsizetype row) const { return find<QToolButton>(*rows().at(row), u"cancelCall"_s); }
    QString label(const QString &name) const { return find<QLabel>(popover(), name)->text(); }

    World world;
    ActivityMonitor monitor;
    QueueButton button;
    QList<profile::RunRecord> ended;
};

} // namespace

class QueueTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_queue = std::make_unique<Queue>(); }
    void cleanup() { m_queue.reset(); }

    void nothingIsSaidInWords()
    {
        QCOMPARE(m_queue->button.text(), u"queue 0 · in flight 0"_s);
        m_queue->button.click();
        QVERIFY(m_queue->popover().isVisible());
        QCOMPARE(m_queue->label(u"queueNote"_s), u"Nothing runs and nothing waits."_s);
        QVERIFY(!find<QPushButton>(m_queue->popover(), u"cancelAllWaiting"_s)->isEnabled());
        QTest::keyClick(&m_queue->popover(), Qt::Key_Escape);
        QVERIFY(!m_queue->popover().isVisible());
    }

    void aWaitingCallIsCancelledAndTheOrderStays()
    {
        const auto first = m_queue->start(u"c1"_s);
        const auto second = m_queue->start(u"c2"_s);
        const auto third = m_queue->start({}, profile::Operation::Compare);
        const auto fourth = m_queue->start({}, profile::Operation::Batch);
        m_queue->button.click();
        QTRY_COMPARE(m_queue->rows().size(), 4);
        QTRY_VERIFY2(m_queue->state(0).startsWith(u"A talk · streaming "_s), qPrintable(m_queue->state(0)));
        QVERIFY2(m_queue->state(1).startsWith(u"New chat · position 1, waiting "_s), qPrintable(m_queue->state(1)));
        QVERIFY(m_queue->state(1).contains(u"at this provider"_s));
        QVERIFY(m_queue->state(2).startsWith(u"Compare · position 2, waiting "_s));
        QVERIFY(m_queue->state(3).startsWith(u"Batch · position 3, waiting "_s));
        QCOMPARE(find<QLabel>(*m_queue->rows().at(0), u"callModel"_s)->text(), u"priced · p"_s);
        QVERIFY(m_queue->rows().at(1)->accessibleName().contains(u"position 1"_s));
        QCOMPARE(m_queue->cancel(2)->accessibleName(), u"Cancel the call of Compare, priced"_s);
        QCOMPARE(m_queue->label(u"queueTitle"_s), u"1 running, 3 waiting"_s);
        QTRY_COMPARE(m_queue->button.text(), u"queue 3 · in flight 1"_s);
        const QWidget *batch = m_queue->rows().at(3);

        m_queue->cancel(1)->click();
        QTRY_COMPARE(m_queue->rows().size(), 3);
        QCOMPARE(m_queue->ended.size(), 1);
        QCOMPARE(m_queue->ended[0].id, second->id());
        QVERIFY(m_queue->ended[0].cancelled());
        QVERIFY(m_queue->state(0).startsWith(u"A talk · streaming "_s));
        QVERIFY(m_queue->state(1).startsWith(u"Compare · position 1, waiting "_s));
        QVERIFY(m_queue->state(2).startsWith(u"Batch · position 2, waiting "_s));
        QCOMPARE(m_queue->rows().at(2), batch); // a row stays the row of its call

        m_queue->cancel(0)->click(); // what runs can be cancelled, too: the next one goes
        QTRY_VERIFY2(m_queue->state(0).startsWith(u"Compare · streaming "_s), qPrintable(m_queue->state(0)));
        QCOMPARE(m_queue->rows().size(), 2);
    }

    /// The same question once more: it waits for no turn and asks nothing itself.
    void aCallThatJoinsAnotherIsListed()
    {
        using enum profile::CachePolicy;
        const auto first = m_queue->start(u"c1"_s, profile::Operation::Chat, Always);
        m_queue->button.click();
        QTRY_VERIFY2(m_queue->state(0).startsWith(u"A talk · streaming "_s), qPrintable(m_queue->state(0)));
        const auto second = m_queue->start({}, profile::Operation::Summary, Always);
        QTRY_COMPARE(m_queue->rows().size(), 2);
        QVERIFY2(m_queue->state(1).startsWith(u"Summaries · joins another call that asks the same, "_s),
                 qPrintable(m_queue->state(1)));
        QCOMPARE(m_queue->label(u"queueTitle"_s), u"1 running, 0 waiting, 1 joined"_s);
        m_queue->cancel(1)->click();
        QTRY_COMPARE(m_queue->rows().size(), 1);
        QCOMPARE(m_queue->label(u"queueTitle"_s), u"1 running, 0 waiting"_s);
    }

    void aLimitOfTheProviderCountsDown()
    {
        m_queue->world.runs.setLimits({ 32, { 8, 1, 0 } });
        const auto first = m_queue->start(u"c1"_s);
        const auto second = m_queue->start(u"c1"_s);
        m_queue->button.click();
        QTRY_COMPARE(m_queue->rows().size(), 2);
        static const QRegularExpression words(
            u"^A talk · position 1, waiting .+ for this provider's limit of 1 request a minute · (\\d+) s$"_s);
        QTRY_VERIFY2(words.match(m_queue->state(1)).hasMatch(), qPrintable(m_queue->state(1)));
        const int seconds = words.match(m_queue->state(1)).captured(1).toInt();
        QVERIFY2(seconds > 0 && seconds <= 60, qPrintable(m_queue->state(1)));
    }

    void allThatWaitsIsCancelled()
    {
        std::vector<std::unique_ptr<run::Run>> calls;
        for (int i = 0; i < 60; ++i)
            calls.push_back(m_queue->start({}));
        m_queue->button.click();
        QTRY_COMPARE(m_queue->rows().size(), 51);
        QCOMPARE(m_queue->label(u"queueNote"_s), u"and 9 more"_s);
        find<QPushButton>(m_queue->popover(), u"cancelAllWaiting"_s)->click();
        QTRY_COMPARE(m_queue->rows().size(), 1);
        QTRY_COMPARE(m_queue->ended.size(), 59);
        QCOMPARE(m_queue->label(u"queueTitle"_s), u"1 running, 0 waiting"_s);
    }

    void theKeyboardDoesItAll()
    {
        const auto first = m_queue->start({});
        const auto second = m_queue->start({});
        QTRY_COMPARE(m_queue->button.text(), u"queue 1 · in flight 1"_s);
        QVERIFY(m_queue->button.focusPolicy() & Qt::TabFocus);
        QTest::keyClick(&m_queue->button, Qt::Key_Space);
        QTRY_COMPARE(QApplication::focusWidget(), find<QPushButton>(m_queue->popover(), u"cancelAllWaiting"_s));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        QCOMPARE(QApplication::focusWidget(), m_queue->cancel(0));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        QCOMPARE(QApplication::focusWidget(), m_queue->cancel(1));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
        QTRY_COMPARE(m_queue->rows().size(), 1);
        QVERIFY(m_queue->popover().isAncestorOf(QApplication::focusWidget())); // it did not get lost
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!m_queue->popover().isVisible());
    }

    void hostileNamesStayText()
    {
        run::EngineState state;
        state.inFlight = 1;
        state.running.append({ u"x"_s, u"<b>p"_s, u"<img src=x>m"_s, {}, {}, {}, 0, {} });
        Q_EMIT m_queue->world.runs.stateChanged(state);
        m_queue->button.click();
        auto *name = find<QLabel>(*m_queue->rows().at(0), u"callModel"_s);
        QCOMPARE(name->text(), u"<img src=x>m · <b>p"_s);
        QCOMPARE(name->textFormat(), Qt::PlainText);
    }

    void theWindowKnowsWhoseTheyAre()
    {
        const QTemporaryDir dir;
        Workbench bench(dir.path(), Workbench::endless());
        MainWindow window(bench.context);
        window.show();
        window.load();
        window.send(u"Tell me of the sea"_s);
        auto *button = find<QToolButton>(window, u"queueButton"_s);
        QTRY_COMPARE(button->text(), u"queue 0 · in flight 1"_s);
        QTest::keyClick(&window, Qt::Key_J, Qt::ControlModifier);
        auto *popover = find<QWidget>(window, u"queuePopover"_s);
        QTRY_VERIFY(popover->isVisible());
        const auto state = [popover] {
            const auto *label = popover->findChild<QLabel *>(u"callState"_s);
            return label ? label->text() : QString();
        };
        QTRY_VERIFY2(state().startsWith(u"Tell me of the sea · streaming "_s), qPrintable(state()));
        find<QToolButton>(*popover, u"cancelCall"_s)->click();
        QTRY_COMPARE(button->text(), u"queue 0 · in flight 0"_s);
    }

private:
    std::unique_ptr<Queue> m_queue;
};

QTEST_MAIN(QueueTest)
#include "tst_queue.moc"
