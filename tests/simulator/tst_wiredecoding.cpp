#include "rawclient.h"

#include "core/llm/answer.h"
#include "core/llm/provider.h"
#include "core/run/bodydecoder.h"
#include "core/simulator/simulator.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace talkbench;

namespace {

const QString prompt = u"What's the weather in Lisbon, and why?"_s;
constexpr int thoughts = 9;

/// What each protocol needs beside the codec's own request.
struct Protocol {
    const char *name;
    const char *basePath;
    const char *showThoughts; ///< merged into the body
    const char *tools; ///< merged into the body; %1 is the schema
};

constexpr std::array protocols {
    Protocol { "openai-chat", "/v1", "{}",
               R"({"tools":[{"type":"function","function":{"name":"get_weather","parameters":%1}}]})" },
    Protocol { "openai-responses", "/v1", R"({"reasoning":{"summary":"auto"}})",
               R"({"tools":[{"type":"function","name":"get_weather","parameters":%1}]})" },
    Protocol { "azure", "", "{}",
               R"({"tools":[{"type":"function","function":{"name":"get_weather","parameters":%1}}]})" },
    Protocol { "anthropic", "", "{}", R"({"tools":[{"name":"get_weather","input_schema":%1}]})" },
    Protocol { "gemini", "", R"({"generationConfig":{"thinkingConfig":{"includeThoughts":true}}})",
               R"({"tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":%1}]}]})" },
    Protocol { "ollama", "", "{}",
               R"({"tools":[{"type":"function","function":{"name":"get_weather","parameters":%1}}]})" },
};

QJsonObject objectOf(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

QByteArray merged(const QByteArray &body, const QJsonObject &more)
{
    QJsonObject object = objectOf(body);
    for (auto it = more.begin(); it != more.end(); ++it)
        object[it.key()] = it.value();
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray withTools(const Protocol &protocol)
{
    return QByteArray(protocol.tools).replace("%1", R"({"type":"object","properties":{"city":{"type":"string"}}})");
}

} // namespace

/// Each protocol of the simulator as our own codecs read it: sent by their encoder, read by their decoder.
class WireDecodingTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();

    void text_data() { rows(); }
    void text();
    void reasoning_data() { rows(); }
    void reasoning();
    void toolCall_data() { rows(); }
    void toolCall();
    void length_data() { rows(); }
    void length();
    void filter_data() { rows(); }
    void filter();
    void refusedRequest_data() { rows(); }
    void refusedRequest();
    void wrongKey_data() { rows(); }
    void wrongKey();
    void tooLong_data() { rows(); }
    void tooLong();
    void errorInTheStream_data() { rows(false); }
    void errorInTheStream();
    void cutInTheStream_data() { rows(); }
    void cutInTheStream();
    void models_data() { rows(); }
    void models();

private:
    static void rows(bool whole = true);
    llm::Answer ask(const RawHeaders &knobs = {}, const QByteArray &more = "{}", std::optional<int> maxTokens = {});
    llm::Endpoint endpoint() const;
    const Protocol &protocol() const;

    std::unique_ptr<simulator::Simulator> m_simulator;
    QUrl m_url;
    QString m_key = u"sim-test-key"_s;
};

void WireDecodingTest::initTestCase()
{
    simulator::Knobs knobs;
    knobs.ttft = simulator::Spread { simulator::Spread::Shape::Constant, 2, 0 };
    knobs.gap = simulator::Spread { simulator::Spread::Shape::Constant, 0.1, 0 };
    knobs.requireKey = m_key;
    m_simulator = std::make_unique<simulator::Simulator>(knobs);
    m_url = *m_simulator->start();
}

void WireDecodingTest::rows(bool whole)
{
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("stream");
    for (std::size_t i = 0; i < protocols.size(); ++i) {
        QTest::addRow("%s stream", protocols[i].name) << static_cast<int>(i) << true;
        if (whole)
            QTest::addRow("%s whole", protocols[i].name) << static_cast<int>(i) << false;
    }
}

const Protocol &WireDecodingTest::protocol() const
{
    return protocols[static_cast<std::size_t>(*static_cast<int *>(QTest::qData("index", qMetaTypeId<int>())))];
}

llm::Endpoint WireDecodingTest::endpoint() const
{
    llm::Endpoint endpoint;
    endpoint.protocol = QString::fromLatin1(protocol().name);
    endpoint.baseUrl = m_url;
    endpoint.baseUrl.setPath(QString::fromLatin1(protocol().basePath));
    endpoint.apiKey = m_key;
    const bool anthropic = endpoint.protocol == u"anthropic"_s;
    endpoint.quirks = anthropic ? QJsonObject() : QJsonObject { { u"api_version"_s, u"2024-12-01-preview"_s } };
    return endpoint;
}

llm::Answer WireDecodingTest::ask(const RawHeaders &knobs, const QByteArray &more, std::optional<int> maxTokens)
{
    const bool stream = *static_cast<bool *>(QTest::qData("stream", qMetaTypeId<bool>()));
    const llm::Provider &provider = *llm::providerFor(QString::fromLatin1(protocol().name));
    llm::ChatRequest chat;
    chat.model = u"sim-small"_s;
    chat.messages = { llm::Message::fromText(llm::Role::User, prompt) };
    chat.options.stream = stream;
    chat.options.maxTokens = maxTokens;
    const auto encoded = provider.encode(chat, endpoint());
    if (!encoded)
        qFatal("%s", qPrintable(encoded.error().message));
    const QByteArray path = encoded->http.url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority);
    RawHeaders headers = encoded->http.headers;
    headers.append(knobs);
    headers.removeIf([](const auto &header) { return header.first.toLower() == "content-type"; });
    const RawAnswer raw = RawClient(m_url).postBytes(path, merged(encoded->http.body, objectOf(more)), headers);

    run::BodyDecoder decoder(provider, stream);
    decoder.head({ raw.status, raw.headers });
    llm::Answer answer;
    const auto apply = [&](const llm::StreamEvents &events) {
        for (const llm::StreamEvent &event : events)
            answer.apply(event);
    };
    constexpr qsizetype step = 37; // ends inside lines, objects and characters
    for (qsizetype at = 0; at < raw.body.size(); at += step)
        apply(decoder.bytes(QByteArrayView(raw.body).sliced(at, std::min(step, raw.body.size() - at))));
    apply(decoder.end());
    if (!answer.error)
        answer.error = decoder.incomplete();
    if (decoder.badFrames() > 0 && !answer.error)
        qFatal("%d frames have no place in the protocol", decoder.badFrames());
    return answer;
}

void WireDecodingTest::text()
{
    const llm::Answer answer = ask({ { "x-sim-cache-read", "4" } });
    QVERIFY2(!answer.error, answer.error ? qPrintable(answer.error->message + answer.error->detail) : "");
    QVERIFY(answer.finishReason == llm::FinishReason::Stop);
    QCOMPARE(answer.servedModel, u"sim-small"_s);
    QVERIFY(answer.reasoning.isEmpty() && answer.toolCalls.isEmpty());
    QVERIFY2(answer.text.startsWith(u"> "_s + prompt), qPrintable(answer.text.left(100)));
    static const QString sameEverywhere = answer.text;
    QCOMPARE(answer.text, sameEverywhere);
    QVERIFY(answer.usage);
    static const qint64 promptTokens = answer.usage->inputTotal();
    QCOMPARE(answer.usage->inputTotal(), promptTokens);
    QCOMPARE(answer.usage->cacheRead, protocol().name == QByteArray("ollama") ? 0 : 4);
    static const qint64 output = answer.usage->output;
    QVERIFY(output > 50);
    QCOMPARE(answer.usage->output, output);
    QCOMPARE(answer.usage->reasoning, 0);
}

void WireDecodingTest::reasoning()
{
    const llm::Answer answer = ask({ { "x-sim-reasoning", QByteArray::number(thoughts) } }, protocol().showThoughts);
    QVERIFY(!answer.error);
    QVERIFY(answer.finishReason == llm::FinishReason::Stop);
    static const QString sameEverywhere = answer.reasoning;
    QVERIFY(answer.reasoning.contains(u' '));
    QCOMPARE(answer.reasoning, sameEverywhere);
    QVERIFY(answer.text.startsWith(u"> "_s + prompt));
    QVERIFY(answer.usage);
    if (protocol().name != QByteArray("ollama")) // it counts both together
        QCOMPARE(answer.usage->reasoning, thoughts);
    QVERIFY(answer.usage->outputTotal() > thoughts + 50);
}

void WireDecodingTest::toolCall()
{
    const llm::Answer answer = ask({ { "x-sim-tool-calls", "2" } }, withTools(protocol()));
    QVERIFY2(!answer.error, answer.error ? qPrintable(answer.error->message) : "");
    const QByteArray name = protocol().name;
    const bool saysStop = name == "gemini" || name == "ollama";
    QVERIFY2(answer.finishReason == llm::FinishReason::ToolCalls
                 || (saysStop && answer.finishReason == llm::FinishReason::Stop),
             qPrintable(answer.finishReasonRaw));
    QCOMPARE(answer.toolCalls.size(), 2);
    QVERIFY(answer.text.isEmpty());
    for (const llm::ToolCall &call : answer.toolCalls) {
        QCOMPARE(call.name, u"get_weather"_s);
        QCOMPARE(objectOf(call.arguments.toUtf8()), (QJsonObject { { u"city"_s, u"Lisbon"_s } }));
        QVERIFY(!call.id.isEmpty());
    }
    QVERIFY(answer.toolCalls[0].id != answer.toolCalls[1].id);
}

void WireDecodingTest::length()
{
    const llm::Answer answer = ask({}, "{}", 7);
    QVERIFY(!answer.error);
    QVERIFY2(answer.finishReason == llm::FinishReason::Length, qPrintable(answer.finishReasonRaw));
    QCOMPARE(answer.usage->outputTotal(), 7);
    QVERIFY(!answer.text.isEmpty());
}

void WireDecodingTest::filter()
{
    const llm::Answer answer = ask({ { "x-sim-filter", "7" } });
    QVERIFY(!answer.error);
    const QByteArray name = protocol().name;
    const auto wanted = name == "anthropic" ? llm::FinishReason::Refusal
        : name == "ollama"                  ? llm::FinishReason::Stop // it has no such thing
                                            : llm::FinishReason::ContentFilter;
    QVERIFY2(answer.finishReason == wanted, qPrintable(answer.finishReasonRaw));
    QVERIFY(!answer.text.isEmpty());
}

void WireDecodingTest::refusedRequest()
{
    const std::array<std::pair<QByteArray, base::ErrorKind>, 5> kinds { {
        { "404", base::ErrorKind::NotFound },
        { "403", base::ErrorKind::Forbidden },
        { "429", base::ErrorKind::RateLimited },
        { "500", base::ErrorKind::Server },
        { "503", base::ErrorKind::Overloaded },
    } };
    for (const auto &[status, kind] : kinds) {
        const llm::Answer answer = ask({ { "x-sim-error-status", status }, { "x-sim-retry-after", "3" } });
        QVERIFY(answer.error);
        QVERIFY2(answer.error->kind == kind, qPrintable(answer.error->message));
        QVERIFY2(answer.error->message.contains(u"asked to fail"_s), qPrintable(answer.error->message));
        if (status == "429")
            QCOMPARE(answer.error->retryAfterMs.value_or(0), 3000);
    }
}

void WireDecodingTest::wrongKey()
{
    const QString right = std::exchange(m_key, u"sim-wrong-key"_s);
    const llm::Answer answer = ask();
    m_key = right;
    QVERIFY(answer.error);
    QVERIFY2(answer.error->kind == base::ErrorKind::Auth, qPrintable(answer.error->message));
}

void WireDecodingTest::tooLong()
{
    const llm::Answer answer = ask({ { "x-sim-context", "3" } });
    QVERIFY(answer.error);
    QVERIFY2(answer.error->kind == base::ErrorKind::ContextTooLong, qPrintable(answer.error->message));
}

void WireDecodingTest::errorInTheStream()
{
    const llm::Answer answer = ask({ { "x-sim-cut", "7:error" } });
    QVERIFY(answer.error);
    QVERIFY2(answer.error->kind == base::ErrorKind::Server, qPrintable(answer.error->message));
    QVERIFY2(answer.error->message.contains(u"broke off"_s), qPrintable(answer.error->message));
    QVERIFY(!answer.text.isEmpty()); // what had come is kept
}

void WireDecodingTest::cutInTheStream()
{
    QFETCH(bool, stream);
    for (const QByteArray how : { "7:fin", "7:half-json" }) {
        const llm::Answer answer = ask({ { "x-sim-cut", how } });
        QVERIFY(answer.error);
        QVERIFY2(!stream || answer.error->kind == base::ErrorKind::Truncated, qPrintable(answer.error->message));
        QCOMPARE(answer.text.isEmpty(), !stream);
    }
}

void WireDecodingTest::models()
{
    const llm::Provider &provider = *llm::providerFor(QString::fromLatin1(protocol().name));
    const base::HttpRequest request = provider.modelsRequest(endpoint());
    const QByteArray path = request.url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority);
    const RawAnswer raw = RawClient(m_url).get(path, request.headers);
    QVERIFY2(raw.status == 200, raw.body.constData());
    const auto models = provider.parseModels(raw.body);
    QVERIFY(models);
    QVERIFY(
        std::any_of(models->begin(), models->end(), [](const auto &model) { return model.id == u"sim-reasoner"_s; }));
}

QTEST_GUILESS_MAIN(WireDecodingTest)
#include "tst_wiredecoding.moc"
