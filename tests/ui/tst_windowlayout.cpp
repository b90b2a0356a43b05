#include "tests/ui/desk.h"
#include "ui/chat/modelpicker.h"
#include "ui/settings/settingsdialog.h"
#include "ui/shortcuts.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QScreen>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

constexpr int patienceMs = 20'000;

} // namespace

/// What a window shows at which size, and where the keyboard goes.
class TestWindowLayout final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void windowFitsTheScreen();
    void theTopBarIsReachedWhole();
    void narrowWindowKeepsOnePanel();
    void tabFollowsTheReadingOrder();
    void everyStopShowsItsFocus();
    void keysHaveNoConflicts();
    void theStatusLineGivesWay();
    void everyButtonHasItsName();
    void noNameIsMarkup();

private:
    std::unique_ptr<Theme> m_theme;
};

void TestWindowLayout::initTestCase()
{
    m_theme = std::make_unique<Theme>(*qApp);
    m_theme->setMode(Theme::Mode::Light);
}

void TestWindowLayout::windowFitsTheScreen()
{
    QTemporaryDir dir;
    Workbench bench(dir.path());
    {
        MainWindow larger(bench.context);
        larger.resize(1590, 960);
        larger.close();
    }
    const QSize room = QApplication::primaryScreen()->availableSize();
    const MainWindow window(bench.context);
    QVERIFY(window.width() <= room.width() && window.height() < room.height());
    const SettingsDialog dialog(bench.context);
    QVERIFY(dialog.width() <= room.width() && dialog.height() < room.height());
}

/// In the smallest window, and with the largest text that the keys give.
void TestWindowLayout::theTopBarIsReachedWhole()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    auto &window = desk.window;
    auto *chat = window.findChild<QToolButton *>(u"pageChat"_s);
    auto *picker = window.findChild<ModelPicker *>(u"modelPicker"_s);
    picker->setCurrent(u"simulator"_s, u"a-model-whose-name-is-longer-than-most-of-them-are"_s);
    const auto reached = [&window] {
        QStringList cut;
        const auto *bar = window.findChild<QWidget *>(u"topBar"_s);
        for (const QToolButton *button : bar->findChildren<QToolButton *>()) {
            if (button->isVisible() && (!bar->rect().contains(button->geometry()) || button->width() < 20))
                cut << button->objectName();
        }
        return cut.join(u' ');
    };
    QTRY_COMPARE(chat->toolButtonStyle(), Qt::ToolButtonTextBesideIcon);
    QCOMPARE(reached(), QString());
    window.resize(720, 480);
    QTRY_COMPARE(window.width(), 720);
    QCOMPARE(reached(), QString());
    window.resize(560, 480);
    window.resize(1320, 840);
    QTRY_COMPARE(chat->toolButtonStyle(), Qt::ToolButtonTextBesideIcon);
    m_theme->setTextZoom(2.5);
    QTRY_COMPARE(reached(), QString());
    QTRY_COMPARE(chat->toolButtonStyle(), Qt::ToolButtonIconOnly);
    QCOMPARE(chat->toolTip(), u"Chat"_s);
    m_theme->setTextZoom(1);
    QTRY_COMPARE(chat->toolButtonStyle(), Qt::ToolButtonTextBesideIcon);
}

void TestWindowLayout::narrowWindowKeepsOnePanel()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    auto *profiler = desk.window.findChild<QDockWidget *>(u"profilerDock"_s);
    const auto fits = [&desk](const QString &name) {
        const auto *widget = desk.window.findChild<QWidget *>(name);
        return desk.window.rect().contains(QRect(widget->mapTo(&desk.window, QPoint()), widget->size()));
    };
    desk.window.resize(desk.window.minimumSize());
    QTRY_VERIFY(!profiler->isVisible() && desk.list()->isVisible());
    QVERIFY(desk.window.width() <= 720 && desk.window.height() <= 480);
    QVERIFY(fits(u"composer"_s) && fits(u"settings"_s));
    desk.click(u"toggleProfiler"_s);
    QVERIFY(profiler->isVisible() && !desk.list()->isVisible());
    QTRY_VERIFY(fits(u"composer"_s) && fits(u"profilerDock"_s));
    desk.window.resize(1320, 840);
    QTRY_VERIFY(profiler->isVisible() && desk.list()->isVisible());
}

void TestWindowLayout::tabFollowsTheReadingOrder()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Rivers"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    const QStringList wanted { u"toggleSidebar"_s,      u"pageChat"_s,       u"pageCompare"_s, u"modelPicker"_s,
                               u"newChatButton"_s,      u"toggleProfiler"_s, u"settings"_s,    u"newChat"_s,
                               u"conversationFilter"_s, u"conversations"_s,  u"transcript"_s,  u"copyMessage"_s,
                               u"regenerate"_s,         u"prompt"_s,         u"attach"_s,      u"options"_s,
                               u"closeProfiler"_s,      u"section_latency"_s };
    desk.window.findChild<QWidget *>(wanted.first())->setFocus();
    QStringList seen;
    while (!seen.contains(wanted.last()) && seen.size() < 60) {
        seen << desk.window.focusWidget()->objectName();
        QTest::keyClick(desk.window.focusWidget(), Qt::Key_Tab);
    }
    qsizetype at = -1;
    for (const QString &name : wanted) {
        const qsizetype found = seen.indexOf(name);
        QVERIFY2(found > at, qPrintable(name + u" in "_s + seen.join(u", "_s)));
        at = found;
    }
    QTest::keyClick(desk.window.focusWidget(), Qt::Key_Backtab, Qt::ShiftModifier);
    QCOMPARE(desk.window.focusWidget()->objectName(), seen.last());
}

void TestWindowLayout::everyStopShowsItsFocus()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Rivers"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    desk.window.activateWindow();
    QTRY_VERIFY(desk.window.isActiveWindow());
    const auto lookOf = [&desk](const QWidget *stop) {
        const QRect place(stop->mapTo(&desk.window, QPoint()), stop->size());
        return desk.window.grab(place.adjusted(-2, -2, 2, 2)).toImage();
    };
    for (const QString &page : { u"pageChat"_s, u"pageCompare"_s }) {
        desk.click(page);
        QWidget *first = desk.window.findChild<QWidget *>(page);
        first->setFocus();
        do {
            QTest::keyClick(desk.window.focusWidget(), Qt::Key_Tab);
            QWidget *stop = desk.window.focusWidget();
            const QImage focused = lookOf(stop);
            stop->clearFocus();
            QVERIFY2(lookOf(stop) != focused, qPrintable(stop->objectName()));
            stop->setFocus(Qt::TabFocusReason);
        } while (desk.window.focusWidget() != first);
    }
}

void TestWindowLayout::keysHaveNoConflicts()
{
    QCOMPARE(shortcutConflicts(shortcutTable()), QStringList());
    const Shortcut twice[] = { { "a", "Ctrl+X", "One" }, { "b", "Ctrl+Y; Ctrl+X", "Other" } };
    QCOMPARE(shortcutConflicts(twice), QStringList { u"Ctrl+X: One, Other"_s });
}

void TestWindowLayout::theStatusLineGivesWay()
{
    QTemporaryDir dir;
    const Desk desk(dir.path());
    const auto *line = desk.window.findChild<QLabel *>(u"statusText"_s);
    QCOMPARE(line->minimumSizeHint().width(), 0);
    QVERIFY(!line->text().isEmpty() && line->toolTip().startsWith(line->text()));
}

void TestWindowLayout::everyButtonHasItsName()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Name the parts"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    const auto buttons = desk.window.findChildren<QAbstractButton *>();
    for (const QAbstractButton *button : buttons) {
        // Qt's own: the icon within a line edit, the corner of a table or a dock.
        if (qobject_cast<QLineEdit *>(button->parent()) || qobject_cast<QAbstractItemView *>(button->parent())
            || button->objectName().startsWith(u"qt_"_s))
            continue;
        QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(),
                 qPrintable(button->objectName() + u" in "_s + button->parent()->objectName()));
        QVERIFY2(!button->objectName().isEmpty(), qPrintable(button->text()));
    }
}

/// Names come from servers and from whoever types them.
void TestWindowLayout::noNameIsMarkup()
{
    QTemporaryDir dir;
    Desk desk(dir.path());
    desk.say(u"Whose name is it?"_s);
    QTRY_VERIFY_WITH_TIMEOUT(desk.done(), patienceMs);
    desk.window.compare({ u"<h1>BIG</h1>"_s, u"<img src='/etc/passwd'>"_s }, u"Hello"_s);
    const auto labels = desk.window.findChildren<QLabel *>();
    QVERIFY(labels.size() > 20);
    for (const QLabel *label : labels) {
        if (label->isVisible())
            QVERIFY2(label->textFormat() != Qt::AutoText, qPrintable(label->objectName() + u": "_s + label->text()));
    }
}

QTEST_MAIN(TestWindowLayout)
#include "tst_windowlayout.moc"
