#include "ui/settings/formparts.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QCursor>
#include <QDirIterator>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QStyleOptionButton>
#include <QTest>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <QtTest/qtestspontaneevent.h>

using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class TestTheme final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textReachesTheContrast_data();
    void textReachesTheContrast();
    void nothingDisabledStandsOut();
    void modeChangesThePaletteOfLiveWidgets();
    void zoomChangesTheTextOfLiveWidgets();
    void zoomReachesSmallTextAndIcons();
    void iconsFollowTheTheme();
    void everyIconDraws();
    void iconsAreSeenInASelectedRow();
    void areasGrowWithTheirWindow();
    void checkBoxesAreSeen_data();
    void checkBoxesAreSeen();
    void roundFieldsKeepTheirCorners();
    void theWheelChangesOnlyWhatHasTheFocus();
    void choicesLookLikeOtherLists();
    void aChoiceIsHoveredUnderThePointerOnly();
};

void TestTheme::textReachesTheContrast_data()
{
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("background");
    for (const Scheme scheme : { Scheme::Light, Scheme::Dark }) {
        const Colours &c = colours(scheme);
        const char *name = scheme == Scheme::Light ? "light" : "dark";
        const auto add = [name](const char *what, const QColor &text, const QColor &background) {
            QTest::addRow("%s %s %s", name, what, qPrintable(background.name())) << text << background;
        };
        for (const QColor &background : { c.window, c.surface, c.raised, c.codeBackground, c.userBubble }) {
            add("text", c.text, background);
            add("muted", c.mutedText, background);
            add("accent", c.accent, background);
        }
        for (const QColor &background : { c.window, c.surface, c.raised }) {
            add("error", c.error, background);
            add("warning", c.warning, background);
            add("ok", c.ok, background);
        }
        for (const QColor &token : { c.keyword, c.string, c.comment, c.number })
            add("code", token, c.codeBackground);
        add("hovered", c.text, c.hover);
        add("hovered muted", c.mutedText, c.hover);
        add("selected", c.text, c.selection);
        add("on accent", c.onAccent, c.accentFill);
        add("error card", c.error, c.errorBackground);
        add("error card text", c.text, c.errorBackground);
        add("warning card", c.warning, c.warningBackground);
        const QPalette palette = paletteFor(scheme);
        add("tooltip", palette.color(QPalette::ToolTipText), palette.color(QPalette::ToolTipBase));
        add("placeholder", palette.color(QPalette::PlaceholderText), palette.color(QPalette::Base));
    }
}

void TestTheme::textReachesTheContrast()
{
    QFETCH(QColor, text);
    QFETCH(QColor, background);
    const double ratio = contrast(text, background);
    QVERIFY2(ratio >= 4.5, qPrintable(u"%1 on %2: %3"_s.arg(text.name(), background.name()).arg(ratio)));
}

void TestTheme::nothingDisabledStandsOut()
{
    Theme theme(*qApp);
    for (const Scheme scheme : { Scheme::Dark, Scheme::Light }) {
        theme.setMode(scheme == Scheme::Dark ? Theme::Mode::Dark : Theme::Mode::Light);
        QWidget form;
        const QLineEdit field(&form);
        const QLabel *muted = mutedLabel(u"muted"_s, &form);
        const ToneLabel warning(u"warning"_s, ToneLabel::Tone::Warning, &form);
        form.setEnabled(false);
        const QColor faint = colours(scheme).disabledText;
        QCOMPARE(field.palette().color(QPalette::Text), faint);
        QCOMPARE(field.palette().color(QPalette::PlaceholderText), faint);
        QCOMPARE(muted->palette().color(QPalette::WindowText), faint);
        QCOMPARE(warning.palette().color(QPalette::WindowText), faint);
        form.setEnabled(true);
        QCOMPARE(muted->palette().color(QPalette::WindowText), colours(scheme).mutedText);
        QCOMPARE(warning.palette().color(QPalette::WindowText), colours(scheme).warning);
    }
}

void TestTheme::modeChangesThePaletteOfLiveWidgets()
{
    Theme theme(*qApp);
    QLabel label;
    label.show();
    QSignalSpy changed(&theme, &Theme::changed);
    theme.setMode(Theme::Mode::Dark);
    QCOMPARE(changed.count(), 1);
    QTRY_COMPARE(schemeOf(label.palette()), Scheme::Dark);
    QCOMPARE(&colours(&label), &colours(Scheme::Dark));
    theme.setMode(Theme::Mode::Light);
    QTRY_COMPARE(schemeOf(label.palette()), Scheme::Light);
    QCOMPARE(Theme::modeFromName(u"dark"_s), Theme::Mode::Dark);
    QCOMPARE(Theme::modeFromName(u"nonsense"_s), Theme::Mode::System);
}

void TestTheme::zoomChangesTheTextOfLiveWidgets()
{
    Theme theme(*qApp);
    QLabel label;
    label.show();
    const double standard = label.font().pointSizeF();
    theme.setTextZoom(1.5);
    QTRY_VERIFY(qAbs(label.font().pointSizeF() - standard * 1.5) < 0.01);
    theme.setTextZoom(100);
    QCOMPARE(theme.textZoom(), 4.0);
    theme.setTextZoom(1);
}

void TestTheme::zoomReachesSmallTextAndIcons()
{
    Theme theme(*qApp);
    QWidget window;
    const QLabel *small = mutedLabel(u"small"_s, &window, 0.9);
    const QToolButton *button = iconButton(u"button"_s, u"copy"_s, u"Copy"_s, &window);
    window.show();
    const double standard = small->font().pointSizeF();
    const QSize side = button->sizeHint();
    const QSize picture = button->iconSize();
    theme.setTextZoom(1.5);
    QTRY_VERIFY(qAbs(small->font().pointSizeF() - standard * 1.5) < 0.01);
    QCOMPARE(button->sizeHint(), side * 1.5);
    QCOMPARE(button->iconSize(), picture * 1.5);
    theme.setTextZoom(1);
    QTRY_COMPARE(small->font().pointSizeF(), standard);
}

void TestTheme::iconsFollowTheTheme()
{
    Theme theme(*qApp);
    const QIcon copy = icon(u"copy"_s);
    const auto darkest = [&copy] {
        const QImage image = copy.pixmap(32, 32).toImage();
        int most = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.pixelColor(x, y).alpha() > 200)
                    most = std::max(most, image.pixelColor(x, y).lightness());
        return most;
    };
    theme.setMode(Theme::Mode::Light);
    const int light = darkest();
    theme.setMode(Theme::Mode::Dark);
    QVERIFY2(darkest() > light + 100, "the same icon is light on dark and dark on light");
    theme.setMode(Theme::Mode::Light);
}

void TestTheme::everyIconDraws()
{
    int count = 0;
    QDirIterator files(u":/icons"_s);
    while (files.hasNext()) {
        files.next();
        const QImage image = icon(files.fileInfo().completeBaseName()).pixmap(24, 24).toImage();
        bool drawn = false;
        for (int y = 0; y < image.height() && !drawn; ++y)
            for (int x = 0; x < image.width() && !drawn; ++x)
                drawn = image.pixelColor(x, y).alpha() > 0;
        QVERIFY2(drawn, qPrintable(files.fileName()));
        ++count;
    }
    QVERIFY(count > 20);
}

void TestTheme::iconsAreSeenInASelectedRow()
{
    Theme theme(*qApp);
    theme.setMode(Theme::Mode::Light);
    const QImage image = icon(u"alert"_s, IconTone::Warning).pixmap(QSize(32, 32), QIcon::Selected).toImage();
    const QColor row = QApplication::palette().color(QPalette::Highlight);
    double most = 1;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).alpha() > 200)
                most = std::max(most, contrast(image.pixelColor(x, y), row));
    QVERIFY2(most >= 3, qPrintable(QString::number(most)));
}

void TestTheme::areasGrowWithTheirWindow()
{
    QWidget window;
    auto *content = new QWidget;
    (new QVBoxLayout(content))->addSpacing(700);
    auto *area = new GrowingArea(content, &window);
    auto *column = new QVBoxLayout(&window);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(area);
    column->addWidget(new QWidget(&window), 1);
    window.resize(400, 500);
    window.show();
    QTRY_COMPARE(area->height(), 300);
    window.resize(400, 1000);
    QTRY_COMPARE(area->height(), 600);
    window.resize(400, 500);
    QTRY_COMPARE(area->height(), 300);
}

void TestTheme::checkBoxesAreSeen_data()
{
    QTest::addColumn<Theme::Mode>("mode");
    QTest::addColumn<bool>("checked");
    QTest::addRow("light") << Theme::Mode::Light << false;
    QTest::addRow("light, checked") << Theme::Mode::Light << true;
    QTest::addRow("dark") << Theme::Mode::Dark << false;
    QTest::addRow("dark, checked") << Theme::Mode::Dark << true;
}

/// WCAG 1.4.11: what shows a control has 3:1.
void TestTheme::checkBoxesAreSeen()
{
    QFETCH(Theme::Mode, mode);
    QFETCH(bool, checked);
    Theme theme(*qApp);
    theme.setMode(mode);
    QWidget window;
    QCheckBox box(&window);
    box.setFocusPolicy(Qt::NoFocus);
    box.setChecked(checked);
    box.resize(box.sizeHint());
    const QImage image = box.grab().toImage();
    QStyleOptionButton option;
    option.initFrom(&box);
    const QRect drawn = box.style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, &box);
    const QColor behind = window.palette().color(QPalette::Window);
    QVERIFY(contrast(image.pixelColor(drawn.left(), drawn.center().y()), behind) >= 3);
    double within = 1; // the check, on its fill
    const QColor fill = image.pixelColor(drawn.center().x(), drawn.top() + 3);
    for (int x = drawn.left() + 3; x < drawn.right() - 2; ++x)
        within = std::max(within, contrast(image.pixelColor(x, drawn.center().y()), fill));
    QCOMPARE(within >= 3, checked);
}

/// A text area is a field: its corner shows what is behind it, and its frame tells of the focus.
void TestTheme::roundFieldsKeepTheirCorners()
{
    Theme theme(*qApp);
    theme.setMode(Theme::Mode::Light);
    QWidget window;
    QPalette red = window.palette();
    red.setColor(QPalette::Window, Qt::red);
    window.setPalette(red);
    QPlainTextEdit field(&window);
    field.setGeometry(20, 20, 200, 80);
    window.resize(240, 120);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    field.clearFocus();
    const auto at = [&window](const QPoint &point) { return window.grab().toImage().pixelColor(point); };
    QCOMPARE(at({ 20, 20 }), QColor(Qt::red));
    QCOMPARE(at({ 120, 60 }), field.palette().color(QPalette::Base));
    const QColor calm = at({ 120, 20 });
    field.setFocus();
    const QColor focused = at({ 120, 20 });
    QVERIFY2(contrast(focused, field.palette().color(QPalette::Base)) >= 3, qPrintable(focused.name()));
    QVERIFY(calm != focused);
}

void TestTheme::theWheelChangesOnlyWhatHasTheFocus()
{
    const Theme theme(*qApp);
    QScrollArea area;
    auto *form = new QWidget;
    form->setMinimumHeight(2000);
    auto *choice = new QComboBox(form);
    choice->addItems({ u"one"_s, u"two"_s, u"three"_s });
    auto *number = new QSpinBox(form);
    number->move(0, 60);
    auto *slider = new QSlider(Qt::Horizontal, form);
    slider->move(0, 120);
    area.setWidget(form);
    area.resize(300, 300);
    area.show();
    area.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&area));
    area.setFocus();
    const auto turn = [](QWidget *over) {
        const QPointF at(over->rect().center());
        QWheelEvent down(at, over->mapToGlobal(at), {}, { 0, -120 }, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                         false);
        QSpontaneKeyEvent::setSpontaneous(&down); // a synthetic one goes to no parent
        qApp->notify(over, &down); // sendEvent() would make it one
    };
    number->setValue(50);
    slider->setValue(50);
    int before = 0;
    for (QWidget *over :
         std::initializer_list<QWidget *> { choice, number, number->findChild<QLineEdit *>(), slider }) {
        turn(over);
        QVERIFY2(area.verticalScrollBar()->value() > before, over->metaObject()->className());
        before = area.verticalScrollBar()->value();
    }
    QCOMPARE(choice->currentIndex(), 0);
    QCOMPARE(number->value(), 50);
    QCOMPARE(slider->value(), 50);
    QVERIFY(area.hasFocus());
    number->setFocus();
    turn(number);
    QCOMPARE(number->value(), 49);
    QCOMPARE(area.verticalScrollBar()->value(), before);
}

/// Room around the words, and the selection's own colour.
void TestTheme::choicesLookLikeOtherLists()
{
    Theme theme(*qApp);
    theme.setMode(Theme::Mode::Light);
    QComboBox box;
    box.addItems({ u"one"_s, u"two"_s });
    box.show();
    box.showPopup();
    QAbstractItemView *list = box.view();
    QTRY_VERIFY(list->isVisible());
    const QRect row = list->visualRect(box.model()->index(0, 0));
    QVERIFY2(row.height() >= 32, qPrintable(QString::number(row.height())));
    QVERIFY(list->viewport()->height() >= 2 * row.height());
    const QImage look = list->viewport()->grab().toImage();
    QCOMPARE(look.pixelColor((row.center() + QPoint(row.width() / 2 - 12, 0)) * look.devicePixelRatio()),
             colours(Scheme::Light).selection);
    const Colours &c = colours(Scheme::Light);
    int first = row.width();
    for (int x = 3; x < row.width(); ++x)
        for (int y = row.top() + 6; y < row.bottom() - 6; ++y)
            if (look.pixelColor(QPoint(x, y) * look.devicePixelRatio()) != c.selection)
                first = std::min(first, x);
    QVERIFY2(first >= 8 && first < row.width(), qPrintable(QString::number(first)));
    box.hidePopup();
}

void TestTheme::aChoiceIsHoveredUnderThePointerOnly()
{
    Theme theme(*qApp);
    QComboBox box;
    box.addItem(u"one"_s);
    box.resize(120, 32);
    box.move(200, 200);
    box.show();
    QVERIFY(QTest::qWaitForWindowExposed(&box));
    QCursor::setPos(10, 10);
    box.clearFocus();
    const QImage resting = box.grab().toImage();
    box.setAttribute(Qt::WA_UnderMouse); // as a popup that was closed leaves it
    QCOMPARE(box.grab().toImage(), resting);
}

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
