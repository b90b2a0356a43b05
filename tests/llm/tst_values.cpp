#include "core/llm/answer.h"
#include "core/llm/chatoptions.h"
#include "core/llm/provider.h"

#include <QtTest>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

class TestValues final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void messageComesBackFromJson()
    {
        Message message = Message::fromText(Role::Assistant, u"Grüße, 世界 🙂"_s);
        message.parts.append(
            ContentPart { ContentPart::Kind::Image, {}, u"image/png"_s, QByteArray("\x89PNG\0\xff", 6) });
        message.reasoning = u"because"_s;
        message.toolCalls = { { u"call_1"_s, u"f"_s, u"{\"a\":1"_s } };
        message.toolCallId = u"call_0"_s;
        message.replay = Replay { u"anthropic"_s, { { u"content"_s, QJsonArray { 1 } } } };
        QCOMPARE(messageFromJson(toJson(message)), message);
        QCOMPARE(messageFromJson({}).role, Role::User);
    }

    void everyRoleHasItsName()
    {
        for (const Role role : { Role::System, Role::User, Role::Assistant, Role::Tool })
            QCOMPARE(roleFromName(roleName(role)), role);
    }

    void everyFinishReasonHasItsName()
    {
        for (int i = 0; i <= static_cast<int>(FinishReason::Cancelled); ++i) {
            const auto reason = static_cast<FinishReason>(i);
            QVERIFY(!finishReasonName(reason).isEmpty());
            QCOMPARE(finishReasonFromName(finishReasonName(reason)), reason);
        }
        QVERIFY(!finishReasonFromName(u"nonsense"_s));
    }

    void answerComesBackFromJson()
    {
        Answer answer;
        answer.text = u"text"_s;
        answer.reasoning = u"reasoning"_s;
        answer.refusal = u"refusal"_s;
        answer.toolCalls = { { u"id"_s, u"name"_s, u"{}"_s } };
        Usage usage;
        usage.input = 7;
        usage.cacheRead = 161;
        usage.cacheWrite = 3;
        usage.cacheWrite1h = 2;
        usage.output = 5;
        usage.reasoning = 4;
        usage.source = UsageSource::Chunks;
        usage.derived = true;
        usage.reportedCostUsd = 0.25;
        usage.raw = { { u"prompt_tokens"_s, 7 } };
        answer.usage = usage;
        answer.finishReason = FinishReason::Length;
        answer.finishReasonRaw = u"max_tokens"_s;
        answer.finished = true;
        answer.servedModel = u"m"_s;
        answer.responseId = u"r"_s;
        answer.serverTimings = { { u"ttft_ms"_s, 1.5 } };
        answer.rateLimits.tokens.remaining = 9;
        answer.replay = Replay { u"gemini"_s, { { u"parts"_s, QJsonArray {} } } };
        answer.error = base::Error { base::ErrorKind::RateLimited, u"wait"_s, u"detail"_s, 429, 1500 };

        const Answer back = answerFromJson(toJson(answer));
        QCOMPARE(toJson(back), toJson(answer));
        QCOMPARE(back.usage, answer.usage);
        QCOMPARE(back.rateLimits, answer.rateLimits);
        QVERIFY(back.replay == answer.replay);
        QCOMPARE(back.error, answer.error);
        QCOMPARE(back.toolCalls, answer.toolCalls);
        QCOMPARE(back.finishReason, answer.finishReason);
        QVERIFY(back.finished);
        QCOMPARE(usage.inputTotal(), 171);
        QCOMPARE(usage.outputTotal(), 9);
    }

    void chatOptionsComeBackFromJson()
    {
        ChatOptions options;
        QVERIFY(toJson(options).isEmpty());
        QVERIFY(chatOptionsFromJson({}) == options);
        options.stream = false;
        options.temperature = 0.5;
        options.topP = 0.25;
        options.maxTokens = 7;
        options.seed = 9'007'199'254'740'991;
        options.stop = { u"a"_s, u"b"_s };
        options.reasoningEffort = ReasoningEffort::XHigh;
        options.reasoningBudget = 1024;
        options.responseFormat = { ResponseFormat::Kind::JsonSchema, u"n"_s, { { u"type"_s, u"object"_s } } };
        options.tools = { { u"f"_s, u"does"_s, { { u"type"_s, u"object"_s } } } };
        options.toolChoice = ToolChoice { ToolChoice::Kind::Named, u"f"_s };
        options.contextTokens = 8192;
        QVERIFY(chatOptionsFromJson(toJson(options)) == options);
    }

    void toolsComeInEveryVendorsShape()
    {
        const QJsonObject schema { { u"type"_s, u"object"_s } };
        const QList<Tool> expected { { u"f"_s, u"d"_s, schema } };
        const auto tool = [&schema](const QString &key) {
            return QJsonObject { { u"name"_s, u"f"_s }, { u"description"_s, u"d"_s }, { key, schema } };
        };
        const QJsonObject own = tool(u"parameters"_s);
        QVERIFY(toolsFromJson(own) == expected);
        QVERIFY(toolsFromJson(QJsonArray { own }) == expected);
        QVERIFY(toolsFromJson(QJsonArray { QJsonObject { { u"type"_s, u"function"_s }, { u"function"_s, own } } })
                == expected);
        QVERIFY(toolsFromJson(QJsonArray { tool(u"input_schema"_s) }) == expected);
        QVERIFY(toolsFromJson(QJsonArray {
                    QJsonObject { { u"functionDeclarations"_s, QJsonArray { tool(u"parametersJsonSchema"_s) } } } })
                == expected);
        QVERIFY(toolsFromJson(QJsonObject { { u"tools"_s, QJsonArray { own } } }) == expected);
        QVERIFY(toolsFromJson(7).isEmpty());
        QVERIFY(toolsFromJson(QJsonArray { QJsonObject { { u"x"_s, 1 } }, 7 }).isEmpty());
    }

    void everyEffortHasItsName()
    {
        for (int i = 0; i <= static_cast<int>(ReasoningEffort::Max); ++i) {
            const auto effort = static_cast<ReasoningEffort>(i);
            QVERIFY(!reasoningEffortName(effort).isEmpty());
            QCOMPARE(reasoningEffortFromName(reasoningEffortName(effort)), effort);
        }
        QVERIFY(!reasoningEffortFromName(u"much"_s));
    }

    void modelInfoComesBackFromJson()
    {
        const ModelInfo bare { u"m"_s, u"m"_s };
        QCOMPARE(modelInfoFromJson(toJson(bare)), bare);
        QCOMPARE(toJson(bare).size(), 2);
        const ModelInfo full { u"m"_s, u"Model"_s, 8192, 1024, 1.25, 10.0, 0.125, true, false, true };
        QCOMPARE(modelInfoFromJson(toJson(full)), full);
    }

    void emptyAnswerSaysLittle()
    {
        QCOMPARE(toJson(Answer {}).keys(), QStringList { u"finished"_s });
        QVERIFY(!answerFromJson({}).error);
        QVERIFY(!answerFromJson({}).usage);
    }

    void eventsFoldIntoTheAnswer()
    {
        Answer answer;
        answer.apply(TextDelta { u"a"_s });
        QVERIFY(!answer.finished);
        answer.apply(ToolCallDelta { 1, u"second"_s, u"g"_s, u"{"_s });
        answer.apply(ToolCallDelta { 0, u"first"_s, u"f"_s, {} });
        answer.apply(ToolCallDelta { 1, {}, {}, u"}"_s });
        answer.apply(ToolCallDelta { -1, u"bad"_s, {}, {} });
        answer.apply(ToolCallDelta { 2'000'000'000, u"bad"_s, {}, {} });
        answer.apply(TextDelta { u"b"_s });
        QCOMPARE(answer.text, u"ab"_s);
        QCOMPARE(answer.toolCalls.size(), 2);
        QCOMPARE(answer.toolCalls[1], (ToolCall { u"second"_s, u"g"_s, u"{}"_s }));
        answer.apply(Finish { FinishReason::Stop, u"stop"_s });
        answer.apply(Finish { std::nullopt, {} });
        QCOMPARE(answer.finishReason, FinishReason::Stop);
        answer.apply(Failure { { base::ErrorKind::Server, u"cause"_s, {}, 0, {} } });
        answer.apply(Failure { { base::ErrorKind::Truncated, u"consequence"_s, {}, 0, {} } });
        QCOMPARE(answer.error->message, u"cause"_s);
    }

    void theTableKnowsItsProtocols()
    {
        for (const QString &name : protocolNames()) {
            QVERIFY(providerFor(name));
            QCOMPARE(providerFor(name)->protocol(), name);
            QVERIFY(providerFor(name)->decoder());
        }
        QVERIFY(protocolNames().contains(u"openai-chat"_s));
        QVERIFY(protocolNames().contains(u"ollama"_s));
        QVERIFY(!providerFor(u"nonsense"_s));
    }
};

QTEST_GUILESS_MAIN(TestValues)
#include "tst_values.moc"
