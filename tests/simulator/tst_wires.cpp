#include "rawclient.h"

#include "core/simulator/simulator.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench::simulator;

namespace {

constexpr auto chatPath = "/v1/chat/completions";
constexpr auto responsesPath = "/v1/responses";
constexpr auto azurePath = "/openai/deployments/sim-small/chat/completions?api-version=2024-12-01-preview";
constexpr auto messagesPath = "/v1/messages";
constexpr auto geminiPath = "/v1beta/models/sim-small:generateContent";
constexpr auto geminiStream = "/v1beta/models/sim-small:streamGenerateContent?alt=sse";
constexpr auto ollamaPath = "/api/chat";

QJsonObject object(const char *json)
{
    return QJsonDocument::fromJson(json).object();
}

QJsonObject responsesBody(bool stream = true)
{
    return { { u"model"_s, u"sim-small"_s }, { u"input"_s, u"Explain buffers"_s }, { u"stream"_s, stream } };
}

QJsonObject messagesBody(bool stream = true)
{
    QJsonObject body = chatBody(u"Explain buffers"_s, stream);
    body[u"max_tokens"_s] = 4000;
    return body;
}

QJsonObject geminiBody()
{
    return object(R"({"contents":[{"role":"user","parts":[{"text":"Explain buffers"}]}]})");
}

/// "name" of each `event:` line.
QList<QByteArray> eventNames(const RawAnswer &answer)
{
    QList<QByteArray> names;
    const QList<QByteArray> lines = answer.body.split('\n');
    for (const QByteArray &line : lines) {
        if (line.startsWith("event: "))
            names << line.mid(7).trimmed();
    }
    return names;
}

/// Without what repeats itself.
QList<QByteArray> distinct(const QList<QByteArray> &names)
{
    QList<QByteArray> list;
    for (const QByteArray &name : names) {
        if (list.isEmpty() || list.last() != name)
            list << name;
    }
    return list;
}

} // namespace

/// The shape of each protocol on the wire, without our own codecs.
class WiresTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void responsesEvents();
    void responsesSayWhatWasAsked();
    void azureChunks();
    void messagesEvents();
    void messagesThinkAndCall();
    void geminiEvents();
    void geminiArray();
    void geminiBlocksAPrompt();
    void ollamaTells();
    void modelsByHeader();
    void tokenCounts();
    void errorShapes_data();
    void errorShapes();
    void requiredKeys_data();
    void requiredKeys();
    void rateLimits();
    void toolsAsAsked();
    void jsonBySchema();
    void imagesCount();
    void hiddenThoughtsTakeTime();

private:
    RawAnswer post(const char *path, const QJsonObject &body, const RawHeaders &headers = {})
    {
        return RawClient(m_url).post(path, body, headers);
    }

    std::unique_ptr<Simulator> m_simulator;
    QUrl m_url;
};

void WiresTest::init()
{
    Knobs knobs;
    knobs.ttft = Spread { Spread::Shape::Constant, 3, 0 };
    knobs.gap = Spread { Spread::Shape::Constant, 0.1, 0 };
    m_simulator = std::make_unique<Simulator>(knobs);
    m_url = *m_simulator->start();
}

void WiresTest::responsesEvents()
{
    QJsonObject body = responsesBody();
    body[u"reasoning"_s] = object(R"({"summary":"auto"})");
    const RawAnswer answer = post(responsesPath, body, { { "x-sim-reasoning", "5" } });
    QVERIFY(answer.header("Content-Type").startsWith("text/event-stream"));
    const QList<QByteArray> wanted {
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    };
    QCOMPARE(distinct(eventNames(answer)), wanted);
    const QList<QJsonObject> events = answer.objects();
    for (qsizetype i = 0; i < events.size(); ++i) {
        QCOMPARE(events[i][u"sequence_number"_s].toInteger(-1), i);
        QCOMPARE(events[i][u"type"_s].toString().toLatin1(), eventNames(answer)[i]);
    }
    const QJsonValue response = events.last()[u"response"_s];
    QCOMPARE(response[u"id"_s].toString().toLatin1(), answer.header("x-sim-id"));
    QCOMPARE(response[u"status"_s].toString(), u"completed"_s);
    QCOMPARE(response[u"output"_s].toArray().size(), 2);
    QVERIFY(response[u"usage"_s][u"output_tokens"_s].toInt() > 50);
    QCOMPARE(response[u"usage"_s][u"output_tokens_details"_s][u"reasoning_tokens"_s].toInt(), 5);
    QVERIFY(events.first()[u"response"_s][u"usage"_s].isNull());
    QVERIFY(!answer.body.contains("[DONE]"));
    const QJsonObject whole = post(responsesPath, responsesBody(false)).json();
    QCOMPARE(whole[u"output"_s][0][u"content"_s][0][u"text"_s].toString(),
             response[u"output"_s][1][u"content"_s][0][u"text"_s].toString());
}

void WiresTest::responsesSayWhatWasAsked()
{
    QJsonObject body = responsesBody(false);
    body[u"max_output_tokens"_s] = 16;
    body[u"metadata"_s] = object(R"({"a":"b"})");
    body[u"instructions"_s] = u"Be kind."_s;
    const QJsonObject answer = post(responsesPath, body).json();
    QCOMPARE(answer[u"status"_s].toString(), u"incomplete"_s);
    QCOMPARE(answer[u"incomplete_details"_s][u"reason"_s].toString(), u"max_output_tokens"_s);
    QCOMPARE(answer[u"output"_s][0][u"status"_s].toString(), u"incomplete"_s);
    for (const QString &key : { u"max_output_tokens"_s, u"metadata"_s, u"instructions"_s })
        QCOMPARE(answer[key], body[key]);
}

void WiresTest::azureChunks()
{
    const RawAnswer answer = post(azurePath, chatBody(u"Explain buffers"_s), { { "x-sim-filter", "5" } });
    const QList<QJsonObject> chunks = answer.objects();
    QCOMPARE(chunks.first()[u"model"_s].toString(), QString());
    QVERIFY(chunks.first()[u"choices"_s].toArray().isEmpty());
    QVERIFY(chunks.first()[u"prompt_filter_results"_s][0][u"content_filter_results"_s].isObject());
    const auto filtered = [&](const QJsonObject &chunk) {
        return chunk[u"choices"_s][0][u"content_filter_results"_s][u"violence"_s][u"filtered"_s];
    };
    QCOMPARE(filtered(chunks[2]), QJsonValue(false));
    QCOMPARE(filtered(chunks.last()), QJsonValue(true));
    QCOMPARE(chunks.last()[u"choices"_s][0][u"finish_reason"_s].toString(), u"content_filter"_s);
    QVERIFY(!answer.header("apim-request-id").isEmpty());
    QCOMPARE(answer.events().last(), "[DONE]");
    const RawAnswer blocked = post(azurePath, chatBody(u"hi"_s), { { "x-sim-filter", "0" } });
    QCOMPARE(blocked.status, 400);
    QCOMPARE(blocked.json()[u"error"_s][u"innererror"_s][u"code"_s].toString(), u"ResponsibleAIPolicyViolation"_s);
    QCOMPARE(post("/openai/deployments/sim-small/chat/completions", chatBody(u"hi"_s)).status, 404);
}

void WiresTest::messagesEvents()
{
    const RawAnswer answer =
        post(messagesPath, messagesBody(), { { "x-sim-cache-read", "3" }, { "x-sim-cache-write", "2" } });
    const QList<QByteArray> wanted { "message_start",      "content_block_start", "ping",        "content_block_delta",
                                     "content_block_stop", "message_delta",       "message_stop" };
    QCOMPARE(distinct(eventNames(answer)), wanted);
    const QList<QJsonObject> events = answer.objects();
    const QJsonValue started = events.first()[u"message"_s][u"usage"_s];
    QCOMPARE(started[u"cache_read_input_tokens"_s].toInt(), 3);
    QCOMPARE(started[u"cache_creation"_s][u"ephemeral_5m_input_tokens"_s].toInt(), 2);
    const QJsonObject delta = events[events.size() - 2];
    QCOMPARE(delta[u"delta"_s][u"stop_reason"_s].toString(), u"end_turn"_s);
    QCOMPARE(delta[u"usage"_s][u"output_tokens"_s].toInt(), eventNames(answer).count("content_block_delta"));
    QVERIFY(!answer.header("request-id").isEmpty());
    const QJsonObject whole = post(messagesPath, messagesBody(false)).json();
    QCOMPARE(whole[u"type"_s].toString(), u"message"_s);
    QCOMPARE(whole[u"usage"_s][u"input_tokens"_s].toInt(), started[u"input_tokens"_s].toInt() + 5);
}

void WiresTest::messagesThinkAndCall()
{
    QJsonObject body = messagesBody();
    body[u"thinking"_s] = object(R"({"type":"enabled","budget_tokens":1024})");
    body[u"tools"_s] = QJsonArray { object(R"({"name":"fill_buffer","input_schema":{"type":"object"}})") };
    const RawAnswer answer = post(messagesPath, body, { { "x-sim-reasoning", "4" } });
    QStringList types;
    const QList<QJsonObject> events = answer.objects();
    for (const QJsonObject &event : events) {
        if (event.contains(u"content_block"_s))
            types << event[u"content_block"_s][u"type"_s].toString();
        if (event[u"type"_s] == u"content_block_delta"_s && !types.endsWith(event[u"delta"_s][u"type"_s].toString()))
            types << event[u"delta"_s][u"type"_s].toString();
    }
    types.removeDuplicates();
    QCOMPARE(types,
             (QStringList { u"thinking"_s, u"thinking_delta"_s, u"signature_delta"_s, u"tool_use"_s,
                            u"input_json_delta"_s }));
    QCOMPARE(events[events.size() - 2][u"delta"_s][u"stop_reason"_s].toString(), u"tool_use"_s);
}

void WiresTest::geminiEvents()
{
    const RawAnswer answer = post(geminiStream, geminiBody());
    QVERIFY(answer.body.contains("}\r\n\r\n"));
    QVERIFY(!QByteArray(answer.body).replace("\r\n", "").contains('\n'));
    QVERIFY(!answer.body.contains("event:") && !answer.body.contains("[DONE]"));
    const QList<QJsonObject> events = answer.objects();
    int before = 0;
    QString text;
    for (const QJsonObject &event : events) {
        const int total = event[u"usageMetadata"_s][u"totalTokenCount"_s].toInt();
        QVERIFY(total >= before);
        before = total;
        text += event[u"candidates"_s][0][u"content"_s][u"parts"_s][0][u"text"_s].toString();
        QCOMPARE(event[u"responseId"_s].toString().toLatin1(), answer.header("x-sim-id"));
    }
    QVERIFY(text.contains(u"Explain buffers"_s));
    QCOMPARE(events.last()[u"candidates"_s][0][u"finishReason"_s].toString(), u"STOP"_s);
    const QJsonObject whole = post(geminiPath, geminiBody()).json();
    QCOMPARE(whole[u"candidates"_s][0][u"content"_s][u"parts"_s][0][u"text"_s].toString(), text);
    QCOMPARE(whole[u"usageMetadata"_s], events.last()[u"usageMetadata"_s]);
}

void WiresTest::geminiArray()
{
    const RawAnswer answer = post("/v1beta/models/sim-small:streamGenerateContent", geminiBody());
    QCOMPARE(answer.header("Content-Type"), "application/json");
    const QJsonArray list = QJsonDocument::fromJson(answer.body).array();
    QVERIFY(list.size() > 50);
    QCOMPARE(list.last()[u"candidates"_s][0][u"finishReason"_s].toString(), u"STOP"_s);
}

void WiresTest::geminiBlocksAPrompt()
{
    for (const char *path : { geminiPath, geminiStream }) {
        const RawAnswer answer = post(path, geminiBody(), { { "x-sim-filter", "0" } });
        QCOMPARE(answer.status, 200);
        const QJsonObject object = path == geminiPath ? answer.json() : answer.objects().last();
        QCOMPARE(object[u"promptFeedback"_s][u"blockReason"_s].toString(), u"SAFETY"_s);
        QVERIFY(!object.contains(u"candidates"_s));
    }
}

void WiresTest::ollamaTells()
{
    const QJsonObject shown = post("/api/show", object(R"({"model":"sim-large"})")).json();
    QCOMPARE(shown[u"details"_s][u"parameter_size"_s].toString(), u"70B"_s);
    QVERIFY(shown[u"model_info"_s][u"simulator.context_length"_s].toInt() > 1000);
    QVERIFY(shown[u"capabilities"_s].toArray().contains(u"thinking"_s));
    QCOMPARE(post("/api/show", object(R"({"model":"llama-0"})")).status, 404);
    QVERIFY(!RawClient(m_url).get("/api/version").json()[u"version"_s].toString().isEmpty());
}

void WiresTest::modelsByHeader()
{
    const QJsonObject openAi = RawClient(m_url).get("/v1/models").json();
    QCOMPARE(openAi[u"object"_s].toString(), u"list"_s);
    const QJsonObject anthropic = RawClient(m_url).get("/v1/models", { { "anthropic-version", "2023-06-01" } }).json();
    QCOMPARE(anthropic[u"has_more"_s], QJsonValue(false));
    QCOMPARE(anthropic[u"data"_s][0][u"type"_s].toString(), u"model"_s);
    QCOMPARE(anthropic[u"data"_s][0][u"id"_s], openAi[u"data"_s][0][u"id"_s]);
    const QJsonObject gemini = RawClient(m_url).get("/v1beta/models").json();
    QCOMPARE(gemini[u"models"_s][0][u"name"_s].toString(), u"models/"_s + openAi[u"data"_s][0][u"id"_s].toString());
    QCOMPARE(RawClient(m_url).get("/v1/models/sim-small").json()[u"id"_s].toString(), u"sim-small"_s);
    QCOMPARE(RawClient(m_url).get("/v1/models/gpt-0").status, 404);
    QCOMPARE(RawClient(m_url).get("/v1beta/models/sim-small").status, 200);
}

void WiresTest::tokenCounts()
{
    QJsonObject body = chatBody(u"Explain buffers"_s);
    const int counted = post("/v1/messages/count_tokens", body).json()[u"input_tokens"_s].toInt();
    QVERIFY(counted > 0);
    QCOMPARE(post(messagesPath, messagesBody(false)).json()[u"usage"_s][u"input_tokens"_s].toInt(), counted);
    QCOMPARE(post("/v1beta/models/sim-small:countTokens", geminiBody()).json()[u"totalTokens"_s].toInt(), counted);
    QVERIFY(post(messagesPath, body).json()[u"error"_s][u"message"_s].toString().contains(u"max_tokens"_s));
}

void WiresTest::errorShapes_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QByteArray>("says"); // in the body
    const auto row = [](const char *path, int status, const char *says) {
        QTest::addRow("%s %d", path, status) << QByteArray(path) << QByteArray::number(status) << QByteArray(says);
    };
    row(chatPath, 429, R"("code":"rate_limit_exceeded")");
    row(chatPath, 401, R"("code":"invalid_api_key")");
    row(chatPath, 500, R"("type":"server_error")");
    row(responsesPath, 429, R"("code":"rate_limit_exceeded")");
    row(azurePath, 429, R"("code":"RateLimitReached")");
    row(azurePath, 401, R"("code":"401")");
    row(messagesPath, 401, R"("type":"authentication_error")");
    row(messagesPath, 429, R"("type":"rate_limit_error")");
    row(messagesPath, 529, R"("type":"overloaded_error")");
    row(messagesPath, 413, R"("type":"request_too_large")");
    row(geminiPath, 429, R"("retryDelay":"9s")");
    row(geminiPath, 403, R"("status":"PERMISSION_DENIED")");
    row(geminiStream, 503, R"("status":"UNAVAILABLE")");
    row(ollamaPath, 500, R"({"error":")");
}

void WiresTest::errorShapes()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, status);
    QFETCH(QByteArray, says);
    const RawAnswer answer =
        post(path.constData(), chatBody(u"hi"_s), { { "x-sim-error-status", status }, { "x-sim-retry-after", "9" } });
    QCOMPARE(answer.status, status.toInt());
    QVERIFY2(answer.body.contains(says), answer.body.constData());
    QCOMPARE(answer.header("Retry-After"), "9");
    QCOMPARE(answer.header("Content-Type"), "application/json");
}

void WiresTest::requiredKeys_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QByteArray>("prefix");
    QTest::addColumn<int>("refusal");
    QTest::newRow("openai") << QByteArray("/v1/models") << QByteArray("Authorization") << QByteArray("Bearer ") << 401;
    QTest::newRow("azure") << QByteArray("/openai/models") << QByteArray("api-key") << QByteArray() << 401;
    QTest::newRow("anthropic") << QByteArray("/v1/models") << QByteArray("x-api-key") << QByteArray() << 401;
    QTest::newRow("gemini") << QByteArray("/v1beta/models") << QByteArray("x-goog-api-key") << QByteArray() << 400;
    QTest::newRow("gemini's query") << QByteArray("/v1beta/models?key=") << QByteArray() << QByteArray() << 400;
    QTest::newRow("ollama") << QByteArray("/api/tags") << QByteArray("Authorization") << QByteArray("Bearer ") << 401;
}

void WiresTest::requiredKeys()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, header);
    QFETCH(QByteArray, prefix);
    QFETCH(int, refusal);
    const auto status = [&](const QByteArray &key) {
        RawHeaders headers { { "x-sim-require-key", "sesame" } };
        if (header == "x-api-key")
            headers << RawHeaders { { "anthropic-version", "2023-06-01" } };
        if (!header.isEmpty() && !key.isEmpty())
            headers << RawHeaders { { header, prefix + key } };
        return RawClient(m_url).get(header.isEmpty() ? path + key : path, headers).status;
    };
    QCOMPARE(status("sesame"), 200);
    QCOMPARE(status("open"), refusal);
    QCOMPARE(status(""), refusal);
}

void WiresTest::rateLimits()
{
    const RawHeaders ten { { "x-sim-rate-limit", "10" } };
    const RawAnswer first = post(chatPath, chatBody(u"hi"_s), ten);
    QCOMPARE(first.header("x-ratelimit-limit-requests"), "10");
    QCOMPARE(first.header("x-ratelimit-remaining-requests"), "9");
    QVERIFY(first.header("x-ratelimit-reset-requests").endsWith('s'));
    const RawAnswer azure = post(azurePath, chatBody(u"hi"_s), ten);
    QCOMPARE(azure.header("x-ratelimit-remaining-requests"), "8");
    QCOMPARE(azure.header("x-ratelimit-reset-requests"), "12");
    const RawAnswer anthropic = post(messagesPath, messagesBody(), ten);
    QCOMPARE(anthropic.header("anthropic-ratelimit-requests-remaining"), "7");
    QVERIFY(anthropic.header("anthropic-ratelimit-tokens-reset").contains('T'));
    QVERIFY(post(chatPath, chatBody(u"hi"_s)).header("x-ratelimit-limit-requests").isEmpty());
}

void WiresTest::toolsAsAsked()
{
    QJsonObject body = chatBody(u"What's the weather in Lisbon?"_s, false);
    body[u"tools"_s] = QJsonDocument::fromJson(R"([
        {"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{
            "city":{"type":"string"},"days":{"type":"integer","minimum":3},"unit":{"enum":["K","C"]}}}}},
        {"type":"function","function":{"name":"send_mail","parameters":{"type":"object"}}}])")
                           .array();
    const auto message = [&](const RawHeaders &headers = {}) {
        return post(chatPath, body, headers).json()[u"choices"_s][0][u"message"_s].toObject();
    };
    const QJsonArray calls = message()[u"tool_calls"_s].toArray();
    QCOMPARE(calls.size(), 1);
    QCOMPARE(QJsonDocument::fromJson(calls[0][u"function"_s][u"arguments"_s].toString().toUtf8()).object(),
             object(R"({"city":"Lisbon","days":3,"unit":"K"})"));
    QCOMPARE(message({ { "x-sim-tool-calls", "3" } })[u"tool_calls"_s].toArray().size(), 3);
    QVERIFY(!message({ { "x-sim-tool-calls", "0" } }).contains(u"tool_calls"_s));
    body[u"tool_choice"_s] = u"none"_s;
    QVERIFY(!message().contains(u"tool_calls"_s));
    body[u"tool_choice"_s] = object(R"({"type":"function","function":{"name":"send_mail"}})");
    QCOMPARE(message()[u"tool_calls"_s][0][u"function"_s][u"name"_s].toString(), u"send_mail"_s);
    body[u"tool_choice"_s] = u"auto"_s;
    QJsonArray messages = body[u"messages"_s].toArray();
    messages.append(
        QJsonObject { { u"role"_s, u"tool"_s }, { u"tool_call_id"_s, u"x"_s }, { u"content"_s, u"23 degrees"_s } });
    body[u"messages"_s] = messages;
    QVERIFY(!message().contains(u"tool_calls"_s));
    QVERIFY(message()[u"content"_s].toString().contains(u"23 degrees"_s));
}

void WiresTest::jsonBySchema()
{
    QJsonObject body = chatBody(u"A recipe"_s, false);
    body[u"response_format"_s] = object(R"({"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object",
        "properties":{"steps":{"type":"array","minItems":2,"items":{"$ref":"#/$defs/step"}},"at":{"type":"string","format":"date"},
        "none":{"type":"null"},"self":{"$ref":"#"},"other":{"$ref":"#"},
        "third":{"$ref":"#"},"fourth":{"$ref":"#"}},
        "$defs":{"step":{"type":"object","properties":{"text":{"type":"string","maxLength":4}}}}}}})");
    const QString content = post(chatPath, body).json()[u"choices"_s][0][u"message"_s][u"content"_s].toString();
    const QJsonObject value = QJsonDocument::fromJson(content.toUtf8()).object();
    QCOMPARE(value[u"steps"_s].toArray().size(), 2);
    QCOMPARE(value[u"steps"_s][1][u"text"_s].toString(), u"A re"_s);
    QCOMPARE(value[u"at"_s].toString().size(), 10);
    QVERIFY(value[u"none"_s].isNull() && value[u"self"_s].isObject());
    QVERIFY(content.size() < 1'000'000); // a schema that contains itself ends
}

void WiresTest::imagesCount()
{
    const auto tokens = [&](const char *content) {
        QJsonObject body = chatBody({}, false);
        body[u"messages"_s] = QJsonDocument::fromJson(content).array();
        return post(chatPath, body).json()[u"usage"_s][u"prompt_tokens"_s].toInt();
    };
    const int one = tokens(
        R"([{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:,"}}]}])");
    QVERIFY(one > tokens(R"([{"role":"user","content":"See"}])") + 100);
}

void WiresTest::hiddenThoughtsTakeTime()
{
    const RawAnswer answer = post(geminiStream, geminiBody(), { { "x-sim-reasoning", "50" }, { "x-sim-gap", "1" } });
    QVERIFY(!answer.body.contains("\"thought\""));
    const QJsonObject truth = RawClient(m_url).get("/sim/truth/" + answer.header("x-sim-id")).json();
    const QJsonArray chunks = truth[u"chunks"_s].toArray();
    QCOMPARE(chunks[0][u"tokens"_s].toInt(), 51); // those that were kept back came with the first of the text
    QVERIFY(chunks[0][u"ns"_s].toInteger() - truth[u"request_received_ns"_s].toInteger() >= 50'000'000);
}

QTEST_GUILESS_MAIN(WiresTest)
#include "tst_wires.moc"
