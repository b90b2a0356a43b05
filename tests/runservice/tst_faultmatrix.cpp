#include "core/net/qttransport.h"
#include "core/run/runservice.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using tests::ScriptedConnection;
using tests::ScriptedRequest;
using tests::ScriptedServer;

namespace {

/// A protocol's own words, written by hand after its reference.
struct Wire {
    const char *protocol;
    const char *basePath;
    QByteArray contentType;
    /// What comes before the first content, an event with "Hel", one with "lo", and the end.
    QByteArray opening;
    QByteArray first;
    QByteArray second;
    QByteArray closing;
    /// An overload, in the middle of a stream.
    QByteArray midError;
    /// The prompt is too long: the body of a 400.
    QByteArray contextError;
    /// The body of any other error status: %1 a type of the protocol's, %2 a sentence.
    const char *errorBody;
};

QByteArray sse(const QByteArray &data, const QByteArray &event = {})
{
    return (event.isEmpty() ? QByteArray() : "event: " + event + "\n") + "data: " + data + "\n\n";
}

Wire openAiChat()
{
    return { "openai-chat",
             "/v1",
             "text/event-stream",
             sse(R"({"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})"),
             sse(R"({"id":"c","choices":[{"index":0,"delta":{"content":"Hel"}}]})"),
             sse(R"({"id":"c","choices":[{"index":0,"delta":{"content":"lo"}}]})"),
             sse(R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})") + sse("[DONE]"),
             sse(R"({"error":{"message":"The engine is overloaded","type":"overloaded_error"}})"),
             R"({"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}})",
             R"({"error":{"message":"%2","type":"%1"}})" };
}

Wire azure()
{
    Wire wire = openAiChat();
    wire.protocol = "azure";
    wire.basePath = "/openai/deployments/d";
    wire.opening = sse(R"({"id":"","model":"","choices":[],"prompt_filter_results":[]})");
    wire.errorBody = R"({"error":{"code":"%1","message":"%2"}})";
    return wire;
}

Wire openAiResponses()
{
    return { "openai-responses",
             "/v1",
             "text/event-stream",
             sse(R"({"type":"response.created","response":{"id":"r","model":"m","status":"in_progress"}})",
                 "response.created"),
             sse(R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"})",
                 "response.output_text.delta"),
             sse(R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lo"})",
                 "response.output_text.delta"),
             sse(R"({"type":"response.completed","response":{"id":"r","status":"completed"}})", "response.completed"),
             sse(R"({"type":"error","code":"server_is_overloaded","message":"Our servers are overloaded"})", "error"),
             R"({"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}})",
             R"({"error":{"message":"%2","type":"%1"}})" };
}

Wire anthropic()
{
    return {
        "anthropic",
        "",
        "text/event-stream",
        sse(R"({"type":"message_start","message":{"id":"a","model":"m","usage":{"input_tokens":3,"output_tokens":1}}})",
            "message_start")
            + sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
                  "content_block_start"),
        sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}})",
            "content_block_delta"),
        sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}})",
            "content_block_delta"),
        sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}})",
            "message_delta")
            + sse(R"({"type":"message_stop"})", "message_stop"),
        sse(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", "error"),
        R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}})",
        R"({"type":"error","error":{"type":"%1","message":"%2"}})"
    };
}

Wire gemini()
{
    return {
        "gemini",
        "",
        "text/event-stream",
        sse(R"({"usageMetadata":{"promptTokenCount":3},"modelVersion":"m"})"),
        sse(R"({"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]})"),
        sse(R"({"candidates":[{"content":{"role":"model","parts":[{"text":"lo"}]}}]})"),
        sse(R"({"candidates":[{"content":{"role":"model","parts":[]},"finishReason":"STOP"}]})"),
        sse(R"({"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}})"),
        R"({"error":{"code":400,"message":"The input token count exceeds the maximum number of tokens allowed","status":"INVALID_ARGUMENT"}})",
        R"({"error":{"status":"%1","message":"%2"}})"
    };
}

Wire ollama()
{
    return { "ollama",
             "",
             "application/x-ndjson",
             "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n",
             "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"Hel\"},\"done\":false}\n",
             "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"lo\"},\"done\":false}\n",
             "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
             "\"done_reason\":\"stop\",\"eval_count\":2}\n",
             "{\"error\":\"the server is at capacity\"}\n",
             R"({"error":"the input length exceeds the context length"})",
             R"({"error":"%2"})" };
}

QList<Wire> wires()
{
    return { openAiChat(), openAiResponses(), azure(), anthropic(), gemini(), ollama() };
}

using Act = std::function<void(ScriptedConnection &, const Wire &)>;

struct Fault {
    QByteArray name;
    Act act;
    QList<ErrorKind> kinds; ///< any of them is right
    QString text = {}; ///< what is kept
    std::optional<qint64> retryAfterMs = {};
};

Act status(int code, const char *type, const QByteArray &headers = {})
{
    return [=](ScriptedConnection &connection, const Wire &wire) {
        QByteArray body = wire.errorBody;
        body.replace("%1", type).replace("%2", "something of it");
        connection.answer(code, body, "Content-Type: application/json\r\n" + headers);
    };
}

/// The stream up to some place, and then an end of some sort.
Act stream(const std::function<QByteArray(const Wire &)> &part, const std::function<void(ScriptedConnection &)> &then)
{
    return [=](ScriptedConnection &connection, const Wire &wire) {
        connection.startChunked(wire.contentType);
        if (const QByteArray bytes = part(wire); !bytes.isEmpty())
            connection.chunk(bytes);
        then(connection);
    };
}

Act body(const QByteArray &bytes, const QByteArray &headers)
{
    return [=](ScriptedConnection &connection, const Wire &) { connection.answer(200, bytes, headers); };
}

QByteArray nothing(const Wire &)
{
    return {};
}
QByteArray upToContent(const Wire &wire)
{
    return wire.opening + wire.first;
}
QByteArray halfAnEvent(const Wire &wire)
{
    return wire.opening + wire.first + wire.second.first(wire.second.size() / 2);
}
QByteArray allButTheEnd(const Wire &wire)
{
    return wire.opening + wire.first + wire.second;
}

void hangUp(ScriptedConnection &connection)
{
    connection.close();
}
void endInGoodOrder(ScriptedConnection &connection)
{
    connection.endChunked();
}
void reset(ScriptedConnection &connection)
{
    connection.reset();
}
void stall(ScriptedConnection &)
{
}

QByteArray gzipped()
{
    // gzip of "data: {}\n\n"
    return QByteArray::fromHex("1f8b08000000000002034b492c49b452a8aee5e20200655748eb0a000000");
}

QList<Fault> statusFaults()
{
    using enum ErrorKind;
    return {
        { "401", status(401, "authentication_error"), { Auth } },
        { "403", status(403, "permission_error"), { Forbidden } },
        { "404", status(404, "not_found_error"), { NotFound } },
        { "400 context",
          [](ScriptedConnection &connection, const Wire &wire) { connection.answer(400, wire.contextError); },
          { ContextTooLong } },
        { "400", status(400, "invalid_request_error"), { InvalidRequest } },
        { "429", status(429, "rate_limit_error"), { RateLimited } },
        { "429 Retry-After", status(429, "rate_limit_error", "Retry-After: 7\r\n"), { RateLimited }, {}, 7000 },
        { "429 retry-after-ms",
          status(429, "rate_limit_error", "retry-after-ms: 1234\r\n"),
          { RateLimited },
          {},
          1234 },
        { "500", status(500, "api_error"), { Server } },
        { "503", status(503, "unavailable"), { Overloaded } },
        { "529", status(529, "overloaded_error"), { Overloaded } },
        { "502 HTML",
          [](ScriptedConnection &connection, const Wire &) {
              connection.answer(502, "<html><title>502 Bad Gateway</title></html>", "Content-Type: text/html\r\n");
          },
          { Server } },
        { "307",
          [](ScriptedConnection &connection, const Wire &) {
              connection.answer(307, {}, "Location: http://127.0.0.1:1/elsewhere\r\n");
          },
          { Redirect } },
    };
}

QList<Fault> bodyFaults()
{
    using enum ErrorKind;
    const QString hel = u"Hel"_s;
    return {
        { "error in the stream",
          stream([](const Wire &wire) { return wire.opening + wire.midError; }, endInGoodOrder),
          { Overloaded } },
        { "error after content",
          stream([](const Wire &wire) { return upToContent(wire) + wire.midError; }, endInGoodOrder),
          { Overloaded },
          hel },
        { "cut after the head", stream(nothing, hangUp), { Truncated } },
        { "cut after content", stream(upToContent, hangUp), { Truncated }, hel },
        { "cut in an event", stream(halfAnEvent, hangUp), { Truncated }, hel },
        { "cut before the end", stream(allButTheEnd, endInGoodOrder), { Truncated }, u"Hello"_s },
        { "reset after content", stream(upToContent, reset), { Truncated, Reset }, hel },
        { "closed without an answer",
          [](ScriptedConnection &connection, const Wire &) { connection.close(); },
          { Reset } },
        { "no answer", [](ScriptedConnection &, const Wire &) {}, { FirstByteTimeout } },
        { "stalls after the head", stream(nothing, stall), { FirstByteTimeout } },
        { "stalls after content", stream(upToContent, stall), { IdleTimeout }, hel },
        { "garbage",
          body("\x01\x02 no such thing \xFF\xFE\n\n\n", "Content-Type: text/event-stream\r\n"),
          { NotJson, BadEvent } },
        { "HTML", body("<!doctype html><html><body>Log in</body></html>", "Content-Type: text/html\r\n"), { NotJson } },
        { "empty body", body({}, "Content-Type: application/json\r\n"), { Truncated } },
        { "gzip anyway",
          body(gzipped(), "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"),
          { NotJson, BadEvent } },
        { "not HTTP",
          [](ScriptedConnection &connection, const Wire &) {
              connection.write("SSH-2.0-OpenSSH_9.2\r\n");
              connection.close();
          },
          { Network, Reset, Truncated } },
    };
}

constexpr int stageMs = 300;

} // namespace

Q_DECLARE_METATYPE(Wire)
Q_DECLARE_METATYPE(Fault)

/// Each protocol × each fault ends in the right kind of error, in its time, with what had come kept and nothing left running.
class TestFaultMatrix : public QObject {
    Q_OBJECT

private:
    RunRequest requestTo(const ScriptedServer &server, const Wire &wire, bool streamed = true) const
    {
        RunRequest request;
        request.endpoint.providerId = u"p"_s;
        request.endpoint.protocol = QLatin1StringView(wire.protocol);
        request.endpoint.baseUrl = server.url(QLatin1StringView(wire.basePath));
        request.endpoint.apiKey = u"sk-canary-0123456789"_s;
        request.chat.model = u"m"_s;
        request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Hello"_s) };
        request.chat.options.stream = streamed;
        request.limits = { 2'000, stageMs, stageMs, 10'000 };
        return request;
    }

    static std::optional<profile::RunRecord> outcome(Run &run)
    {
        std::optional<profile::RunRecord> record;
        connect(&run, &Run::finished, &run, [&record](const profile::RunRecord &ended) { record = ended; });
        [&record] { QTRY_VERIFY_WITH_TIMEOUT(record.has_value(), 8'000); }();
        return record;
    }

    base::SystemClock m_clock;
    std::unique_ptr<RunService> m_service;
    EngineState m_state;

private Q_SLOTS:
    void init()
    {
        m_service = std::make_unique<RunService>([this] { return std::make_unique<net::QtTransport>(m_clock); },
                                                 m_clock, cost::PriceBook());
        connect(m_service.get(), &RunService::stateChanged, m_service.get(),
                [this](const EngineState &now) { m_state = now; });
        m_service->setRetryPolicy({ .maxAttempts = 1 });
    }
    void cleanup() { m_service.reset(); }

    void withoutAFaultAllIsWell_data()
    {
        QTest::addColumn<Wire>("wire");
        for (const Wire &wire : wires())
            QTest::newRow(wire.protocol) << wire;
    }
    void withoutAFaultAllIsWell()
    {
        QFETCH(Wire, wire);
        const ScriptedServer server([wire](ScriptedConnection &connection, const ScriptedRequest &) {
            stream([](const Wire &all) { return allButTheEnd(all) + all.closing; }, endInGoodOrder)(connection, wire);
        });
        const auto run = m_service->start(requestTo(server, wire));
        const auto record = outcome(*run);
        QVERIFY(record && record->ok());
        QCOMPARE(record->answer.text, u"Hello"_s);
    }

    void faults_data()
    {
        QTest::addColumn<Wire>("wire");
        QTest::addColumn<Fault>("fault");
        for (const Wire &wire : wires()) {
            for (const Fault &fault : statusFaults() + bodyFaults())
                QTest::addRow("%s: %s", wire.protocol, fault.name.constData()) << wire << fault;
        }
    }
    void faults()
    {
        QFETCH(Wire, wire);
        QFETCH(Fault, fault);
        const ScriptedServer server(
            [wire, fault](ScriptedConnection &connection, const ScriptedRequest &) { fault.act(connection, wire); });
        QElapsedTimer timer;
        timer.start();
        const auto run = m_service->start(requestTo(server, wire));
        const auto record = outcome(*run);
        QVERIFY(record && record->answer.error);
        const base::Error &error = *record->answer.error;
        const QString said = base::errorKindName(error.kind) + u": "_s + error.message;
        QVERIFY2(fault.kinds.contains(error.kind), qPrintable(said));
        QCOMPARE(record->answer.text, fault.text);
        QCOMPARE(error.retryAfterMs, fault.retryAfterMs);
        QVERIFY(!error.message.isEmpty());
        QVERIFY(!record->ok());
        QVERIFY(record->trace.endNs >= record->trace.submittedNs + 1);
        QVERIFY2(timer.elapsed() < 2 * stageMs + 2'000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(server.requests().size(), 1); // nothing was sent again behind our back
        QTRY_COMPARE(m_state, EngineState());
        m_service.reset();
        QTRY_COMPARE(server.open(), 0);
    }

    void beforeContentItIsTriedAgainAfterwardsNot_data() { withoutAFaultAllIsWell_data(); }
    void beforeContentItIsTriedAgainAfterwardsNot()
    {
        QFETCH(Wire, wire);
        m_service->setRetryPolicy({ .maxAttempts = 3, .baseDelayMs = 1 });
        const ScriptedServer early([wire](ScriptedConnection &connection, const ScriptedRequest &) {
            if (connection.number() < 2)
                stream([](const Wire &all) { return all.opening + all.midError; }, hangUp)(connection, wire);
            else
                stream([](const Wire &all) { return allButTheEnd(all) + all.closing; }, hangUp)(connection, wire);
        });
        const auto run = m_service->start(requestTo(early, wire));
        const auto record = outcome(*run);
        QVERIFY(record && record->ok());
        QCOMPARE(record->answer.text, u"Hello"_s);
        QCOMPARE(record->earlierAttempts.size(), 2);
        QCOMPARE(record->earlierAttempts[0].error->kind, ErrorKind::Overloaded);

        const ScriptedServer late([wire](ScriptedConnection &connection, const ScriptedRequest &) {
            stream([](const Wire &all) { return upToContent(all) + all.midError; }, hangUp)(connection, wire);
        });
        const auto other = m_service->start(requestTo(late, wire));
        const auto failed = outcome(*other);
        QVERIFY(failed && failed->answer.error);
        QCOMPARE(failed->answer.text, u"Hel"_s);
        QVERIFY(failed->earlierAttempts.isEmpty());
        QCOMPARE(late.requests().size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestFaultMatrix)
#include "tst_faultmatrix.moc"
