#include "core/config/datadir.h"
#include "core/config/providerrows.h"
#include "core/config/settings.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::config;
using namespace Qt::StringLiterals;

namespace {

ProviderConfig someProvider(const QString &id)
{
    return { .id = id,
             .name = u"Größe & Co. 🚀"_s,
             .protocol = u"openai-chat"_s,
             .baseUrl = QUrl(u"https://api.example.com/v1"_s),
             .headers = { { "X-Title", "Talkbench" } },
             .defaultModel = u"model-1"_s,
             .vendor = u"example"_s,
             .quirks = { { u"max_tokens"_s, u"max_completion_tokens"_s } } };
}

/// Single quotes for double ones: moc loses its way in raw strings of several lines.
QByteArray json(QByteArray text)
{
    return text.replace('\'', '"');
}

} // namespace

class TestSettings final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_file = m_folder->filePath(u"settings.json"_s);
    }

    void standardValuesWithoutAFile()
    {
        Settings settings(m_folder->path());
        QVERIFY(settings.load());
        for (const Setting &setting : settingsTable())
            QCOMPARE(settings.value(setting.key), setting.standard);
        QVERIFY(!QFile::exists(m_file));
        QVERIFY(!settings.value("no/such").isValid());
    }

    void tableRowsAreSound()
    {
        QSet<QByteArray> keys;
        for (const Setting &setting : settingsTable()) {
            QVERIFY2(!keys.contains(setting.key), setting.key);
            keys.insert(setting.key);
            QVERIFY(*setting.title != '\0');
            // the standard value passes the row's own check: set another one first, so that it counts as a change
            Settings settings(m_folder->path());
            QVERIFY2(settings.setValue(setting.key, setting.standard), setting.key);
        }
    }

    void valuesSurviveARestart()
    {
        {
            Settings settings(m_folder->path());
            QSignalSpy changed(&settings, &Settings::changed);
            QVERIFY(settings.setValue("theme", u"dark"_s));
            QVERIFY(settings.setValue("limits/idle_ms", 1234));
            QVERIFY(settings.setValue("text_zoom", 1.25));
            QVERIFY(settings.setValue("window/sidebar", false));
            QVERIFY(settings.setValue("window/geometry", QByteArray("\x01\x00\xff", 3)));
            QVERIFY(settings.setValue("theme", u"dark"_s)); // no change, no signal
            QCOMPARE(changed.size(), 5);
            QCOMPARE(changed.first().first().toString(), u"theme"_s);
        }
        Settings settings(m_folder->path());
        QVERIFY(settings.load());
        QCOMPARE(settings.value("theme"), QVariant(u"dark"_s));
        QCOMPARE(settings.value("limits/idle_ms"), QVariant(1234));
        QCOMPARE(settings.value("text_zoom"), QVariant(1.25));
        QCOMPARE(settings.value("window/sidebar"), QVariant(false));
        QCOMPARE(settings.value("window/geometry").toByteArray(), QByteArray("\x01\x00\xff", 3));
    }

    void aFileHasOnlyWhatWasSet()
    {
        for (const int port : { 8081, 8082 }) { // the second time, it is read first
            Settings settings(m_folder->path());
            QVERIFY(settings.load());
            QVERIFY(settings.setValue("network/proxy_port", port));
        }
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject root = QJsonDocument::fromJson(file.readAll()).object();
        QCOMPARE(root.keys(), QStringList { u"settings"_s });
    }

    void wrongValuesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QVariant>("value");
        QTest::addColumn<QString>("says");
        QTest::newRow("unknown key") << QByteArray("them") << QVariant(u"dark"_s) << u"no setting 'them'"_s;
        QTest::newRow("not a choice") << QByteArray("theme") << QVariant(u"pink"_s) << u"system, light, dark"_s;
        QTest::newRow("number for text") << QByteArray("theme") << QVariant(1) << u"text"_s;
        QTest::newRow("text for number") << QByteArray("limits/idle_ms") << QVariant(u"soon"_s) << u"whole number"_s;
        QTest::newRow("too small") << QByteArray("limits/idle_ms") << QVariant(0) << u"between 100 and 3600000."_s;
        QTest::newRow("too big") << QByteArray("retry/max_attempts") << QVariant(11) << u"between 1 and 10."_s;
        QTest::newRow("too big by a fraction") << QByteArray("text_zoom") << QVariant(4.5) << u"between 0.5 and 4."_s;
        QTest::newRow("fraction") << QByteArray("retry/max_attempts") << QVariant(1.5) << u"whole number"_s;
        QTest::newRow("nan") << QByteArray("text_zoom") << QVariant(qQNaN()) << u"number"_s;
        QTest::newRow("bool for number") << QByteArray("text_zoom") << QVariant(true) << u"number"_s;
        QTest::newRow("number for bool") << QByteArray("window/sidebar") << QVariant(1) << u"true or false"_s;
        QTest::newRow("text for bytes") << QByteArray("window/geometry") << QVariant(u"x"_s) << u"bytes"_s;
    }

    void wrongValuesAreRefused()
    {
        QFETCH(QByteArray, key);
        QFETCH(QVariant, value);
        QFETCH(QString, says);
        Settings settings(m_folder->path());
        const QVariant before = settings.value(key);
        const auto result = settings.setValue(key, value);
        QVERIFY(!result);
        QCOMPARE(result.error().kind, base::ErrorKind::Config);
        QVERIFY2(result.error().message.contains(says), qPrintable(result.error().message));
        QCOMPARE(settings.value(key), before);
        QVERIFY(!QFile::exists(m_file));
    }

    void wrongValuesInTheFileAreSaidAndKept()
    {
        const QByteArray text = json("{'settings':{'theme':'pink','limits/idle_ms':777},'providers':[{'id':'x'}]}");
        write(text);
        Settings settings(m_folder->path());
        const auto loaded = settings.load();
        QVERIFY(!loaded);
        QVERIFY(loaded.error().detail.contains(u"Theme"_s));
        QCOMPARE(settings.value("theme"), QVariant(u"system"_s));
        QCOMPARE(settings.value("limits/idle_ms"), QVariant(777));
        QCOMPARE(settings.providers().size(), 1);
        QCOMPARE(read(m_file), text);
    }

    void unknownKeysStay()
    {
        write(json("{'future':{'a':[1,2]},'settings':{'new/thing':7,'theme':'light'},"
                   "'providers':[{'id':'mine','name':'M','protocol':'openai-chat','base_url':'http://localhost:1/"
                   "v1','colour':'red'}]}"));
        Settings settings(m_folder->path());
        QVERIFY(settings.load());
        QVERIFY(settings.setValue("theme", u"dark"_s));
        auto providers = settings.providers();
        providers.last().name = u"Renamed"_s;
        QVERIFY(settings.setProviders(providers));
        QVERIFY(settings.flush());
        const QJsonObject root = QJsonDocument::fromJson(read(m_file)).object();
        QCOMPARE(root[u"future"_s][u"a"_s][1].toInt(), 2);
        QCOMPARE(root[u"settings"_s][u"new/thing"_s].toInt(), 7);
        QCOMPARE(root[u"settings"_s][u"theme"_s].toString(), u"dark"_s);
        QCOMPARE(root[u"providers"_s][1][u"colour"_s].toString(), u"red"_s);
        QCOMPARE(root[u"providers"_s][1][u"name"_s].toString(), u"Renamed"_s);
    }

    void unreadableFilesAreKeptAside_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut") << QByteArray(json("{'settings':{'theme':'da"));
        QTest::newRow("array") << QByteArray("[1]");
        QTest::newRow("binary") << QByteArray("\x00\xff\xfe{}", 5);
    }

    void unreadableFilesAreKeptAside()
    {
        QFETCH(QByteArray, content);
        write(content);
        Settings settings(m_folder->path());
        const auto loaded = settings.load();
        QVERIFY(!loaded);
        const QStringList kept = QDir(m_folder->path()).entryList({ u"settings.json.unreadable-*"_s });
        QCOMPARE(kept.size(), 1);
        QVERIFY(loaded.error().message.contains(kept.first()));
        QCOMPARE(read(m_folder->filePath(kept.first())), content);
        QVERIFY(settings.setValue("theme", u"dark"_s));
        QVERIFY(settings.flush());
        QCOMPARE(read(m_folder->filePath(kept.first())), content);
        QVERIFY(read(m_file).contains("dark"));
    }

    void aFileThatCannotBeOpenedIsNotWrittenOver()
    {
        QVERIFY(QDir().mkdir(m_file)); // opening fails for every user, root included
        Settings settings(m_folder->path());
        QVERIFY(!settings.load());
        const auto saved = settings.setValue("theme", u"dark"_s);
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, base::ErrorKind::Storage);
        QCOMPARE(settings.value("theme"), QVariant(u"dark"_s));
        QVERIFY(settings.flush()); // it has been said
        QVERIFY(QFileInfo(m_file).isDir());
    }

    void aFailedSaveHoldsTheValue()
    {
        const QString folder = m_folder->filePath(u"gone"_s);
        Settings settings(folder);
        QVERIFY(settings.setValue("theme", u"dark"_s));
        const auto saved = settings.flush();
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, base::ErrorKind::Storage);
        QCOMPARE(settings.value("theme"), QVariant(u"dark"_s));
        QVERIFY(!settings.flush()); // nor now
        QVERIFY(QDir().mkdir(folder));
        QVERIFY(settings.flush());
        QVERIFY(read(folder + u"/settings.json"_s).contains("dark")); // nothing is lost
    }

    void changesOfAMomentAreWrittenTogether()
    {
        write("{}");
        Settings settings(m_folder->path(), 3'600'000);
        QVERIFY(settings.load());
        QVERIFY(settings.setValue("theme", u"dark"_s));
        QVERIFY(settings.setProviders({ someProvider(u"mine"_s) }));
        QCOMPARE(read(m_file), QByteArray("{}")); // whoever changes something does not wait for the disk
        QVERIFY(settings.flush());
        QVERIFY(read(m_file).contains("dark"));
        QVERIFY(read(m_file).contains("mine"));
    }

    void changesAreWrittenByThemselves()
    {
        Settings settings(m_folder->path(), 0);
        QVERIFY(settings.setValue("theme", u"dark"_s));
        QVERIFY(!QFile::exists(m_file));
        QTRY_VERIFY(read(m_file).contains("dark"));
        QVERIFY(settings.setValue("theme", u"light"_s));
        QTRY_VERIFY(read(m_file).contains("light"));
        QVERIFY(settings.setValue("text_zoom", 1.25));
        QCoreApplication::processEvents(); // it is being written, or is not yet
        QVERIFY(settings.setValue("text_zoom", 1.5));
        QVERIFY(settings.flush());
        QVERIFY(read(m_file).contains("1.5"));
        QVERIFY(QFile::remove(m_file));
        QVERIFY(settings.flush());
        QVERIFY(!QFile::exists(m_file)); // nothing has changed
    }

    void theSimulatorIsAlwaysFirst()
    {
        Settings settings(m_folder->path());
        QCOMPARE(settings.providers().size(), 1);
        QCOMPARE(settings.providers().first().id, QString(simulatorId));
        settings.setSimulatorUrl(QUrl(u"http://127.0.0.1:4711/v1"_s));
        QCOMPARE(settings.provider(simulatorId)->baseUrl.port(), 4711);
        QVERIFY(settings.setProviders({ someProvider(u"mine"_s) }));
        QCOMPARE(settings.providers().size(), 2);
        QCOMPARE(settings.providers().first().id, QString(simulatorId));
        QVERIFY(settings.flush());
        QVERIFY(read(m_file).contains("mine"));
        QVERIFY(!read(m_file).contains("4711"));
    }

    void providersSurviveARestart()
    {
        const ProviderConfig mine = someProvider(u"mine"_s);
        {
            Settings settings(m_folder->path());
            QSignalSpy changed(&settings, &Settings::providersChanged);
            QVERIFY(settings.setProviders({ mine }));
            QCOMPARE(changed.size(), 1);
        }
        Settings settings(m_folder->path());
        QVERIFY(settings.load());
        QCOMPARE(settings.provider(u"mine"_s), std::optional(mine));
        QVERIFY(!settings.provider(u"other"_s));
    }

    void badProvidersAreRefused_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<QByteArray>("value");
        const QString fine = u"https://api.example.com/v1"_s;
        QTest::newRow("no scheme") << u"api.example.com"_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("no url") << u""_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("file") << u"file:///etc/passwd"_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("password") << u"https://me:pw@api.example.com"_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("key in the query")
            << u"https://api.example.com/?key=abc"_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("token in the query")
            << u"https://api.example.com/?access_token=abc"_s << QByteArray("X-A") << QByteArray("1");
        QTest::newRow("authorization") << fine << QByteArray("Authorization") << QByteArray("abc");
        QTest::newRow("x-api-key") << fine << QByteArray("X-Api-Key") << QByteArray("abc");
        QTest::newRow("api-key") << fine << QByteArray("api-key") << QByteArray("abc");
        QTest::newRow("x-goog-api-key") << fine << QByteArray("x-goog-api-key") << QByteArray("abc");
        QTest::newRow("cookie") << fine << QByteArray("COOKIE") << QByteArray("a=b");
        QTest::newRow("bearer value") << fine << QByteArray("X-Custom") << QByteArray("Bearer abc");
        QTest::newRow("sk value") << fine << QByteArray("X-Custom") << QByteArray("sk-abc");
        QTest::newRow("header injection") << fine << QByteArray("X-A") << QByteArray("1\r\nX-B: 2");
        QTest::newRow("header name") << fine << QByteArray("X A") << QByteArray("1");
        QTest::newRow("empty header name") << fine << QByteArray() << QByteArray("1");
    }

    void badProvidersAreRefused()
    {
        QFETCH(QString, url);
        QFETCH(QByteArray, header);
        QFETCH(QByteArray, value);
        ProviderConfig provider = someProvider(u"mine"_s);
        provider.baseUrl = QUrl(url);
        provider.headers = { { header, value } };
        Settings settings(m_folder->path());
        const auto result = settings.setProviders({ provider });
        QVERIFY(!result);
        QCOMPARE(result.error().kind, base::ErrorKind::Config);
        QVERIFY(!result.error().message.contains(QString::fromUtf8(value)) || value.size() < 3);
        QCOMPARE(settings.providers().size(), 1);
        QVERIFY(!QFile::exists(m_file));
    }

    void aSecretAmongTheQuirksIsRefused()
    {
        ProviderConfig provider = someProvider(u"mine"_s);
        provider.quirks[u"headers"_s] = QJsonObject { { u"X-Version"_s, u"1"_s } };
        Settings settings(m_folder->path());
        QVERIFY(settings.setProviders({ provider }));
        provider.quirks[u"headers"_s] = QJsonObject { { u"Authorization"_s, u"abc"_s } };
        QVERIFY(!settings.setProviders({ provider }));
    }

    void twoProvidersOfOneIdAreRefused()
    {
        Settings settings(m_folder->path());
        QVERIFY(!settings.setProviders({ someProvider(u"a"_s), someProvider(u"a"_s) }));
        QVERIFY(settings.setProviders({ someProvider(u"a"_s), someProvider(u"b"_s) }));
    }

    void aNumberOfTokensIsNoSecret()
    {
        QVERIFY(!looksSecret("x-sim-tokens", "50"));
        QVERIFY(!looksSecret("X-Tokenizer", "cl100k"));
        for (const char *name :
             { "token", "X-Access-Token", "x-token-value", "mytoken", "X-API-Key", "apikey", "Cookie" })
            QVERIFY2(looksSecret(name, "50"), name);
    }

    void secretHeadersInTheFileAreNotUsed()
    {
        write(json("{'providers':[{'id':'mine','name':'M','protocol':'openai-chat','base_url':'http://localhost:1/v1',"
                   "'headers':[['Authorization','Bearer x'],['X-Title','t']]}]}"));
        Settings settings(m_folder->path());
        const auto loaded = settings.load();
        QVERIFY(!loaded);
        QVERIFY(loaded.error().message.contains(u"Authorization"_s));
        QCOMPARE(settings.provider(u"mine"_s)->headers, (base::HttpHeaders { { "X-Title", "t" } }));
    }

    void endpointTakesTheKey()
    {
        const auto endpoint = endpointFor(someProvider(u"mine"_s), u"secret"_s);
        QCOMPARE(endpoint.providerId, u"mine"_s);
        QCOMPARE(endpoint.apiKey, u"secret"_s);
        QCOMPARE(endpoint.baseUrl, QUrl(u"https://api.example.com/v1"_s));
        QCOMPARE(endpoint.quirks[u"max_tokens"_s].toString(), u"max_completion_tokens"_s);
    }

    void theDataFolderIsPrivate()
    {
        const auto made = prepareDataDir(m_folder->filePath(u"a/b c/ü"_s));
        QVERIFY(made);
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup | QFile::ReadOther
            | QFile::WriteOther | QFile::ExeOther;
        QVERIFY(!(QFileInfo(*made).permissions() & others));
        QCOMPARE(*prepareDataDir(*made), *made);
        write("x");
        const auto refused = prepareDataDir(m_file);
        QVERIFY(!refused);
        QVERIFY(refused.error().message.contains(u"not a folder"_s));
        QVERIFY(!prepareDataDir(m_file + u"/below"_s));
    }

private:
    void write(const QByteArray &text)
    {
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(text), text.size());
    }

    static QByteArray read(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("not there");
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
