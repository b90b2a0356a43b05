#include "rawclient.h"

#include "core/simulator/simulator.h"

#include <QElapsedTimer>
#include <QTest>

#include <limits>

using namespace Qt::StringLiterals;
using namespace talkbench::simulator;

namespace {

constexpr auto openAi = "/v1/chat/completions";
constexpr auto ollama = "/api/chat";

Knobs quick()
{
    Knobs knobs;
    knobs.ttft = Spread { Spread::Shape::Constant, 5, 0 };
    knobs.gap = Spread { Spread::Shape::Constant, 0.2, 0 };
    return knobs;
}

} // namespace

/// The protocols, the timing and the truth, over real sockets.
class SimulatorTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_simulator.reset(); }

    void aTakenPortIsAnError();
    void listsItsModels();
    void streamsOpenAi();
    void answersOpenAiWhole();
    void streamsOllama();
    void answersOllamaWhole();
    void reasoning();
    void refusals_data();
    void refusals();
    void keepsConnections();
    void truthIsWhatTheClientSees();
    void timesAreKept();
    void lateHeaders();
    void sameSeedSameBytes();
    void maxTokensAndStop();
    void manyStreamsAtOnce();
    void stopEndsStreams();
    void aClientThatLeavesEndsItsStream();
    void longPathsAreRefused();

private:
    QJsonObject truth(const RawAnswer &answer)
    {
        return RawClient(m_url).get("/sim/truth/" + answer.header("x-sim-id")).json();
    }

    std::unique_ptr<Simulator> m_simulator;
    QUrl m_url;
};

void SimulatorTest::init()
{
    m_simulator = std::make_unique<Simulator>(quick());
    const auto url = m_simulator->start();
    QVERIFY2(url, url ? "" : qPrintable(url.error().message));
    m_url = *url;
    QCOMPARE(m_url.host(), u"127.0.0.1"_s);
    QVERIFY(m_url.port() > 0);
}

void SimulatorTest::aTakenPortIsAnError()
{
    Simulator second(quick());
    const auto url = second.start(static_cast<quint16>(m_url.port()));
    QVERIFY(!url);
    QVERIFY2(url.error().message.contains(QString::number(m_url.port())), qPrintable(url.error().message));
    QVERIFY2(url.error().message.contains(u"in use"_s), qPrintable(url.error().message));
}

void SimulatorTest::listsItsModels()
{
    const QJsonArray openAiList = RawClient(m_url).get("/v1/models").json()[u"data"_s].toArray();
    const QJsonArray ollamaList = RawClient(m_url).get("/api/tags").json()[u"models"_s].toArray();
    QVERIFY(openAiList.size() >= 4);
    QCOMPARE(openAiList.size(), ollamaList.size());
    QCOMPARE(openAiList[0][u"id"_s].toString(), ollamaList[0][u"name"_s].toString());
    QCOMPARE(RawClient(m_url).get("/sim/health").status, 200);
}

void SimulatorTest::streamsOpenAi()
{
    QJsonObject body = chatBody(u"Explain buffers with a table"_s);
    body[u"stream_options"_s] = QJsonObject { { u"include_usage"_s, true } };
    const RawAnswer answer = RawClient(m_url).post(openAi, body);
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.end == RawAnswer::End::Whole);
    QVERIFY(answer.header("Content-Type").startsWith("text/event-stream"));
    QVERIFY(answer.header("Content-Encoding").isEmpty()); // though the client takes gzip
    QCOMPARE(answer.events().last(), "[DONE]");

    const QList<QJsonObject> objects = answer.objects();
    QCOMPARE(objects.first()[u"choices"_s][0][u"delta"_s][u"role"_s].toString(), u"assistant"_s);
    QCOMPARE(objects.first()[u"id"_s].toString().toLatin1(), answer.header("x-sim-id"));
    QVERIFY(objects.first().contains(u"usage"_s) && objects.first()[u"usage"_s].isNull());
    QCOMPARE(objects[objects.size() - 2][u"choices"_s][0][u"finish_reason"_s].toString(), u"stop"_s);
    const QJsonObject usage = objects.last()[u"usage"_s].toObject();
    QVERIFY(objects.last()[u"choices"_s].toArray().isEmpty());
    QCOMPARE(usage[u"completion_tokens"_s].toInt(), objects.size() - 3);
    QCOMPARE(usage[u"total_tokens"_s].toInt(),
             usage[u"prompt_tokens"_s].toInt() + usage[u"completion_tokens"_s].toInt());
    QVERIFY(answer.openAiText().contains(u"Explain buffers"_s));
}

void SimulatorTest::answersOpenAiWhole()
{
    const RawAnswer streamed = RawClient(m_url).post(openAi, chatBody(u"Explain buffers"_s));
    QVERIFY(!streamed.objects().last().contains(u"usage"_s)); // not asked for
    const RawAnswer answer = RawClient(m_url).post(openAi, chatBody(u"Explain buffers"_s, false));
    QCOMPARE(answer.status, 200);
    const QJsonObject object = answer.json();
    QCOMPARE(object[u"object"_s].toString(), u"chat.completion"_s);
    QCOMPARE(object[u"choices"_s][0][u"message"_s][u"content"_s].toString(), streamed.openAiText());
    QCOMPARE(object[u"choices"_s][0][u"finish_reason"_s].toString(), u"stop"_s);
    QCOMPARE(object[u"usage"_s][u"completion_tokens"_s].toInt(), streamed.objects().size() - 2);
}

void SimulatorTest::streamsOllama()
{
    QJsonObject body = chatBody(u"Explain buffers"_s);
    body.remove(u"stream"_s); // streams by default
    const RawAnswer answer = RawClient(m_url).post(ollama, body);
    QCOMPARE(answer.header("Content-Type"), "application/x-ndjson");
    const QList<QJsonObject> lines = answer.objects();
    QVERIFY(lines.size() > 10);
    QCOMPARE(lines.first()[u"done"_s].toBool(true), false);
    const QJsonObject last = lines.last();
    QCOMPARE(last[u"done"_s].toBool(), true);
    QCOMPARE(last[u"done_reason"_s].toString(), u"stop"_s);
    QCOMPARE(last[u"eval_count"_s].toInt(), lines.size() - 1);
    QVERIFY(last[u"prompt_eval_count"_s].toInt() > 0);
    const auto ns = [&](const QString &key) { return last[key].toInteger(); };
    QVERIFY(ns(u"eval_duration"_s) > 0);
    QVERIFY(ns(u"total_duration"_s) >= ns(u"load_duration"_s) + ns(u"prompt_eval_duration"_s) + ns(u"eval_duration"_s));
    QVERIFY(answer.ollamaText().contains(u"Explain buffers"_s));
}

void SimulatorTest::answersOllamaWhole()
{
    const QJsonObject answer = RawClient(m_url).post(ollama, chatBody(u"Explain buffers"_s, false)).json();
    QCOMPARE(answer[u"done"_s].toBool(), true);
    QVERIFY(answer[u"message"_s][u"content"_s].toString().contains(u"Explain buffers"_s));
    QVERIFY(answer[u"eval_duration"_s].toInteger() > 0);
}

void SimulatorTest::reasoning()
{
    const RawHeaders headers { { "X-Sim-Reasoning", "9" } };
    QJsonObject body = chatBody(u"Why?"_s);
    body[u"stream_options"_s] = QJsonObject { { u"include_usage"_s, true } };
    const RawAnswer openAiAnswer = RawClient(m_url).post(openAi, body, headers);
    QVERIFY(!openAiAnswer.openAiText(u"reasoning_content"_s).isEmpty());
    QCOMPARE(openAiAnswer.objects().last()[u"usage"_s][u"completion_tokens_details"_s][u"reasoning_tokens"_s].toInt(),
             9);
    const RawAnswer ollamaAnswer = RawClient(m_url).post(ollama, chatBody(u"Why?"_s), headers);
    QCOMPARE(ollamaAnswer.ollamaText(u"thinking"_s), openAiAnswer.openAiText(u"reasoning_content"_s));
    QVERIFY(ollamaAnswer.objects().first()[u"message"_s][u"content"_s].toString().isEmpty());
}

void SimulatorTest::refusals_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    const auto both = [](const char *name, const QByteArray &body, int status, const QString &says) {
        QTest::addRow("openai: %s", name) << QByteArray(openAi) << body << status << says;
        QTest::addRow("ollama: %s", name) << QByteArray(ollama) << body << status << says;
    };
    both("bad JSON", R"({"model":)", 400, u"JSON"_s);
    both("not an object", "[1]", 400, u"object"_s);
    both("no model", R"({"messages":[{"role":"user","content":"x"}]})", 400, u"model"_s);
    both("unknown model", R"({"model":"gpt-4","messages":[{"role":"user","content":"x"}]})", 404, u"gpt-4"_s);
    both("no messages", R"({"model":"sim-small"})", 400, u"messages"_s);
    both("empty messages", R"({"model":"sim-small","messages":[]})", 400, u"messages"_s);
    both("bad role", R"({"model":"sim-small","messages":[{"role":"king","content":"x"}]})", 400, u"role"_s);
    both("bad content", R"({"model":"sim-small","messages":[{"role":"user","content":7}]})", 400, u"messages[0]"_s);
    both("bad stream", R"({"model":"sim-small","stream":"yes","messages":[{"role":"user","content":"x"}]})", 400,
         u"stream"_s);
    const QByteArray start = R"({"model":"sim-small","messages":[{"role":"user","content":"x"}],)";
    QTest::newRow("max_tokens 0") << QByteArray(openAi) << start + R"("max_tokens":0})" << 400 << u"max_tokens"_s;
    QTest::newRow("temperature") << QByteArray(openAi) << start + R"("temperature":99})" << 400 << u"temperature"_s;
    QTest::newRow("five stops") << QByteArray(openAi) << start + R"("stop":["1","2","3","4","5"]})" << 400 << u"stop"_s;
    QTest::newRow("options without stream")
        << QByteArray(openAi) << start + R"("stream_options":{"include_usage":true}})" << 400 << u"stream_options"_s;
    QTest::newRow("nothing") << QByteArray(ollama) << QByteArray() << 400 << u"body"_s;
    QTest::newRow("unknown path") << QByteArray("/v1/nothing") << QByteArray("{}") << 404 << u"/v1/nothing"_s;
    QTest::newRow("wrong method") << QByteArray("/v1/models") << QByteArray("{}") << 405 << u"POST"_s;
    QTest::newRow("no such truth") << QByteArray("/sim/truth/x") << QByteArray("{}") << 404 << u"truth"_s;
}

void SimulatorTest::refusals()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QString, says);
    const RawAnswer answer = RawClient(m_url).postBytes(path, body);
    QCOMPARE(answer.status, status);
    const QJsonValue error = answer.json()[u"error"_s];
    QCOMPARE(error.isString(), path.startsWith("/api/"));
    const QString message = error.isString() ? error.toString() : error[u"message"_s].toString();
    QVERIFY2(message.contains(says), answer.body.constData());
    if (status == 404 && path == openAi)
        QCOMPARE(error[u"code"_s].toString(), u"model_not_found"_s);
}

void SimulatorTest::keepsConnections()
{
    RawClient client(m_url);
    for (int i = 0; i < 10; ++i) {
        QVERIFY(client.post(openAi, chatBody(u"hi"_s)).end == RawAnswer::End::Whole);
        QCOMPARE(client.post(openAi, chatBody(u"hi"_s, false)).status, 200);
        QCOMPARE(client.post(openAi, {}).status, 400);
    }
}

void SimulatorTest::truthIsWhatTheClientSees()
{
    const RawAnswer answer = RawClient(m_url).post(openAi, chatBody(u"hi"_s), { { "x-sim-gap", "3" } });
    const QJsonObject truth = this->truth(answer);
    QCOMPARE(truth[u"id"_s].toString().toLatin1(), answer.header("x-sim-id"));
    QVERIFY(truth[u"complete"_s].toBool());
    const QJsonArray chunks = truth[u"chunks"_s].toArray();
    QCOMPARE(chunks.size(), answer.objects().size() - 2); // all but the role and the finish

    // Each content frame is one chunk on the wire, so its size and its order identify it.
    qint64 before = truth[u"headers_ns"_s].toInteger();
    QVERIFY(before >= truth[u"request_received_ns"_s].toInteger());
    for (qsizetype i = 0; i < chunks.size(); ++i) {
        QCOMPARE(chunks[i][u"bytes"_s].toInteger(), answer.chunks[i + 1].size());
        QCOMPARE(chunks[i][u"tokens"_s].toInt(), 1);
        QVERIFY(chunks[i][u"ns"_s].toInteger() >= before);
        before = chunks[i][u"ns"_s].toInteger();
    }
    QVERIFY(truth[u"end_ns"_s].toInteger() >= before);
    QVERIFY(answer.readNs.last() >= before);
    QVERIFY(answer.readNs.first() >= truth[u"headers_ns"_s].toInteger());
}

void SimulatorTest::timesAreKept()
{
    const RawAnswer answer = RawClient(m_url).post(openAi, chatBody(u"one two"_s),
                                                   { { "x-sim-ttft", "40" },
                                                     { "x-sim-gap", "4" },
                                                     { "x-sim-tokens", "20" },
                                                     { "x-sim-stall", "11:60" },
                                                     { "x-sim-prefill", "2" } });
    const QJsonObject truth = this->truth(answer);
    const QJsonArray chunks = truth[u"chunks"_s].toArray();
    QCOMPARE(chunks.size(), 20);
    constexpr int promptTokens = 2 + 4; // the words and what the template adds
    for (qsizetype i = 0; i < chunks.size(); ++i) {
        const qint64 due = 40 + 2 * promptTokens + 4 * i + (i >= 10 ? 60 : 0);
        const qint64 ns = chunks[i][u"ns"_s].toInteger() - truth[u"request_received_ns"_s].toInteger();
        QVERIFY2(ns >= due * 1'000'000, qPrintable(u"chunk %1 at %2 ns"_s.arg(i).arg(ns)));
    }
}

void SimulatorTest::lateHeaders()
{
    const RawAnswer answer =
        RawClient(m_url).post(openAi, chatBody(u"hi"_s), { { "x-sim-ttft", "50" }, { "x-sim-late-headers", "on" } });
    const QJsonObject truth = this->truth(answer);
    QVERIFY(truth[u"headers_ns"_s].toInteger() - truth[u"request_received_ns"_s].toInteger() >= 50'000'000);
}

void SimulatorTest::sameSeedSameBytes()
{
    const RawHeaders seven { { "x-sim-seed", "7" } };
    const QString prompt = u"Explain seeds"_s;
    const QString text = RawClient(m_url).post(openAi, chatBody(prompt), seven).openAiText();
    QCOMPARE(RawClient(m_url).post(openAi, chatBody(prompt), seven).openAiText(), text);
    QVERIFY(RawClient(m_url).post(openAi, chatBody(prompt), { { "x-sim-seed", "8" } }).openAiText() != text);
    QJsonObject body = chatBody(prompt); // the API's own seed
    body[u"seed"_s] = 7;
    QCOMPARE(RawClient(m_url).post(openAi, body).openAiText(), text);
}

void SimulatorTest::maxTokensAndStop()
{
    QJsonObject body = chatBody(u"Explain limits"_s);
    body[u"max_tokens"_s] = 6;
    const RawAnswer cut = RawClient(m_url).post(openAi, body);
    QCOMPARE(cut.objects().size(), 1 + 6 + 1);
    QCOMPARE(cut.objects().last()[u"choices"_s][0][u"finish_reason"_s].toString(), u"length"_s);
    body = chatBody(u"Explain limits"_s);
    body[u"options"_s] = QJsonObject { { u"num_predict"_s, 6 } };
    QCOMPARE(RawClient(m_url).post(ollama, body).objects().last()[u"done_reason"_s].toString(), u"length"_s);
    body[u"options"_s] = QJsonObject { { u"stop"_s, QJsonArray { u"limits"_s } } };
    QCOMPARE(RawClient(m_url).post(ollama, body).ollamaText(), u"> Explain "_s);
}

void SimulatorTest::manyStreamsAtOnce()
{
    constexpr int streams = 200;
    std::vector<std::unique_ptr<RawClient>> clients;
    const QByteArray body = QJsonDocument(chatBody(u"Explain crowds"_s)).toJson(QJsonDocument::Compact);
    for (int i = 0; i < streams; ++i) {
        clients.push_back(std::make_unique<RawClient>(m_url));
        clients.back()->send(openAi, body,
                             { { "x-sim-ttft", "300" }, { "x-sim-gap", "20" }, { "x-sim-tokens", "40" } });
    }
    QString text;
    qint64 firstEnd = std::numeric_limits<qint64>::max();
    qint64 lastStart = 0;
    for (const auto &client : clients) {
        const RawAnswer answer = client->receive();
        QVERIFY(answer.end == RawAnswer::End::Whole);
        QCOMPARE(answer.events().size(), 1 + 40 + 1 + 1);
        if (text.isEmpty())
            text = answer.openAiText();
        QCOMPARE(answer.openAiText(), text);
        const QJsonObject truth = this->truth(answer);
        lastStart = std::max(lastStart, truth[u"headers_ns"_s].toInteger());
        firstEnd = std::min(firstEnd, truth[u"end_ns"_s].toInteger());
    }
    QVERIFY(lastStart < firstEnd); // all of them ran at the same time
}

void SimulatorTest::stopEndsStreams()
{
    RawClient streaming(m_url);
    streaming.send(openAi, QJsonDocument(chatBody(u"hi"_s)).toJson(), { { "x-sim-gap", "60000" } });
    QVERIFY(streaming.receiveSome());
    RawClient waiting(m_url);
    waiting.send(openAi, QJsonDocument(chatBody(u"hi"_s)).toJson(), { { "x-sim-ttft", "60000" } });
    QVERIFY(waiting.receiveSome()); // the headers
    RawClient idle(m_url);
    QCOMPARE(idle.get("/sim/health").status, 200);
    QElapsedTimer timer;
    timer.start();
    m_simulator->stop();
    QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(streaming.receive().end == RawAnswer::End::Fin);
    QVERIFY(waiting.receive().end == RawAnswer::End::Fin);
    QVERIFY(idle.receive().end == RawAnswer::End::Fin);
    m_simulator->stop(); // again does nothing
}

void SimulatorTest::aClientThatLeavesEndsItsStream()
{
    RawClient client(m_url);
    client.send(openAi, QJsonDocument(chatBody(u"hi"_s)).toJson(), { { "x-sim-gap", "60000" } });
    QVERIFY(client.receiveSome());
    client.close();
    const auto truthOfFirst = [&] { return RawClient(m_url).get("/sim/truth/chatcmpl-sim-1"); };
    QTRY_COMPARE(truthOfFirst().status, 200); // there once the stream has ended, a minute before its second token
    QVERIFY(!truthOfFirst().json()[u"complete"_s].toBool(true));
}

void SimulatorTest::longPathsAreRefused()
{
    const RawAnswer answer = RawClient(m_url).postBytes("/" + QByteArray(4000, 'a'), "{}");
    QCOMPARE(answer.status, 414);
    QCOMPARE(RawClient(m_url).get("/sim/health").status, 200);
}

QTEST_GUILESS_MAIN(SimulatorTest)
#include "tst_simulator.moc"
