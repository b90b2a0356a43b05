#include "core/llm/batchapi.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

Endpoint endpoint(const QString &protocol)
{
    Endpoint endpoint;
    endpoint.providerId = u"p"_s;
    endpoint.protocol = protocol;
    endpoint.baseUrl = QUrl(protocol == u"anthropic"_s ? u"https://host.test"_s : u"https://host.test/v1"_s);
    endpoint.apiKey = u"secretkey"_s;
    return endpoint;
}

ChatRequest chat()
{
    ChatRequest request;
    request.model = u"m"_s;
    request.messages = { Message::fromText(Role::User, u"Hällo"_s) };
    request.options.maxTokens = 7;
    return request;
}

QJsonObject object(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

} // namespace

class TestBatchApi : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whoHasOne()
    {
        for (const auto &protocol : { u"openai-chat"_s, u"openai-responses"_s, u"anthropic"_s })
            QVERIFY(batchApiFor(protocol));
        for (const auto &protocol : { u"ollama"_s, u"gemini"_s, u"azure"_s, u""_s })
            QVERIFY(!batchApiFor(protocol));
    }

    void anEntryIsTheProtocolsOwnBody()
    {
        const auto chatEntry = batchApiFor(u"openai-chat"_s)->entry(u"k-1"_s, chat(), endpoint(u"openai-chat"_s));
        QVERIFY(chatEntry);
        QVERIFY(chatEntry->endsWith('\n'));
        QCOMPARE(chatEntry->count('\n'), 1);
        const QJsonObject line = object(*chatEntry);
        QCOMPARE(line[u"custom_id"_s], u"k-1"_s);
        QCOMPARE(line[u"method"_s], u"POST"_s);
        QCOMPARE(line[u"url"_s], u"/v1/chat/completions"_s);
        QCOMPARE(line[u"body"_s][u"messages"_s][0][u"content"_s], u"Hällo"_s);
        QVERIFY(!line[u"body"_s].toObject().contains(u"stream"_s));
        QVERIFY(!line[u"body"_s].toObject().contains(u"stream_options"_s));

        const auto &anthropic = *batchApiFor(u"anthropic"_s);
        const QJsonObject params = object(*anthropic.entry(u"k-1"_s, chat(), endpoint(u"anthropic"_s)));
        QCOMPARE(params[u"params"_s][u"max_tokens"_s], 7);
        QVERIFY(!params[u"params"_s].toObject().contains(u"stream"_s));

        const QJsonObject responses =
            object(*batchApiFor(u"openai-responses"_s)->entry(u"k"_s, chat(), endpoint(u"openai-responses"_s)));
        QCOMPARE(responses[u"url"_s], u"/v1/responses"_s);
    }

    void theUploadIsAForm()
    {
        const auto &api = *batchApiFor(u"openai-chat"_s);
        const auto upload = api.uploadRequest({ "{\"a\":1}\n", "{\"b\":2}\n" }, endpoint(u"openai-chat"_s));
        QVERIFY(upload);
        QCOMPARE(upload->url, QUrl(u"https://host.test/v1/files"_s));
        QCOMPARE(base::headerValue(upload->headers, "Authorization"), "Bearer secretkey");
        const QByteArray type = base::headerValue(upload->headers, "Content-Type");
        QVERIFY(type.startsWith("multipart/form-data; boundary="));
        const QByteArray boundary = type.sliced(type.indexOf('=') + 1);
        QCOMPARE(upload->body.count("--" + boundary), 3);
        QVERIFY(upload->body.endsWith("--" + boundary + "--\r\n"));
        QVERIFY(upload->body.contains("\r\n\r\n{\"a\":1}\n{\"b\":2}\n\r\n"));
        QVERIFY(upload->body.contains("name=\"purpose\"\r\n\r\nbatch\r\n"));
        QVERIFY(!batchApiFor(u"anthropic"_s)->uploadRequest({ "{}" }, endpoint(u"anthropic"_s)));
    }

    void aBatchIsMade()
    {
        const QJsonObject made = object(
            batchApiFor(u"openai-chat"_s)->createRequest(u"file-1"_s, {}, u"tag"_s, endpoint(u"openai-chat"_s)).body);
        QCOMPARE(made[u"input_file_id"_s], u"file-1"_s);
        QCOMPARE(made[u"endpoint"_s], u"/v1/chat/completions"_s);
        QCOMPARE(made[u"completion_window"_s], u"24h"_s);
        QCOMPARE(made[u"metadata"_s][u"talkbench"_s], u"tag"_s);
        const auto anthropic =
            batchApiFor(u"anthropic"_s)
                ->createRequest({}, { "{\"x\":1}", "{\"y\":2}" }, u"tag"_s, endpoint(u"anthropic"_s));
        QCOMPARE(anthropic.url, QUrl(u"https://host.test/v1/messages/batches"_s));
        QCOMPARE(base::headerValue(anthropic.headers, "x-api-key"), "secretkey");
        QCOMPARE(base::headerValue(anthropic.headers, "anthropic-version"), "2023-06-01");
        QCOMPARE(object(anthropic.body)[u"requests"_s].toArray().size(), 2);
    }

    void states_data()
    {
        QTest::addColumn<QString>("status");
        QTest::addColumn<bool>("ended");
        for (const auto &status : { u"validating"_s, u"in_progress"_s, u"finalizing"_s, u"cancelling"_s, u"news"_s })
            QTest::newRow(qPrintable(status)) << status << false;
        for (const auto &status : { u"failed"_s, u"completed"_s, u"expired"_s, u"cancelled"_s })
            QTest::newRow(qPrintable(status)) << status << true;
    }
    void states()
    {
        QFETCH(QString, status);
        QFETCH(bool, ended);
        const auto state =
            batchApiFor(u"openai-chat"_s)
                ->parseState(
                    QByteArray(R"({"id":"batch_1","status":"STATUS","created_at":1700000000,)"
                               R"("output_file_id":"file-o","error_file_id":null,"metadata":{"talkbench":"t"},)"
                               R"("request_counts":{"total":5,"completed":2,"failed":1}})")
                        .replace("STATUS", status.toUtf8()));
        QVERIFY(state);
        QCOMPARE(state->ended, ended);
        QCOMPARE(state->total, 5);
        QCOMPARE(state->done, 3);
        QCOMPARE(state->tag, u"t"_s);
        QCOMPARE(state->createdMs, 1'700'000'000'000);
        QCOMPARE(state->files, QStringList { u"file-o"_s });
        QCOMPARE(state->refusal.has_value(), status == u"failed"_s);
    }

    void whyAllOfItWasRefused()
    {
        const auto state =
            batchApiFor(u"openai-chat"_s)
                ->parseState(R"({"id":"b","status":"failed","errors":{"data":)"
                             R"([{"code":"invalid_url","message":"The URL does not match.","line":3}]}})");
        QVERIFY(state && state->refusal);
        QVERIFY(state->refusal->message.contains(u"Request 3"_s));
        QVERIFY(state->refusal->message.contains(u"The URL does not match"_s));
    }

    void anthropicsState()
    {
        const auto state =
            batchApiFor(u"anthropic"_s)
                ->parseState(
                    R"({"id":"msgbatch_1","processing_status":"in_progress",)"
                    R"("created_at":"2024-08-20T18:37:24.100435Z","results_url":null,)"
                    R"("request_counts":{"processing":10,"succeeded":3,"errored":2,"canceled":1,"expired":4}})");
        QVERIFY(state);
        QCOMPARE(state->total, 20);
        QCOMPARE(state->done, 10);
        QVERIFY(!state->ended);
        QCOMPARE(state->createdMs,
                 QDateTime::fromString(u"2024-08-20T18:37:24.100Z"_s, Qt::ISODateWithMs).toMSecsSinceEpoch());
    }

    /// The server chooses ids, and may be hostile: none leads elsewhere.
    void idsStayInTheirPath_data()
    {
        QTest::addColumn<QByteArray>("id");
        for (const char *id : { "\"\"", "\"../models\"", "\"a/b\"", "\"a?b\"", "\"a#b\"", "\"..\"", "\"a b\"", "null",
                                "7", "\"a\\nb\"" })
            QTest::newRow(id) << QByteArray(id);
    }
    void idsStayInTheirPath()
    {
        QFETCH(QByteArray, id);
        const auto &openAi = *batchApiFor(u"openai-chat"_s);
        QVERIFY(!openAi.parseState("{\"status\":\"completed\",\"id\":" + id + "}"));
        QVERIFY(!openAi.parseUpload("{\"id\":" + id + "}"));
        const auto files = openAi.parseState("{\"status\":\"completed\",\"id\":\"b\",\"output_file_id\":" + id + "}");
        QVERIFY(files && files->files.isEmpty());
        QVERIFY(!batchApiFor(u"anthropic"_s)->parseState("{\"processing_status\":\"ended\",\"id\":" + id + "}"));
    }

    void resultsComeFromTheEndpoint()
    {
        const auto &anthropic = *batchApiFor(u"anthropic"_s);
        const auto state = anthropic.parseState(
            R"({"id":"msgbatch_1","processing_status":"ended","results_url":"https:\/\/evil.test\/steal"})");
        const auto requests = anthropic.resultRequests(*state, endpoint(u"anthropic"_s));
        QCOMPARE(requests.size(), 1);
        QCOMPARE(requests[0].url, QUrl(u"https://host.test/v1/messages/batches/msgbatch_1/results"_s));
    }

    void listsAreRead()
    {
        const auto &api = *batchApiFor(u"openai-chat"_s);
        const auto list = api.parseList(
            R"({"data":[{"id":"b2","status":"completed"},{"id":"b1","status":"failed"}],"has_more":true})");
        QVERIFY(list);
        QCOMPARE(list->batches.size(), 2);
        QCOMPARE(list->after, u"b1"_s);
        QCOMPARE(api.listRequest(u"b1"_s, endpoint(u"openai-chat"_s)).url.query(), u"limit=100&after=b1"_s);
        QVERIFY(api.parseList(R"({"data":[],"has_more":true})")->after.isEmpty());
        for (const char *none : { "", "[]", "{}", "{\"data\":7}", "{\"data\":[7]}", "<html>" })
            QVERIFY2(!api.parseList(none), none);
    }

    void outcomesOfOpenAi()
    {
        const auto &api = *batchApiFor(u"openai-chat"_s);
        const auto good = api.parseOutcome(
            R"({"custom_id":"k","response":{"status_code":200,"body":{"id":"x","model":"m","choices":[{"message":)"
            R"({"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,)"
            R"("total_tokens":4}}},"error":null})");
        QVERIFY(good);
        QCOMPARE(good->customId, u"k"_s);
        QCOMPARE(good->answer.text, u"Hi"_s);
        QVERIFY(good->answer.finished);
        QCOMPARE(good->answer.usage->input, 3);

        const auto bad = api.parseOutcome(
            R"({"custom_id":"k","response":{"status_code":429,"body":{"error":{"message":"slow down"}}},"error":null})");
        QCOMPARE(bad->answer.error->kind, ErrorKind::RateLimited);
        const auto late = api.parseOutcome(R"({"custom_id":"k","response":null,"error":{"code":"batch_expired"}})");
        QCOMPARE(late->kind, BatchOutcome::Kind::Expired);
        const auto off = api.parseOutcome(R"({"custom_id":"k","response":null,"error":{"code":"batch_cancelled"}})");
        QCOMPARE(off->kind, BatchOutcome::Kind::Cancelled);
        const auto other = api.parseOutcome(R"({"custom_id":"k","error":{"code":"x","message":"odd"}})");
        QVERIFY(other->answer.error && other->answer.error->message.contains(u"odd"_s));
        // A row that says nothing is no answer.
        const auto empty = api.parseOutcome(R"({"custom_id":"k"})");
        QVERIFY(empty && empty->answer.error && !empty->answer.finished);
        for (const char *none : { "", "{}", "[1]", R"({"custom_id":7})", R"({"custom_id")" })
            QVERIFY2(!api.parseOutcome(none), none);
    }

    void outcomesOfAnthropic()
    {
        const auto &api = *batchApiFor(u"anthropic"_s);
        const auto good = api.parseOutcome(
            R"({"custom_id":"k","result":{"type":"succeeded","message":{"id":"msg_1",)"
            R"("type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],)"
            R"("stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}}})");
        QVERIFY(good);
        QCOMPARE(good->answer.text, u"Hi"_s);
        QVERIFY(good->answer.finished);
        QCOMPARE(good->answer.usage->output, 1);
        const auto bad =
            api.parseOutcome(R"({"custom_id":"k","result":{"type":"errored","error":{"type":"error","error":)"
                             R"({"type":"invalid_request_error","message":"no"}}}})");
        QCOMPARE(bad->answer.error->kind, ErrorKind::InvalidRequest);
        QCOMPARE(api.parseOutcome(R"({"custom_id":"k","result":{"type":"expired"}})")->kind,
                 BatchOutcome::Kind::Expired);
        QCOMPARE(api.parseOutcome(R"({"custom_id":"k","result":{"type":"canceled"}})")->kind,
                 BatchOutcome::Kind::Cancelled);
        QVERIFY(!api.parseOutcome(R"({"custom_id":"k","result":{}})"));
    }
};

QTEST_GUILESS_MAIN(TestBatchApi)
#include "tst_batchapi.moc"
