#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

const QString protocol = u"openai-chat"_s;

Endpoint endpoint(const char *base)
{
    Endpoint made;
    made.protocol = protocol;
    made.baseUrl = QUrl(QString::fromLatin1(base));
    made.apiKey = u"key-1"_s;
    return made;
}

ChatRequest request()
{
    ChatRequest made;
    made.model = u"gpt"_s;
    made.messages = { Message::fromText(Role::System, u"Be brief."_s), Message::fromText(Role::User, u"Hi"_s) };
    return made;
}

QJsonObject bodyOf(const ChatRequest &request, const Endpoint &endpoint)
{
    const auto encoded = providerFor(protocol)->encode(request, endpoint);
    return encoded ? QJsonDocument::fromJson(encoded->http.body).object() : QJsonObject {};
}

} // namespace

/// What is sent.
class TestOpenAiChatRequest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requestForOpenAi()
    {
        ChatRequest chat = request();
        chat.options.maxTokens = 100;
        chat.options.temperature = 0.5;
        chat.options.topP = 0.9;
        chat.options.seed = 7;
        chat.options.stop = { u"END"_s };
        const auto encoded = providerFor(protocol)->encode(chat, endpoint("https://api.openai.com/v1"));
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url, QUrl(u"https://api.openai.com/v1/chat/completions"_s));
        QCOMPARE(encoded->http.method, "POST");
        QCOMPARE(base::headerValue(encoded->http.headers, "authorization"), "Bearer key-1");
        QCOMPARE(base::headerValue(encoded->http.headers, "content-type"), "application/json");
        const QJsonObject body = QJsonDocument::fromJson(encoded->http.body).object();
        QCOMPARE(body["max_completion_tokens"_L1].toInt(), 100);
        QVERIFY(!body.contains("max_tokens"_L1));
        QCOMPARE(body["stream_options"_L1].toObject(),
                 (QJsonObject { { u"include_usage"_s, true }, { u"include_obfuscation"_s, false } }));
        QCOMPARE(body["temperature"_L1].toDouble(), 0.5);
        QCOMPARE(body["top_p"_L1].toDouble(), 0.9);
        QCOMPARE(body["seed"_L1].toInt(), 7);
        QCOMPARE(body["stop"_L1].toArray(), QJsonArray { u"END"_s });
        QCOMPARE(body["messages"_L1][0].toObject(),
                 (QJsonObject { { u"role"_s, u"system"_s }, { u"content"_s, u"Be brief."_s } }));
    }

    void requestForACompatibleServer()
    {
        ChatRequest chat = request();
        chat.options.maxTokens = 100;
        Endpoint server = endpoint("http://127.0.0.1:8080/v1/");
        server.apiKey.clear();
        server.headers = { { "X-Title", "mine" } };
        const auto encoded = providerFor(protocol)->encode(chat, server);
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url, QUrl(u"http://127.0.0.1:8080/v1/chat/completions"_s));
        QVERIFY(base::headerValue(encoded->http.headers, "authorization").isEmpty());
        QCOMPARE(base::headerValue(encoded->http.headers, "x-title"), "mine");
        const QJsonObject body = QJsonDocument::fromJson(encoded->http.body).object();
        QCOMPARE(body["max_tokens"_L1].toInt(), 100);
        QCOMPARE(body["stream_options"_L1].toObject(), (QJsonObject { { u"include_usage"_s, true } }));
        QVERIFY(!body.contains("temperature"_L1));
        QVERIFY(!body.contains("seed"_L1));
    }

    void withoutStreamingNothingAsksForIt()
    {
        ChatRequest chat = request();
        chat.options.stream = false;
        const QJsonObject body = bodyOf(chat, endpoint("https://api.openai.com/v1"));
        QCOMPARE(body["stream"_L1].toBool(true), false);
        QVERIFY(!body.contains("stream_options"_L1));
    }

    void quirksDeviate()
    {
        ChatRequest chat = request();
        chat.options.maxTokens = 5;
        chat.options.seed = 1;
        Endpoint server = endpoint("https://example.org/v1");
        server.quirks = { { u"seed"_s, u"random_seed"_s },
                          { u"max_tokens"_s, u"max_len"_s },
                          { u"stream_options"_s, false },
                          { u"auth"_s, u"x-key"_s },
                          { u"body"_s, QJsonObject { { u"extra"_s, 1 } } },
                          { u"headers"_s, QJsonObject { { u"A"_s, u"b"_s } } } };
        const auto encoded = providerFor(protocol)->encode(chat, server);
        QVERIFY(encoded);
        QCOMPARE(base::headerValue(encoded->http.headers, "x-key"), "key-1");
        QVERIFY(base::headerValue(encoded->http.headers, "authorization").isEmpty());
        QCOMPARE(base::headerValue(encoded->http.headers, "a"), "b");
        const QJsonObject body = QJsonDocument::fromJson(encoded->http.body).object();
        QCOMPARE(body["random_seed"_L1].toInt(), 1);
        QCOMPARE(body["max_len"_L1].toInt(), 5);
        QCOMPARE(body["extra"_L1].toInt(), 1);
        QVERIFY(!body.contains("stream_options"_L1));
    }

    void imagesAndToolsAreReplayed()
    {
        ChatRequest chat = request();
        chat.messages[1].parts.append(ContentPart { ContentPart::Kind::Image, {}, u"image/jpeg"_s, "abc" });
        Message call;
        call.role = Role::Assistant;
        call.toolCalls = { { u"id1"_s, u"f"_s, u"null"_s } };
        Message result = Message::fromText(Role::Tool, u"42"_s);
        result.toolCallId = u"id1"_s;
        chat.messages << call << result;
        const QJsonArray messages = bodyOf(chat, endpoint("https://example.org/v1"))["messages"_L1].toArray();
        QCOMPARE(messages[1]["content"_L1][1]["image_url"_L1]["url"_L1].toString(), u"data:image/jpeg;base64,YWJj"_s);
        QVERIFY(messages[2]["content"_L1].isNull());
        QCOMPARE(messages[2]["tool_calls"_L1][0]["function"_L1]["arguments"_L1].toString(), u"{}"_s);
        QCOMPARE(messages[3]["tool_call_id"_L1].toString(), u"id1"_s);
        QCOMPARE(messages[3]["content"_L1].toString(), u"42"_s);
    }

    void impossibleRequestsAreErrors()
    {
        const Provider &provider = *providerFor(protocol);
        QCOMPARE(provider.encode(request(), endpoint("nonsense")).error().kind, base::ErrorKind::Config);
        QCOMPARE(provider.encode({}, endpoint("https://example.org")).error().kind, base::ErrorKind::Config);
        Endpoint injected = endpoint("https://example.org");
        injected.apiKey = u"key\r\nX-Evil: 1"_s;
        const auto refused = provider.encode(request(), injected);
        QVERIFY(!refused);
        QVERIFY(!refused.error().message.contains(u"Evil"_s));
    }

    void aFullAddressIsAccepted()
    {
        const auto encoded =
            providerFor(protocol)->encode(request(), endpoint("https://example.org/v1/chat/completions"));
        QCOMPARE(encoded->http.url, QUrl(u"https://example.org/v1/chat/completions"_s));
    }
};

QTEST_GUILESS_MAIN(TestOpenAiChatRequest)
#include "tst_openaichatrequest.moc"
