#include "decoding.h"

#include <QUrlQuery>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

ChatRequest chat()
{
    ChatRequest made;
    made.model = u"m"_s;
    made.messages = { Message::fromText(Role::System, u"sys"_s), Message::fromText(Role::User, u"hi"_s) };
    made.messages[1].parts.append(ContentPart { ContentPart::Kind::Image, {}, u"image/png"_s, "abc" });
    Message call = Message::fromText(Role::Assistant, u"calling"_s);
    call.toolCalls = { { u"id1"_s, u"f"_s, u"{\"a\":1}"_s } };
    Message result = Message::fromText(Role::Tool, u"42"_s);
    result.toolCallId = u"id1"_s;
    made.messages << call << result;
    made.options.maxTokens = 64;
    made.options.temperature = 0.5;
    made.options.stop = { u"END"_s };
    return made;
}

Endpoint endpoint(const char *base)
{
    Endpoint made;
    made.baseUrl = QUrl(QString::fromLatin1(base));
    made.apiKey = u"key-1"_s;
    return made;
}

QJsonObject bodyOf(const base::HttpRequest &request)
{
    return QJsonDocument::fromJson(request.body).object();
}

} // namespace

class TestProtocols final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anthropicStreams()
    {
        const Answer answer = decodedAnyhow(
            u"anthropic"_s,
            sse({ js("{`type`:`message_start`,`message`:{`id`:`msg`,`model`:`claude`,`content`:[],`usage`:{`input_"
                     "tokens`:10,`cache_creation_input_tokens`:3,`cache_read_input_tokens`:5,`output_tokens`:1}}}"),
                  js("{`type`:`content_block_start`,`index`:0,`content_block`:{`type`:`thinking`,`thinking`:``}}"),
                  js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`thinking_delta`,`thinking`:`hm`}}"),
                  js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`signature_delta`,`signature`:`x`}}"),
                  js("{`type`:`ping`}"),
                  js("{`type`:`content_block_start`,`index`:1,`content_block`:{`type`:`text`,`text`:``}}"),
                  js("{`type`:`content_block_delta`,`index`:1,`delta`:{`type`:`text_delta`,`text`:`Hi`}}"),
                  js("{`type`:`content_block_start`,`index`:2,`content_block`:{`type`:`tool_use`,`id`:`t1`,`name`:`f`,`"
                     "input`:{}}}"),
                  js("{`type`:`content_block_delta`,`index`:2,`delta`:{`type`:`input_json_delta`,`partial_json`:`{\\`"
                     "a\\`:`}}"),
                  js("{`type`:`content_block_delta`,`index`:2,`delta`:{`type`:`input_json_delta`,`partial_json`:`1}`}"
                     "}"),
                  js("{`type`:`content_block_delta`,`index`:9,`delta`:{`type`:`input_json_delta`,`partial_json`:`lost`}"
                     "}"),
                  js("{`type`:`message_delta`,`delta`:{`stop_reason`:`tool_use`},`usage`:{`output_tokens`:40,`input_"
                     "tokens`:null,`output_tokens_details`:{`thinking_tokens`:15}}}"),
                  js("{`type`:`message_stop`}") }));
        QCOMPARE(answer.text, u"Hi"_s);
        QCOMPARE(answer.reasoning, u"hm"_s);
        QCOMPARE(answer.toolCalls, (QList<ToolCall> { { u"t1"_s, u"f"_s, u"{\"a\":1}"_s } }));
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
        QCOMPARE(answer.usage->input, 10);
        QCOMPARE(answer.usage->inputTotal(), 18);
        QCOMPARE(answer.usage->reasoning, 15);
        QCOMPARE(answer.usage->output, 25);
        QVERIFY(!answer.error);
    }

    void anthropicCallsUnderOneIndexAreTold()
    {
        QList<QByteArray> events;
        for (const QByteArray name : { "f", "g", "h" }) {
            events += js("{`type`:`content_block_start`,`index`:0,`content_block`:{`type`:`tool_use`,`name`:`") + name
                + js("`,`input`:{}}}");
            events +=
                js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`input_json_delta`,`partial_json`:`{}`}}");
        }
        events += js("{`type`:`message_delta`,`delta`:{`stop_reason`:`tool_use`}}");
        QCOMPARE(decodedAnyhow(u"anthropic"_s, sse(events)).toolCalls,
                 (QList<ToolCall> { { {}, u"f"_s, u"{}"_s }, { {}, u"g"_s, u"{}"_s }, { {}, u"h"_s, u"{}"_s } }));
    }

    void anthropicLastUsageCounts()
    {
        const Answer answer =
            decoded(u"anthropic"_s,
                    sse({ js("{`type`:`message_start`,`message`:{`usage`:{`input_tokens`:0,`output_tokens`:0}}}"),
                          js("{`type`:`message_delta`,`delta`:{`stop_reason`:`end_turn`},`usage`:{`input_tokens`:61,`"
                             "output_tokens`:2}}") }));
        QCOMPARE(answer.usage->input, 61);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
    }

    void anthropicStopsAreNamed()
    {
        const auto reason = [](const char *raw) {
            return decoded(
                       u"anthropic"_s,
                       sse({ QByteArray(js("{`type`:`message_delta`,`delta`:{`stop_reason`:`")) + raw + js("`}}") }))
                .finishReason;
        };
        QCOMPARE(reason("refusal"), FinishReason::Refusal);
        QCOMPARE(reason("max_tokens"), FinishReason::Length);
        QCOMPARE(reason("model_context_window_exceeded"), FinishReason::Length);
        QCOMPARE(reason("stop_sequence"), FinishReason::Stop);
        QCOMPARE(reason("compaction"), FinishReason::Stop);
    }

    void anthropicErrorsMidStream()
    {
        const Answer answer = decodedAnyhow(
            u"anthropic"_s,
            "event: content_block_delta\ndata: "
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n"
            "event: error\ndata: "
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
        QCOMPARE(kindOf(answer), base::ErrorKind::Overloaded);
        QCOMPARE(answer.text, u"a"_s);
    }

    void anthropicDocument()
    {
        const Answer answer = decodedAnyhow(
            u"anthropic"_s,
            js("{`type`:`message`,`model`:`c`,`content`:[{`type`:`text`,`text`:`a`},{`type`:`tool_use`,`id`:`t`,`name`:"
               "`f`,`input`:{`x`:1}}],`stop_reason`:`end_turn`,`usage`:{`input_tokens`:1,`output_tokens`:2}}"));
        QCOMPARE(answer.text, u"a"_s);
        QCOMPARE(answer.toolCalls.first().arguments, u"{\"x\":1}"_s);
        QVERIFY(!answer.error);
    }

    void anthropicRequest()
    {
        const auto encoded = providerFor(u"anthropic"_s)->encode(chat(), endpoint("https://api.anthropic.com"));
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url, QUrl(u"https://api.anthropic.com/v1/messages"_s));
        QCOMPARE(base::headerValue(encoded->http.headers, "x-api-key"), "key-1");
        QCOMPARE(base::headerValue(encoded->http.headers, "anthropic-version"), "2023-06-01");
        const QJsonObject body = bodyOf(encoded->http);
        QCOMPARE(body["system"_L1].toString(), u"sys"_s);
        QCOMPARE(body["max_tokens"_L1].toInt(), 64);
        QCOMPARE(body["stop_sequences"_L1].toArray(), QJsonArray { u"END"_s });
        const QJsonArray messages = body["messages"_L1].toArray();
        QCOMPARE(messages.size(), 3);
        QCOMPARE(messages[0]["content"_L1][1]["source"_L1]["data"_L1].toString(), u"YWJj"_s);
        QCOMPARE(messages[1]["content"_L1][1]["input"_L1].toObject(), (QJsonObject { { u"a"_s, 1 } }));
        QCOMPARE(messages[2]["role"_L1].toString(), u"user"_s);
        QCOMPARE(messages[2]["content"_L1][0]["tool_use_id"_L1].toString(), u"id1"_s);
        ChatRequest unlimited = chat();
        unlimited.options.maxTokens.reset();
        QVERIFY(bodyOf(providerFor(u"anthropic"_s)->encode(unlimited, endpoint("https://h/v1"))->http)["max_tokens"_L1]
                    .toInt()
                > 0);
        QCOMPARE(providerFor(u"anthropic"_s)->modelsRequest(endpoint("https://h/v1")).url,
                 QUrl(u"https://h/v1/models?limit=1000"_s));
    }

    void geminiStreams()
    {
        const Answer answer = decodedAnyhow(
            u"gemini"_s,
            "data: "
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true}]}}],\"modelVersion\":\"g\","
            "\"responseId\":\"r\"}\r\n\r\n"
            "data: "
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"},{\"functionCall\":{\"name\":\"f\",\"args\":{"
            "\"x\":1}}},{\"text\":\"\",\"thoughtSignature\":\"s\"}]},\"finishReason\":\"STOP\"}],"
            "\"usageMetadata\":{\"promptTokenCount\":100,\"cachedContentTokenCount\":40,\"toolUsePromptTokenCount\":7,"
            "\"candidatesTokenCount\":5,\"thoughtsTokenCount\":9,\"totalTokenCount\":121}}\r\n\r\n");
        QCOMPARE(answer.text, u"Hi"_s);
        QCOMPARE(answer.reasoning, u"hm"_s);
        QCOMPARE(answer.toolCalls.first().arguments, u"{\"x\":1}"_s);
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
        QCOMPARE(answer.usage->input, 67);
        QCOMPARE(answer.usage->cacheRead, 40);
        QCOMPARE(answer.usage->output, 5);
        QCOMPARE(answer.usage->reasoning, 9);
        QCOMPARE(answer.servedModel, u"g"_s);
    }

    void geminiBlockedPromptEndsFiltered()
    {
        const Answer answer = decodedAnyhow(
            u"gemini"_s, js("data: {`promptFeedback`:{`blockReason`:`OTHER`},`usageMetadata`:{`promptTokenCount`:4}}"));
        QCOMPARE(answer.finishReason, FinishReason::ContentFilter);
        QCOMPARE(answer.finishReasonRaw, u"OTHER"_s);
        QVERIFY(!answer.error);
    }

    void geminiFirstCandidateIsTheAnswer()
    {
        const auto event = [](const char *text, const char *index, const char *rest) {
            return js("{`candidates`:[{`content`:{`parts`:[{`text`:`") + text + js("`}]},`index`:") + index + js(rest)
                + "}]}";
        };
        const Answer answer =
            decodedAnyhow(u"gemini"_s,
                          sse({ event("A", "0", ""), event("X", "1", ""), event("B", "0", ",`finishReason`:`STOP`"),
                                event("Y", "1", ",`finishReason`:`MAX_TOKENS`") }));
        QCOMPARE(answer.text, u"AB"_s);
        QCOMPARE(answer.finishReason, FinishReason::Stop);
    }

    void geminiSaysWhyACallIsMalformed()
    {
        const Answer answer = decodedAnyhow(u"gemini"_s,
                                            sse({ js("{`candidates`:[{`content`:{},`finishReason`:`MALFORMED_FUNCTION_"
                                                     "CALL`,`finishMessage`:`print(1)`}]}") }));
        QCOMPARE(answer.finishReason, FinishReason::Error);
        QCOMPARE(answer.finishReasonRaw, u"MALFORMED_FUNCTION_CALL"_s);
        QVERIFY2(answer.error->message.contains(u"MALFORMED_FUNCTION_CALL (print(1))"_s),
                 qPrintable(answer.error->message));
    }

    void geminiArrayIsAnAnswer()
    {
        const Answer answer = decodedAnyhow(u"gemini"_s,
                                            js("[{`candidates`:[{`content`:{`parts`:[{`text`:`a`}]}}]},{`candidates`:[{"
                                               "`content`:{`parts`:[{`text`:`b`}]},`finishReason`:`MAX_TOKENS`}]}]"));
        QCOMPARE(answer.text, u"ab"_s);
        QCOMPARE(answer.finishReason, FinishReason::Length);
        const Answer error = decodedAnyhow(
            u"gemini"_s, js("[{`error`:{`code`:400,`message`:`API key not valid.`,`status`:`INVALID_ARGUMENT`}}]"),
            400);
        QCOMPARE(kindOf(error), base::ErrorKind::Auth);
    }

    void geminiRequest()
    {
        const auto encoded =
            providerFor(u"gemini"_s)->encode(chat(), endpoint("https://generativelanguage.googleapis.com"));
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url.path(), u"/v1beta/models/m:streamGenerateContent"_s);
        QCOMPARE(QUrlQuery(encoded->http.url).queryItemValue(u"alt"_s), u"sse"_s);
        QCOMPARE(base::headerValue(encoded->http.headers, "x-goog-api-key"), "key-1");
        const QJsonObject body = bodyOf(encoded->http);
        QCOMPARE(body["systemInstruction"_L1]["parts"_L1][0]["text"_L1].toString(), u"sys"_s);
        QCOMPARE(body["contents"_L1][0]["parts"_L1][1]["inlineData"_L1]["data"_L1].toString(), u"YWJj"_s);
        QCOMPARE(body["contents"_L1][1]["role"_L1].toString(), u"model"_s);
        QCOMPARE(body["contents"_L1][2]["parts"_L1][0]["functionResponse"_L1]["name"_L1].toString(), u"f"_s);
        QCOMPARE(body["generationConfig"_L1]["maxOutputTokens"_L1].toInt(), 64);
        const auto models =
            providerFor(u"gemini"_s)
                ->parseModels(
                    js("{`models`:[{`name`:`models/"
                       "g`,`displayName`:`G`,`inputTokenLimit`:9,`supportedGenerationMethods`:[`generateContent`]},{`"
                       "name`:`models/e`,`supportedGenerationMethods`:[`embedContent`]}]}"));
        QVERIFY(models);
        QCOMPARE(*models, (QList<ModelInfo> { { u"g"_s, u"G"_s, 9 } }));
    }

    void responsesStream()
    {
        const Answer answer = decodedAnyhow(
            u"openai-responses"_s,
            sse({ js("{`type`:`response.created`,`response`:{`id`:`r`,`model`:`gpt`,`status`:`in_progress`,`error`:"
                     "null}}"),
                  js("{`type`:`response.reasoning_summary_text.delta`,`output_index`:0,`summary_index`:0,`delta`:`why`"
                     "}"),
                  js("{`type`:`response.reasoning_text.delta`,`output_index`:0,`content_index`:0,`delta`:`twice`}"),
                  js("{`type`:`response.output_text.delta`,`output_index`:1,`content_index`:0,`delta`:`Hel`}"),
                  js("{`type`:`response.output_text.delta`,`output_index`:1,`content_index`:0,`delta`:`lo`}"),
                  js("{`type`:`response.output_text.done`,`output_index`:1,`content_index`:0,`text`:`Hello`}"),
                  js("{`type`:`response.output_item.added`,`output_index`:2,`item`:{`type`:`function_call`,`call_id`:`"
                     "c1`,`name`:`f`,`arguments`:``}}"),
                  js("{`type`:`response.function_call_arguments.delta`,`output_index`:2,`delta`:`{}`}"),
                  js("{`type`:`response.function_call_arguments.done`,`output_index`:2,`arguments`:`{}`}"),
                  js("{`type`:`response.output_item.done`,`output_index`:2,`item`:{`type`:`function_call`,`call_id`:`"
                     "c1`,`name`:`f`,`arguments`:`{}`}}"),
                  js("{`type`:`response.completed`,`response`:{`id`:`r`,`status`:`completed`,`output`:[{`type`:`"
                     "message`,`content`:[{`type`:`output_text`,`text`:`Hello`}]}],`usage`:{`input_tokens`:9,`input_"
                     "tokens_details`:{`cached_tokens`:4},`output_tokens`:7,`output_tokens_details`:{`reasoning_tokens`"
                     ":2},`total_tokens`:16}}}") }));
        QCOMPARE(answer.text, u"Hello"_s);
        QCOMPARE(answer.reasoning, u"why"_s);
        QCOMPARE(answer.toolCalls, (QList<ToolCall> { { u"c1"_s, u"f"_s, u"{}"_s } }));
        QCOMPARE(answer.finishReason, FinishReason::ToolCalls);
        QCOMPARE(answer.usage->input, 5);
        QCOMPARE(answer.usage->output, 5);
        QVERIFY(!answer.error);
    }

    void responsesWithoutDeltas()
    {
        const QByteArray item = js("{`type`:`message`,`content`:[{`type`:`output_text`,`text`:`Hello`}]}");
        const QByteArray end =
            js("{`type`:`response.completed`,`response`:{`status`:`completed`,`output`:[") + item + "]}}";
        QCOMPARE(decoded(u"openai-responses"_s, sse({ end })).text, u"Hello"_s);
        QCOMPARE(decoded(u"openai-responses"_s,
                         sse({ js("{`type`:`response.output_item.done`,`output_index`:0,`item`:") + item + "}", end }))
                     .text,
                 u"Hello"_s);
        const Answer document =
            decodedAnyhow(u"openai-responses"_s,
                          js("{`object`:`response`,`status`:`completed`,`error`:null,`output`:[") + item + "]}");
        QCOMPARE(document.text, u"Hello"_s);
        QVERIFY(!document.error);
    }

    void responsesTextThatOnlyTheEndHolds()
    {
        const Answer answer = decodedAnyhow(
            u"openai-responses"_s,
            sse({ js("{`type`:`response.reasoning_text.delta`,`output_index`:0,`content_index`:0,`delta`:`why`}"),
                  js("{`type`:`response.completed`,`response`:{`status`:`completed`,`output`:[{`type`:`reasoning`,"
                     "`content`:[{`type`:`reasoning_text`,`text`:`why`}]},{`type`:`message`,`content`:[{`type`:"
                     "`output_text`,`text`:`He`}]},{`type`:`message`,`content`:[{`type`:`output_text`,`text`:`llo`}]},"
                     "{`type`:`function_call`,`call_id`:`c`,`name`:`f`,`arguments`:`{}`}]}}") }));
        QCOMPARE(answer.reasoning, u"why"_s);
        QCOMPARE(answer.text, u"Hello"_s);
        QCOMPARE(answer.toolCalls, (QList<ToolCall> { { u"c"_s, u"f"_s, u"{}"_s } }));
    }

    void responsesEndings()
    {
        const Answer cut = decoded(u"openai-responses"_s,
                                   sse({ js("{`type`:`response.incomplete`,`response`:{`status`:`incomplete`,`"
                                            "incomplete_details`:{`reason`:`max_output_tokens`}}}") }));
        QCOMPARE(cut.finishReason, FinishReason::Length);
        const Answer filtered = decoded(u"openai-responses"_s,
                                        sse({ js("{`type`:`response.incomplete`,`response`:{`status`:`incomplete`,`"
                                                 "incomplete_details`:{`reason`:`content_filter`}}}") }));
        QCOMPARE(filtered.finishReason, FinishReason::ContentFilter);
        const Answer failed = decodedAnyhow(u"openai-responses"_s,
                                            sse({ js("{`type`:`response.failed`,`response`:{`status`:`failed`,`error`:{"
                                                     "`code`:`rate_limit_exceeded`,`message`:`slow down`}}}") }));
        QCOMPARE(kindOf(failed), base::ErrorKind::RateLimited);
        const Answer event = decodedAnyhow(
            u"openai-responses"_s, sse({ js("{`type`:`error`,`code`:`server_error`,`message`:`boom`,`param`:null}") }));
        QVERIFY(event.error && event.error->message.contains(u"boom"_s));
    }

    void responsesRequest()
    {
        const auto encoded = providerFor(u"openai-responses"_s)->encode(chat(), endpoint("https://api.openai.com/v1"));
        QVERIFY(encoded);
        QCOMPARE(encoded->http.url, QUrl(u"https://api.openai.com/v1/responses"_s));
        const QJsonObject body = bodyOf(encoded->http);
        QCOMPARE(body["instructions"_L1].toString(), u"sys"_s);
        QCOMPARE(body["max_output_tokens"_L1].toInt(), 64);
        QCOMPARE(body["store"_L1].toBool(true), false);
        QCOMPARE(body["input"_L1][0]["content"_L1][1]["image_url"_L1].toString(), u"data:image/png;base64,YWJj"_s);
        QCOMPARE(body["input"_L1][2]["type"_L1].toString(), u"function_call"_s);
        QCOMPARE(body["input"_L1][3]["output"_L1].toString(), u"42"_s);
        QVERIFY(!body.contains("stop"_L1));
    }

    void azureRequest()
    {
        const Provider &azure = *providerFor(u"azure"_s);
        const auto classic = azure.encode(chat(), endpoint("https://res.openai.azure.com"));
        QVERIFY(classic);
        QCOMPARE(
            classic->http.url,
            QUrl(
                u"https://res.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-12-01-preview"_s));
        QCOMPARE(base::headerValue(classic->http.headers, "api-key"), "key-1");
        QVERIFY(base::headerValue(classic->http.headers, "authorization").isEmpty());
        QCOMPARE(bodyOf(classic->http)["max_completion_tokens"_L1].toInt(), 64);
        QCOMPARE(azure.encode(chat(), endpoint("https://res.openai.azure.com/openai/v1"))->http.url,
                 QUrl(u"https://res.openai.azure.com/openai/v1/chat/completions"_s));
        QCOMPARE(
            azure.encode(chat(), endpoint("https://res.services.ai.azure.com/models?api-version=2024-05-01"))->http.url,
            QUrl(u"https://res.services.ai.azure.com/models/chat/completions?api-version=2024-05-01"_s));
    }
};

QTEST_GUILESS_MAIN(TestProtocols)
#include "tst_protocols.moc"
