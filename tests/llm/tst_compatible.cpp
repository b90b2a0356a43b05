#include "core/llm/providers/servertimings.h"
#include "decoding.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

Answer answerOf(const QList<QByteArray> &events)
{
    return decodedAnyhow(u"openai-chat"_s, sse(events));
}

QByteArray delta(const char *members)
{
    return "{\"choices\":[{\"index\":0,\"delta\":" + js(members) + "}]}";
}

QByteArray finish(const char *reason)
{
    return "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + QByteArray(reason) + "\"}]}";
}

} // namespace

/// What servers that speak chat completions do each in their own way.
class TestCompatible final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reasoningPartsAreReasoning()
    {
        const QByteArray thought =
            "{`content`:[{`type`:`reasoning`,`summary`:[{`type`:`summary_text`,`text`:`%1`,`signature`:`s`}]}]}";
        const Answer answer =
            answerOf({ delta(QByteArray(thought).replace("%1", "Let ").constData()),
                       delta(QByteArray(thought).replace("%1", "me").constData()),
                       delta("{`content`:[{`type`:`text`,`text`:`4`}]}"), delta("{`content`:`2`}"), finish("stop") });
        QCOMPARE(answer.reasoning, u"Let me"_s);
        QCOMPARE(answer.text, u"42"_s);
    }

    void aMessageAfterDeltasIsTheSameOnceMore()
    {
        const Answer answer = answerOf(
            { delta("{`content`:`Hi`}"), delta("{`content`:`!`}"),
              js("{`choices`:[{`index`:0,`message`:{`content`:`Hi!`},`finish_reason`:`stop`}],`usage`:{`prompt_tokens`:"
                 "5,`completion_tokens`:2}}") });
        QCOMPARE(answer.text, u"Hi!"_s);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
        QCOMPARE(answer.usage->inputTotal(), 5);
    }

    void callsWithoutIndexAndIdAreTold()
    {
        const Answer answer =
            answerOf({ delta("{`tool_calls`:[{`id`:``,`function`:{`name`:`f`,`arguments`:`{`}}]}"),
                       delta("{`tool_calls`:[{`function`:{`arguments`:`}`}}]}"),
                       delta("{`tool_calls`:[{`id`:``,`function`:{`name`:`g`,`arguments`:`{}`}}]}"), finish("stop") });
        QCOMPARE(answer.toolCalls, (QList<ToolCall> { { {}, u"f"_s, u"{}"_s }, { {}, u"g"_s, u"{}"_s } }));
        const Answer sameIndex = answerOf(
            { delta("{`tool_calls`:[{`index`:0,`id`:``,`function`:{`name`:`f`,`arguments`:`{`}}]}"),
              delta("{`tool_calls`:[{`index`:0,`function`:{`name`:`f`,`arguments`:`}`}}]}"),
              delta("{`tool_calls`:[{`index`:0,`id`:``,`function`:{`name`:`g`,`arguments`:`{}`}}]}"), finish("stop") });
        QCOMPARE(sameIndex.toolCalls, answer.toolCalls);
    }

    void anEmptyErrorIsNone()
    {
        const Answer answer = answerOf({ js("{`choices`:[{`delta`:{`content`:`a`},`finish_reason`:`stop`}],"
                                            "`error`:{`message`:``,`type`:``,`param`:``,`code`:null}}") });
        QVERIFY(!answer.error);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
    }

    void errors_data()
    {
        QTest::addColumn<QByteArray>("tail");
        QTest::addColumn<QString>("kind");
        const auto row = [](const char *name, const QByteArray &tail, const char *kind) {
            QTest::newRow(name) << tail << QString::fromLatin1(kind);
        };
        row("in a choice",
            js("data: {`choices`:[{`delta`:{},`finish_reason`:`error`,`error`:{`code`:429,`message`:`broken`}}]}"),
            "rate_limited");
        row("stopped early", js("data: {`choices`:[{`delta`:{}}],`x_groq`:{`error`:`over capacity: broken`}}"),
            "overloaded");
        row("a line of its own", js("error: {`code`:401,`message`:`broken`,`type`:`authentication_error`}\n\n"),
            "auth");
        row("no success", js("data: {`code`:401,`msg`:`broken`,`success`:false}"), "auth");
        row("no success, many errors", js("data: {`success`:false,`errors`:[{`code`:3040,`message`:`broken`}]}"),
            "server");
        row("an array of errors", js("data: {`success`:false,`error`:[{`code`:2001,`message`:`broken`}]}"), "server");
        row("a sentence under a number",
            js("data: {`choices`:null,`base_resp`:{`status_code`:2056,`status_msg`:`broken`}}"), "rate_limited");
    }

    void errors()
    {
        QFETCH(QByteArray, tail);
        QFETCH(QString, kind);
        const Answer answer = decodedAnyhow(u"openai-chat"_s, sse({ delta("{`content`:`kept`}") }) + tail);
        QCOMPARE(answer.text, u"kept"_s);
        QVERIFY(answer.error);
        QVERIFY2(answer.error->message.contains(u"broken"_s), qPrintable(answer.error->message));
        QCOMPARE(base::errorKindName(answer.error->kind), kind);
    }

    void anErrorInADocumentsChoice()
    {
        const Answer answer = decodedAnyhow(u"openai-chat"_s,
                                            js("{`choices`:[{`message`:{`content`:`kept`},`finish_reason`:`error`,"
                                               "`error`:{`code`:502,`message`:`broken`}}]}"));
        QCOMPARE(answer.text, u"kept"_s);
        QCOMPARE(kindOf(answer), base::ErrorKind::Server);
        QVERIFY(answer.error->message.contains(u"broken"_s));
    }

    void anAbortIsAnError()
    {
        const Answer answer = answerOf({ delta("{`content`:`a`}"), finish("abort") });
        QCOMPARE(kindOf(answer), base::ErrorKind::Server);
        QCOMPARE(answer.finishReason, FinishReason::Error);
        QCOMPARE(answer.finishReasonRaw, u"abort"_s);
    }

    void timings_data()
    {
        QTest::addColumn<QByteArray>("members");
        QTest::addColumn<QString>("key");
        QTest::addColumn<double>("value");
        QTest::newRow("localai") << js("`usage`:{`timing_prompt_processing`:36.5,`timing_token_generation`:210}")
                                 << u"prefill_ms"_s << 36.5;
        QTest::newRow("fireworks") << js("`perf_metrics`:{`server-time-to-first-token`:0.125,`prompt-tokens`:9}")
                                   << u"ttft_ms"_s << 125.0;
        QTest::newRow("nim") << js("`stats`:{`response_tokens`:{`time_to_first_token_in_ms`:27.5}}") << u"ttft_ms"_s
                             << 27.5;
        QTest::newRow("qualcomm") << js("`usage`:{`ttft_in_ms`:81}") << u"ttft_ms"_s << 81.0;
    }

    void timings()
    {
        QFETCH(QByteArray, members);
        QFETCH(QString, key);
        QFETCH(double, value);
        const Answer answer =
            decoded(u"openai-chat"_s, sse({ js("{`choices`:[{`delta`:{},`finish_reason`:`stop`}],") + members + '}' }));
        QCOMPARE(answer.serverTimings[key].toDouble(), value);
        QCOMPARE(answer.serverTimings["source"_L1].toString(), QString::fromLatin1(QTest::currentDataTag()));
    }

    void headerTimings()
    {
        const auto from = [](const base::HttpHeaders &headers) { return timingsFromHeaders(headers); };
        QCOMPARE(from({ { "X-Metrics-TTFT-ms", "210" }, { "x-metrics-e2e-ms", "900.5" } }),
                 (QJsonObject { { u"ttft_ms"_s, 210.0 }, { u"total_ms"_s, 900.5 } }));
        QCOMPARE(from({ { "fireworks-server-time-to-first-token", "0.25" } }),
                 (QJsonObject { { u"ttft_ms"_s, 250.0 } }));
        QCOMPARE(from({ { "server-timing", "gfet4t7; dur=51" } }), (QJsonObject { { u"processing_ms"_s, 51.0 } }));
        QCOMPARE(from({ { "server-timing", "x-originResponse;dur=325" }, { "x-envoy-upstream-service-time", "320" } }),
                 (QJsonObject { { u"processing_ms"_s, 320.0 } }));
        QVERIFY(from({ { "server-timing", "a;dur=5, b;dur=7" } }).isEmpty());
        QVERIFY(from({ { "server-timing", "cfL4;desc=\"x\"" }, { "x-metrics-ttft-ms", "soon" } }).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCompatible)
#include "tst_compatible.moc"
