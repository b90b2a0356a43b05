#include "core/llm/provider.h"
#include "core/llm/vendorhosts.h"
#include "decoding.h"

#include <QFile>
#include <QJsonDocument>
#include <QSet>
#include <QtTest>

using namespace talkbench;
using namespace talkbench::llm;
using namespace Qt::StringLiterals;

class TestVendors final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QFile file(QStringLiteral(SOURCE_DIR "/resources/providers.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto read = vendorsFromJson(file.readAll());
        QVERIFY2(read, read ? "" : qPrintable(read.error().message));
        m_vendors = *read;
    }

    void theListIsWorthHaving()
    {
        QSet<QString> ids;
        for (const Vendor &vendor : m_vendors) {
            QVERIFY2(!ids.contains(vendor.id), qPrintable(vendor.id));
            ids.insert(vendor.id);
            QVERIFY(!vendor.name.isEmpty());
            QVERIFY2(
                vendor.local || vendor.id == "openai-compatible"_L1
                    || (vendor.baseUrl.scheme() == "https"_L1 && vendor.keyUrl.isValid() && !vendor.keyEnv.isEmpty()),
                qPrintable(vendor.id));
        }
        for (const QString &id :
             { u"moonshot"_s,  u"github-models"_s, u"localai"_s,    u"jan"_s,         u"openai-compatible"_s,
               u"dashscope"_s, u"dashscope-cn"_s,  u"zhipu"_s,      u"zai"_s,         u"siliconflow-cn"_s,
               u"minimax"_s,   u"mistral"_s,       u"groq"_s,       u"xai"_s,         u"together"_s,
               u"fireworks"_s, u"cerebras"_s,      u"perplexity"_s, u"huggingface"_s, u"deepseek"_s,
               u"openai"_s,    u"azure"_s,         u"anthropic"_s,  u"gemini"_s,      u"ollama"_s,
               u"lmstudio"_s,  u"llamacpp"_s,      u"vllm"_s,       u"openrouter"_s })
            QVERIFY2(ids.contains(id), qPrintable(id));
    }

    void everyRowMakesARequest_data()
    {
        QTest::addColumn<int>("row");
        for (qsizetype i = 0; i < m_vendors.size(); ++i)
            QTest::newRow(qPrintable(m_vendors[i].id)) << static_cast<int>(i);
    }

    void everyRowMakesARequest()
    {
        QFETCH(int, row);
        const Vendor &vendor = m_vendors[row];
        Endpoint endpoint;
        endpoint.providerId = vendor.id;
        endpoint.protocol = vendor.protocol;
        endpoint.baseUrl = QUrl(vendor.baseUrl.toString().replace(u"your-resource"_s, u"mine"_s));
        endpoint.apiKey = u"test-key"_s;
        endpoint.quirks = vendor.quirks;
        ChatRequest chat;
        chat.model = u"some-model"_s;
        chat.messages = { Message::fromText(Role::User, u"hi"_s) };
        chat.options.maxTokens = 10;
        const Provider &provider = *providerFor(vendor.protocol);
        const auto request = provider.encode(chat, endpoint);
        QVERIFY(request);
        QCOMPARE(request->http.url.host(), endpoint.baseUrl.host());
        QVERIFY(request->http.url.path().startsWith(vendor.baseUrl.path()));
        QVERIFY(!QJsonDocument::fromJson(request->http.body).object().isEmpty());
        const base::HttpRequest models = provider.modelsRequest(endpoint);
        QCOMPARE(models.url.host(), endpoint.baseUrl.host());
        QVERIFY2(models.url.path().endsWith("/models"_L1) || models.url.path() == "/api/tags"_L1,
                 qPrintable(models.url.path()));
        QCOMPARE(base::headerValue(models.headers, "authorization"),
                 base::headerValue(request->http.headers, "authorization"));

        const QString auth = vendor.quirks["auth"_L1].toString();
        if (auth == "bearer"_L1)
            QCOMPARE(base::headerValue(request->http.headers, "authorization"), "Bearer test-key");
        else if (auth == "none"_L1)
            QVERIFY(!request->http.body.contains("test-key")
                    && base::headerValue(request->http.headers, "authorization").isEmpty());
        else
            QCOMPARE(base::headerValue(request->http.headers, auth.toLatin1()), "test-key");
        QVERIFY(!request->http.url.toString().contains(u"test-key"_s));
    }

    void documentedRangesAreInTheTable()
    {
        const auto range = [this](const QString &id, QLatin1StringView option) {
            const auto row = std::find_if(m_vendors.cbegin(), m_vendors.cend(),
                                          [&id](const Vendor &vendor) { return vendor.id == id; });
            return row == m_vendors.cend() ? QJsonObject() : row->quirks["ranges"_L1][option].toObject();
        };
        QCOMPARE(range(u"openai"_s, "stop"_L1), (QJsonObject { { u"most"_s, 4 } }));
        QCOMPARE(range(u"openai-responses"_s, "max_tokens"_L1), (QJsonObject { { u"least"_s, 16 } }));
        QCOMPARE(range(u"minimax"_s, "temperature"_L1), (QJsonObject { { u"above"_s, 0 }, { u"most"_s, 1 } }));
        QCOMPARE(range(u"siliconflow"_s, "reasoning_budget"_L1),
                 (QJsonObject { { u"least"_s, 128 }, { u"most"_s, 32'768 } }));
    }

    void keysGoToTheVendorsOwnHosts_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<bool>("own");
        for (const char *own :
             { "https://myres.openai.azure.com", "https://myres.openai.azure.com:443/openai/v1",
               "https://myres.cognitiveservices.azure.com", "https://myres.services.ai.azure.com/models" })
            QTest::newRow(own) << QString::fromLatin1(own) << true;
        for (const char *other :
             { "http://myres.openai.azure.com", "https://myres.openai.azure.com:8443", "https://openai.azure.com",
               "https://evilopenai.azure.com", "https://myres.openai.azure.com.evil.com",
               "https://myres.openai.azure.com@evil.com", "https://api.openai.com/v1" })
            QTest::newRow(other) << QString::fromLatin1(other) << false;
    }

    void keysGoToTheVendorsOwnHosts()
    {
        QFETCH(QString, url);
        const auto azure =
            std::find_if(m_vendors.cbegin(), m_vendors.cend(), [](const Vendor &row) { return row.id == "azure"_L1; });
        QTEST(isServerOf(*azure, QUrl(url)), "own");
        QVERIFY(isServerOf(m_vendors.first(), m_vendors.first().baseUrl));
        QVERIFY(!isServerOf(m_vendors.first(), QUrl(u"https://myres.openai.azure.com"_s)));
    }

    void placeholdersAreNoServers()
    {
        Endpoint endpoint;
        endpoint.baseUrl = QUrl(u"https://YOUR-RESOURCE.openai.azure.com"_s);
        ChatRequest chat;
        chat.model = u"m"_s;
        chat.messages = { Message::fromText(Role::User, u"hi"_s) };
        const auto request = providerFor(u"azure"_s)->encode(chat, endpoint);
        QVERIFY(!request);
        QCOMPARE(request.error().kind, base::ErrorKind::Config);
        QVERIFY(request.error().message.contains(u"YOUR-RESOURCE"_s));
        QVERIFY(!placeholderProblem(QUrl(u"https://myres.openai.azure.com"_s)));
        QVERIFY(!placeholderProblem(QUrl(u"https://chat.your-server.de"_s)));
    }

    void badRowsAreErrors()
    {
        QVERIFY(!vendorsFromJson("nonsense"));
        QVERIFY(!vendorsFromJson(js("{`providers`:[{`id`:`a`,`protocol`:`unknown`,`baseUrl`:`https://x`}]}")));
        QVERIFY(!vendorsFromJson(js("{`providers`:[{`id`:`a`,`protocol`:`ollama`,`baseUrl`:`ftp://x`}]}")));
        QVERIFY(!vendorsFromJson(js("{`providers`:[7]}")));
        const auto read = vendorsFromJson(
            js("{`providers`:[{`id`:`a`,`protocol`:`ollama`,`baseUrl`:`http://x`,`auth`:`h`,`modelsPath`:`p`}]}"));
        QVERIFY(read);
        QCOMPARE(read->first().quirks, (QJsonObject { { u"auth"_s, u"h"_s }, { u"models_path"_s, u"p"_s } }));
    }

private:
    QList<Vendor> m_vendors;
};

QTEST_GUILESS_MAIN(TestVendors)
#include "tst_vendors.moc"
