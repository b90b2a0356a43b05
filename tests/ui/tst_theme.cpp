#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDirIterator>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class TestTheme final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textReachesTheContrast_data();
    void textReachesTheContrast();
    void modeChangesThePaletteOfLiveWidgets();
    void zoomChangesTheTextOfLiveWidgets();
    void zoomReachesSmallTextAndIcons();
    void iconsFollowTheTheme();
    void everyIconDraws();
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

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
