#include "core/simulator/script.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench::simulator;

namespace {

ChatInput ask(const QString &prompt, const QString &model = u"sim-medium"_s)
{
    ChatInput input;
    input.model = model;
    input.turns = { { u"user"_s, prompt, 0 } };
    return input;
}

Script write(const ChatInput &input, const Knobs &knobs = {}, quint64 number = 1)
{
    return writeScript(input, *modelByName(input.model), knobs, number);
}

std::vector<double> delays(const Script &script)
{
    std::vector<double> list;
    for (const Piece &piece : script.pieces)
        list.push_back(piece.delayMs);
    return list;
}

} // namespace

/// What is sent and when, before any socket.
class ScriptTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sameSeedAndNumberSameScript();
    void aRequestsOwnSeedForgetsTheNumber();
    void tokensAreExact();
    void maxTokensCut();
    void maxTokensCountReasoning();
    void stopSequencesEndTheText();
    void chunksKeepTheRate();
    void stallAndPrefill();
    void reasoningComesFirst();
    void modelsDiffer();
    void errorsAtNumbers();
    void errorsAtARate();
};

void ScriptTest::sameSeedAndNumberSameScript()
{
    const ChatInput input = ask(u"How do I measure latency?"_s);
    const Script first = write(input, {}, 4);
    const Script again = write(input, {}, 4);
    QCOMPARE(first.text(), again.text());
    QVERIFY(delays(first) == delays(again));

    const Script other = write(input, {}, 5);
    QCOMPARE(other.text(), first.text()); // the number moves the timing only
    QVERIFY(delays(other) != delays(first));

    Knobs knobs;
    knobs.seed = 2;
    QVERIFY(write(input, knobs, 4).text() != first.text());
    QVERIFY(delays(write(input, knobs, 4)) != delays(first));
}

void ScriptTest::aRequestsOwnSeedForgetsTheNumber()
{
    Knobs knobs;
    knobs.seedOfRequest = true;
    QVERIFY(delays(write(ask(u"Explain rings"_s), knobs, 1)) == delays(write(ask(u"Explain rings"_s), knobs, 99)));
}

void ScriptTest::tokensAreExact()
{
    for (const int tokens : { 1, 7, 100, 5000 }) {
        Knobs knobs;
        knobs.tokens = tokens;
        const Script script = write(ask(u"hi"_s), knobs);
        QCOMPARE(script.answerTokens, tokens);
        QCOMPARE(script.pieces.size(), static_cast<std::size_t>(tokens));
        QVERIFY(script.ending != Ending::Length);
    }
}

void ScriptTest::maxTokensCut()
{
    ChatInput input = ask(u"Explain caches"_s);
    const Script whole = write(input);
    input.maxTokens = 10;
    const Script cut = write(input);
    QCOMPARE(cut.answerTokens, 10);
    QVERIFY(cut.ending == Ending::Length);
    QVERIFY(whole.text().startsWith(cut.text()));
    input.maxTokens = whole.answerTokens;
    QVERIFY(write(input).ending != Ending::Length);
}

void ScriptTest::maxTokensCountReasoning()
{
    ChatInput input = ask(u"Explain caches"_s, u"sim-reasoner"_s);
    input.maxTokens = 50;
    const Script script = write(input);
    QCOMPARE(script.reasoningTokens, 50);
    QCOMPARE(script.answerTokens, 0);
    QVERIFY(script.ending == Ending::Length);
}

void ScriptTest::stopSequencesEndTheText()
{
    ChatInput input = ask(u"Explain caches"_s);
    const QString whole = write(input).text();
    input.stops = { u"never there"_s, u"## "_s };
    const Script script = write(input);
    QCOMPARE(script.text(), whole.left(whole.indexOf(u"## "_s)));
    QVERIFY(!script.text().isEmpty());
    QVERIFY(script.ending != Ending::Length);
}

void ScriptTest::chunksKeepTheRate()
{
    Knobs knobs;
    knobs.ttft = Spread { Spread::Shape::Constant, 100, 0 };
    knobs.gap = Spread { Spread::Shape::Constant, 10, 0 };
    knobs.tokens = 25;
    knobs.tokensPerChunk = 10;
    const Script script = write(ask(u"x"_s), knobs);
    QCOMPARE(script.pieces.size(), 3u);
    QCOMPARE(script.pieces[2].tokens, 5);
    QCOMPARE(script.pieces[2].firstToken, 21);
    QVERIFY(delays(script) == (std::vector<double> { 100, 100, 50 }));
}

void ScriptTest::stallAndPrefill()
{
    Knobs knobs;
    knobs.ttft = Spread { Spread::Shape::Constant, 100, 0 };
    knobs.gap = Spread { Spread::Shape::Constant, 10, 0 };
    knobs.prefillMs = 2;
    knobs.tokens = 4;
    knobs.stall = { 3, 1000 };
    const Script script = write(ask(u"one two three"_s), knobs);
    QVERIFY(script.promptTokens >= 3);
    QVERIFY(delays(script) == (std::vector<double> { 100.0 + 2 * script.promptTokens, 10, 1010, 10 }));
}

void ScriptTest::reasoningComesFirst()
{
    Knobs knobs;
    knobs.reasoning = 12;
    knobs.tokens = 5;
    ChatInput input = ask(u"Why is the sky blue?"_s);
    const Script script = write(input, knobs);
    QCOMPARE(script.reasoningTokens, 12);
    QVERIFY(script.pieces[11].kind == Piece::Kind::Reasoning);
    QVERIFY(script.pieces[12].kind == Piece::Kind::Text);
    QCOMPARE(script.pieces[12].firstToken, 13);
    input.think = false;
    QCOMPARE(write(input, knobs).reasoningTokens, 0);
}

void ScriptTest::modelsDiffer()
{
    const QString prompt = u"Explain how databases store rows"_s;
    QVERIFY(write(ask(prompt, u"sim-small"_s)).answerTokens < write(ask(prompt, u"sim-large"_s)).answerTokens);
    QVERIFY(write(ask(prompt, u"sim-reasoner"_s)).reasoningTokens > 100);
    QVERIFY(modelByName(u"sim-anything"_s));
    QVERIFY(!modelByName(u"gpt-4"_s));
    QVERIFY(QLatin1String(modelByName(u"sim-small:latest"_s)->name) == u"sim-small");
}

void ScriptTest::errorsAtNumbers()
{
    Knobs knobs;
    QVERIFY(!drawError(knobs, 3));
    knobs.errorAt = { 3, 5 };
    knobs.errorStatus = 503;
    QVERIFY(!drawError(knobs, 2) && drawError(knobs, 3) && !drawError(knobs, 4) && drawError(knobs, 5));
    knobs.errorAt.clear();
    QVERIFY(drawError(knobs, 1)); // a status alone: always
}

void ScriptTest::errorsAtARate()
{
    Knobs knobs;
    knobs.errorRate = 0.25;
    const auto count = [&] {
        int failed = 0;
        for (quint64 number = 1; number <= 4000; ++number)
            failed += drawError(knobs, number) ? 1 : 0;
        return failed;
    };
    const int failed = count();
    QVERIFY2(failed > 850 && failed < 1150, qPrintable(QString::number(failed)));
    QCOMPARE(count(), failed);
    knobs.errorRate = 1;
    QCOMPARE(count(), 4000);
}

QTEST_GUILESS_MAIN(ScriptTest)
#include "tst_script.moc"
