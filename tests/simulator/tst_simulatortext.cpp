#include "core/simulator/models.h"
#include "core/simulator/simulatortext.h"
#include "core/simulator/textblocks.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench::simulator;

namespace {

QString answer(const QString &prompt, int sections = 4, quint64 seed = 1)
{
    TextRequest request;
    request.turns = { { u"user"_s, prompt, 0 } };
    request.model = u"sim-medium"_s;
    request.sections = sections;
    request.seed = seed;
    return composeText(request);
}

bool matches(const QString &text, const QString &pattern)
{
    return QRegularExpression(pattern, QRegularExpression::MultilineOption).match(text).hasMatch();
}

qsizetype wordCount(const QString &text)
{
    return text.split(QRegularExpression(u"\\s+"_s), Qt::SkipEmptyParts).size();
}

} // namespace

class SimulatorTextTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ordinaryAnswersHaveATableACodeBlockAndAList();
    void longAnswersHaveItAll();
    void theBlocksAreSound();
    void discussesThePrompt();
    void asksForALanguage_data();
    void asksForALanguage();
    void smallTalk_data();
    void smallTalk();
    void countedAnswers();
    void sameRequestSameText();
    void knowsEarlierTurns();
    void sayWhatItIs();
    void jsonOnRequest();
    void tokensJoinToTheText_data();
    void tokensJoinToTheText();
    void promptTokensGrow();
};

void SimulatorTextTest::ordinaryAnswersHaveATableACodeBlockAndAList()
{
    for (quint64 seed = 1; seed <= 40; ++seed) {
        const QString text = answer(u"How should I store time series?"_s, 4, seed);
        QVERIFY2(matches(text, u"^## "_s), qPrintable(text));
        QVERIFY2(matches(text, u"^\\|.*\\|$\\n^\\| :?-"_s), qPrintable(text));
        QVERIFY2(matches(text, u"^```[a-z]+$"_s), qPrintable(text));
        QVERIFY2(matches(text, u"^(- |1\\. )"_s), qPrintable(text));
        QVERIFY2(text.count(u"```"_s) % 2 == 0, qPrintable(text));
    }
}

void SimulatorTextTest::longAnswersHaveItAll()
{
    const QString text = answer(u"Give me a long answer about storage"_s);
    const QStringList languages { u"cpp"_s, u"python"_s, u"javascript"_s, u"rust"_s, u"sql"_s, u"sh"_s, u"json"_s };
    for (const QString &language : languages)
        QVERIFY2(matches(text, u"^```%1$"_s.arg(language)), qPrintable(language));
    QVERIFY(matches(text, u"^  +- "_s)); // nested
    QVERIFY(matches(text, u"^> "_s));
    QVERIFY(matches(text, u"\\[[^\\]]+\\]\\(https://"_s));
    QVERIFY(matches(text, u"^- \\[x\\] "_s));
    QVERIFY(text.contains(u"你好"_s) && text.contains(u"こんにちは"_s) && text.contains(u"👋🏽"_s));
    QVERIFY(tokenize(text).size() > 2000);
}

void SimulatorTextTest::theBlocksAreSound()
{
    for (const TextBlock &block : textBlocks()) {
        const QString text = QString::fromUtf8(block.markdown);
        QVERIFY2(text.startsWith(u"## "_s) && text.endsWith(u'\n'), block.markdown);
        QVERIFY2(text.count(u"```"_s) % 2 == 0, block.markdown);
        QVERIFY2(!text.contains(QChar::ReplacementCharacter), block.markdown);
        QVERIFY2((block.kind == TextBlock::Kind::Code) == text.contains(u"```"_s), block.markdown);
        QVERIFY2(*block.triggers == ' ' && QString::fromLatin1(block.triggers).endsWith(u' '), block.triggers);
    }
}

void SimulatorTextTest::discussesThePrompt()
{
    const QString text = answer(u"Please explain photosynthesis in chloroplasts."_s);
    QVERIFY(text.startsWith(u"> Please explain photosynthesis in chloroplasts."_s));
    QVERIFY(text.contains(u"**photosynthesis in chloroplasts**"_s));
    QVERIFY(text.contains(u"`chloroplasts`"_s));
    QVERIFY(!text.contains(u'%' + u"topic"_s) && !matches(text, u"%[abc]%"_s));
}

void SimulatorTextTest::asksForALanguage_data()
{
    QTest::addColumn<QString>("prompt");
    QTest::addColumn<QString>("fence");
    QTest::newRow("c++") << u"Show me a percentile in C++"_s << u"```cpp"_s;
    QTest::newRow("python") << u"Parse events in Python"_s << u"```python"_s;
    QTest::newRow("rust") << u"A ring in Rust, please"_s << u"```rust"_s;
    QTest::newRow("sql") << u"Which SQL query finds slow calls?"_s << u"```sql"_s;
    QTest::newRow("shell") << u"Measure it from bash with curl"_s << u"```sh"_s;
    QTest::newRow("javascript") << u"Batch frames in JavaScript"_s << u"```javascript"_s;
}

void SimulatorTextTest::asksForALanguage()
{
    QFETCH(QString, prompt);
    QFETCH(QString, fence);
    for (quint64 seed = 1; seed <= 10; ++seed)
        QVERIFY2(answer(prompt, 2, seed).contains(fence), qPrintable(answer(prompt, 2, seed)));
}

void SimulatorTextTest::smallTalk_data()
{
    QTest::addColumn<QString>("prompt");
    QTest::newRow("hi") << u"hi"_s;
    QTest::newRow("Hello!") << u"Hello!"_s;
    QTest::newRow("nothing") << QString();
    QTest::newRow("thanks") << u"thanks a lot"_s;
    QTest::newRow("CJK") << u"你好"_s;
}

void SimulatorTextTest::smallTalk()
{
    QFETCH(QString, prompt);
    const QString text = answer(prompt);
    QVERIFY2(text.size() < 300, qPrintable(text));
    QVERIFY2(text.contains(u"simulat"_s), qPrintable(text));
}

void SimulatorTextTest::countedAnswers()
{
    for (const int words : { 5, 50, 500, 3000 }) {
        QString text = answer(u"Write %1 words about rivers"_s.arg(words));
        QCOMPARE(text.count(u"```"_s) % 2, 0);
        if (wordCount(text) > words && text.endsWith(u"\n```"_s)) // closes the block the count left open
            text.chop(4);
        QCOMPARE(wordCount(text), words);
    }
    QCOMPARE(tokenize(answer(u"Write 1,234 tokens about rivers"_s)).size(), 1234);
    TextRequest request;
    request.turns = { { u"user"_s, u"hi"_s, 0 } };
    request.tokens = 700;
    QVERIFY(tokenize(composeText(request)).size() >= 700);
}

void SimulatorTextTest::sameRequestSameText()
{
    const QString prompt = u"What is a good cache?"_s;
    QCOMPARE(answer(prompt), answer(prompt));
    QVERIFY(answer(prompt, 4, 1) != answer(prompt, 4, 2));
    QVERIFY(answer(prompt) != answer(u"What is a bad cache?"_s));
}

void SimulatorTextTest::knowsEarlierTurns()
{
    TextRequest request;
    request.model = u"sim-medium"_s;
    request.turns = { { u"system"_s, u"Be kind."_s, 0 },
                      { u"user"_s, u"Tell me about otters"_s, 0 },
                      { u"assistant"_s, u"Otters swim."_s, 0 },
                      { u"user"_s, u"And where do they live?"_s, 2 } };
    const QString text = composeText(request);
    QVERIFY(text.contains(u"turn 2"_s));
    QVERIFY(text.contains(u"Tell me about otters"_s));
    QVERIFY(text.contains(u"2 images"_s));
}

void SimulatorTextTest::sayWhatItIs()
{
    QVERIFY(answer(u"Explain gravity"_s).contains(u"sim-medium, a simulation"_s));
}

void SimulatorTextTest::jsonOnRequest()
{
    TextRequest request;
    request.turns = { { u"user"_s, u"Describe \"rivers\" as JSON"_s, 0 } };
    request.json = true;
    const QJsonObject object = QJsonDocument::fromJson(composeText(request).toUtf8()).object();
    QVERIFY(object[u"simulation"_s].toBool());
}

void SimulatorTextTest::tokensJoinToTheText_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("long answer") << answer(u"A long answer"_s);
    QTest::newRow("emoji") << u"👩‍👩‍👧‍👦 and 👋🏽"_s;
    QTest::newRow("blanks") << u"   a  b \n\n\n\t c   "_s;
    QTest::newRow("devanagari") << u"नमस्ते दुनिया"_s;
    QTest::newRow("lone surrogate") << QString(QChar(0xd83d)) + u"x"_s + QChar(0xdc4b);
    QTest::newRow("nul") << QString(QChar(0)) + u"a"_s;
    QTest::newRow("empty") << QString();
}

void SimulatorTextTest::tokensJoinToTheText()
{
    QFETCH(QString, text);
    const QStringList tokens = tokenize(text);
    QCOMPARE(tokens.join(QString()), text);
    for (const QString &token : tokens) {
        QVERIFY(!token.isEmpty() && token.size() <= 9);
        if (text.isValidUtf16())
            QVERIFY2(token.isValidUtf16(), qPrintable(token)); // never half a character
    }
}

void SimulatorTextTest::promptTokensGrow()
{
    const Turn turn { u"user"_s, u"one two three"_s, 0 };
    QCOMPARE(countPromptTokens({}), 0);
    QCOMPARE(countPromptTokens({ turn, turn }), 2 * countPromptTokens({ turn }));
    QVERIFY(countPromptTokens({ turn }) > 3);
}

QTEST_GUILESS_MAIN(SimulatorTextTest)
#include "tst_simulatortext.moc"
