#include "core/config/endpoints.h"
#include "core/config/secrets.h"

#include <QDirIterator>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::config;
using namespace Qt::StringLiterals;

namespace {

/// A keychain that always fails: Secrets then keeps what it is given in memory.
class NoKeychain final : public SecretBackend {
public:
    void read(const QString &, const Done &done) override { done({}); }
    void write(const QString &, const QString &, const Done &done) override { done({}); }
    void remove(const QString &, const Done &done) override { done({}); }
};

} // namespace

/// The network settings and the providers' own, joined to routes.
class TestEndpoints final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<Settings>(m_folder->path());
        m_secrets = std::make_unique<Secrets>(std::make_unique<NoKeychain>(), std::chrono::hours(1));
        m_provider = ProviderConfig { .id = u"mine"_s,
                                      .name = u"Mine"_s,
                                      .protocol = u"openai-chat"_s,
                                      .baseUrl = QUrl(u"https://api.example.com/v1"_s),
                                      .headers = {},
                                      .defaultModel = {} };
    }

    void standardRouteIsTheSystems()
    {
        QCOMPARE(routeFor(*m_settings, m_provider, u"unused"_s), base::Route());
        QCOMPARE(routeSecretId(*m_settings, m_provider), QString());
    }

    void settingsMakeTheRoute()
    {
        setManual();
        base::Route expected;
        expected.proxying = base::Route::Proxying::Manual;
        expected.proxy = { base::Proxy::Type::Socks5, u"proxy.example"_s, 1081, u"me"_s, u"pw"_s };
        expected.bypass = { u"localhost"_s, u"127.0.0.0/8"_s, u"::1"_s };
        expected.caFiles = { u"/etc/own-ca.pem"_s };
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s), expected);
        QCOMPARE(routeSecretId(*m_settings, m_provider), proxySecretId());

        QVERIFY(m_settings->setValue("network/proxy_user", u""_s));
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s).proxy.password, QString());
        QCOMPARE(routeSecretId(*m_settings, m_provider), QString());
        QVERIFY(m_settings->setValue("network/proxy", u"none"_s));
        expected = {};
        expected.proxying = base::Route::Proxying::None;
        expected.caFiles = { u"/etc/own-ca.pem"_s };
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s), expected);
    }

    void aProviderGoesItsOwnWay()
    {
        setManual();
        m_provider.network.proxying = ProviderNetwork::Proxying::Manual;
        m_provider.network.proxy = { base::Proxy::Type::Http, u"other.example"_s, 3128, u"you"_s, {} };
        m_provider.network.caFile = u"/etc/second.pem"_s;
        m_provider.network.pin = QByteArray(64, 'a');
        const base::Route route = routeFor(*m_settings, m_provider, u"pw"_s);
        QCOMPARE(route.proxy, (base::Proxy { base::Proxy::Type::Http, u"other.example"_s, 3128, u"you"_s, u"pw"_s }));
        QCOMPARE(route.bypass, QStringList());
        QCOMPARE(route.caFiles, (QStringList { u"/etc/own-ca.pem"_s, u"/etc/second.pem"_s }));
        QCOMPARE(route.pin, QByteArray(64, 'a'));
        QCOMPARE(routeSecretId(*m_settings, m_provider), proxySecretId(u"mine"_s));

        m_provider.network.proxying = ProviderNetwork::Proxying::None;
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s).proxy, base::Proxy());
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s).proxying, base::Route::Proxying::None);
        m_provider.network.proxying = ProviderNetwork::Proxying::System;
        QCOMPARE(routeFor(*m_settings, m_provider, u"pw"_s).proxying, base::Route::Proxying::System);
    }

    void theSimulatorIsReachedDirectly()
    {
        setManual();
        QVERIFY(m_settings->setValue("network/bypass", u""_s));
        const base::Route route = routeFor(*m_settings, m_settings->providers().first(), {});
        QCOMPARE(route.proxying, base::Route::Proxying::None);
        QCOMPARE(route.caFiles, QStringList());
    }

    void secretsAreJoined()
    {
        setManual();
        m_secrets->write(u"mine"_s, u"key"_s);
        m_secrets->write(proxySecretId(), u"for all"_s);
        m_secrets->write(proxySecretId(u"mine"_s), u"for mine"_s);
        llm::Endpoint endpoint = endpointOf(*m_settings, *m_secrets, m_provider).result();
        QCOMPARE(endpoint.providerId, u"mine"_s);
        QCOMPARE(endpoint.apiKey, u"key"_s);
        QCOMPARE(endpoint.route, routeFor(*m_settings, m_provider, u"for all"_s));

        m_provider.network.proxying = ProviderNetwork::Proxying::Manual;
        m_provider.network.proxy = { base::Proxy::Type::Http, u"other.example"_s, 3128, u"you"_s, {} };
        QCOMPARE(endpointOf(*m_settings, *m_secrets, m_provider).result().route.proxy.password, u"for mine"_s);
        const TypedSecrets typed { .apiKey = u"typed"_s, .proxyPassword = u"typed, too"_s };
        endpoint = endpointOf(*m_settings, *m_secrets, m_provider, typed).result();
        QCOMPARE(endpoint.apiKey, u"typed"_s);
        QCOMPARE(endpoint.route.proxy.password, u"typed, too"_s);

        m_provider.network.proxying = ProviderNetwork::Proxying::None;
        QCOMPARE(endpointOf(*m_settings, *m_secrets, m_provider, typed).result().route.proxy, base::Proxy());
    }

    void networksSurviveARestart()
    {
        m_provider.network = { ProviderNetwork::Proxying::Manual,
                               { base::Proxy::Type::Socks5, u"other.example"_s, 3128, u"you"_s, {} },
                               u"/etc/second.pem"_s,
                               QByteArray(64, 'a') };
        ProviderConfig second = m_provider;
        second.id = u"second"_s;
        second.network = { ProviderNetwork::Proxying::None, {}, {}, {} };
        QVERIFY(m_settings->setProviders({ m_provider, second }));
        QVERIFY(m_settings->flush());
        Settings again(m_folder->path());
        QVERIFY(again.load());
        QCOMPARE(again.provider(u"mine"_s), m_provider);
        QCOMPARE(again.provider(u"second"_s), second);
    }

    void passwordsAreInNoFile()
    {
        setManual();
        m_provider.network.proxying = ProviderNetwork::Proxying::Manual;
        m_provider.network.proxy = { base::Proxy::Type::Http, u"other.example"_s, 3128, u"you"_s, u"canary-1"_s };
        QVERIFY(m_settings->setProviders({ m_provider }));
        QVERIFY(m_settings->flush());
        m_secrets->write(proxySecretId(), u"canary-2"_s);
        QFile file(m_folder->filePath(u"settings.json"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(!file.readAll().contains("canary"));
    }

    void badNetworksAreRefused()
    {
        m_provider.network.proxying = ProviderNetwork::Proxying::Manual;
        QVERIFY(!m_settings->setProviders({ m_provider }));
        m_provider.network.proxy = { base::Proxy::Type::Http, u"a"_s, 0, {}, {} };
        QVERIFY(!m_settings->setProviders({ m_provider }));
        m_provider.network.proxy.port = 1;
        QVERIFY(m_settings->setProviders({ m_provider }));
        m_provider.network.pin = "AA:BB";
        QVERIFY(!m_settings->setProviders({ m_provider }));
        m_provider.network.pin.clear();
        m_provider.id = u"proxy/mine"_s;
        QVERIFY(!m_settings->setProviders({ m_provider }));

        QStringList problems;
        const QJsonObject hostile { { u"proxy"_s, u"tor"_s },
                                    { u"manual"_s, QJsonObject { { u"port"_s, 1e9 }, { u"host"_s, 7 } } } };
        QCOMPARE(networkFromJson(hostile, u"Mine"_s, &problems), ProviderNetwork());
        QCOMPARE(problems.size(), 1);
        QVERIFY(!m_settings->setValue("network/proxy_port", 0));
        QVERIFY(!m_settings->setValue("network/proxy", u"sometimes"_s));
    }

    void whatIsOfThisProgramMakesNoOtherEndpoint()
    {
        const ProviderConfig before = m_provider;
        m_provider.name = u"Renamed"_s;
        m_provider.defaultModel = u"other"_s;
        m_provider.limits.concurrent = 3;
        m_provider.keys = { { {}, u"Work"_s, {} }, { u"key-2"_s, u"Home"_s, {} } };
        QVERIFY(sameEndpoint(before, m_provider));
        ProviderConfig other = m_provider;
        other.activeKey = u"key-2"_s;
        QVERIFY(!sameEndpoint(m_provider, other));
        other = m_provider;
        other.keys[0].environment = u"OTHER_KEY"_s;
        QVERIFY(!sameEndpoint(m_provider, other));
        other = m_provider;
        other.baseUrl = QUrl(u"https://other.example.com/v1"_s);
        QVERIFY(!sameEndpoint(m_provider, other));
        other = m_provider;
        other.protocol = u"ollama"_s;
        QVERIFY(!sameEndpoint(m_provider, other));
        other = m_provider;
        other.headers = { { "X-Account", "2" } };
        QVERIFY(!sameEndpoint(m_provider, other));
        other = m_provider;
        other.network.proxying = ProviderNetwork::Proxying::None;
        QVERIFY(!sameEndpoint(m_provider, other));
    }

private:
    void setManual()
    {
        QVERIFY(m_settings->setValue("network/proxy", u"manual"_s));
        QVERIFY(m_settings->setValue("network/proxy_type", u"socks5"_s));
        QVERIFY(m_settings->setValue("network/proxy_host", u"proxy.example"_s));
        QVERIFY(m_settings->setValue("network/proxy_port", 1081));
        QVERIFY(m_settings->setValue("network/proxy_user", u"me"_s));
        QVERIFY(m_settings->setValue("network/ca_file", u"/etc/own-ca.pem"_s));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<Secrets> m_secrets;
    ProviderConfig m_provider;
};

QTEST_GUILESS_MAIN(TestEndpoints)
#include "tst_endpoints.moc"
