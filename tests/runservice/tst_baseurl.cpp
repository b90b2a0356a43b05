#include "core/run/baseurl.h"

#include <QTest>

using namespace talkbench;
using namespace Qt::StringLiterals;

class TestBaseUrl : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reads_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("protocol");
        QTest::addColumn<QString>("url");
        const QString chat = u"openai-chat"_s;
        const QString ollama = u"ollama"_s;
        QTest::newRow("as documented") << u"https://api.openai.com/v1"_s << chat << u"https://api.openai.com/v1"_s;
        QTest::newRow("slash") << u"https://api.openai.com/v1/"_s << chat << u"https://api.openai.com/v1"_s;
        QTest::newRow("no /v1") << u"http://127.0.0.1:8080"_s << chat << u"http://127.0.0.1:8080/v1"_s;
        QTest::newRow("no /v1, slash") << u"http://127.0.0.1:8080/"_s << chat << u"http://127.0.0.1:8080/v1"_s;
        QTest::newRow("method") << u"http://h/v1/chat/completions"_s << chat << u"http://h/v1"_s;
        QTest::newRow("models") << u"http://h/v1/models/"_s << chat << u"http://h/v1"_s;
        QTest::newRow("own prefix") << u"https://api.z.ai/api/paas/v4"_s << chat << u"https://api.z.ai/api/paas/v4"_s;
        QTest::newRow("ollama") << u"http://127.0.0.1:11434"_s << ollama << u"http://127.0.0.1:11434"_s;
        QTest::newRow("ollama, /api/") << u"http://127.0.0.1:11434/api/"_s << ollama << u"http://127.0.0.1:11434"_s;
        QTest::newRow("ollama, /v1") << u"http://127.0.0.1:11434/v1"_s << ollama << u"http://127.0.0.1:11434"_s;
        QTest::newRow("no scheme, far") << u"api.openai.com/v1"_s << chat << u"https://api.openai.com/v1"_s;
        QTest::newRow("no scheme, near") << u"localhost:8080"_s << chat << u"http://localhost:8080/v1"_s;
        QTest::newRow("no scheme, private") << u"192.168.1.5:1234/v1"_s << chat << u"http://192.168.1.5:1234/v1"_s;
        QTest::newRow("spaces around") << u"  http://h/v1 "_s << chat << u"http://h/v1"_s;
        QTest::newRow("another protocol")
            << u"https://api.anthropic.com/"_s << u"anthropic"_s << u"https://api.anthropic.com"_s;
    }
    void reads()
    {
        QFETCH(QString, typed);
        QFETCH(QString, protocol);
        QFETCH(QString, url);
        const auto result = run::baseUrlFromInput(typed, protocol);
        QVERIFY(result);
        QCOMPARE(result->toString(), url);
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::newRow("empty") << QString();
        QTest::newRow("words") << u"not a url"_s;
        QTest::newRow("scheme") << u"ftp://h/"_s;
        QTest::newRow("port") << u"http://h:99999"_s;
    }
    void refuses()
    {
        QFETCH(QString, typed);
        const auto result = run::baseUrlFromInput(typed, u"openai-chat"_s);
        QVERIFY(!result);
        QCOMPARE(result.error().kind, base::ErrorKind::Config);
        QVERIFY(result.error().message.startsWith(u"'%1' is no base URL."_s.arg(typed)));
    }

    void aRefusalTellsNoPassword()
    {
        for (const QString &typed : { u"ht tp://user:sesame@h/"_s, u"user:sesame@h h"_s, u"ftp://user:ses@ame@h"_s }) {
            const auto result = run::baseUrlFromInput(typed, u"openai-chat"_s);
            QVERIFY(!result);
            QVERIFY2(!result.error().message.contains(u"ses"_s), qPrintable(result.error().message));
        }
    }
};

QTEST_GUILESS_MAIN(TestBaseUrl)
#include "tst_baseurl.moc"
