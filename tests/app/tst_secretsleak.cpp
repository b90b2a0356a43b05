#include "tests/support/certificates.h"
#include "tests/support/scriptedproxy.h"
#include "tests/support/scriptedserver.h"

#include <QDirIterator>
#include <QProcess>
#include <QTest>

#include <csignal>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

namespace {

// Of no form that could be told by a pattern.
const QByteArray key = "canary0815key";
const QByteArray proxyPassword = "canary4711proxy";
const QByteArray headerKey = "canary2342header";
const QByteArray signature = "canary6502sig";

QByteArray basic()
{
    return ("me:" + proxyPassword).toBase64();
}

void answerWell(ScriptedConnection &connection)
{
    connection.answer(200, R"({"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"data":[{"id":"m"}]})");
}

} // namespace

/// Calls that end in many ways, with a key and a proxy's password that are canaries; then everything that Talkbench wrote
/// is searched for them: the data folder, also of a process that was killed, both outputs, and the exports.
class TestSecretsLeak final : public QObject {
    Q_OBJECT

private:
    QProcessEnvironment environment() const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"TALKBENCH_API_KEY"_s, QString::fromLatin1(key));
        environment.insert(u"TALKBENCH_PROXY_PASSWORD"_s, QString::fromLatin1(proxyPassword));
        environment.insert(u"QT_LOGGING_RULES"_s, u"talkbench.*=true;qt.network.*=true"_s);
        return environment;
    }

    void prepare(QProcess &process, const QStringList &arguments) const
    {
        process.setProcessEnvironment(environment());
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.setProgram(QStringLiteral(TALKBENCH_EXECUTABLE));
        process.setArguments(QStringList { u"--data-dir"_s, m_dir.path() } + arguments);
    }

    /// Both outputs.
    QByteArray run(const QStringList &arguments)
    {
        QProcess process;
        prepare(process, arguments);
        process.start();
        process.waitForFinished(60'000);
        m_exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        return process.readAll();
    }

    static QByteArray leakIn(const QByteArray &bytes)
    {
        for (const QByteArray &secret : { key, proxyPassword, basic(), headerKey, signature }) {
            const qsizetype at = bytes.indexOf(secret.left(9)); // a part of one is too much
            if (at >= 0)
                return bytes.mid(std::max<qsizetype>(0, at - 60), 120);
        }
        return {};
    }

    QByteArray leakInDataFolder(int *files) const
    {
        for (QDirIterator it(m_dir.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); it.hasNext();) {
            QFile file(it.next());
            ++*files;
            if (!file.open(QIODevice::ReadOnly))
                return "unreadable: " + file.fileName().toUtf8();
            if (const QByteArray leak = leakIn(file.readAll()); !leak.isEmpty())
                return file.fileName().toUtf8() + ": " + leak;
        }
        return {};
    }

    QStringList way(const QString &what, const QUrl &url) const
    {
        QStringList arguments { what, u"--base-url"_s, url.toString() };
        if (what == u"chat")
            arguments << u"--model"_s << u"m"_s << u"--no-stream"_s << u"--json"_s << u"Hi"_s;
        return arguments;
    }

    QTemporaryDir m_dir;
    int m_exitCode = -1;

private Q_SLOTS:
    void nothingIsSaidOrWritten_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<int>("exitCode");
        const QByteArray quoted = "You sent " + key + " and " + basic();
        const auto http = [](const QByteArray &start, const QByteArray &body) {
            return "HTTP/1.1 " + start + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
        };
        QTest::newRow("well") << QByteArray() << 0;
        QTest::newRow("401 quoting") << http("401 No\r\nContent-Type: application/json",
                                             R"({"error":{"message":")" + quoted + R"(","code":")" + key + R"("}})")
                                     << 1;
        QTest::newRow("500 quoting") << http("500 No", quoted) << 1;
        QTest::newRow("403 HTML quoting") << http("403 No", "<html><title>" + quoted + "</title></html>") << 1;
        QTest::newRow("200 nonsense quoting") << http("200 OK", quoted) << 1;
        QTest::newRow("200 JSON error quoting")
            << http("200 OK\r\nContent-Type: application/json", R"({"error":{"message":")" + quoted + R"("}})") << 1;
        QTest::newRow("redirect quoting")
            << http("307 There\r\nLocation: http://127.0.0.1:1/?key=" + key + "#" + key, quoted) << 1;
        QTest::newRow("header quoting") << http("429 No\r\nRetry-After: 999999\r\nx-request-id: " + key, quoted) << 1;
        // Wherever a text is cut: through a key.
        const QByteArray keys = (key + ' ').repeated(6000);
        for (const QByteArray &shift : { QByteArray(), QByteArray(7, '-') }) {
            const QByteArray many = shift + keys;
            const auto row = [&](const char *name, const QByteArray &answer) {
                QTest::addRow("%s, from %d on", name, int(shift.size())) << answer << 1;
            };
            row("400 full of keys", http("400 No", many));
            const QByteArray json = "{\"error\":{\"message\":\"" + many + "\"}}";
            row("400 JSON full of keys", http("400 No\r\nContent-Type: application/json", json));
            row("500 HTML full of keys", http("500 No", "<html><title>" + many + "</title></html>"));
            row("200 nonsense full of keys", http("200 OK", many));
        }
        const QByteArray told =
            QByteArray("{'id':'KEY','model':'KEY','data':[{'id':'m'}],'usage':{'prompt_tokens':3,'note':'KEY'},"
                       "'choices':[{'message':{'content':'Hi'},'finish_reason':'KEY'}]}")
                .replace('\'', '"')
                .replace("KEY", key);
        QTest::newRow("200 with the key as its id") << http("200 OK\r\nContent-Type: application/json", told) << 0;
        QTest::newRow("cut") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + quoted) << 1;
        QTest::newRow("not HTTP") << QByteArray(quoted + "\r\n\r\n") << 1;
    }

    void nothingIsSaidOrWritten()
    {
        QFETCH(QByteArray, answer);
        QFETCH(int, exitCode);
        ScriptedServer server([&](auto &connection, const auto &) {
            if (answer.isEmpty())
                return answerWell(connection);
            connection.write(answer);
            connection.close();
        });
        ScriptedProxy proxy({ .user = "me", .password = proxyPassword });
        const QStringList byProxy { u"--proxy"_s, u"http://me@127.0.0.1:%1"_s.arg(proxy.port()) };
        for (const QString &what : { u"chat"_s, u"models"_s }) {
            const QByteArray direct = run(way(what, server.url(u"/v1"_s)));
            QCOMPARE(m_exitCode, exitCode);
            QCOMPARE(leakIn(direct), QByteArray());
            const QByteArray proxied = run(way(what, server.url(u"/v1"_s)) + byProxy);
            QCOMPARE(m_exitCode, exitCode);
            QCOMPARE(leakIn(proxied), QByteArray());
        }
        QCOMPARE(leakIn(run({ u"test"_s, u"--base-url"_s, server.url(u"/v1"_s).toString() })), QByteArray());
        QVERIFY(proxy.rejections() == 0 && proxy.asked().size() >= 2);
        // The secrets did travel: the test could fail.
        for (const ScriptedRequest &request : server.requests())
            QCOMPARE(base::headerValue(request.headers, "authorization"), "Bearer " + key);
        int files = 0;
        QCOMPARE(leakInDataFolder(&files), QByteArray());
        QVERIFY(files > 0);
    }

    void headersOfOnesOwnAreSecrets()
    {
        ScriptedServer server(
            [](auto &connection, const auto &) { connection.answer(401, "not " + headerKey + " with " + signature); });
        const QStringList headers { u"--header"_s, u"Authorization: Bearer "_s + QString::fromLatin1(headerKey),
                                    u"--header"_s, u"X-Custom-Sig: "_s + QString::fromLatin1(signature) };
        const QByteArray said = run(way(u"chat"_s, server.url(u"/v1"_s)) + headers);
        QCOMPARE(m_exitCode, 1);
        QVERIFY2(said.contains("not •••"), said.constData());
        QCOMPARE(leakIn(said), QByteArray());
        QCOMPARE(server.requests().size(), 1);
        QCOMPARE(base::headerValue(server.requests()[0].headers, "authorization"), "Bearer " + headerKey);
        QCOMPARE(base::headerValue(server.requests()[0].headers, "x-custom-sig"), signature);
        int files = 0;
        QCOMPARE(leakInDataFolder(&files), QByteArray());
    }

    void failuresOfTheWaySayNothing()
    {
        QTcpServer closed;
        closed.listen(QHostAddress::LocalHost);
        const QUrl refused(u"http://127.0.0.1:%1/v1"_s.arg(closed.serverPort()));
        closed.close();
        ScriptedServer server([](auto &connection, const auto &) { answerWell(connection); });
        ScriptedProxy wrong({ .user = "me", .password = "another" });
        ScriptedProxy wrongSocks({ .socks = true, .user = "me", .password = "another" });
        QUrl secure = server.url(u"/v1"_s);
        secure.setScheme(u"https"_s);
        const QString secret = QString::fromLatin1(proxyPassword);
        const QList<QStringList> ways {
            way(u"chat"_s, refused),
            way(u"chat"_s, QUrl(u"http://talkbench.invalid/v1"_s)),
            way(u"chat"_s, secure) + QStringList { u"--ca"_s, u"/nonexistent.pem"_s },
            way(u"chat"_s, server.url()) + QStringList { u"--proxy"_s, u"http://me@127.0.0.1:%1"_s.arg(wrong.port()) },
            way(u"chat"_s, secure) + QStringList { u"--proxy"_s, u"http://me@127.0.0.1:%1"_s.arg(wrong.port()) },
            way(u"chat"_s, server.url())
                + QStringList { u"--proxy"_s, u"socks5://me@127.0.0.1:%1"_s.arg(wrongSocks.port()) },
            way(u"models"_s, server.url())
                + QStringList { u"--proxy"_s, u"http://me:%1@127.0.0.1:%2"_s.arg(secret).arg(closed.serverPort()) },
            way(u"models"_s, server.url()) + QStringList { u"--proxy"_s, u"ftp://me:%1@127.0.0.1"_s.arg(secret) },
            way(u"chat"_s, QUrl(u"http://127.0.0.1:1/v1?key=%1"_s.arg(QString::fromLatin1(key)))),
        };
        for (const QStringList &arguments : ways) {
            const QByteArray said = run(arguments);
            QVERIFY2(m_exitCode > 0, said.constData());
            QVERIFY(!said.isEmpty());
            QVERIFY2(leakIn(said).isEmpty(), said.constData());
        }
        QVERIFY(run(ways[3]).contains("rejected the user name or the password")); // whose key was not refused
        QVERIFY(wrong.rejections() > 0 && wrongSocks.rejections() > 0);
        QVERIFY(server.requests().isEmpty());
        int files = 0;
        QCOMPARE(leakInDataFolder(&files), QByteArray());
    }

    void badCertificatesSayNothing()
    {
        if (!Certificates::canBeMade())
            QSKIP("openssl, which makes the test's certificates, is not here");
        const Certificates certificates;
        const QSslConfiguration tls = certificates.server(u"self"_s, { .commonName = u"self"_s, .selfSigned = true });
        ScriptedServer server([](auto &connection, const auto &) { answerWell(connection); }, tls);
        QCOMPARE(leakIn(run(way(u"chat"_s, server.url(u"/v1"_s)))), QByteArray());
        QCOMPARE(m_exitCode, 1);
        QVERIFY(server.requests().isEmpty());
        const QStringList pin { u"--pin"_s, QString::fromLatin1(Certificates::pinOf(tls)) };
        QCOMPARE(leakIn(run(way(u"chat"_s, server.url(u"/v1"_s)) + pin)), QByteArray());
        QCOMPARE(m_exitCode, 0);
        QCOMPARE(server.requests().size(), 1);
    }

    /// The write-ahead log stays behind.
    void aKilledProcessLeavesNothing()
    {
        ScriptedServer server([](auto &connection, const auto &) {
            connection.startChunked();
            connection.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
        });
        QProcess process;
        prepare(process,
                { u"chat"_s, u"--base-url"_s, server.url(u"/v1"_s).toString(), u"--model"_s, u"m"_s, u"Hi"_s });
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(process.bytesAvailable() > 0, 30'000);
        kill(static_cast<pid_t>(process.processId()), SIGKILL);
        QVERIFY(process.waitForFinished());
        QCOMPARE(leakIn(process.readAll()), QByteArray());
        int files = 0;
        QCOMPARE(leakInDataFolder(&files), QByteArray());
        QVERIFY(files > 0);
    }

    void exportsHoldNothing()
    {
        for (const QString &format : { u"table"_s, u"csv"_s, u"json"_s }) {
            const QByteArray exported = run({ u"runs"_s, u"--format"_s, format });
            QCOMPARE(m_exitCode, 0);
            QVERIFY(exported.size() > 1000); // all the calls above
            QCOMPARE(leakIn(exported), QByteArray());
        }
    }
};

QTEST_GUILESS_MAIN(TestSecretsLeak)
#include "tst_secretsleak.moc"
