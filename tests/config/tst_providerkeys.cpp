#include "core/config/providerkeys.h"
#include "core/config/providerrows.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"

#include <QJsonDocument>
#include <QTest>

using namespace talkbench;
using namespace talkbench::config;
using namespace Qt::StringLiterals;

namespace {

class FullKeychain final : public SecretBackend {
public:
    void read(const QString &id, const Done &done) override { done({ Outcome::Ok, u"secret of "_s + id, {} }); }
    void write(const QString &, const QString &, const Done &done) override { done({ Outcome::Ok, {}, {} }); }
    void remove(const QString &, const Done &done) override { done({ Outcome::Ok, {}, {} }); }
};

ProviderConfig provider(const QList<ProviderKey> &keys = {}, const QString &active = {})
{
    ProviderConfig config;
    config.id = u"openai"_s;
    config.name = u"OpenAI"_s;
    config.protocol = u"openai-chat"_s;
    config.baseUrl = QUrl(u"https://api.openai.com/v1"_s);
    config.keys = keys;
    config.activeKey = active;
    return config;
}

QString read(const ProviderConfig &config)
{
    Secrets secrets(std::make_unique<FullKeychain>(), std::chrono::seconds(1));
    const auto variable = checkKeyVariable(config);
    return variable ? readKey(secrets, config).result() : u"error: "_s + variable.error().message;
}

} // namespace

class TestProviderKeys final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneWithoutANameIsTheRule()
    {
        QCOMPARE(keysOf(provider()), QList<ProviderKey> { {} });
        QCOMPARE(activeKeyOf(provider()), ProviderKey());
        QCOMPARE(read(provider()), u"secret of openai"_s);
    }

    void theActiveOneIsRead()
    {
        const QList<ProviderKey> keys { { {}, u"Home"_s, {} }, { u"key-2"_s, u"Work"_s, {} } };
        QCOMPARE(read(provider(keys)), u"secret of openai"_s);
        QCOMPARE(read(provider(keys, u"key-2"_s)), u"secret of openai/key-2"_s);
        QCOMPARE(read(provider(keys, u"gone"_s)), u"secret of openai"_s);
    }

    void theEnvironmentIsReadAtEachCall()
    {
        const ProviderConfig config = provider({ { {}, {}, u"TALKBENCH_TEST_KEY"_s } });
        qunsetenv("TALKBENCH_TEST_KEY");
        QVERIFY(read(config).startsWith(u"error: "_s));
        QVERIFY(read(config).contains(u"TALKBENCH_TEST_KEY"_s));
        qputenv("TALKBENCH_TEST_KEY", "from outside");
        QCOMPARE(read(config), u"from outside"_s);
        qunsetenv("TALKBENCH_TEST_KEY");
    }

    void namesSurviveTheFile()
    {
        const ProviderConfig before =
            provider({ { {}, u"Home"_s, {} }, { u"key-2"_s, u"Work"_s, u"OPENAI_API_KEY"_s } }, u"key-2"_s);
        QStringList problems;
        const ProviderConfig after = providerFromJson(toJson(before), &problems);
        QCOMPARE(after, before);
        QCOMPARE(problems, QStringList());
    }

    void whatLooksLikeAKeyIsRefused_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("environment");
        QTest::addColumn<bool>("accepted");
        QTest::newRow("named") << u"Work"_s << QString() << true;
        QTest::newRow("with spaces") << u"The one of the big project in Basel"_s << QString() << true;
        QTest::newRow("variable") << QString() << u"OPENAI_API_KEY"_s << true;
        QTest::newRow("key as name") << u"sk-abcdefghij"_s << QString() << false;
        QTest::newRow("long key as name") << u"gsk_0123456789abcdefghijABCDEFGHIJ"_s << QString() << false;
        QTest::newRow("key as variable") << QString() << u"sk-abcdefghij"_s << false;
        QTest::newRow("other key as variable") << QString() << u"gsk_abcdefghij"_s << false;
        QTest::newRow("digit first") << QString() << u"1KEY"_s << false;
    }
    void whatLooksLikeAKeyIsRefused()
    {
        QFETCH(QString, name);
        QFETCH(QString, environment);
        QFETCH(bool, accepted);
        const auto valid = validate(provider({ { {}, name, environment } }));
        QCOMPARE(bool(valid), accepted);
        if (!valid) {
            QVERIFY(name.isEmpty() || !valid.error().message.contains(name));
            QVERIFY(environment.isEmpty() || !valid.error().message.contains(environment));
        }
    }

    void severalNeedNames()
    {
        QVERIFY(!validate(provider({ { {}, u"Home"_s, {} }, { u"key-2"_s, {}, {} } })));
        QVERIFY(!validate(provider({ { u"k"_s, u"One"_s, {} }, { u"k"_s, u"Two"_s, {} } })));
    }

    void servicesNeedOne()
    {
        ProviderConfig service = provider();
        QVERIFY(!needsKey(service)); // a server of one's own: it may ask for none
        service.vendor = u"openai"_s;
        QVERIFY(needsKey(service));
        service.quirks.insert(u"auth"_s, u"none"_s);
        QVERIFY(!needsKey(service));
        service = provider();
        service.vendor = u"vllm"_s;
        service.baseUrl = QUrl(u"http://127.0.0.1:8000/v1"_s);
        QVERIFY(!needsKey(service));
    }
};

QTEST_GUILESS_MAIN(TestProviderKeys)
#include "tst_providerkeys.moc"
