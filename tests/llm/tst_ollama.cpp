#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

const QString protocol = u"ollama"_s;

QByteArray line(const QByteArray &message)
{
    return js("{`model`:`qwen`,`created_at`:`2025-12-02T09:51:18.4Z`,`message`:") + message + js(",`done`:false}")
        + '\n';
}

const QByteArray last =
    js("{`model`:`qwen`,`message`:{`role`:`assistant`,`content`:``},`done`:true,`done_reason`:`stop`,"
       "`total_duration`:12300000000,`load_duration`:12100000000,`prompt_eval_count`:13,"
       "`prompt_eval_duration`:50000000,`eval_count`:16,`eval_duration`:150000000}"
       "\n");

Endpoint endpoint()
{
    Endpoint made;
    made.baseUrl = QUrl(u"http://127.0.0.1:11434"_s);
    return made;
}

} // namespace

class TestOllama final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textStreams()
    {
        const Answer answer = decodedAnyhow(protocol,
                                            line(js("{`role`:`assistant`,`content`:``,`thinking`:`hm`}"))
                                                + line(js("{`content`:`Grü`}")) + line(js("{`content`:`ße`}")) + last);
        QCOMPARE(answer.text, u"Grüße"_s);
        QCOMPARE(answer.reasoning, u"hm"_s);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
        QCOMPARE(answer.usage->input, 13);
        QCOMPARE(answer.usage->outputTotal(), 16);
        QCOMPARE(answer.servedModel, u"qwen"_s);
        QVERIFY(!answer.error);
        QCOMPARE(answer.serverTimings["load_ms"_L1].toDouble(), 12100.0);
        QCOMPARE(answer.serverTimings["prefill_ms"_L1].toDouble(), 50.0);
        QCOMPARE(answer.serverTimings["decode_ms"_L1].toDouble(), 150.0);
        QCOMPARE(answer.serverTimings["source"_L1].toString(), u"ollama"_s);
    }

    void parallelToolCallsKeepTheirPlaces()
    {
        const Answer answer = decodedAnyhow(
            protocol,
            line(js("{`tool_calls`:[{`id`:`a`,`function`:{`index`:0,`name`:`f`,`arguments`:{`x`:`北京`}}}]}"))
                + line(js("{`tool_calls`:[{`function`:{`index`:1,`name`:`g`,`arguments`:{}}}]}")) + last);
        QCOMPARE(answer.toolCalls,
                 (QList<ToolCall> { { u"a"_s, u"f"_s, u"{\"x\":\"北京\"}"_s }, { {}, u"g"_s, u"{}"_s } }));
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
        QCOMPARE(answer.finishReasonRaw, u"stop"_s);
    }

    void theEndIsALineThatSaysDone()
    {
        const Answer cut = decodedAnyhow(protocol, line(js("{`content`:`a`}")));
        QCOMPARE(kindOf(cut), base::ErrorKind::Truncated);
        QCOMPARE(cut.text, u"a"_s);
        const Answer old = decoded(protocol, js("{`message`:{`content`:`a`},`done`:true}"));
        QVERIFY(!old.error);
        QVERIFY(!old.usage);
        QCOMPARE(old.finishReason, FinishReason::Stop);
        QCOMPARE(decoded(protocol, js("{`message`:{`content`:`a`},`done`:true,`done_reason`:`length`}")).finishReason,
                 FinishReason::Length);
    }

    void aHalfLineIsTruncated()
    {
        const Answer cut = decodedAnyhow(protocol, line(js("{`content`:`a`}")) + js("{`model`:`qwen`,`mess"));
        QCOMPARE(kindOf(cut), base::ErrorKind::Truncated);
        QCOMPARE(cut.text, u"a"_s);
    }

    void errorsAreLinesToo()
    {
        const Answer answer =
            decodedAnyhow(protocol, line(js("{`content`:`kept`}")) + js("{`error`:`model 'x' not found`}"));
        QCOMPARE(kindOf(answer), base::ErrorKind::NotFound);
        QCOMPARE(answer.text, u"kept"_s);
        const Answer http = decodedAnyhow(protocol, js("{`error`:`model 'x' not found`}"), 404);
        QCOMPARE(kindOf(http), base::ErrorKind::NotFound);
        QCOMPARE(http.error->httpStatus, 404);
        QVERIFY(http.error->message.contains(u"model 'x' not found"_s));
    }

    void aPrettyPrintedErrorIsRead()
    {
        const Answer answer = decodedAnyhow(protocol, "{\n  \"error\": \"out of memory\"\n}\n");
        QVERIFY(answer.error && answer.error->message.contains(u"out of memory"_s));
    }

    void webPagesAreNamed()
    {
        QCOMPARE(kindOf(decodedAnyhow(protocol, "<html><title>nginx</title></html>")), base::ErrorKind::NotJson);
        QCOMPARE(kindOf(decodedAnyhow(protocol, "Ollama is running")), base::ErrorKind::NotJson);
    }

    void request()
    {
        ChatRequest chat;
        chat.model = u"qwen"_s;
        chat.messages = { Message::fromText(Role::System, u"s"_s), Message::fromText(Role::User, u"u"_s) };
        chat.messages[1].parts.append(ContentPart { ContentPart::Kind::Image, {}, u"image/png"_s, "abc" });
        Message call;
        call.role = Role::Assistant;
        call.toolCalls = { { u"id1"_s, u"f"_s, u"{\"a\":1}"_s } };
        Message result = Message::fromText(Role::Tool, u"42"_s);
        result.toolCallId = u"id1"_s;
        chat.messages << call << result;
        chat.options.maxTokens = 9;
        chat.options.temperature = 0.5;
        chat.options.topP = 0.25;
        chat.options.seed = 3;
        chat.options.stop = { u"x"_s };
        const auto encoded = providerFor(protocol)->encode(chat, endpoint());
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url, QUrl(u"http://127.0.0.1:11434/api/chat"_s));
        const QJsonObject body = QJsonDocument::fromJson(encoded->http.body).object();
        QCOMPARE(body["model"_L1].toString(), u"qwen"_s);
        QCOMPARE(body["stream"_L1].toBool(), true);
        QCOMPARE(body["options"_L1].toObject(),
                 (QJsonObject { { u"num_predict"_s, 9 },
                                { u"temperature"_s, 0.5 },
                                { u"top_p"_s, 0.25 },
                                { u"seed"_s, 3 },
                                { u"stop"_s, QJsonArray { u"x"_s } } }));
        QCOMPARE(body["messages"_L1][1]["images"_L1].toArray(), QJsonArray { u"YWJj"_s });
        QCOMPARE(body["messages"_L1][2]["tool_calls"_L1][0]["function"_L1]["arguments"_L1].toObject(),
                 (QJsonObject { { u"a"_s, 1 } }));
        QCOMPARE(body["messages"_L1][3]["tool_name"_L1].toString(), u"f"_s);
    }

    void aModelIsNeeded()
    {
        ChatRequest chat;
        chat.messages = { Message::fromText(Role::User, u"u"_s) };
        QCOMPARE(providerFor(protocol)->encode(chat, endpoint()).error().kind, base::ErrorKind::Config);
    }

    void modelsAreListed()
    {
        const Provider &provider = *providerFor(protocol);
        QCOMPARE(provider.modelsRequest(endpoint()).url, QUrl(u"http://127.0.0.1:11434/api/tags"_s));
        const auto models = provider.parseModels(js("{`models`:[{`name`:`qwen:7b`,`model`:`qwen:7b`,`size`:1}]}"));
        QVERIFY(models);
        QCOMPARE(models->size(), 1);
        QCOMPARE(models->first().id, u"qwen:7b"_s);
        QVERIFY(provider.parseModels(js("{`models`:[]}"))->isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestOllama)
#include "tst_ollama.moc"
