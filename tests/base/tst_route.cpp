#include "core/base/route.h"

#include <QTest>

using namespace talkbench::base;
using namespace Qt::StringLiterals;

class TestRoute final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keysDifferWhereRoutesDo()
    {
        const Route plain;
        QList<Route> others(9, plain);
        others[0].proxying = Route::Proxying::None;
        others[1].proxying = Route::Proxying::Manual;
        others[2].proxy.type = Proxy::Type::Socks5;
        others[3].proxy.host = u"a"_s;
        others[4].proxy.port = 1;
        others[5].proxy.user = u"a"_s;
        others[6].proxy.password = u"a"_s;
        others[7].caFiles = { u"a"_s };
        others[8].pin = "a";
        others.append(plain);
        others.last().bypass = { u"a"_s };
        QSet<QByteArray> keys { routeKey(plain) };
        for (const Route &route : std::as_const(others)) {
            QVERIFY(route != plain);
            keys.insert(routeKey(route));
            QCOMPARE(routeKey(Route(route)), routeKey(route));
        }
        QCOMPARE(keys.size(), others.size() + 1);
        QVERIFY(!routeKey(others[6]).contains('a') || routeKey(others[6]).size() == 32);
    }

    void wrongBypassIsNamed()
    {
        const QStringList right { u"localhost"_s, u"127.0.0.0/8"_s, u"::1"_s, u"fd00::/8"_s, u"10.0.0.1"_s,
                                  u"*.a.de"_s,    u".a.de"_s,       u"*"_s,   u"my-host"_s };
        QCOMPARE(wrongBypass(right), QString());
        for (const QString &wrong : { u"10.0.0.0/99"_s, u"[::1]"_s, u"http://a"_s, u"a/b"_s, u"a:80"_s, u"a.*.de"_s })
            QCOMPARE(wrongBypass(right + QStringList { wrong }), wrong);
    }

    void bypass_data()
    {
        QTest::addColumn<QString>("list");
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("bypassed");
        const auto standard = u"localhost, 127.0.0.0/8, ::1"_s;
        QTest::newRow("localhost") << standard << u"localhost"_s << true;
        QTest::newRow("127.0.0.1") << standard << u"127.0.0.1"_s << true;
        QTest::newRow("127.3.2.1") << standard << u"127.3.2.1"_s << true;
        QTest::newRow("::1") << standard << u"::1"_s << true;
        QTest::newRow("other host") << standard << u"example.com"_s << false;
        QTest::newRow("other address") << standard << u"128.0.0.1"_s << false;
        QTest::newRow("empty list") << QString() << u"localhost"_s << false;
        QTest::newRow("name") << u"example.com"_s << u"Example.COM"_s << true;
        QTest::newRow("not below a name") << u"example.com"_s << u"a.example.com"_s << false;
        QTest::newRow("below") << u"*.example.com"_s << u"a.b.Example.com"_s << true;
        QTest::newRow("below, dot") << u".example.com"_s << u"a.example.com"_s << true;
        QTest::newRow("not itself") << u"*.example.com"_s << u"example.com"_s << false;
        QTest::newRow("not a tail") << u"*.example.com"_s << u"badexample.com"_s << false;
        QTest::newRow("all") << u"*"_s << u"example.com"_s << true;
        QTest::newRow("range") << u"a;10.0.0.0/8\n b"_s << u"10.1.2.3"_s << true;
        QTest::newRow("range, last") << u"a;10.0.0.0/8\n b"_s << u"b"_s << true;
        QTest::newRow("out of the range") << u"10.0.0.0/9"_s << u"10.200.2.3"_s << false;
        QTest::newRow("IPv6 range") << u"fd00::/8"_s << u"fd12::1"_s << true;
        QTest::newRow("IPv4 is not in an IPv6 range") << u"::/0"_s << u"10.1.2.3"_s << false;
        QTest::newRow("nonsense") << u"///, *., 10.0.0.0/99"_s << u"10.1.2.3"_s << false;
    }
    void bypass()
    {
        QFETCH(QString, list);
        QFETCH(QString, host);
        QTEST(bypasses(bypassFromText(list), host), "bypassed");
        QCOMPARE(bypassFromText(bypassText(bypassFromText(list))), bypassFromText(list));
    }

    void proxyUrls()
    {
        const Proxy http { Proxy::Type::Http, u"proxy.example"_s, 3128, u"me"_s, u"p@ss:w"_s };
        QCOMPARE(proxyFromUrl(u" http://me:p%40ss%3Aw@proxy.example:3128/ "_s), http);
        const Proxy socks { Proxy::Type::Socks5, u"::1"_s, 1080, {}, {} };
        QCOMPARE(proxyFromUrl(u"socks5://[::1]"_s), socks);
        QCOMPARE(proxyFromUrl(u"http://a"_s)->port, quint16(8080));
        for (const QString &text : { u""_s, u"proxy:3128"_s, u"https://a:1"_s, u"http://"_s, u"http://a:0"_s,
                                     u"http://a:70000"_s, u"http://a/path"_s, u"http://a?b"_s, u"socks4://a:1"_s })
            QVERIFY2(!proxyFromUrl(text), qPrintable(text));
    }

    void fingerprints()
    {
        const QByteArray pin(64, 'a');
        const QString shown = fingerprintText(pin);
        QCOMPARE(shown.size(), 95);
        QVERIFY(shown.startsWith(u"AA:AA:"_s));
        QCOMPARE(fingerprintFrom(shown), pin);
        QCOMPARE(fingerprintFrom(u"sha256 Fingerprint="_s + shown + u'\n'), pin);
        QCOMPARE(fingerprintFrom(QString::fromLatin1(pin)), pin);
        QVERIFY(!fingerprintFrom({}));
        QVERIFY(!fingerprintFrom(QString(40, u'a'))); // SHA-1
        QVERIFY(!fingerprintFrom(QString(63, u'a') + u'g'));
    }
};

QTEST_GUILESS_MAIN(TestRoute)
#include "tst_route.moc"
