#include "core/base/clock.h"
#include "core/net/qttransport.h"
#include "tests/net/exchange.h"
#include "tests/support/certificates.h"
#include "tests/support/scriptedproxy.h"
#include "tests/support/scriptedserver.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

base::Route by(const ScriptedProxy &proxy, base::Proxy::Type type, const QString &user = {},
               const QString &password = {})
{
    base::Route route;
    route.proxying = base::Route::Proxying::Manual;
    route.proxy = { type, u"127.0.0.1"_s, proxy.port(), user, password };
    return route;
}

quint16 closedPort()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

QUrl farUrl(const ScriptedServer &server)
{
    QUrl url = server.url(u"/v1/chat"_s);
    url.setHost(u"far.test"_s);
    return url;
}

} // namespace

/// Proxies of every kind, own authorities and pinned certificates, each against a server that sees what arrives.
class TestRoutes final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { m_transport = std::make_unique<net::QtTransport>(m_clock); }
    void cleanup() { m_transport.reset(); }

    void goesByProxies_data();
    void goesByProxies();
    void saysWhatIsWrongWithTheProxy_data();
    void saysWhatIsWrongWithTheProxy();
    void saysWhenThereIsNoProxy_data();
    void saysWhenThereIsNoProxy();
    void saysWhenAProxyIsSilent();
    void bypassesProxies();
    void connectionsAreOfOneRoute();
    void theSystemsProxy_data();
    void theSystemsProxy();
    void theSystemsProxyIsNotForLoopback();

    void refusesBadCertificates_data();
    void refusesBadCertificates();
    void trustsAnOwnAuthority();
    void badAuthorityFilesAreSaid_data();
    void badAuthorityFilesAreSaid();
    void readsAChangedAuthorityFile();
    void acceptsThePinnedCertificate_data();
    void acceptsThePinnedCertificate();
    void acceptsNoOtherThanThePinned();
    void pinsHoldForFurtherConnections();
    void pinnedConnectionsServeNoOthers();

private:
    ExchangePtr run(const base::HttpRequest &request, const net::TransportLimits &limits = {})
    {
        ExchangePtr exchange = startExchange(*m_transport, request, limits);
        if (!QTest::qWaitFor([&] { return exchange->finishes > 0; }, 20'000))
            QTest::qFail("the transfer does not end", __FILE__, __LINE__);
        return exchange;
    }
    base::Route trusting() const
    {
        base::Route route;
        route.caFiles = { m_certificates->authorityFile() };
        return route;
    }

    base::SystemClock m_clock;
    std::unique_ptr<Certificates> m_certificates;
    std::unique_ptr<net::QtTransport> m_transport;
    QSslConfiguration m_good;
    QSslConfiguration m_selfSigned;
    QSslConfiguration m_otherName;
    QSslConfiguration m_expired;
};

void TestRoutes::initTestCase()
{
    if (!Certificates::canBeMade())
        QSKIP("openssl, which makes the test's certificates, is not here");
    m_certificates = std::make_unique<Certificates>();
    const auto names = u"IP:127.0.0.1,DNS:far.test"_s;
    m_good = m_certificates->server(u"good"_s, { .commonName = u"good"_s, .subjectAltName = names });
    m_selfSigned = m_certificates->server(u"self"_s, { .commonName = u"self"_s, .selfSigned = true });
    m_otherName =
        m_certificates->server(u"other"_s, { .commonName = u"other"_s, .subjectAltName = u"DNS:other.example"_s });
    m_expired = m_certificates->server(u"expired"_s, { .commonName = u"expired"_s, .days = -1 });
    for (const QSslConfiguration &made : { m_good, m_selfSigned, m_otherName, m_expired })
        QVERIFY(!made.localCertificate().isNull() && !made.privateKey().isNull());
}

void TestRoutes::goesByProxies_data()
{
    QTest::addColumn<bool>("socks");
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("credentials");
    for (const bool socks : { false, true }) {
        for (const bool tls : { false, true }) {
            for (const bool credentials : { false, true })
                QTest::addRow("%s to %s%s", socks ? "SOCKS5" : "HTTP", tls ? "https" : "http",
                              credentials ? " with credentials" : "")
                    << socks << tls << credentials;
        }
    }
}

/// The server's name is known to the proxy only: nobody looks it up here.
void TestRoutes::goesByProxies()
{
    QFETCH(bool, socks);
    QFETCH(bool, tls);
    QFETCH(bool, credentials);
    ScriptedServer server([](auto &connection, const auto &request) { connection.answer(200, request.body); },
                          tls ? std::optional(m_good) : std::nullopt);
    ScriptedProxy proxy({ .socks = socks,
                          .user = credentials ? QByteArray("me") : QByteArray(),
                          .password = credentials ? QByteArray("s:крет") : QByteArray() });
    base::Route route = by(proxy, socks ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http,
                           credentials ? u"me"_s : QString(), credentials ? u"s:крет"_s : QString());
    route.caFiles = { m_certificates->authorityFile() };
    const QByteArray body(100'000, 'b');
    for (int i = 0; i < 3; ++i) {
        const ExchangePtr exchange = run(post(farUrl(server), body, route));
        QVERIFY2(!exchange->error, exchange->error ? qPrintable(exchange->error->message) : "");
        QCOMPARE(exchange->head.status, 200);
        QCOMPARE(exchange->body(), body);
        QCOMPARE(exchange->connected(), i == 0);
        QCOMPARE(exchange->phases.contains(net::Phase::Encrypted), tls && i == 0);
    }
    QCOMPARE(server.accepted(), 1);
    QCOMPARE(server.requests().size(), 3);
    for (const ScriptedRequest &request : server.requests()) {
        QCOMPARE(request.target, "/v1/chat");
        QCOMPARE(base::headerValue(request.headers, "proxy-authorization"), "");
    }
    const QByteArray place = "far.test:" + QByteArray::number(server.port());
    QCOMPARE(proxy.asked().last(),
             socks     ? "SOCKS " + place
                 : tls ? "CONNECT " + place
                       : "POST http://" + place + "/v1/chat");
    QVERIFY(proxy.rejections() <= (tls && !socks ? 1 : 0)); // a tunnel is asked for without credentials first
}

void TestRoutes::saysWhatIsWrongWithTheProxy_data()
{
    QTest::addColumn<bool>("socks");
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("wantsPassword");
    QTest::addColumn<QString>("user");
    QTest::addColumn<int>("refusal");
    QTest::addColumn<ErrorKind>("kind");
    QTest::addColumn<QString>("words");
    const auto wants = u"wants a user name and a password"_s;
    const auto rejected = u"rejected the user name or the password"_s;
    const auto noWay = u"made no connection to far.test"_s; // Qt doesn't tell these answers of SOCKS5 apart
    const auto me = u"me"_s;
    QTest::newRow("HTTP, https, no password") << false << true << true << QString() << 0 << ErrorKind::Proxy << wants;
    QTest::newRow("HTTP, http, no password") << false << false << true << QString() << 0 << ErrorKind::Proxy << wants;
    QTest::newRow("SOCKS5, no password") << true << false << true << QString() << 0 << ErrorKind::Proxy << wants;
    QTest::newRow("HTTP, https, wrong") << false << true << true << me << 0 << ErrorKind::Proxy << rejected;
    QTest::newRow("HTTP, http, wrong") << false << false << true << me << 0 << ErrorKind::Proxy << rejected;
    QTest::newRow("SOCKS5, wrong") << true << true << true << me << 0 << ErrorKind::Proxy << rejected;
    QTest::newRow("CONNECT 403") << false << true << false << QString() << 403 << ErrorKind::Proxy
                                 << u"does not allow connections to far.test"_s;
    QTest::newRow("CONNECT 404") << false << true << false << QString() << 404 << ErrorKind::Dns
                                 << u"found no host named far.test"_s;
    QTest::newRow("CONNECT 502") << false << true << false << QString() << 502 << ErrorKind::Network
                                 << u"could not make a connection to far.test"_s;
    QTest::newRow("CONNECT 503") << false << true << false << QString() << 503 << ErrorKind::Refused
                                 << u"refused the connection from the proxy"_s;
    QTest::newRow("SOCKS5 failure") << true << false << false << QString() << 1 << ErrorKind::Proxy << noWay;
    QTest::newRow("SOCKS5 not allowed") << true << false << false << QString() << 2 << ErrorKind::Proxy << noWay;
    QTest::newRow("SOCKS5 host unreachable") << true << false << false << QString() << 4 << ErrorKind::Proxy << noWay;
    QTest::newRow("SOCKS5 unreachable network") << true << false << false << QString() << 3 << ErrorKind::Network
                                                << u"could not make a connection to far.test"_s;
    QTest::newRow("SOCKS5 refused") << true << false << false << QString() << 5 << ErrorKind::Refused
                                    << u"refused the connection from the proxy"_s;
}

void TestRoutes::saysWhatIsWrongWithTheProxy()
{
    QFETCH(bool, socks);
    QFETCH(bool, tls);
    QFETCH(bool, wantsPassword);
    QFETCH(QString, user);
    QFETCH(int, refusal);
    QFETCH(ErrorKind, kind);
    QFETCH(QString, words);
    ScriptedServer server({}, tls ? std::optional(m_good) : std::nullopt);
    ScriptedProxy proxy({ .socks = socks,
                          .user = wantsPassword ? QByteArray("me") : QByteArray(),
                          .password = wantsPassword ? QByteArray("right") : QByteArray(),
                          .refusal = refusal });
    const base::Route route = by(proxy, socks ? base::Proxy::Type::Socks5 : base::Proxy::Type::Http, user,
                                 user.isEmpty() ? QString() : u"canary-wrong"_s);
    const ExchangePtr exchange = run(post(farUrl(server), "{}", route));
    QCOMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(base::errorKindName(exchange->error->kind), base::errorKindName(kind));
    QVERIFY2(exchange->error->message.contains(words), qPrintable(exchange->error->message));
    QVERIFY(exchange->error->message.contains(u"127.0.0.1:"_s + QString::number(proxy.port())));
    QVERIFY(!(exchange->error->message + exchange->error->detail).contains(u"canary"_s));
    QVERIFY(server.requests().isEmpty());
}

void TestRoutes::saysWhenThereIsNoProxy_data()
{
    QTest::addColumn<QUrl>("url");
    QTest::addColumn<base::Proxy>("proxy");
    QTest::addColumn<ErrorKind>("kind");
    QTest::addColumn<QString>("words");
    const quint16 port = closedPort();
    const QUrl http(u"http://far.test/v1"_s);
    const QUrl https(u"https://far.test/v1"_s);
    for (const auto type : { base::Proxy::Type::Http, base::Proxy::Type::Socks5 }) {
        const char *name = type == base::Proxy::Type::Http ? "HTTP" : "SOCKS5";
        for (const QUrl &url : { http, https }) {
            const QByteArray scheme = url.scheme().toLatin1();
            QTest::addRow("%s, %s, refused", name, scheme.constData())
                << url << base::Proxy { type, u"127.0.0.1"_s, port, {}, {} } << ErrorKind::Proxy
                << u"refused the connection. Is it running?"_s;
            QTest::addRow("%s, %s, unknown", name, scheme.constData())
                << url << base::Proxy { type, u"proxy.invalid"_s, 3128, {}, {} } << ErrorKind::Proxy
                << u"There is no proxy named proxy.invalid"_s;
        }
    }
    QTest::newRow("none named") << http << base::Proxy() << ErrorKind::Config << u"name no host"_s;
}

void TestRoutes::saysWhenThereIsNoProxy()
{
    QFETCH(QUrl, url);
    QFETCH(base::Proxy, proxy);
    QFETCH(ErrorKind, kind);
    QFETCH(QString, words);
    base::Route route;
    route.proxying = base::Route::Proxying::Manual;
    route.proxy = proxy;
    const ExchangePtr exchange = run(post(url, "{}", route));
    QCOMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(base::errorKindName(exchange->error->kind), base::errorKindName(kind));
    QVERIFY2(exchange->error->message.contains(words), qPrintable(exchange->error->message));
    QVERIFY(m_transport->hasFreeConnection(url));
}

void TestRoutes::saysWhenAProxyIsSilent()
{
    ScriptedServer silent; // takes the tunnel's request and says nothing
    base::Route route;
    route.proxying = base::Route::Proxying::Manual;
    route.proxy = { base::Proxy::Type::Http, u"127.0.0.1"_s, silent.port(), {}, {} };
    const ExchangePtr exchange =
        run(post(QUrl(u"https://far.test/"_s), "{}", route), { .connectMs = 150, .firstByteMs = 20'000 });
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::ConnectTimeout);
    QVERIFY2(exchange->error->message.contains(u"by the proxy 127.0.0.1:"_s), qPrintable(exchange->error->message));
    QTRY_COMPARE(silent.open(), 0);
}

void TestRoutes::bypassesProxies()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    ScriptedProxy proxy({});
    base::Route route = by(proxy, base::Proxy::Type::Http);
    route.bypass = base::bypassFromText(u"*.example.com, 127.0.0.0/8"_s);
    QVERIFY(!run(post(server.url(), "{}", route))->error);
    QCOMPARE(proxy.asked().size(), 0);
    route.bypass.removeLast();
    QVERIFY(!run(post(server.url(), "{}", route))->error);
    QCOMPARE(proxy.asked().size(), 1);
}

void TestRoutes::connectionsAreOfOneRoute()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    ScriptedProxy proxy({ .user = "me", .password = "right" });
    const base::Route right = by(proxy, base::Proxy::Type::Http, u"me"_s, u"right"_s);
    const base::Route wrong = by(proxy, base::Proxy::Type::Http, u"me"_s, u"wrong"_s);
    base::Route direct;
    direct.proxying = base::Route::Proxying::None;
    QVERIFY(!run(post(server.url(), "{}", right))->error);
    QVERIFY(run(post(server.url(), "{}", wrong))->error);
    const ExchangePtr other = run(post(server.url(), "{}", direct));
    QVERIFY(!other->error && other->connected());
    const ExchangePtr again = run(post(server.url(), "{}", right));
    QVERIFY(!again->error && !again->connected());
    QCOMPARE(server.accepted(), 2);
}

void TestRoutes::theSystemsProxy_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<QByteArray>("except");
    QTest::newRow("http") << false << QByteArray();
    QTest::newRow("https") << true << QByteArray();
    QTest::newRow("http, excepted") << false << QByteArray("far.test");
}

void TestRoutes::theSystemsProxy()
{
    QFETCH(bool, tls);
    QFETCH(QByteArray, except);
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); },
                          tls ? std::optional(m_good) : std::nullopt);
    ScriptedProxy proxy({ .user = "me", .password = "right" });
    qputenv(tls ? "https_proxy" : "http_proxy", "http://me:right@127.0.0.1:" + QByteArray::number(proxy.port()));
    qputenv("no_proxy", except);
    const ExchangePtr exchange = run(post(farUrl(server), "{}", trusting()));
    qunsetenv("http_proxy");
    qunsetenv("https_proxy");
    qunsetenv("no_proxy");
    if (except.isEmpty()) {
        QVERIFY2(!exchange->error, exchange->error ? qPrintable(exchange->error->message) : "");
        QVERIFY(!proxy.asked().isEmpty());
    } else {
        QCOMPARE(exchange->error->kind, ErrorKind::Dns); // asked for directly, and no such host
        QVERIFY(proxy.asked().isEmpty());
    }
}

void TestRoutes::theSystemsProxyIsNotForLoopback()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); });
    ScriptedProxy proxy({});
    qputenv("http_proxy", "http://127.0.0.1:" + QByteArray::number(proxy.port()));
    const ExchangePtr exchange = run(post(server.url()));
    qunsetenv("http_proxy");
    QVERIFY(!exchange->error);
    QVERIFY(proxy.asked().isEmpty());
}

void TestRoutes::refusesBadCertificates_data()
{
    QTest::addColumn<QSslConfiguration>("tls");
    QTest::addColumn<bool>("trusts");
    QTest::addColumn<QString>("words");
    QTest::newRow("self-signed") << m_selfSigned << true << u"self-signed"_s;
    QTest::newRow("unknown authority") << m_good << false << u"issuer"_s;
    QTest::newRow("other name") << m_otherName << true << u"host name"_s;
    QTest::newRow("expired") << m_expired << true << u"expired"_s;
}

void TestRoutes::refusesBadCertificates()
{
    QFETCH(QSslConfiguration, tls);
    QFETCH(bool, trusts);
    QFETCH(QString, words);
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, tls);
    const ExchangePtr exchange = run(post(server.url(), "{}", trusts ? trusting() : base::Route()));
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::Tls);
    QVERIFY2(exchange->error->message.contains(words), qPrintable(exchange->error->message));
    QVERIFY(server.requests().isEmpty());

    const auto &shown = exchange->error->certificate;
    QVERIFY(shown);
    const QSslCertificate certificate = tls.localCertificate();
    QCOMPARE(shown->fingerprint, Certificates::pinOf(tls));
    QCOMPARE(shown->subject, certificate.subjectDisplayName());
    QCOMPARE(shown->issuer, certificate.issuerDisplayName());
    QCOMPARE(shown->validFrom, certificate.effectiveDate());
    QCOMPARE(shown->validUntil, certificate.expiryDate());
    QVERIFY(shown->problems.join(u' ').contains(words));
    QVERIFY(exchange->error->detail.contains(base::fingerprintText(shown->fingerprint)));
}

void TestRoutes::trustsAnOwnAuthority()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, m_good);
    const ExchangePtr trusted = run(post(server.url(), "{}", trusting()));
    QVERIFY2(!trusted->error, trusted->error ? qPrintable(trusted->error->message) : "");
    using net::Phase;
    QCOMPARE(
        trusted->phases,
        (QList { Phase::ConnectStarted, Phase::Encrypted, Phase::Sent, Phase::Headers, Phase::FirstByte, Phase::End }));
    // For that route only, also while its connection is open.
    QCOMPARE(run(post(server.url()))->error->kind, ErrorKind::Tls);
    QCOMPARE(server.requests().size(), 1);
}

void TestRoutes::badAuthorityFilesAreSaid_data()
{
    QTest::addColumn<QString>("path");
    QTest::newRow("missing") << m_certificates->path(u"missing.pem"_s);
    QTest::newRow("a folder") << m_certificates->path({});
    QTest::newRow("no end") << u"/dev/zero"_s;
    QTest::newRow("no certificate") << m_certificates->path(u"ca.key"_s);
}

void TestRoutes::badAuthorityFilesAreSaid()
{
    QFETCH(QString, path);
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, m_good);
    base::Route route = trusting();
    route.caFiles.append(path);
    const ExchangePtr exchange = startExchange(*m_transport, post(server.url(), "{}", route));
    QCOMPARE(exchange->finishes, 0); // no signal from within start()
    QTRY_COMPARE(exchange->finishes, 1);
    QVERIFY(exchange->error);
    QCOMPARE(exchange->error->kind, ErrorKind::Config);
    QVERIFY2(exchange->error->message.contains(path), qPrintable(exchange->error->message));
    QCOMPARE(server.accepted(), 0);
}

void TestRoutes::readsAChangedAuthorityFile()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, m_good);
    const QString path = m_certificates->path(u"later.pem"_s);
    base::Route route;
    route.caFiles = { path };
    QCOMPARE(run(post(server.url(), "{}", route))->error->kind, ErrorKind::Config);
    QVERIFY(QFile::copy(m_certificates->authorityFile(), path));
    QVERIFY(!run(post(server.url(), "{}", route))->error);
}

void TestRoutes::acceptsThePinnedCertificate_data()
{
    QTest::addColumn<QSslConfiguration>("tls");
    QTest::newRow("self-signed") << m_selfSigned;
    QTest::newRow("unknown authority") << m_good;
    QTest::newRow("other name") << m_otherName;
    QTest::newRow("expired") << m_expired;
}

void TestRoutes::acceptsThePinnedCertificate()
{
    QFETCH(QSslConfiguration, tls);
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, tls);
    base::Route route;
    route.pin = Certificates::pinOf(tls);
    for (int i = 0; i < 2; ++i) {
        const ExchangePtr exchange = run(post(server.url(), "{}", route));
        QVERIFY2(!exchange->error, exchange->error ? qPrintable(exchange->error->message) : "");
        QCOMPARE(exchange->connected(), i == 0);
    }
    QCOMPARE(server.requests().size(), 2);
}

/// Not even one that an own authority signed.
void TestRoutes::acceptsNoOtherThanThePinned()
{
    for (const QSslConfiguration &tls : { m_good, m_selfSigned }) {
        ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, tls);
        base::Route route = trusting();
        route.pin = Certificates::pinOf(m_expired);
        for (const QByteArray &body : { QByteArray(), QByteArray("{}") }) {
            const ExchangePtr exchange = run(post(server.url(), body, route));
            QVERIFY(exchange->error);
            QCOMPARE(exchange->error->kind, ErrorKind::Tls);
            QVERIFY(exchange->error->certificate);
            QCOMPARE(exchange->error->certificate->fingerprint, Certificates::pinOf(tls));
            QVERIFY2(exchange->error->message.contains(base::fingerprintText(Certificates::pinOf(tls))),
                     qPrintable(exchange->error->message));
        }
        QVERIFY(server.requests().isEmpty());
        QTRY_COMPARE(server.open(), 0);
    }
}

/// Twelve at once take two managers; then the server's certificate changes under a manager that has accepted the old one.
void TestRoutes::pinsHoldForFurtherConnections()
{
    base::Route route;
    route.pin = Certificates::pinOf(m_selfSigned);
    auto server = std::make_unique<ScriptedServer>(ScriptedServer::Script(), m_selfSigned);
    std::vector<ExchangePtr> exchanges;
    exchanges.reserve(12);
    for (int i = 0; i < 12; ++i)
        exchanges.push_back(startExchange(*m_transport, post(server->url(), "{}", route)));
    QTRY_COMPARE(server->requests().size(), 12);
    for (int i = 0; i < 12; ++i)
        server->on(i, [](auto &connection) { connection.answer(200, "{}"); });
    for (const ExchangePtr &exchange : exchanges) {
        QTRY_COMPARE(exchange->finishes, 1);
        QVERIFY(!exchange->error);
    }
    server->changeTls(m_expired);
    for (int i = 0; i < 12; ++i)
        server->on(i, [](auto &connection) { connection.closeAndWait(); });
    QTRY_COMPARE(server->open(), 0);
    exchanges.clear();
    for (int i = 0; i < 12; ++i)
        exchanges.push_back(startExchange(*m_transport, post(server->url(), "{}", route)));
    for (const ExchangePtr &exchange : exchanges) {
        QTRY_COMPARE(exchange->finishes, 1);
        QVERIFY(exchange->error);
        QCOMPARE(exchange->error->kind, ErrorKind::Tls);
    }
    QCOMPARE(server->requests().size(), 12);
}

void TestRoutes::pinnedConnectionsServeNoOthers()
{
    ScriptedServer server([](auto &connection, const auto &) { connection.answer(200, "{}"); }, m_good);
    base::Route pinned = trusting();
    pinned.pin = Certificates::pinOf(m_good);
    QVERIFY(!run(post(server.url(), "{}", pinned))->error);
    const ExchangePtr other = run(post(server.url(), "{}", trusting()));
    QVERIFY(!other->error && other->connected());
    const ExchangePtr again = run(post(server.url(), "{}", pinned));
    QVERIFY(!again->error && !again->connected());
    QCOMPARE(run(post(server.url()))->error->kind, ErrorKind::Tls);
    QCOMPARE(server.accepted() >= 2, true);
}

QTEST_GUILESS_MAIN(TestRoutes)
#include "tst_routes.moc"
