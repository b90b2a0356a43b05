#include "core/llm/images.h"
#include "core/llm/providers/modelrules.h"
#include "decoding.h"
#include "sending.h"

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

namespace {

const QJsonObject schema { { u"type"_s, u"object"_s }, { u"additionalProperties"_s, false } };

ChatOptions with(const QString &option)
{
    ChatOptions options;
    if (option == "temperature"_L1)
        options.temperature = 0.5;
    else if (option == "top_p"_L1)
        options.topP = 0.5;
    else if (option == "max_tokens"_L1)
        options.maxTokens = 64;
    else if (option == "stop"_L1)
        options.stop = { u"END"_s };
    else if (option == "seed"_L1)
        options.seed = 7;
    else if (option == "reasoning_effort"_L1)
        options.reasoningEffort = ReasoningEffort::Low;
    else if (option == "reasoning_budget"_L1)
        options.reasoningBudget = 2000;
    else if (option == "response_format"_L1)
        options.responseFormat = { ResponseFormat::Kind::JsonSchema, u"n"_s, schema };
    else if (option == "json_mode"_L1)
        options.responseFormat.kind = ResponseFormat::Kind::JsonObject;
    else if (option == "context_tokens"_L1)
        options.contextTokens = 8192;
    else
        options.tools = { { u"f"_s, u"d"_s, schema } };
    if (option == "tool_choice"_L1)
        options.toolChoice = ToolChoice { ToolChoice::Kind::Named, u"f"_s };
    return options;
}

} // namespace

/// Each option is in the body under the protocol's own name, or named as unsent. Nothing is dropped silently.
class TestOptions final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachOptionIsSentOrSaid_data()
    {
        QTest::addColumn<QString>("protocol");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("place"); // empty: the protocol has no such option
        const auto rows = [](const char *protocol,
                             std::initializer_list<std::pair<const char *, const char *>> places) {
            for (const auto &[option, place] : places)
                QTest::addRow("%s %s", protocol, option)
                    << QString::fromLatin1(protocol) << QString::fromLatin1(option) << QString::fromLatin1(place);
        };
        rows("openai-chat",
             { { "temperature", "temperature" },
               { "top_p", "top_p" },
               { "max_tokens", "max_tokens" },
               { "stop", "stop" },
               { "seed", "seed" },
               { "reasoning_effort", "reasoning_effort" },
               { "reasoning_budget", "" },
               { "response_format", "response_format/json_schema/schema" },
               { "json_mode", "response_format/type" },
               { "tools", "tools/0/function/parameters" },
               { "tool_choice", "tool_choice/function/name" },
               { "context_tokens", "" } });
        rows("azure",
             { { "temperature", "temperature" },
               { "max_tokens", "max_completion_tokens" },
               { "seed", "seed" },
               { "stop", "stop" },
               { "reasoning_effort", "reasoning_effort" },
               { "reasoning_budget", "" },
               { "response_format", "response_format/json_schema/strict" },
               { "tools", "tools/0/function/name" },
               { "context_tokens", "" } });
        rows("openai-responses",
             { { "temperature", "temperature" },
               { "top_p", "top_p" },
               { "max_tokens", "max_output_tokens" },
               { "stop", "" },
               { "seed", "" },
               { "reasoning_effort", "reasoning/effort" },
               { "reasoning_budget", "" },
               { "response_format", "text/format/schema" },
               { "json_mode", "text/format/type" },
               { "tools", "tools/0/parameters" },
               { "tool_choice", "tool_choice/name" },
               { "context_tokens", "" } });
        rows("anthropic",
             { { "temperature", "temperature" },
               { "top_p", "top_p" },
               { "max_tokens", "max_tokens" },
               { "stop", "stop_sequences" },
               { "seed", "" },
               { "reasoning_effort", "thinking/budget_tokens" },
               { "reasoning_budget", "thinking/budget_tokens" },
               { "response_format", "output_config/format/schema" },
               { "json_mode", "" },
               { "tools", "tools/0/input_schema" },
               { "tool_choice", "tool_choice/name" },
               { "context_tokens", "" } });
        rows("gemini",
             { { "temperature", "generationConfig/temperature" },
               { "top_p", "generationConfig/topP" },
               { "max_tokens", "generationConfig/maxOutputTokens" },
               { "stop", "generationConfig/stopSequences" },
               { "seed", "generationConfig/seed" },
               { "reasoning_effort", "generationConfig/thinkingConfig/thinkingBudget" },
               { "reasoning_budget", "generationConfig/thinkingConfig/thinkingBudget" },
               { "response_format", "generationConfig/responseJsonSchema" },
               { "json_mode", "generationConfig/responseMimeType" },
               { "tools", "tools/0/functionDeclarations/0/parametersJsonSchema" },
               { "tool_choice", "toolConfig/functionCallingConfig/allowedFunctionNames/0" },
               { "context_tokens", "" } });
        rows("ollama",
             { { "temperature", "options/temperature" },
               { "top_p", "options/top_p" },
               { "max_tokens", "options/num_predict" },
               { "stop", "options/stop" },
               { "seed", "options/seed" },
               { "reasoning_effort", "think" },
               { "reasoning_budget", "" },
               { "response_format", "format/type" },
               { "json_mode", "format" },
               { "tools", "tools/0/function/parameters" },
               { "tool_choice", "" },
               { "context_tokens", "options/num_ctx" } });
    }

    void eachOptionIsSentOrSaid()
    {
        QFETCH(QString, protocol);
        QFETCH(QString, option);
        QFETCH(QString, place);
        ChatOptions options = with(option);
        for (const bool stream : { true, false }) {
            options.stream = stream;
            const Sent sent = send(protocol, u"some-model"_s, options);
            QVERIFY(!sent.body.isEmpty());
            const QString name = option == "json_mode"_L1 ? u"response_format"_s : option;
            if (place.isEmpty())
                QVERIFY(sent.isUnsent(name));
            else
                QVERIFY2(!at(sent.body, place).isUndefined(), QJsonDocument(sent.body).toJson().constData());
            QCOMPARE(sent.body["stream"_L1].toBool(stream), stream);
            // Nothing is sent that nobody asked for.
            QVERIFY(send(protocol, u"some-model"_s, {}).unsent.isEmpty());
        }
    }

    void openAiReasoningModels()
    {
        ChatOptions options = with(u"temperature"_s);
        options.stop = { u"x"_s };
        options.reasoningEffort = ReasoningEffort::XHigh;
        const Sent sent = send(u"openai-chat"_s, u"openai/gpt-5-mini:free"_s, options);
        QVERIFY(!sent.body.contains("temperature"_L1) && sent.isUnsent(u"temperature"_s));
        QVERIFY(!sent.body.contains("stop"_L1) && sent.isUnsent(u"stop"_s));
        QCOMPARE(sent.body["reasoning_effort"_L1].toString(), u"high"_s);
        QVERIFY(sent.isUnsent(u"reasoning_effort"_s));
        options.reasoningEffort = ReasoningEffort::None;
        const Sent newer = send(u"openai-chat"_s, u"gpt-5.2"_s, options);
        QCOMPARE(newer.body["temperature"_L1].toDouble(), 0.5);
        QCOMPARE(newer.body["reasoning_effort"_L1].toString(), u"none"_s);
        QVERIFY(send(u"openai-chat"_s, u"gpt-4o"_s, with(u"reasoning_effort"_s)).isUnsent(u"reasoning_effort"_s));
    }

    void claudeThinks()
    {
        ChatOptions options = with(u"reasoning_effort"_s);
        options.temperature = 0.5;
        const Sent adaptive = send(u"anthropic"_s, u"claude-opus-4-8"_s, options);
        QCOMPARE(at(adaptive.body, u"thinking/type"_s).toString(), u"adaptive"_s);
        QCOMPARE(at(adaptive.body, u"output_config/effort"_s).toString(), u"low"_s);
        QVERIFY(adaptive.isUnsent(u"temperature"_s));
        const Sent budget = send(u"anthropic"_s, u"claude-sonnet-4-5-20250929"_s, options);
        QCOMPARE(at(budget.body, u"thinking/type"_s).toString(), u"enabled"_s);
        QVERIFY(budget.body["max_tokens"_L1].toInt() > at(budget.body, u"thinking/budget_tokens"_s).toInt());
        QVERIFY(budget.isUnsent(u"temperature"_s)); // it thinks
        options.maxTokens = 500;
        const Sent small = send(u"anthropic"_s, u"claude-sonnet-4-5"_s, options);
        QVERIFY(!small.body.contains("thinking"_L1) && small.isUnsent(u"reasoning_effort"_s));
        QCOMPARE(small.body["temperature"_L1].toDouble(), 0.5);
        ChatOptions hot;
        hot.temperature = 1.5;
        hot.topP = 0.5;
        QVERIFY(send(u"anthropic"_s, u"claude-sonnet-4-6"_s, hot).isUnsent(u"temperature"_s));
        hot.temperature = 1;
        QVERIFY(send(u"anthropic"_s, u"claude-sonnet-4-6"_s, hot).isUnsent(u"top_p"_s));
    }

    void geminiThinks()
    {
        const Sent level = send(u"gemini"_s, u"gemini-3-flash-preview"_s, with(u"reasoning_effort"_s));
        QCOMPARE(at(level.body, u"generationConfig/thinkingConfig"_s).toObject(),
                 (QJsonObject { { u"thinkingLevel"_s, u"LOW"_s }, { u"includeThoughts"_s, true } }));
        ChatOptions off;
        off.reasoningEffort = ReasoningEffort::None;
        const QString place = u"generationConfig/thinkingConfig/thinkingBudget"_s;
        QCOMPARE(at(send(u"gemini"_s, u"gemini-2.5-flash"_s, off).body, place).toInt(-1), 0);
        const Sent pro = send(u"gemini"_s, u"gemini-2.5-pro"_s, off);
        QCOMPARE(at(pro.body, place).toInt(-1), 128);
        QVERIFY(pro.isUnsent(u"reasoning_effort"_s));
        QVERIFY(!send(u"gemini"_s, u"gemini-2.0-flash"_s, {}).body.contains("generationConfig"_L1));
    }

    void geminiThinksWithinMaxTokens()
    {
        ChatOptions options;
        options.reasoningBudget = 8000;
        options.maxTokens = 2000;
        const QString place = u"generationConfig/thinkingConfig/thinkingBudget"_s;
        const Sent fitted = send(u"gemini"_s, u"gemini-2.5-flash"_s, options);
        QCOMPARE(at(fitted.body, place).toInt(), 1000);
        QVERIFY(fitted.isUnsent(u"reasoning_budget"_s));
        options.maxTokens = 9000;
        const Sent whole = send(u"gemini"_s, u"gemini-2.5-flash"_s, options);
        QCOMPARE(at(whole.body, place).toInt(), 8000);
        QVERIFY(whole.unsent.isEmpty());
        options.maxTokens = 100;
        const Sent none = send(u"gemini"_s, u"gemini-2.5-pro"_s, options);
        QVERIFY(at(none.body, place).isUndefined() && none.isUnsent(u"reasoning_budget"_s));
    }

    void vendorsKeepRanges()
    {
        const auto ranges = [](const QString &option, const QJsonObject &range) {
            return QJsonObject { { u"ranges"_s, QJsonObject { { option, range } } } };
        };
        const auto reasonOf = [](const Sent &sent) {
            return sent.unsent.size() == 1 ? sent.unsent[0].reason : QString();
        };
        ChatOptions options;
        options.maxTokens = 5;
        const Sent raised =
            send(u"openai-responses"_s, u"m"_s, options, ranges(u"max_tokens"_s, { { u"least"_s, 16 } }));
        QCOMPARE(raised.body["max_output_tokens"_L1].toInt(), 16);
        QCOMPARE(reasonOf(raised), u"this provider takes 16 and more: 16 was asked for"_s);
        options = {};
        options.stop = { u"a"_s, u"b"_s, u"c"_s, u"d"_s, u"e"_s };
        const QJsonObject four = ranges(u"stop"_s, { { u"most"_s, 4 } });
        const Sent cut = send(u"openai-chat"_s, u"m"_s, options, four);
        QCOMPARE(cut.body["stop"_L1].toArray(), (QJsonArray { u"a"_s, u"b"_s, u"c"_s, u"d"_s }));
        QCOMPARE(reasonOf(cut), u"this provider takes up to 4: the first of them were sent"_s);
        options.stop.removeLast();
        QVERIFY(send(u"openai-chat"_s, u"m"_s, options, four).unsent.isEmpty());
        const QJsonObject mild = ranges(u"temperature"_s, { { u"above"_s, 0 }, { u"most"_s, 1 } });
        for (const auto &[temperature, fits] :
             { std::pair { 0.0, false }, { 0.01, true }, { 1.0, true }, { 1.5, false } }) {
            options = {};
            options.temperature = temperature;
            const Sent sent = send(u"openai-chat"_s, u"m"_s, options, mild);
            QCOMPARE(sent.body.contains("temperature"_L1), fits);
            QCOMPARE(reasonOf(sent), fits ? QString() : u"this provider takes more than 0, up to 1"_s);
        }
        QJsonObject thinking = ranges(u"reasoning_budget"_s, { { u"least"_s, 128 }, { u"most"_s, 32'768 } });
        thinking[u"reasoning"_s] = u"enable_thinking"_s;
        thinking[u"reasoning_budget"_s] = u"thinking_budget"_s;
        for (const auto &[wanted, sent] : { std::pair { 100, 128 }, { 200, 200 }, { 40'000, 32'768 } }) {
            options = {};
            options.reasoningBudget = wanted;
            const Sent fitted = send(u"openai-chat"_s, u"m"_s, options, thinking);
            QCOMPARE(fitted.body["thinking_budget"_L1].toInt(), sent);
            QCOMPARE(fitted.isUnsent(u"reasoning_budget"_s), wanted != sent);
        }
    }

    void aSwitchMayTakeAnEffort()
    {
        const QJsonObject quirks { { u"reasoning"_s, u"thinking"_s },
                                   { u"efforts"_s, QJsonArray { u"low"_s, u"high"_s, u"max"_s } } };
        ChatOptions options;
        options.reasoningEffort = ReasoningEffort::Max;
        const Sent most = send(u"openai-chat"_s, u"deepseek-v4"_s, options, quirks);
        QCOMPARE(most.body["reasoning_effort"_L1].toString(), u"max"_s);
        QCOMPARE(at(most.body, u"thinking/type"_s).toString(), u"enabled"_s);
        QVERIFY(most.unsent.isEmpty());
        options.reasoningEffort = ReasoningEffort::Minimal;
        const Sent least = send(u"openai-chat"_s, u"deepseek-v4"_s, options, quirks);
        QCOMPARE(least.body["reasoning_effort"_L1].toString(), u"low"_s);
        QVERIFY(least.isUnsent(u"reasoning_effort"_s));
        options.reasoningEffort = ReasoningEffort::None;
        const Sent off = send(u"openai-chat"_s, u"deepseek-v4"_s, options, quirks);
        QCOMPARE(at(off.body, u"thinking/type"_s).toString(), u"disabled"_s);
        QVERIFY(!off.body.contains("reasoning_effort"_L1));
    }

    void theMostIsSentWhereItIsKnown()
    {
        ChatOptions options;
        options.reasoningEffort = ReasoningEffort::Max;
        QCOMPARE(send(u"openai-chat"_s, u"gpt-5.6"_s, options).body["reasoning_effort"_L1].toString(), u"max"_s);
        const Sent older = send(u"openai-chat"_s, u"gpt-5.2"_s, options);
        QCOMPARE(older.body["reasoning_effort"_L1].toString(), u"xhigh"_s);
        QVERIFY(older.isUnsent(u"reasoning_effort"_s));
        QCOMPARE(at(send(u"anthropic"_s, u"claude-opus-4-8"_s, options).body, u"output_config/effort"_s).toString(),
                 u"max"_s);
    }

    void vendorsHaveTheirOwnSwitches()
    {
        const auto sent = [](const QJsonObject &quirks, const ChatOptions &options) {
            return send(u"openai-chat"_s, u"qwen3"_s, options, quirks);
        };
        const ChatOptions effort = with(u"reasoning_effort"_s);
        const ChatOptions budget = with(u"reasoning_budget"_s);
        const QJsonObject qwen { { u"reasoning"_s, u"enable_thinking"_s },
                                 { u"reasoning_budget"_s, u"thinking_budget"_s } };
        QCOMPARE(sent(qwen, budget).body["thinking_budget"_L1].toInt(), 2000);
        QCOMPARE(sent(qwen, effort).body["enable_thinking"_L1].toBool(), true);
        QVERIFY(sent(qwen, effort).isUnsent(u"reasoning_effort"_s));
        QCOMPARE(at(sent({ { u"reasoning"_s, u"thinking"_s } }, effort).body, u"thinking/type"_s).toString(),
                 u"enabled"_s);
        QCOMPARE(at(sent({ { u"reasoning"_s, u"object"_s } }, budget).body, u"reasoning/max_tokens"_s).toInt(), 2000);
        QCOMPARE(at(sent({ { u"reasoning"_s, u"object"_s } }, effort).body, u"reasoning/effort"_s).toString(),
                 u"low"_s);
        QCOMPARE(at(sent({ { u"reasoning"_s, u"template"_s } }, effort).body, u"chat_template_kwargs/enable_thinking"_s)
                     .toBool(),
                 true);
        const Sent json = sent({ { u"response_format"_s, u"json_object"_s } }, with(u"response_format"_s));
        QCOMPARE(at(json.body, u"response_format/type"_s).toString(), u"json_object"_s);
        QVERIFY(json.isUnsent(u"response_format"_s));
        const Sent refused = sent({ { u"refuses"_s, QJsonArray { u"tools"_s } } }, with(u"tool_choice"_s));
        QVERIFY(refused.isUnsent(u"tools"_s) && refused.isUnsent(u"tool_choice"_s));
    }

    void whatTheServerRefusedStaysAway()
    {
        ChatOptions options = with(u"temperature"_s);
        options.maxTokens = 9;
        const Sent sent = send(u"openai-chat"_s, u"m"_s, options,
                               { { u"without"_s,
                                   QJsonObject { { u"temperature"_s, QString() },
                                                 { u"max_tokens"_s, u"max_completion_tokens"_s },
                                                 { u"stream_options.include_usage"_s, QString() } } } });
        QVERIFY(!sent.body.contains("temperature"_L1) && sent.isUnsent(u"temperature"_s));
        QCOMPARE(sent.body["max_completion_tokens"_L1].toInt(), 9);
        QVERIFY(!sent.body.contains("max_tokens"_L1) && !sent.body.contains("stream_options"_L1));
    }

    void signedThoughtsGoBackToTheirOwnProtocol()
    {
        const Answer answer = decodedAnyhow(
            u"anthropic"_s,
            sse({ js("{`type`:`message_start`,`message`:{`id`:`m`,`content`:[]}}"),
                  js("{`type`:`content_block_start`,`index`:0,`content_block`:{`type`:`thinking`,`thinking`:``}}"),
                  js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`thinking_delta`,`thinking`:`hm`}}"),
                  js("{`type`:`content_block_delta`,`index`:0,`delta`:{`type`:`signature_delta`,`signature`:`sig`}}"),
                  js("{`type`:`content_block_start`,`index`:1,`content_block`:{`type`:`redacted_thinking`,`data`:`x`}"
                     "}"),
                  js("{`type`:`content_block_start`,`index`:2,`content_block`:{`type`:`text`,`text`:``}}"),
                  js("{`type`:`content_block_delta`,`index`:2,`delta`:{`type`:`text_delta`,`text`:`Hi`}}"),
                  js("{`type`:`message_delta`,`delta`:{`stop_reason`:`end_turn`}}"), js("{`type`:`message_stop`}") }));
        QVERIFY(answer.replay);
        ChatRequest next = chat(u"claude-sonnet-4-5"_s, {});
        Message said = Message::fromText(Role::Assistant, answer.text);
        said.replay = answer.replay;
        next.messages << said << Message::fromText(Role::User, u"more"_s);
        const auto body = [&next](const QString &protocol) {
            return QJsonDocument::fromJson(providerFor(protocol)->encode(next, endpoint(protocol))->http.body).object();
        };
        const QJsonArray content = body(u"anthropic"_s)["messages"_L1][1]["content"_L1].toArray();
        QCOMPARE(content.size(), 3);
        QCOMPARE(
            content[0].toObject(),
            (QJsonObject { { u"type"_s, u"thinking"_s }, { u"thinking"_s, u"hm"_s }, { u"signature"_s, u"sig"_s } }));
        QCOMPARE(content[1]["data"_L1].toString(), u"x"_s);
        QVERIFY(!QJsonDocument(body(u"openai-chat"_s)).toJson().contains("sig\""));
        next.messages[1].parts[0].text = u"edited"_s;
        QVERIFY(body(u"anthropic"_s)["messages"_L1][1]["content"_L1].isString()); // no blocks of another protocol
    }

    void geminiSignaturesGoBack()
    {
        const Answer answer = decodedAnyhow(
            u"gemini"_s,
            sse({ js(
                "{`candidates`:[{`content`:{`parts`:[{`text`:`hm`,`thought`:true},{`functionCall`:{`name`:`f`,`args`"
                ":{}},`thoughtSignature`:`sig`}]},`finishReason`:`STOP`}]}") }));
        QVERIFY(answer.replay);
        QCOMPARE(answer.replay->data["parts"_L1].toArray().size(), 1);
        QCOMPARE(answer.replay->data["parts"_L1][0]["thoughtSignature"_L1].toString(), u"sig"_s);
    }

    void reasoningDetailsGoBackWhole()
    {
        const Answer answer = decodedAnyhow(
            u"openai-chat"_s,
            sse({ js("{`choices`:[{`delta`:{`reasoning`:`a`,`reasoning_details`:[{`type`:`reasoning.text`,`text`:`a`,`"
                     "index`:0}]}}]}"),
                  js("{`choices`:[{`delta`:{`reasoning`:`b`,`reasoning_details`:[{`type`:`reasoning.text`,`text`:`b`,`"
                     "index`:0,`signature`:`s`}]}}]}"),
                  js("{`choices`:[{`delta`:{`content`:`c`},`finish_reason`:`stop`}]}") }));
        QCOMPARE(answer.reasoning, u"ab"_s);
        QVERIFY(answer.replay);
        QCOMPARE(answer.replay->data["reasoning_details"_L1].toArray(),
                 (QJsonArray { QJsonObject { { u"type"_s, u"reasoning.text"_s },
                                             { u"text"_s, u"ab"_s },
                                             { u"index"_s, 0 },
                                             { u"signature"_s, u"s"_s } } }));
    }

    void callsWithoutResultsStayAtHome()
    {
        ChatRequest request = chat(u"m"_s, {});
        Message call = Message::fromText(Role::Assistant, {});
        call.toolCalls = { { u"id1"_s, u"f"_s, u"{}"_s } };
        request.messages << call << Message::fromText(Role::User, u"go on"_s);
        for (const QString &protocol : protocolNames()) {
            const auto encoded = providerFor(protocol)->encode(request, endpoint(protocol));
            QVERIFY2(encoded, qPrintable(protocol));
            QVERIFY2(!encoded->http.body.contains("id1"), qPrintable(protocol));
            QCOMPARE(encoded->unsent.value(0).option, u"tool_calls"_s);
        }
    }

    void picturesAreKnownByTheirBytes()
    {
        QCOMPARE(imageType("\x89PNG\r\n\x1a\n...."), u"image/png"_s);
        QCOMPARE(imageType("\xff\xd8\xff\xe0"), u"image/jpeg"_s);
        QCOMPARE(imageType("GIF89a"), u"image/gif"_s);
        QCOMPARE(imageType(QByteArray("RIFF\0\0\0\0WEBP", 12)), u"image/webp"_s);
        QVERIFY(imageType("<svg").isEmpty());
        QVERIFY(!imagePart({}) && !imagePart("text"));
        QCOMPARE(imagePart("GIF87a")->mediaType, u"image/gif"_s);
    }

    void picturesThatDoNotFitAreRefused()
    {
        ChatRequest request = chat(u"m"_s, {});
        const auto kind = [&request](const QString &protocol, const QString &type, qsizetype size) {
            request.messages[0].parts = { { ContentPart::Kind::Image, {}, type, QByteArray(size, 'x') } };
            const auto encoded = providerFor(protocol)->encode(request, endpoint(protocol));
            return encoded ? base::ErrorKind::Cancelled : encoded.error().kind;
        };
        QCOMPARE(kind(u"gemini"_s, u"image/gif"_s, 10), base::ErrorKind::InvalidRequest);
        QCOMPARE(kind(u"anthropic"_s, u"image/gif"_s, 10), base::ErrorKind::Cancelled);
        QCOMPARE(kind(u"anthropic"_s, u"image/png"_s, 5'000'000), base::ErrorKind::InvalidRequest);
        QCOMPARE(kind(u"openai-chat"_s, u"image/bmp"_s, 10), base::ErrorKind::InvalidRequest);
        QCOMPARE(kind(u"openai-chat"_s, u"image/png"_s, 0), base::ErrorKind::InvalidRequest);
    }

    void theTableOfModelsIsSound()
    {
        QFile file(QStringLiteral(SOURCE_DIR "/resources/models.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(checkModelRules(file.readAll()));
        QVERIFY(!checkModelRules("x"));
        QVERIFY(!checkModelRules(js("{`models`:[{`match`:`(`}]}")));
        QVERIFY(modelRule(u"nobody's"_s, u"openai-chat"_s).isEmpty());
        QCOMPARE(modelRule(u"eu.anthropic.claude-opus-4-8-v1:0"_s, u"anthropic"_s)["reasoning"_L1].toString(),
                 u"adaptive"_s);
        QVERIFY(modelRule(u"gemma-3"_s, u"openai-chat"_s).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestOptions)
#include "tst_options.moc"
