#include "rawclient.h"

#include "core/simulator/simulator.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench::simulator;

namespace {

constexpr auto openAi = "/v1/chat/completions";
constexpr auto ollama = "/api/chat";

} // namespace

/// Each fault does on the wire what it says.
class SimulatorFaultsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void cuts_data();
    void cuts();
    void errorsAtExactRequests();
    void errorsAsAsked();
    void splitCharacters();
    void crlf();
    void keepAlives();
    void commentsWhileWaiting();
    void noDone();
    void noUsage();
    void unknownKnob();

private:
    RawAnswer post(const char *path, const RawHeaders &headers, const QString &prompt = u"hi"_s, bool stream = true)
    {
        return RawClient(m_url).post(path, chatBody(prompt, stream), headers);
    }

    std::unique_ptr<Simulator> m_simulator;
    QUrl m_url;
};

void SimulatorFaultsTest::init()
{
    Knobs knobs;
    knobs.ttft = Spread { Spread::Shape::Constant, 5, 0 };
    knobs.gap = Spread { Spread::Shape::Constant, 0.2, 0 };
    m_simulator = std::make_unique<Simulator>(knobs);
    m_url = *m_simulator->start();
}

void SimulatorFaultsTest::cuts_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("stream");
    QTest::addColumn<QByteArray>("cut");
    QTest::addColumn<RawAnswer::End>("end");
    for (const char *path : { openAi, ollama }) {
        for (const bool stream : { true, false }) {
            const char *how = stream ? "stream" : "whole";
            QTest::addRow("%s %s fin", path, how)
                << QByteArray(path) << stream << QByteArray("4:fin") << RawAnswer::End::Fin;
            QTest::addRow("%s %s rst", path, how)
                << QByteArray(path) << stream << QByteArray("4:rst") << RawAnswer::End::Reset;
            QTest::addRow("%s %s half", path, how)
                << QByteArray(path) << stream << QByteArray("4:half-json") << RawAnswer::End::Fin;
        }
        QTest::addRow("%s error", path) << QByteArray(path) << true << QByteArray("4:error") << RawAnswer::End::Whole;
        QTest::addRow("%s after the text", path)
            << QByteArray(path) << true << QByteArray("9999:rst") << RawAnswer::End::Reset;
        QTest::addRow("%s before it", path) << QByteArray(path) << true << QByteArray("0:fin") << RawAnswer::End::Fin;
    }
}

void SimulatorFaultsTest::cuts()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, stream);
    QFETCH(QByteArray, cut);
    QFETCH(RawAnswer::End, end);
    const RawAnswer answer = post(path.constData(), { { "x-sim-cut", cut } }, u"hi"_s, stream);
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.end == end);
    const QJsonObject truth = RawClient(m_url).get("/sim/truth/" + answer.header("x-sim-id")).json();
    QVERIFY(!truth[u"complete"_s].toBool(true));
    if (!stream) {
        QVERIFY(!answer.body.isEmpty() && answer.json().isEmpty());
        return;
    }
    QVERIFY(!answer.body.contains("[DONE]") && !answer.body.contains("\"done\":true"));
    QVERIFY(!answer.body.contains("finish_reason\":\"stop"));
    const qsizetype whole = cut.startsWith('4') ? 4 : cut.startsWith('0') ? 0 : truth[u"chunks"_s].toArray().size();
    QCOMPARE(truth[u"chunks"_s].toArray().size(), whole);
    const QString text = path == openAi ? answer.openAiText() : answer.ollamaText();
    QVERIFY(whole == 0 ? text.isEmpty() : text.startsWith(u"Hello! 👋"_s));
    if (cut.endsWith("half-json")) {
        QVERIFY(answer.chunks.last().contains('{') && !answer.chunks.last().contains('\n'));
        QVERIFY(QJsonDocument::fromJson(answer.chunks.last().mid(answer.chunks.last().indexOf('{'))).isNull());
    }
    if (cut.endsWith("error"))
        QVERIFY(answer.objects().last().contains(u"error"_s));
}

void SimulatorFaultsTest::errorsAtExactRequests()
{
    Knobs knobs;
    knobs.ttft = Spread {};
    knobs.gap = Spread {};
    knobs.errorAt = { 2, 4 };
    knobs.errorStatus = 503;
    Simulator simulator(knobs);
    const QUrl url = *simulator.start();
    QList<int> statuses;
    for (int i = 0; i < 5; ++i)
        statuses << RawClient(url).post(openAi, chatBody(u"hi"_s)).status;
    QCOMPARE(statuses, (QList<int> { 200, 503, 200, 503, 200 }));
}

void SimulatorFaultsTest::errorsAsAsked()
{
    const RawAnswer limited = post(openAi, { { "x-sim-error-status", "429" }, { "x-sim-retry-after", "7" } });
    QCOMPARE(limited.status, 429);
    QCOMPARE(limited.header("Retry-After"), "7");
    QCOMPARE(limited.json()[u"error"_s][u"code"_s].toString(), u"rate_limit_exceeded"_s);
    const RawAnswer html =
        post(openAi, { { "x-sim-error-status", "502" }, { "x-sim-error-body", "<h1>Bad gateway</h1>" } });
    QCOMPARE(html.body, "<h1>Bad gateway</h1>");
    QCOMPARE(html.header("Content-Type"), "text/html");
    const RawAnswer ollamaError = post(ollama, { { "x-sim-error-rate", "1" } });
    QCOMPARE(ollamaError.status, 500);
    QVERIFY(ollamaError.json()[u"error"_s].isString());
    QCOMPARE(post(openAi, { { "x-sim-error-rate", "0" } }).status, 200);
}

void SimulatorFaultsTest::splitCharacters()
{
    const QString whole = post(openAi, {}).openAiText();
    const RawAnswer answer = post(openAi, { { "x-sim-split-utf8", "on" } });
    QCOMPARE(answer.openAiText(), whole);
    int halves = 0;
    qsizetype end = 0;
    for (const QByteArray &chunk : answer.chunks) {
        end += chunk.size();
        const auto next = end < answer.body.size() ? static_cast<unsigned char>(answer.body[end]) : 0U;
        halves += (next & 0xc0U) == 0x80U ? 1 : 0; // the following byte continues a character
    }
    QVERIFY(whole.contains(u"👋"_s));
    QVERIFY2(halves >= 2, qPrintable(QString::number(halves)));
    QVERIFY(answer.readSizes.size() > halves); // and the halves came apart
    const QString ollamaText = post(ollama, { { "x-sim-split-utf8", "on" } }).ollamaText();
    QCOMPARE(ollamaText, whole);
}

void SimulatorFaultsTest::crlf()
{
    const QString plain = post(openAi, {}).openAiText();
    const RawAnswer sse = post(openAi, { { "x-sim-crlf", "on" } });
    QVERIFY(sse.body.contains("}\r\n\r\n"));
    QVERIFY(!QByteArray(sse.body).replace("\r\n", "").contains('\n'));
    QCOMPARE(sse.openAiText(), plain);
    QVERIFY(post(ollama, { { "x-sim-crlf", "on" } }).body.endsWith("}\r\n"));
}

void SimulatorFaultsTest::keepAlives()
{
    const QString plain = post(openAi, {}).openAiText();
    const RawAnswer answer = post(openAi, { { "x-sim-comments", "5" }, { "x-sim-pings", "10" } });
    const qsizetype content = answer.body.count("\"content\":\"") - 1;
    QCOMPARE(answer.chunks.count(": keep-alive\n\n"), content / 5);
    QCOMPARE(answer.body.count("event: ping\n"), content / 10);
    QCOMPARE(answer.openAiText(), plain);
    QVERIFY(post(ollama, { { "x-sim-pings", "10" } }).body.contains("\n\n"));
}

void SimulatorFaultsTest::commentsWhileWaiting()
{
    const RawAnswer answer = post(openAi, { { "x-sim-ttft", "55" }, { "x-sim-wait-comments", "10" } });
    QCOMPARE(answer.chunks.count(": keep-alive\n\n"), 5);
    QCOMPARE(answer.chunks.lastIndexOf(": keep-alive\n\n"), 4);
}

void SimulatorFaultsTest::noDone()
{
    const RawAnswer sse = post(openAi, { { "x-sim-no-done", "on" } });
    QVERIFY(sse.end == RawAnswer::End::Whole);
    QVERIFY(!sse.body.contains("[DONE]"));
    QVERIFY(sse.body.contains("\"finish_reason\":\"stop\""));
    QVERIFY(!post(ollama, { { "x-sim-no-done", "on" } }).body.contains("\"done\":true"));
}

void SimulatorFaultsTest::noUsage()
{
    QJsonObject body = chatBody(u"hi"_s);
    body[u"stream_options"_s] = QJsonObject { { u"include_usage"_s, true } };
    QVERIFY(RawClient(m_url).post(openAi, body).body.contains("completion_tokens"));
    QVERIFY(!RawClient(m_url).post(openAi, body, { { "x-sim-no-usage", "on" } }).body.contains("usage"));
    QVERIFY(!post(ollama, { { "x-sim-no-usage", "on" } }).body.contains("eval_count"));
    QVERIFY(!post(openAi, { { "x-sim-no-usage", "on" } }, u"hi"_s, false).body.contains("usage"));
}

void SimulatorFaultsTest::unknownKnob()
{
    const RawAnswer answer = post(openAi, { { "x-sim-speed", "9" } });
    QCOMPARE(answer.status, 400);
    QVERIFY(answer.body.contains("speed"));
}

QTEST_GUILESS_MAIN(SimulatorFaultsTest)
#include "tst_simulatorfaults.moc"
