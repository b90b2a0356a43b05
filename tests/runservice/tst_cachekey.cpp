#include "core/run/cachekey.h"

#include <QCryptographicHash>
#include <QHash>
#include <QTest>

#include <functional>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;

namespace {

struct Asked {
    llm::ChatRequest chat;
    llm::Endpoint endpoint;
};

/// A request in which every field says something.
Asked fullRequest()
{
    llm::Message question = llm::Message::fromText(llm::Role::User, u"What is in the picture?"_s);
    question.parts.append({ llm::ContentPart::Kind::Image, {}, u"image/png"_s, "picture" });
    llm::Message answer = llm::Message::fromText(llm::Role::Assistant, u"A cat."_s);
    answer.reasoning = u"Whiskers"_s;
    answer.toolCalls = { { u"call-1"_s, u"look"_s, u"{}"_s } };
    answer.replay = llm::Replay { u"anthropic"_s, { { u"signature"_s, u"abc"_s } } };
    llm::Message result = llm::Message::fromText(llm::Role::Tool, u"It sleeps."_s);
    result.toolCallId = u"call-1"_s;
    Asked asked;
    asked.chat.model = u"m"_s;
    asked.chat.messages = { question, answer, result };
    llm::ChatOptions &options = asked.chat.options;
    options.temperature = 0;
    options.topP = 0.9;
    options.maxTokens = 100;
    options.seed = 1;
    options.stop = { u"END"_s };
    options.reasoningEffort = llm::ReasoningEffort::Low;
    options.reasoningBudget = 1000;
    options.responseFormat = { llm::ResponseFormat::Kind::JsonSchema, u"answer"_s, { { u"type"_s, u"object"_s } } };
    options.tools = { { u"look"_s, u"Looks."_s, { { u"type"_s, u"object"_s } } } };
    options.toolChoice = llm::ToolChoice { llm::ToolChoice::Kind::Named, u"look"_s };
    options.contextTokens = 4096;
    asked.endpoint.providerId = u"p"_s;
    asked.endpoint.protocol = u"openai-chat"_s;
    asked.endpoint.baseUrl = QUrl(u"https://h/v1"_s);
    asked.endpoint.apiKey = u"topsecretkey"_s;
    asked.endpoint.headers = { { "X-Region", "eu" }, { "X-Beta", "1" } };
    asked.endpoint.quirks = { { u"max_tokens"_s, u"max_completion_tokens"_s } };
    return asked;
}

QByteArray keyOf(const Asked &asked)
{
    return cacheKey(asked.chat, asked.endpoint);
}

using Change = std::function<void(Asked &)>;

/// Every field of every struct that a request is made of, changed. A new field makes a binding below fail to compile: it
/// needs its change here, and a place in the key.
QList<std::pair<const char *, Change>> changes()
{
    return {
        { "request.model",
          [](Asked &a) {
              auto &[model, messages, options] = a.chat;
              model += u'x';
          } },
        { "request.messages: less",
          [](Asked &a) {
              auto &[model, messages, options] = a.chat;
              messages.removeLast();
          } },
        { "request.messages: order", [](Asked &a) { a.chat.messages.swapItemsAt(0, 1); } },
        { "options.temperature",
          [](Asked &a) {
              auto &[stream, temperature, topP, maxTokens, seed, stop, effort, budget, format, tools, choice, context] =
                  a.chat.options;
              temperature = 0.0001;
          } },
        { "options.temperature: unset", [](Asked &a) { a.chat.options.temperature.reset(); } },
        { "options.topP", [](Asked &a) { a.chat.options.topP = 0.91; } },
        { "options.maxTokens", [](Asked &a) { a.chat.options.maxTokens = 101; } },
        { "options.seed", [](Asked &a) { a.chat.options.seed = 2; } },
        { "options.seed: beyond a double's digits", [](Asked &a) { a.chat.options.seed = (qint64(1) << 53) + 1; } },
        { "options.seed: its neighbour", [](Asked &a) { a.chat.options.seed = qint64(1) << 53; } },
        { "options.stop", [](Asked &a) { a.chat.options.stop.append(u"."_s); } },
        { "options.reasoningEffort", [](Asked &a) { a.chat.options.reasoningEffort = llm::ReasoningEffort::High; } },
        { "options.reasoningBudget", [](Asked &a) { a.chat.options.reasoningBudget = 1001; } },
        { "format.kind",
          [](Asked &a) {
              auto &[kind, name, schema] = a.chat.options.responseFormat;
              kind = llm::ResponseFormat::Kind::JsonObject;
          } },
        { "format.name", [](Asked &a) { a.chat.options.responseFormat.name += u'x'; } },
        { "format.schema", [](Asked &a) { a.chat.options.responseFormat.schema.insert(u"x"_s, 1); } },
        { "tool.name",
          [](Asked &a) {
              auto &[name, description, parameters] = a.chat.options.tools.first();
              name += u'x';
          } },
        { "tool.description", [](Asked &a) { a.chat.options.tools.first().description += u'x'; } },
        { "tool.parameters", [](Asked &a) { a.chat.options.tools.first().parameters.insert(u"x"_s, 1); } },
        { "options.tools: none", [](Asked &a) { a.chat.options.tools.clear(); } },
        { "choice.kind",
          [](Asked &a) {
              auto &[kind, name] = *a.chat.options.toolChoice;
              kind = llm::ToolChoice::Kind::Required;
          } },
        { "choice.name", [](Asked &a) { a.chat.options.toolChoice->name += u'x'; } },
        { "options.contextTokens", [](Asked &a) { a.chat.options.contextTokens = 8192; } },
        { "message.role",
          [](Asked &a) {
              auto &[role, parts, reasoning, calls, callId, replay] = a.chat.messages[0];
              role = llm::Role::System;
          } },
        { "message.parts", [](Asked &a) { a.chat.messages[0].parts.removeLast(); } },
        { "message.reasoning", [](Asked &a) { a.chat.messages[1].reasoning += u'x'; } },
        { "message.toolCallId", [](Asked &a) { a.chat.messages[2].toolCallId += u'x'; } },
        { "part.kind",
          [](Asked &a) {
              auto &[kind, text, mediaType, data] = a.chat.messages[0].parts[1];
              kind = llm::ContentPart::Kind::Text;
          } },
        { "part.text", [](Asked &a) { a.chat.messages[0].parts[0].text += u'x'; } },
        { "part.mediaType", [](Asked &a) { a.chat.messages[0].parts[1].mediaType = u"image/gif"_s; } },
        { "part.data", [](Asked &a) { a.chat.messages[0].parts[1].data += 'x'; } },
        { "call.id",
          [](Asked &a) {
              auto &[id, name, arguments] = a.chat.messages[1].toolCalls.first();
              id += u'x';
          } },
        { "call.name", [](Asked &a) { a.chat.messages[1].toolCalls.first().name += u'x'; } },
        { "call.arguments", [](Asked &a) { a.chat.messages[1].toolCalls.first().arguments = u"{\"a\":1}"_s; } },
        { "replay.protocol",
          [](Asked &a) {
              auto &[protocol, data] = *a.chat.messages[1].replay;
              protocol += u'x';
          } },
        { "replay.data", [](Asked &a) { a.chat.messages[1].replay->data.insert(u"x"_s, 1); } },
        { "endpoint.providerId",
          [](Asked &a) {
              auto &[providerId, protocol, baseUrl, apiKey, headers, quirks, route] = a.endpoint;
              providerId += u'x';
          } },
        { "endpoint.protocol", [](Asked &a) { a.endpoint.protocol = u"openai-responses"_s; } },
        { "endpoint.baseUrl", [](Asked &a) { a.endpoint.baseUrl.setPort(8443); } },
        { "endpoint.apiKey", [](Asked &a) { a.endpoint.apiKey += u'x'; } },
        { "endpoint.headers: value", [](Asked &a) { a.endpoint.headers.first().second = "us"; } },
        { "endpoint.headers: one more", [](Asked &a) { a.endpoint.headers.emplaceBack("X-Beta", "2"); } },
        { "endpoint.quirks", [](Asked &a) { a.endpoint.quirks.insert(u"x"_s, true); } },
        { "endpoint.route", [](Asked &a) { a.endpoint.route.pin = "aa"; } },
    };
}

} // namespace

class TestCacheKey : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFieldCounts()
    {
        QHash<QByteArray, const char *> keys { { keyOf(fullRequest()), "unchanged" } };
        for (const auto &[name, change] : changes()) {
            Asked asked = fullRequest();
            change(asked);
            const QByteArray key = keyOf(asked);
            QCOMPARE(key.size(), 32);
            QVERIFY2(!keys.contains(key),
                     qPrintable(u"%1 has the key of: %2"_s.arg(QLatin1String(name), QLatin1String(keys.value(key)))));
            keys.insert(key, name);
        }
    }

    void whatChangesNoAnswerDoesNotCount()
    {
        const QByteArray key = keyOf(fullRequest());
        Asked whole = fullRequest();
        whole.chat.options.stream = false;
        QCOMPARE(keyOf(whole), key);
        Asked titled = fullRequest();
        titled.endpoint.headers.emplaceBack("X-Title", "Talkbench");
        titled.endpoint.headers.emplaceBack("User-Agent", "Talkbench/1");
        titled.endpoint.headers.emplaceBack("X-Request-ID", "17");
        QCOMPARE(keyOf(titled), key);
        Asked shuffled = fullRequest();
        shuffled.endpoint.headers = { { "x-beta", "1" }, { "x-region", "eu" } };
        QCOMPARE(keyOf(shuffled), key);
        QCOMPARE(keyOf(fullRequest()), key);
    }

    /// MD5 over the messages alone is the usual mistake.
    void modelsAreNotMixedUp()
    {
        Asked other = fullRequest();
        other.chat.model = u"n"_s;
        QVERIFY(keyOf(other) != keyOf(fullRequest()));
    }

    void theKeyIsNotInTheForm()
    {
        const Asked asked = fullRequest();
        const QByteArray form = canonicalRequest(asked.chat, asked.endpoint);
        QVERIFY(!form.contains("topsecretkey"));
        QVERIFY(!form.contains("picture\"")); // pictures come as hashes
    }

    /// They stand in the form by their hash.
    void longTextsAreNotMixedUp()
    {
        Asked a = fullRequest();
        a.chat.messages[0].parts[0].text = u"word "_s.repeated(4'000);
        Asked b = a;
        b.chat.messages[0].parts[0].text.back() = u'.';
        QVERIFY(keyOf(a) != keyOf(b));
        const QByteArray form = canonicalRequest(a.chat, a.endpoint);
        QVERIFY(form.size() < 8'000);
        const QByteArray hash =
            QCryptographicHash::hash(a.chat.messages[0].parts[0].text.toUtf8(), QCryptographicHash::Blake2b_256)
                .toHex();
        QVERIFY(form.contains(hash));
        b.chat.messages[0].parts[0].text = QChar::Null + QString::fromLatin1(hash); // the hash is not the text
        QVERIFY(keyOf(a) != keyOf(b));
    }

    /// The hash of a picture is not the picture.
    void aPictureOfItsHash()
    {
        Asked a = fullRequest();
        Asked b = fullRequest();
        b.chat.messages[0].parts[1].data =
            QCryptographicHash::hash(a.chat.messages[0].parts[1].data, QCryptographicHash::Blake2b_256);
        QVERIFY(keyOf(a) != keyOf(b));
    }
};

QTEST_GUILESS_MAIN(TestCacheKey)
#include "tst_cachekey.moc"
