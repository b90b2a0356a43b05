#include "core/llm/secrets.h"
#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

const QString protocol = u"openai-chat"_s;

/// A chunk with this delta, and a finish reason if there is one.
QByteArray chunk(const QByteArray &delta, const QByteArray &finish = {})
{
    return js("{`id`:`c1`,`model`:`m1`,`choices`:[{`index`:0,`delta`:") + delta + js(",`finish_reason`:")
        + (finish.isEmpty() ? QByteArray("null") : '"' + finish + '"') + "}]}";
}

Answer answerOf(const QList<QByteArray> &events)
{
    return decodedAnyhow(protocol, sse(events));
}

Endpoint endpoint(const char *base)
{
    Endpoint made;
    made.protocol = protocol;
    made.baseUrl = QUrl(QString::fromLatin1(base));
    made.apiKey = u"key-1"_s;
    return made;
}

} // namespace

class TestOpenAiChat final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textStreams()
    {
        const Answer answer =
            answerOf({ chunk(js("{`role`:`assistant`,`content`:``}")), chunk(js("{`content`:`Héllo `}")),
                       chunk(js("{`content`:`🙂`}")), chunk("{}", "stop"), "[DONE]" });
        QCOMPARE(answer.text, u"Héllo 🙂"_s);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
        QCOMPARE(answer.servedModel, u"m1"_s);
        QCOMPARE(answer.responseId, u"c1"_s);
        QVERIFY(!answer.error);
        QVERIFY(!answer.usage);
    }

    void doneIsNotNeededButAFinishIs()
    {
        QVERIFY(!answerOf({ chunk(js("{`content`:`a`}"), "stop") }).error);
        const Answer cut = answerOf({ chunk(js("{`content`:`a`}")) });
        QCOMPARE(kindOf(cut), base::ErrorKind::Truncated);
        QCOMPARE(cut.text, u"a"_s);
        QVERIFY(!cut.finished);
    }

    void doneAloneEndsAnAnswer()
    {
        const Answer answer = answerOf({ chunk(js("{`content`:`a`}")), "[DONE]" });
        QVERIFY(answer.finished);
        QVERIFY(!answer.error);
        QVERIFY(!answer.finishReason);
    }

    void halfAnEventIsTruncated()
    {
        QByteArray body = sse({ chunk(js("{`content`:`kept`}")), chunk(js("{`content`:`lost`}")) });
        body.chop(20);
        const Answer answer = decodedAnyhow(protocol, body);
        QCOMPARE(kindOf(answer), base::ErrorKind::Truncated);
        QCOMPARE(answer.text, u"kept"_s);
    }

    void anEmptyBodyIsTruncated()
    {
        QCOMPARE(kindOf(decoded(protocol, {})), base::ErrorKind::Truncated);
        QCOMPARE(kindOf(decoded(protocol, " \r\n\xEF\xBB\xBF\n")), base::ErrorKind::Truncated);
        QCOMPARE(kindOf(decoded(protocol, ": keep-alive\n\n: keep-alive\n\n")), base::ErrorKind::Truncated);
    }

    void usageIsTheLastThatIsNotNull()
    {
        const QByteArray usage =
            js("{`choices`:[],`usage`:{`prompt_tokens`:10,`completion_tokens`:4,`total_tokens`:14}}");
        const Answer answer =
            answerOf({ js("{`choices`:[],`prompt_filter_results`:[]}"), chunk(js("{`content`:`a`}"), "stop"), usage,
                       js("{`choices`:[],`usage`:null,`moderation`:{}}"), "[DONE]" });
        QVERIFY(answer.usage);
        QCOMPARE(answer.usage->input, 10);
        QCOMPARE(answer.usage->output, 4);
        QCOMPARE(answer.usage->raw["total_tokens"_L1].toInt(), 14);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
    }

    void usageInTheChoiceCounts()
    {
        const Answer answer = answerOf({ js("{`choices`:[{`delta`:{`content`:`a`},`finish_reason`:`stop`,"
                                            "`usage`:{`prompt_tokens`:3,`completion_tokens`:2}}]}") });
        QVERIFY(answer.usage);
        QCOMPARE(answer.usage->inputTotal(), 3);
    }

    void reasoningIsNeverAddedUp()
    {
        const Answer answer = answerOf(
            { chunk(js("{`reasoning_content`:``,`content`:``}")),
              chunk(js("{`reasoning`:`think `,`reasoning_details`:[{`type`:`reasoning.text`,`text`:`think `}]}")),
              chunk(js("{`reasoning_content`:`more `,`reasoning`:`more `}")),
              chunk(js(
                  "{`content`:``,`reasoning_details`:[{`type`:`reasoning.summary`,`summary`:`and `},"
                  "{`type`:`reasoning.encrypted`,`data`:`x`,`text`:`no`},{`type`:`reasoning.text`,`text`:`more`}]}")),
              chunk(js("{`content`:`done`,`reasoning_content`:null}"), "stop") });
        QCOMPARE(answer.reasoning, u"think more and more"_s);
        QCOMPARE(answer.text, u"done"_s);
    }

    void thinkingPartsAreReasoning()
    {
        const Answer answer =
            answerOf({ chunk(js("{`content`:[{`type`:`thinking`,`thinking`:[{`type`:`text`,`text`:`hm`}]}]}")),
                       chunk(js("{`content`:[{`type`:`thinking`,`thinking`:`!`},{`type`:`text`,`text`:`a`},`b`]}")),
                       chunk(js("{`content`:`c`}"), "stop") });
        QCOMPARE(answer.reasoning, u"hm!"_s);
        QCOMPARE(answer.text, u"abc"_s);
    }

    void thinkTagsStayInTheText()
    {
        QCOMPARE(answerOf({ chunk(js("{`content`:`<think>x</think>y`}"), "stop") }).text, u"<think>x</think>y"_s);
    }

    void toolCallsGather()
    {
        const Answer answer = answerOf(
            { chunk(js("{`content`:null,`tool_calls`:[{`index`:1,`id`:`a`,`function`:{`name`:`f`,`arguments`:``}}]}")),
              chunk(js("{`tool_calls`:[{`index`:1,`id`:``,`function`:{`name`:``,`arguments`:`{\\`x\\``}}]}")),
              chunk(js("{`tool_calls`:[{`index`:1,`function`:{`arguments`:`:1}`}}]}")),
              chunk(js("{`tool_calls`:[{`index`:2,`id`:`b`,`function`:{`name`:`g`,`arguments`:`{}`}}]}")),
              chunk(js("{`content`:`after`}")), chunk("{}", "tool_calls") });
        QCOMPARE(answer.toolCalls,
                 (QList<ToolCall> { { u"a"_s, u"f"_s, u"{\"x\":1}"_s }, { u"b"_s, u"g"_s, u"{}"_s } }));
        QCOMPARE(answer.text, u"after"_s);
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
    }

    void toolCallsWithoutAnIndex()
    {
        const Answer one =
            answerOf({ chunk(js("{`tool_calls`:[{`id`:`a`,`function`:{`name`:`f`,`arguments`:{`x`:1}}}]}")),
                       chunk(js("{`tool_calls`:[{`id`:`b`,`function`:{`name`:`g`,`arguments`:`{`}}]}")),
                       chunk(js("{`tool_calls`:[{`function`:{`arguments`:`}`}}]}"), "stop") });
        QCOMPARE(one.toolCalls, (QList<ToolCall> { { u"a"_s, u"f"_s, u"{\"x\":1}"_s }, { u"b"_s, u"g"_s, u"{}"_s } }));
        QCOMPARE(one.finishReason, FinishReason::ToolCalls);
        const Answer two = answerOf({ chunk(js("{`tool_calls`:[{`id`:`a`,`function`:{`name`:`f`,`arguments`:`{}`}},{`"
                                               "id`:`b`,`function`:{`name`:`g`}}]}"),
                                            "tool_calls") });
        QCOMPARE(two.toolCalls.size(), 2);
    }

    void oneIndexForManyCalls()
    {
        const Answer answer =
            answerOf({ chunk(js("{`tool_calls`:[{`index`:0,`id`:`a`,`function`:{`name`:`f`,`arguments`:`{}`}}]}")),
                       chunk(js("{`tool_calls`:[{`index`:0,`id`:`b`,`function`:{`name`:`g`,`arguments`:`{}`}}]}"),
                             "tool_calls") });
        QCOMPARE(answer.toolCalls.size(), 2);
        QCOMPARE(answer.toolCalls[1].name, u"g"_s);
    }

    void functionCallOfOldServers()
    {
        const Answer answer =
            answerOf({ chunk(js("{`function_call`:{`name`:`f`,`arguments`:`{`}}")),
                       chunk(js("{`function_call`:{`arguments`:`}`}}")), chunk("{}", "function_call") });
        QCOMPARE(answer.toolCalls, (QList<ToolCall> { { {}, u"f"_s, u"{}"_s } }));
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
    }

    void refusalIsNotAPlainStop()
    {
        const Answer answer = answerOf({ chunk(js("{`refusal`:`I can't`}")), chunk("{}", "stop") });
        QCOMPARE(answer.refusal, u"I can't"_s);
        QCOMPARE(answer.finishReason, FinishReason::Refusal);
        QCOMPARE(answer.finishReasonRaw, u"stop"_s);
        QVERIFY(answer.hasOutput());
    }

    void theFirstOfSeveralChoicesIsTheAnswer()
    {
        const Answer answer =
            answerOf({ js("{`choices`:[{`index`:0,`delta`:{`content`:`a`}},{`index`:1,`delta`:{`content`:`b`}}]}"),
                       js("{`choices`:[{`index`:1,`delta`:{},`finish_reason`:`length`}]}"),
                       js("{`choices`:[{`index`:0,`delta`:{},`finish_reason`:`stop`}]}") });
        QCOMPARE(answer.text, u"a"_s);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
    }

    void finishReasons_data()
    {
        QTest::addColumn<QString>("raw");
        QTest::addColumn<QString>("name");
        for (const auto &[raw, name] :
             std::initializer_list<std::pair<const char *, const char *>> { { "stop", "stop" },
                                                                            { "length", "length" },
                                                                            { "model_length", "length" },
                                                                            { "tool_calls", "tool_calls" },
                                                                            { "content_filter", "content_filter" },
                                                                            { "sensitive", "content_filter" },
                                                                            { "MAX_TOKENS", "length" } })
            QTest::newRow(raw) << QString::fromLatin1(raw) << QString::fromLatin1(name);
    }

    void finishReasons()
    {
        QFETCH(QString, raw);
        QFETCH(QString, name);
        const Answer answer = decoded(protocol, sse({ chunk(js("{`content`:`a`}"), raw.toLatin1()) }));
        QVERIFY(answer.finishReason);
        QCOMPARE(finishReasonName(*answer.finishReason), name);
        QCOMPARE(answer.finishReasonRaw, raw);
    }

    void anErrorAsFinishReasonIsAnError()
    {
        const Answer bare = answerOf({ chunk(js("{`content`:`a`}"), "error"), "[DONE]" });
        QCOMPARE(kindOf(bare), base::ErrorKind::Server);
        const Answer said =
            answerOf({ chunk(js("{`content`:`a`}"), "error"), js("{`error`:{`message`:`upstream died`,`code`:502}}") });
        QVERIFY(said.error && said.error->message.contains(u"upstream died"_s));
        QCOMPARE(said.text, u"a"_s);
    }

    void errorsInsideAStream_data()
    {
        QTest::addColumn<QByteArray>("tail");
        QTest::addColumn<QString>("words");
        QTest::newRow("event") << QByteArray(
            "event: error\ndata: {\"error\":{\"message\":\"broken\",\"status_code\":400}}\n\n")
                               << u"broken"_s;
        QTest::newRow("flat event") << QByteArray("event: error\ndata: {\"message\":\"broken\"}\n\n") << u"broken"_s;
        QTest::newRow("text event") << QByteArray("event: error\ndata: broken\n\n") << u"broken"_s;
        QTest::newRow("beside choices") << QByteArray(
            "data: {\"error\":{\"code\":429,\"message\":\"broken\"},\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n")
                                        << u"broken"_s;
        QTest::newRow("error line") << QByteArray("error: {\"detail\":\"d\",\"error\":{\"message\":\"broken\"}}\n\n")
                                    << u"broken"_s;
        QTest::newRow("bare JSON") << QByteArray(
            "{\n  \"error\": {\n    \"code\": 499,\n    \"message\": \"broken\"\n  }\n}\n")
                                   << u"broken"_s;
        QTest::newRow("base_resp") << QByteArray(
            "data: {\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"broken\"}}\n\n")
                                   << u"broken"_s;
        QTest::newRow("string") << QByteArray("data: {\"error\":\"broken\"}") << u"broken"_s;
    }

    void errorsInsideAStream()
    {
        QFETCH(QByteArray, tail);
        QFETCH(QString, words);
        const Answer answer = decodedAnyhow(protocol, sse({ chunk(js("{`content`:`kept`}")) }) + tail);
        QCOMPARE(answer.text, u"kept"_s);
        QVERIFY(answer.error);
        QVERIFY(answer.error->kind != base::ErrorKind::Truncated);
        QVERIFY2(answer.error->message.contains(words), qPrintable(answer.error->message));
    }

    void badEventsAreCountedAndNamed()
    {
        const Answer answer = answerOf({ "garbage", "\"text\"", chunk(js("{`content`:`a`}")) });
        QCOMPARE(kindOf(answer), base::ErrorKind::BadEvent);
        QCOMPARE(answer.text, u"a"_s);
        QVERIFY(!answerOf({ "garbage", chunk(js("{`content`:`a`}"), "stop") }).error);
    }

    void framingIsForgiving()
    {
        const QByteArray body = "\xEF\xBB\xBF: ping\r\n\r\ndata:" + chunk(js("{`content`:`a`}"))
            + "  \r\n\r\nid: 7\r\ndata: {\"type\":\"ping\"}\r\n\r\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\ndata: \"finish_reason\":\"stop\"}]}";
        const Answer answer = decodedAnyhow(protocol, body);
        QCOMPARE(answer.text, u"ab"_s);
        QVERIFY(!answer.error);
    }

    void invalidUtf8IsReplacedNotLost()
    {
        const Answer answer = decodedAnyhow(protocol, sse({ chunk("{\"content\":\"a\xFF\xC3(b\"}", "stop") }));
        QVERIFY(!answer.error);
        QVERIFY(answer.text.startsWith(u'a') && answer.text.endsWith(u'b'));
    }

    void aSplitSurrogatePairIsWhole()
    {
        QCOMPARE(answerOf({ chunk(js("{`content`:`\\ud83d`}")), chunk(js("{`content`:`\\ude42`}"), "stop") }).text,
                 u"🙂"_s);
    }

    void aWholeDocumentIsAnAnswer()
    {
        const QByteArray body =
            js("{`id`:`c`,`model`:`m`,`choices`:[{`index`:0,`message`:{`role`:`assistant`,`content`:`Hi`,"
               "`reasoning_content`:`r`},`finish_reason`:`stop`}],`usage`:{`prompt_tokens`:1,`completion_tokens`:2}}");
        const Answer answer = decodedAnyhow(protocol, "\n " + body);
        QCOMPARE(answer.text, u"Hi"_s);
        QCOMPARE(answer.reasoning, u"r"_s);
        QCOMPARE(answer.usage->outputTotal(), 2);
        QVERIFY(!answer.error);
        QCOMPARE(kindOf(decodedAnyhow(protocol, body.chopped(3))), base::ErrorKind::Truncated);
    }

    void aDocumentThatIsNoAnswerSaysSo()
    {
        QCOMPARE(kindOf(decoded(protocol, js("{`object`:`list`,`data`:[]}"))), base::ErrorKind::BadEvent);
        QCOMPARE(kindOf(decoded(protocol, "[]")), base::ErrorKind::NotJson);
    }

    void webPagesAreNamed()
    {
        const Answer page = decodedAnyhow(protocol, "<!doctype html><html><head><title>Sign in</title></head></html>");
        QCOMPARE(kindOf(page), base::ErrorKind::NotJson);
        QVERIFY(page.error->message.contains(u"Sign in"_s));
        const Answer text = decoded(protocol, "upstream connect error");
        QCOMPARE(kindOf(text), base::ErrorKind::NotJson);
        QVERIFY(text.error->message.contains(u"upstream connect error"_s));
    }

    void anEndAloneIsNoAnswer()
    {
        QCOMPARE(kindOf(decoded(protocol, "data: [DONE]\n\n")), base::ErrorKind::Truncated);
        const QByteArray deep = "data: " + QByteArray(100'000, '[') + "\n\ndata: [DONE]\n\n";
        QCOMPARE(kindOf(decoded(protocol, deep)), base::ErrorKind::BadEvent);
        // A server may answer with nothing, but says why it stopped.
        QVERIFY(
            !decoded(protocol, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
                 .error);
    }

    void impossibleUsageIsNone()
    {
        for (const char *count : { "-5", "1e300", "9223372036854775807" }) {
            const QByteArray usage =
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":" + QByteArray(count) + "}}";
            const Answer answer = decoded(protocol, sse({ chunk(js("{`content`:`a`}")), usage }) + "data: [DONE]\n\n");
            QVERIFY2(!answer.usage, count);
            QVERIFY(!answer.error);
        }
    }

    void aBodyTooLargeIsRefused()
    {
        run::BodyDecoder decoder(*providerFor(protocol), true, 1000);
        decoder.head({ 200, {} });
        Answer answer;
        for (int i = 0; i < 100; ++i) {
            for (const StreamEvent &event : decoder.bytes(sse({ chunk(js("{`content`:`a`}")) })))
                answer.apply(event);
        }
        QCOMPARE(kindOf(answer), base::ErrorKind::TooLarge);
        QVERIFY(!answer.text.isEmpty() && answer.text.size() < 20);
        QVERIFY(decoder.end().isEmpty());
        QVERIFY(!decoder.incomplete());
    }

    void aQuotedKeyIsTakenOut()
    {
        Endpoint endpoint;
        endpoint.apiKey = u"my-own-secret"_s;
        const base::Error quoted { base::ErrorKind::Auth, u"bad key my-own-secret"_s, u"{my-own-secret}"_s, 401, {} };
        const base::Error error = withoutSecrets(quoted, endpoint);
        QVERIFY(!(error.message + error.detail).contains(u"secret"_s));
        endpoint.apiKey = u"b"_s; // so short a one would tear holes into ordinary words
        QCOMPARE(withoutSecrets(quoted, endpoint).message, quoted.message);
    }

    void timingsAndUsageComeInEitherOrder()
    {
        const QByteArray text = chunk(js("{`content`:`a`}"));
        const QByteArray usage = js("{`choices`:[],`usage`:{`prompt_tokens`:100,`completion_tokens`:5}}");
        const QByteArray timings = js("{`choices`:[],`timings`:{`cache_n`:90,`prompt_n`:10,`predicted_n`:5}}");
        for (const QList<QByteArray> &events :
             { QList { text, usage, timings }, QList { text, timings, usage }, QList { text, timings } }) {
            const Answer answer = decoded(u"openai-chat"_s, sse(events));
            QVERIFY(answer.usage);
            QCOMPARE(answer.usage->input, 10);
            QCOMPARE(answer.usage->cacheRead, 90);
            QCOMPARE(answer.usage->output, 5);
        }
    }

    void serverTimings_data()
    {
        QTest::addColumn<QByteArray>("members");
        QTest::addColumn<QString>("key");
        QTest::addColumn<double>("value");
        QTest::newRow("llama.cpp") << QByteArray(js("`timings`:{`prompt_n`:3,`prompt_ms`:6.5,`predicted_ms`:70}"))
                                   << u"prefill_ms"_s << 6.5;
        QTest::newRow("llama.cpp's cache")
            << QByteArray(js("`timings`:{`prompt_n`:3,`cache_n`:9}")) << u"cached_tokens"_s << 9.0;
        QTest::newRow("groq") << QByteArray(js("`x_groq`:{`usage`:{`queue_time`:0.25,`total_time`:1.5}}"))
                              << u"queue_ms"_s << 250.0;
        QTest::newRow("cerebras") << QByteArray(js("`time_info`:{`completion_time`:0.5}")) << u"decode_ms"_s << 500.0;
        QTest::newRow("vllm") << QByteArray(js("`metrics`:{`time_to_first_token_ms`:12}")) << u"ttft_ms"_s << 12.0;
        QTest::newRow("azure") << QByteArray(js("`usage`:{`latency_checkpoint`:{`total_duration_ms`:811}}"))
                               << u"total_ms"_s << 811.0;
        QTest::newRow("gpustack") << QByteArray(js("`usage`:{`time_to_first_token_ms`:38.5}")) << u"ttft_ms"_s << 38.5;
        QTest::newRow("lm studio") << QByteArray(js("`stats`:{`time_to_first_token`:0.1}")) << u"ttft_ms"_s << 100.0;
    }

    void serverTimings()
    {
        QFETCH(QByteArray, members);
        QFETCH(QString, key);
        QFETCH(double, value);
        const Answer answer = decoded(
            protocol, sse({ js("{`choices`:[{`delta`:{`content`:`a`},`finish_reason`:`stop`}],") + members + '}' }));
        QCOMPARE(answer.serverTimings[key].toDouble(), value);
        QVERIFY(!answer.serverTimings["source"_L1].toString().isEmpty());
    }

    void headerTimings()
    {
        const Answer answer =
            decoded(protocol, sse({ chunk("{}", "stop") }), 200, {}, { { "OpenAI-Processing-Ms", "42" } });
        QCOMPARE(answer.serverTimings["processing_ms"_L1].toDouble(), 42.0);
    }

    void noTimeIsInfinite()
    {
        const Answer answer = decoded(protocol, sse({ js("{`time_info`:{`queue_time`:1e307,`total_time`:1}}") }), 200,
                                      {}, { { "OpenAI-Processing-Ms", "inf" } });
        QVERIFY(!answer.serverTimings.contains("processing_ms"_L1));
        QVERIFY(!answer.serverTimings.contains("queue_ms"_L1));
        QCOMPARE(answer.serverTimings["total_ms"_L1].toDouble(), 1000.0);
    }

    void modelsAreListed()
    {
        const Provider &provider = *providerFor(protocol);
        const auto models =
            provider.parseModels(js("{`data`:[{`id`:`a`,`context_length`:1000},{`id`:`b`,`max_model_len`:5},{`id`:`a`},"
                                    "{`nothing`:1},7,{`id`:`c`,`meta`:{`n_ctx_train`:9}}]}"));
        QVERIFY(models);
        QCOMPARE(*models,
                 (QList<ModelInfo> { { u"a"_s, u"a"_s, 1000 }, { u"b"_s, u"b"_s, 5 }, { u"c"_s, u"c"_s, 9 } }));
        QCOMPARE(provider.parseModels(js("[{`id`:`x`}]"))->size(), 1);
        QVERIFY(provider.parseModels(js("{`object`:`list`,`data`:[]}"))->isEmpty());
        QCOMPARE(provider.parseModels("<html>").error().kind, base::ErrorKind::NotJson);
        QCOMPARE(provider.parseModels(js("{`error`:{`message`:`no`,`code`:`invalid_api_key`}}")).error().kind,
                 base::ErrorKind::Auth);
        QCOMPARE(provider.parseModels(js("{`x`:1}")).error().kind, base::ErrorKind::BadEvent);
        const base::HttpRequest asked = provider.modelsRequest(endpoint("https://api.openai.com/v1"));
        QCOMPARE(asked.method, "GET");
        QCOMPARE(asked.url, QUrl(u"https://api.openai.com/v1/models"_s));
        QCOMPARE(base::headerValue(asked.headers, "authorization"), "Bearer key-1");
    }
};

QTEST_GUILESS_MAIN(TestOpenAiChat)
#include "tst_openaichat.moc"
