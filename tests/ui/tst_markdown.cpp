#include "ui/markdown/documentbuilder.h"
#include "ui/markdown/highlight.h"
#include "ui/markdown/markdownview.h"
#include "ui/markdown/parser.h"
#include "ui/theme/theme.h"

#include <QAbstractTextDocumentLayout>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QTest>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>

#include <algorithm>

using namespace talkbench::ui;
using namespace Qt::StringLiterals;

namespace {

const QString everything =
    u"# Title\n\nA *paragraph* with **bold**, `code`, ~~gone~~ and a [link](https://example.org).\n"
    u"Second line.\n\n- one\n- two\n  - nested\n  - [x] done\n  - [ ] open\n- three\n\n3. third\n4. fourth\n\n"
    u"> quoted\n> more\n>\n> > deeper\n\n| a | b |\n|:--|--:|\n| 1 | `2` |\n| 3 | 4 |\n\n"
    u"```cpp\nint main() {\n    return 0; // done\n}\n```\n\n---\n\nText\n#not a heading\n\nSetext\n===\n\n"
    u"para\n| h |\n|---|\n| c |\n\n* * *\n\n```\nopen fence\nwith ``` inside"_s;

/// What can be seen of a document: per block its text, geometry and formats.
QStringList picture(const QTextDocument &document)
{
    QStringList blocks;
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        const QTextBlockFormat f = block.blockFormat();
        QString line = u"%1|%2|%3|%4|%5|%6"_s.arg(f.intProperty(KindProperty))
                           .arg(f.stringProperty(MarkerProperty))
                           .arg(f.leftMargin())
                           .arg(f.topMargin())
                           .arg(f.intProperty(QuoteProperty))
                           .arg(f.boolProperty(CodeLastProperty));
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            const QTextCharFormat c = it.fragment().charFormat();
            line += u"[%1|%2|%3|%4|%5|%6]"_s
                        .arg(it.fragment().text(), c.font().key(), c.foreground().color().name(), c.anchorHref())
                        .arg(c.fontStrikeOut())
                        .arg(c.background().color().name());
        }
        blocks.append(line);
    }
    return blocks;
}

QString longAnswer(int bytes)
{
    QString text;
    for (int i = 1; text.size() < bytes; ++i)
        text += u"## Section %1\n\nSome *prose* with `code` and **weight**, long enough to wrap over a few lines of "
                u"the page, as "
                u"answers do when they explain a thing at length.\n\n1. first\n2. second\n3. third\n\n```python\ndef "
                u"f(x):\n    "
                u"return x + %1  # sum\n```\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n\n"_s.arg(i);
    return text;
}

} // namespace

class TestMarkdown final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyPrefixEqualsAFullRendering();
    void chunksOfAnySizeEqualAFullRendering();
    void lateReferenceReachesBack();
    void appendingTouchesOnlyTheTail();
    void listsKeepTheirNumbers();
    void htmlIsText();
    void imagesAreNeverLoaded();
    void unsafeLinksAreText_data();
    void unsafeLinksAreText();
    void hostileInputIsSurvived_data();
    void hostileInputIsSurvived();
    void linksAskFirst();
    void highlighterKnowsItsTokens();
    void viewIsAsTallAsItsText();
    void hiddenViewDoesNoWork();
    void themeChangeRecolours();
    void copyKeepsMarkers();
    void tablesHoldWhatWasWritten();
    void wordsOfTablesStayWhole();
    void linksCopyNoMoreThanFits();
    void referencesAreLookedForOnce();
    void endlessWordsAreNoSlowerThanProse_data();
    void endlessWordsAreNoSlowerThanProse();
    void longAnswerStreamsWithinTheFrame();
};

void TestMarkdown::initTestCase()
{
    QApplication::setPalette(paletteFor(Scheme::Light));
}

void TestMarkdown::everyPrefixEqualsAFullRendering()
{
    QTextDocument grown;
    DocumentBuilder builder(&grown);
    for (qsizetype length = 1; length <= everything.size(); ++length) {
        builder.append(everything.mid(length - 1, 1));
        QTextDocument whole;
        DocumentBuilder(&whole).setMarkdown(everything.left(length));
        QCOMPARE(picture(grown), picture(whole));
    }
    QVERIFY(grown.toPlainText().contains(u"open fence"_s));
}

void TestMarkdown::chunksOfAnySizeEqualAFullRendering()
{
    const QString text = longAnswer(6000) + everything;
    QTextDocument whole;
    DocumentBuilder(&whole).setMarkdown(text);
    for (const int size : { 3, 7, 64, 1000 }) {
        QTextDocument grown;
        DocumentBuilder builder(&grown);
        for (qsizetype i = 0; i < text.size(); i += size)
            builder.append(text.mid(i, size));
        QCOMPARE(picture(grown), picture(whole));
    }
}

void TestMarkdown::lateReferenceReachesBack()
{
    QTextDocument document;
    DocumentBuilder builder(&document);
    builder.append(u"See [the page][p].\n\nMore.\n\nEven more.\n\n"_s);
    QVERIFY(!document.toHtml().contains(u"href"_s));
    builder.append(u"[p]: https://example.org/late\n"_s);
    QVERIFY(document.toHtml().contains(u"https://example.org/late"_s));
}

void TestMarkdown::appendingTouchesOnlyTheTail()
{
    QTextDocument document;
    DocumentBuilder builder(&document);
    builder.setMarkdown(longAnswer(20'000));
    const int end = document.characterCount();
    builder.append(u"A new paragraph"_s);
    QVERIFY(builder.changedFrom() >= end - 2);
    builder.append(u" grows."_s);
    QVERIFY(builder.changedFrom() >= end - 2);
}

void TestMarkdown::listsKeepTheirNumbers()
{
    const Rows rows = parseMarkdown("3. three\n4. four\n   - inner\n\n- [x] done\n- [ ] open\n");
    QCOMPARE(rows.size(), 5);
    QCOMPARE(rows.at(0).marker, u"3."_s);
    QCOMPARE(rows.at(1).marker, u"4."_s);
    QCOMPARE(rows.at(2).indent, 2);
    QCOMPARE(rows.at(3).marker, QString::fromUtf16(checkedMarker));
    QCOMPARE(rows.at(4).marker, QString::fromUtf16(uncheckedMarker));
}

void TestMarkdown::htmlIsText()
{
    QTextDocument document;
    DocumentBuilder(&document).setMarkdown(
        u"<script>alert(1)</script>\n\nHello <b>you</b> <img src=\"http://x/y.png\">\n\n<table><tr><td>z</td></tr></table>"_s);
    const QString text = document.toPlainText();
    QVERIFY(text.contains(u"<script>alert(1)</script>"_s));
    QVERIFY(text.contains(u"<b>you</b>"_s));
    QVERIFY(text.contains(u"<td>z</td>"_s));
}

void TestMarkdown::imagesAreNeverLoaded()
{
    class Watching final : public QTextDocument {
    public:
        int asked = 0;

    protected:
        QVariant loadResource(int, const QUrl &) override
        {
            ++asked;
            return {};
        }
    };
    Watching document;
    DocumentBuilder(&document).setMarkdown(u"![a cat](https://example.org/cat.png) ![](file:///etc/passwd)"_s);
    document.documentLayout()->documentSize();
    QCOMPARE(document.asked, 0);
    QVERIFY(document.toPlainText().startsWith(u"Image: a cat"_s));
    QVERIFY(!document.toHtml().contains(u"<img"_s));
    QVERIFY(!document.toHtml().contains(u"passwd"_s));
}

void TestMarkdown::unsafeLinksAreText_data()
{
    QTest::addColumn<QString>("markdown");
    QTest::newRow("javascript") << u"[x](javascript:alert(1))"_s;
    QTest::newRow("file") << u"[x](file:///etc/passwd)"_s;
    QTest::newRow("data") << u"[x](data:text/html,hi)"_s;
    QTest::newRow("relative") << u"[x](/local/path)"_s;
    QTest::newRow("custom scheme") << u"[x](vscode://open)"_s;
}

void TestMarkdown::unsafeLinksAreText()
{
    QFETCH(QString, markdown);
    const Rows rows = parseMarkdown(markdown.toUtf8());
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows.first().runs.first().text, u"x"_s);
    QVERIFY(rows.first().runs.first().href.isEmpty());
}

void TestMarkdown::hostileInputIsSurvived_data()
{
    QTest::addColumn<QString>("markdown");
    QTest::newRow("deep quotes") << u">"_s.repeated(20'000);
    QTest::newRow("deep lists") << u"- "_s.repeated(5'000);
    QTest::newRow("brackets") << u"["_s.repeated(20'000);
    QTest::newRow("stars") << u"*a **b "_s.repeated(3'000);
    QTest::newRow("backticks") << u"`a``b```c"_s.repeated(2'000);
    QTest::newRow("wide table") << u"|a"_s.repeated(300) + u"|\n"_s + u"|-"_s.repeated(300) + u"|\n"_s
            + u"|b"_s.repeated(300);
    QTest::newRow("nul and controls") << QString(u"a\u0000b\u0001\u202e\ufffe"_s) + QChar(0xd800);
    QTest::newRow("one long word") << QString(100'000, u'x');
    QTest::newRow("negative list") << u"-1. a\n99999999999. b\n999999999. c"_s;
    QTest::newRow("empty items") << u"-\n-\n  -\n1.\n"_s;
    QTest::newRow("table without rows") << u"|a|\n|-|"_s;
    QTest::newRow("carriage returns") << u"a\rb\r\nc\r\n\r\nd"_s;
}

void TestMarkdown::hostileInputIsSurvived()
{
    QFETCH(QString, markdown);
    QElapsedTimer timer;
    timer.start();
    QTextDocument document;
    DocumentBuilder builder(&document);
    builder.setMarkdown(markdown);
    builder.append(u"\n\nafter"_s);
    document.setTextWidth(600);
    QVERIFY(document.size().height() > 0);
    QVERIFY2(timer.elapsed() < 5'000, qPrintable(u"%1 ms"_s.arg(timer.elapsed())));
}

void TestMarkdown::linksAskFirst()
{
    MarkdownView view;
    view.setMarkdown(u"[bank](https://xn--bnk-0na.example/login)"_s);
    view.resize(400, 100);
    view.show();
    Q_EMIT view.anchorClicked(QUrl(u"https://xn--bnk-0na.example/login"_s));
    auto *box = view.findChild<QMessageBox *>(u"linkDialog"_s);
    QVERIFY(box);
    QVERIFY2(box->text().contains(u"xn--bnk-0na.example"_s), "the host as it is resolved");
    QVERIFY(box->defaultButton() && box->buttonRole(box->defaultButton()) == QMessageBox::RejectRole);
    box->reject();
    Q_EMIT view.anchorClicked(QUrl(u"file:///etc/passwd"_s));
    QCOMPARE(view.findChildren<QMessageBox *>(u"linkDialog"_s).size(), 1);
}

void TestMarkdown::highlighterKnowsItsTokens()
{
    Highlighter cpp(u"cpp"_s);
    const Runs line = cpp.line(u"return \"a\\\"b\" + 42; // end"_s);
    QCOMPARE(line.first().token, Token::Keyword);
    QCOMPARE(line.at(2).token, Token::String);
    QCOMPARE(line.at(2).text, u"\"a\\\"b\""_s);
    QCOMPARE(line.at(4).token, Token::Number);
    QCOMPARE(line.last().token, Token::Comment);
    QCOMPARE(cpp.line(u"/* open"_s).first().token, Token::Comment);
    const Runs closing = cpp.line(u"still */ int"_s);
    QCOMPARE(closing.first().text, u"still */"_s);
    QCOMPARE(closing.last().token, Token::Keyword);
    QCOMPARE(Highlighter(u"klingon"_s).line(u"return 1"_s).first().token, Token::Plain);
}

void TestMarkdown::viewIsAsTallAsItsText()
{
    MarkdownView view;
    view.setMarkdown(u"one"_s);
    const int one = view.heightForWidth(400);
    view.append(u"\n\ntwo\n\nthree"_s);
    view.flush();
    const int three = view.heightForWidth(400);
    QVERIFY(three > one * 2);
    QVERIFY(view.heightForWidth(10) > three);
}

void TestMarkdown::hiddenViewDoesNoWork()
{
    MarkdownView view;
    view.append(u"waiting"_s);
    QTest::qWait(0);
    QVERIFY(view.toPlainText().isEmpty());
    view.show();
    QTRY_COMPARE(view.toPlainText(), u"waiting"_s);
}

void TestMarkdown::themeChangeRecolours()
{
    Theme theme(*qApp);
    theme.setMode(Theme::Mode::Light);
    MarkdownView view;
    view.setMarkdown(u"plain"_s);
    view.show();
    const auto colour = [&view] {
        return view.document()->begin().begin().fragment().charFormat().foreground().color();
    };
    QCOMPARE(colour(), colours(Scheme::Light).text);
    theme.setMode(Theme::Mode::Dark);
    QTRY_COMPARE(colour(), colours(Scheme::Dark).text);
    theme.setMode(Theme::Mode::Light);
}

void TestMarkdown::copyKeepsMarkers()
{
    MarkdownView view;
    view.setMarkdown(u"1. first\n2. second"_s);
    view.show();
    view.selectAll();
    view.copy();
    QCOMPARE(QApplication::clipboard()->text(), u"1. first\n2. second"_s);
}

void TestMarkdown::tablesHoldWhatWasWritten()
{
    const auto table = [](int columns, const QByteArray &rows) {
        return parseMarkdown("|a" + QByteArray("|a").repeated(columns - 1) + "\n" + QByteArray("|-").repeated(columns)
                             + "\n" + rows);
    };
    const auto isTable = [](const Rows &rows) { return rows.first().kind == Row::Kind::Table; };
    QVERIFY(isTable(table(20, "|short\n|\n")));
    QVERIFY(isTable(table(20, (QByteArray("|b").repeated(20) + "|\n").repeated(1000))));
    QVERIFY(!isTable(table(500, QByteArray("b\n").repeated(30'000)))); // 15 million cells
    QVERIFY(!isTable(table(200'000, {}))); // a minute
    QVERIFY(!isTable(parseMarkdown("> |a" + QByteArray("|a").repeated(99) + "\n> |-" + QByteArray("|-").repeated(99)
                                   + "\n" + QByteArray("> b\n").repeated(300))));
}

void TestMarkdown::wordsOfTablesStayWhole()
{
    MarkdownView view;
    view.setMarkdown(u"| Component | Responsibility | Throughput |\n|---|---|---|\n"
                     "| Administration | Internationalisation of everything that is said | unsatisfactory |\n"_s);
    const auto wholeWords = [&view] {
        for (QTextBlock block = view.document()->begin(); block.isValid(); block = block.next()) {
            for (int line = 1; line < block.layout()->lineCount(); ++line) {
                const int start = block.layout()->lineAt(line).textStart();
                if (!block.text().at(start - 1).isSpace())
                    return false;
            }
        }
        return true;
    };
    for (const int width : { 700, 480, 240, 700 }) {
        view.resize(width, view.heightForWidth(width));
        QVERIFY2(wholeWords(), qPrintable(QString::number(width)));
        QVERIFY2((view.document()->size().width() > width + 1) == (width == 240), // it scrolls sideways
                 qPrintable(QDebug::toString(view.document()->size()) + QString::number(width)));
    }
    view.show();
    view.resize(240, view.heightForWidth(240));
    QTRY_VERIFY(view.horizontalScrollBar()->maximum() > 0);
    QVERIFY(view.verticalScrollBar()->maximum() == 0);
    // An endless word may break.
    view.setMarkdown(u"| a |\n|---|\n| "_s + u"x"_s.repeated(400) + u" |\n"_s);
    view.resize(700, view.heightForWidth(700));
    QVERIFY2(view.document()->size().width() <= 700, qPrintable(QString::number(view.document()->size().width())));
}

void TestMarkdown::linksCopyNoMoreThanFits()
{
    const QByteArray address = "http://example.org/" + QByteArray(20'000, 'u');
    const auto rows = [&address](int links) {
        return parseMarkdown("[a]: " + address + "\n\n" + QByteArray("[a]").repeated(links));
    };
    QCOMPARE(rows(10).first().runs.first().href, QString::fromLatin1(address));
    const Rows plain = rows(100'000); // two gigabytes
    QCOMPARE(plain.size(), 3);
    QVERIFY(plain.last().runs.first().href.isEmpty());
}

void TestMarkdown::referencesAreLookedForOnce()
{
    QVERIFY(mayDefineReferences("text\n> - [a]: u"));
    QVERIFY(!mayDefineReferences("text [a]: u\n]: ["));
    QElapsedTimer timer;
    timer.start();
    QVERIFY(!mayDefineReferences("a" + QByteArray("]:").repeated(2'000'000)));
    QVERIFY(timer.elapsed() < 5'000);
}

void TestMarkdown::endlessWordsAreNoSlowerThanProse_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::newRow("paragraph") << QString() << QString();
    QTest::newRow("code") << u"```\n"_s << u"\n```"_s;
    QTest::newRow("highlighted code") << u"```cpp\n"_s << u"\n```"_s;
    QTest::newRow("quote") << u"> "_s << QString();
    QTest::newRow("list") << u"- "_s << QString();
}

void TestMarkdown::endlessWordsAreNoSlowerThanProse()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    constexpr int words = 20'000;
    const auto cost = [&](const QString &text) {
        MarkdownView view;
        view.resize(760, 4000);
        view.show();
        QElapsedTimer timer;
        timer.start();
        view.setMarkdown(before + text + after);
        view.heightForWidth(760);
        return std::max<qint64>(timer.nsecsElapsed(), 1);
    };
    const qint64 prose = cost(u"prose reads "_s.repeated(words));
    const qint64 word = cost(u"a1b2c3d4e5f6"_s.repeated(words));
    qInfo("one word %.1f ms, prose %.1f ms", double(word) / 1e6, double(prose) / 1e6);
    QVERIFY(word < 12 * prose);

    MarkdownView view;
    const QString text = u"0123456789"_s.repeated(300);
    view.setMarkdown(before + text + after);
    view.show();
    view.selectAll();
    view.copy();
    QVERIFY(QApplication::clipboard()->text().endsWith(text));
    QTextCursor some = view.textCursor();
    some.setPosition(0);
    some.setPosition(600, QTextCursor::KeepAnchor);
    view.setTextCursor(some);
    view.copy();
    QVERIFY(text.contains(QApplication::clipboard()->text().mid(2)));
}

void TestMarkdown::longAnswerStreamsWithinTheFrame()
{
    MarkdownView view;
    view.resize(760, 4000);
    view.setMarkdown(longAnswer(100'000));
    view.heightForWidth(760);
    const QString more = longAnswer(4'000);
    std::vector<qint64> costs;
    for (qsizetype i = 0; i < more.size(); i += 16) {
        QElapsedTimer timer;
        timer.start();
        view.append(more.mid(i, 16));
        view.flush();
        view.heightForWidth(760);
        costs.push_back(timer.nsecsElapsed());
    }
    std::sort(costs.begin(), costs.end());
    const double median = double(costs.at(costs.size() / 2)) / 1e6;
    const double p95 = double(costs.at(costs.size() * 95 / 100)) / 1e6;
    qInfo("append to 100 kB: median %.2f ms, p95 %.2f ms, worst %.2f ms", median, p95, double(costs.back()) / 1e6);
    QVERIFY2(median < 16, "a debug build on a busy machine still has to stay within a frame");
}

QTEST_MAIN(TestMarkdown)
#include "tst_markdown.moc"
