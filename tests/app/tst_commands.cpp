#include "core/simulator/simulator.h"
#include "tests/app/commandline.h"
#include "tests/support/scriptedserver.h"

#include <QTest>

#include <csignal>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// The commands as a shell sees them: exit codes, stdout, stderr.
class TestCommands : public QObject {
    Q_OBJECT

private:
    /// Runs what is prepared from a shell script: "$0" "$@".
    static void inShell(QProcess &process, const QString &script)
    {
        process.setArguments(QStringList { u"-c"_s, script, process.program() } + process.arguments());
        process.setProgram(u"/bin/sh"_s);
    }

    Output run(const QStringList &arguments, const QByteArray &input = {}, const QString &key = {}) const
    {
        return m_shell.run(arguments, input, key);
    }

    /// `chat` to the test's own, fast simulator.
    QStringList chat(const QStringList &more) const
    {
        return QStringList { u"chat"_s, u"--base-url"_s, m_url.toString(), u"--model"_s, u"sim-small"_s } + more;
    }

    CommandLine m_shell;
    std::unique_ptr<simulator::Simulator> m_simulator;
    QUrl m_url;

private Q_SLOTS:
    void initTestCase()
    {
        m_simulator = std::make_unique<simulator::Simulator>(fastKnobs());
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_url = *url;
    }

    void answersWithoutAnySetting()
    {
        const Output output = run({ u"chat"_s, u"Hello"_s });
        QCOMPARE(output.code, 0);
        QVERIFY(output.text.size() > 10);
        QVERIFY2(output.errors.contains(u"to first token"_s), qPrintable(output.errors));
    }

    void aPlaceholderIsNoServer()
    {
        const QStringList azure { u"--provider"_s, u"azure"_s };
        for (const QStringList &command :
             { QStringList { u"chat"_s, u"--model"_s, u"x"_s, u"hi"_s }, { u"models"_s }, { u"test"_s } }) {
            const Output output = run(command + azure);
            QCOMPARE(output.code, 1);
            QVERIFY2(output.errors.contains(u"YOUR-RESOURCE"_s), qPrintable(output.errors));
        }
    }

    void filesWithoutAnEndAreRefused()
    {
        for (const QString &option : { u"--image"_s, u"--tools"_s, u"--json-schema"_s, u"--validate-schema"_s }) {
            const Output output = run(chat({ option, u"/dev/zero"_s, u"hi"_s }));
            QCOMPARE(output.code, 2);
            QVERIFY2(output.errors.contains(u"is larger than"_s), qPrintable(option + output.errors));
        }
    }

    void whatTheLimitCutIsNotComplete()
    {
        const Output output = run({ u"chat"_s, u"--max-tokens"_s, u"12"_s, u"Hello"_s });
        QCOMPARE(output.code, 1);
        QVERIFY(output.text.size() > 10);
        QVERIFY2(output.errors.contains(u"length limit"_s), qPrintable(output.errors));
    }

    void jsonIsAllThereIsOnStdout()
    {
        const Output output = run(chat({ u"--json"_s, u"Hello"_s }));
        QCOMPARE(output.code, 0);
        const QJsonObject json = output.json();
        for (const char *member :
             { "provider", "model", "text", "reasoning", "finish_reason", "finish_reason_raw", "tool_calls", "usage",
               "cost_usd", "metrics", "phases", "attempts", "cached", "error" })
            QVERIFY2(json.contains(QLatin1String(member)), member);
        QCOMPARE(json["finish_reason"_L1].toString(), u"stop"_s);
        QVERIFY(json["error"_L1].isNull());
        QVERIFY(json["metrics"_L1]["ttft_ms"_L1].toDouble() >= 5);
        QVERIFY(json["phases"_L1]["wait_ms"_L1].isDouble());
        QVERIFY(json["usage"_L1]["output"_L1].toInteger() > 0);
        QVERIFY(json["cost_usd"_L1].toDouble() > 0);
        QVERIFY(output.errors.isEmpty());
    }

    /// Another process, and a server that is gone: the answer is there.
    void aKeptAnswerNeedsNoServer()
    {
        simulator::Simulator server((simulator::Knobs()));
        const auto url = server.start();
        QVERIFY(url);
        const auto ask = [&](const QStringList &more) {
            return run(QStringList { u"chat"_s, u"--base-url"_s, url->toString(), u"--model"_s, u"sim-small"_s,
                                     u"--json"_s, u"--max-tokens"_s, u"4000"_s }
                       + more + QStringList { u"Hello there"_s });
        };
        const Output first = ask({ u"--temperature"_s, u"0"_s });
        QCOMPARE(first.code, 0);
        QCOMPARE(first.json()["cached"_L1], QJsonValue(false));
        QVERIFY(first.json()["cache"_L1].isNull());
        server.stop();
        const Output second = ask({ u"--temperature"_s, u"0"_s });
        QCOMPARE(second.code, 0);
        const QJsonObject json = second.json();
        QCOMPARE(json["text"_L1], first.json()["text"_L1]);
        QCOMPARE(json["cached"_L1], QJsonValue(true));
        QCOMPARE(json["attempts"_L1].toInt(-1), 0);
        QCOMPARE(json["cost_usd"_L1].toDouble(-1), 0.0);
        QCOMPARE(json["cache"_L1]["saved_usd"_L1], first.json()["cost_usd"_L1]);
        QVERIFY(json["cache"_L1]["saved_ms"_L1].toDouble() > 0);
        QVERIFY(json["metrics"_L1]["ttft_ms"_L1].isNull() && json["metrics"_L1]["response_ms"_L1].isNull());
        QCOMPARE(json["metrics"_L1]["saved_usd"_L1], first.json()["cost_usd"_L1]);
        // What was not asked for deterministically, or not from the cache, needs the server.
        QCOMPARE(ask({}).code, 1);
        QCOMPARE(ask({ u"--temperature"_s, u"0"_s, u"--cache"_s, u"off"_s }).code, 1);
        QCOMPARE(ask({ u"--temperature"_s, u"0"_s, u"--cache"_s, u"refresh"_s }).code, 1);
        QCOMPARE(ask({ u"--temperature"_s, u"0"_s, u"--cache-ttl"_s, u"0.001s"_s }).code, 1);
        QCOMPARE(ask({ u"--temperature"_s, u"0"_s, u"--cache"_s, u"always"_s, u"--cache-ttl"_s, u"7d"_s }).code, 0);
        QCOMPARE(ask({ u"--cache"_s, u"sometimes"_s }).code, 2);
        QCOMPARE(ask({ u"--cache-ttl"_s, u"soon"_s }).code, 2);

        const QJsonObject stats = run({ u"cache"_s, u"stats"_s, u"--json"_s }).json();
        QVERIFY(stats["entries"_L1].toInteger() >= 1);
        QCOMPARE(stats["hits"_L1].toInteger(), 2);
        QVERIFY(stats["saved_usd"_L1].toDouble() > 0);
        QCOMPARE(run({ u"cache"_s, u"clear"_s, u"--model"_s, u"nobody"_s, u"--json"_s }).json()["cleared"_L1].toInt(-1),
                 0);
        QVERIFY(run({ u"cache"_s, u"clear"_s, u"--model"_s, u"sim-small"_s }).text.contains(u"cleared"_s));
        QCOMPARE(ask({ u"--temperature"_s, u"0"_s }).code, 1);
        QCOMPARE(run({ u"cache"_s, u"empty"_s }).code, 2);
        QVERIFY(run({ u"cache"_s, u"stats"_s }).text.contains(u"answers  0"_s));
    }

    void readsThePromptFromStdin()
    {
        const Output output = run(chat({ u"--json"_s, u"-"_s }), "Tell me about lighthouses");
        QCOMPARE(output.code, 0);
        QVERIFY(output.json()["text"_L1].toString().contains(u"lighthouse"_s, Qt::CaseInsensitive));
    }

    void onlyACompleteAnswerIsASuccess_data()
    {
        QTest::addColumn<QStringList>("knobs");
        QTest::addColumn<QString>("kind");
        QTest::newRow("cut") << QStringList { u"--header"_s, u"x-sim-cut: 5:fin"_s } << u"truncated"_s;
        QTest::newRow("401") << QStringList { u"--header"_s, u"x-sim-error-status: 401"_s } << u"auth"_s;
        QTest::newRow("404") << QStringList { u"--header"_s, u"x-sim-error-status: 404"_s } << u"not_found"_s;
        QTest::newRow("timeout") << QStringList { u"--header"_s, u"x-sim-ttft: 5000"_s, u"--timeout"_s, u"0.2"_s }
                                 << u"total_timeout"_s;
    }
    void onlyACompleteAnswerIsASuccess()
    {
        QFETCH(QStringList, knobs);
        QFETCH(QString, kind);
        const Output output = run(chat(knobs + QStringList { u"--json"_s, u"Hello"_s }));
        QCOMPARE(output.code, 1);
        QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), kind);
        QCOMPARE(output.json()["finish_reason"_L1].toString(), u"error"_s);
        QCOMPARE(output.json()["text"_L1].toString().isEmpty(), kind != u"truncated"_s);
        QCOMPARE(output.errors.count(u'\n'), 1);
        QVERIFY(output.errors.startsWith(u"talkbench chat: "_s));
    }

    void refusedPort()
    {
        const Output output =
            run({ u"chat"_s, u"--base-url"_s, u"http://127.0.0.1:1"_s, u"--model"_s, u"m"_s, u"--json"_s, u"Hi"_s });
        QCOMPARE(output.code, 1);
        QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), u"refused"_s);
    }

    void badArguments_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no prompt") << QStringList { u"chat"_s };
        QTest::newRow("two prompts") << QStringList { u"chat"_s, u"a"_s, u"b"_s };
        QTest::newRow("unknown option") << QStringList { u"chat"_s, u"--nope"_s, u"a"_s };
        QTest::newRow("not a number") << QStringList { u"chat"_s, u"--max-tokens"_s, u"many"_s, u"a"_s };
        QTest::newRow("header") << QStringList { u"chat"_s, u"--header"_s, u"nonsense"_s, u"a"_s };
        QTest::newRow("calibrate") << QStringList { u"calibrate"_s, u"--streams"_s, u"0"_s };
        QTest::newRow("models") << QStringList { u"models"_s, u"surplus"_s };
        QTest::newRow("test") << QStringList { u"test"_s, u"surplus"_s };
        QTest::newRow("no command") << QStringList { u""_s };
        QTest::newRow("empty folder") << QStringList { u"--data-dir="_s, u"runs"_s };
        QTest::newRow("empty folder, two words") << QStringList { u"--data-dir"_s, u""_s, u"runs"_s };
        QTest::newRow("status") << QStringList { u"decode"_s,   u"--protocol"_s, u"ollama"_s,
                                                 u"--status"_s, u"-5"_s,         u"/dev/null"_s };
        QTest::newRow("no protocol") << QStringList { u"decode"_s, u"/dev/null"_s };
    }
    void badArguments()
    {
        QFETCH(QStringList, arguments);
        const Output output = run(arguments);
        QCOMPARE(output.code, 2);
        QVERIFY(output.text.isEmpty());
        QVERIFY(!output.errors.isEmpty());
    }

    void everyFailureIsAnObject_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("code");
        QTest::newRow("no prompt") << QStringList { u"chat"_s, u"--json"_s } << u"usage"_s << 2;
        QTest::newRow("unknown option") << QStringList { u"chat"_s, u"--nope"_s, u"--json"_s, u"a"_s } << u"usage"_s
                                        << 2;
        QTest::newRow("value") << QStringList { u"chat"_s, u"--json"_s, u"--seed"_s, u"x"_s, u"a"_s } << u"usage"_s
                               << 2;
        QTest::newRow("provider") << QStringList { u"chat"_s, u"--json"_s, u"--provider"_s, u"nope"_s, u"a"_s }
                                  << u"config"_s << 1;
        QTest::newRow("folder") << QStringList { u"--data-dir=/dev/null"_s, u"chat"_s, u"--json"_s, u"a"_s }
                                << u"storage"_s << 1;
    }
    void everyFailureIsAnObject()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, kind);
        QFETCH(int, code);
        const Output output = run(arguments);
        QCOMPARE(output.code, code);
        QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), kind);
        QCOMPARE(output.json()["finish_reason"_L1].toString(), u"error"_s);
        QVERIFY(output.errors.startsWith(u"talkbench chat: "_s));
    }

    void outputThatIsLostIsAFailure_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("chat") << chat({ u"Hello"_s });
        QTest::newRow("chat as JSON") << chat({ u"--json"_s, u"Hello"_s });
        QTest::newRow("models") << QStringList { u"models"_s, u"--base-url"_s, m_url.toString() };
        QTest::newRow("runs") << QStringList { u"runs"_s, u"--format"_s, u"csv"_s };
        QTest::newRow("help") << QStringList { u"chat"_s, u"--help"_s };
    }
    void outputThatIsLostIsAFailure()
    {
        QFETCH(QStringList, arguments);
        QProcess full;
        m_shell.prepare(full, arguments);
        full.setStandardOutputFile(u"/dev/full"_s);
        full.start();
        QVERIFY(full.waitForFinished(60'000));
        QCOMPARE(full.exitCode(), 1);
        QVERIFY(full.readAllStandardError().contains("the output could not be written"));

        QProcess closed;
        m_shell.prepare(closed, arguments);
        closed.setArguments(QStringList { u"-c"_s, u"exec \"$0\" \"$@\" >&-"_s, closed.program() }
                            + closed.arguments());
        closed.setProgram(u"/bin/sh"_s);
        closed.start();
        QVERIFY(closed.waitForFinished(60'000));
        QCOMPARE(closed.exitCode(), 1);
    }

    void aReaderThatHasGoneEndsTheCall()
    {
        QProcess process;
        m_shell.prepare(
            process, chat({ u"--header"_s, u"x-sim-gap: 20"_s, u"--header"_s, u"x-sim-tokens: 20000"_s, u"Hello"_s }));
        inShell(process, u"(\"$0\" \"$@\"; echo code $? >&2) | head -c 20"_s);
        process.start();
        QVERIFY(process.waitForFinished(20'000));
        QVERIFY(process.readAllStandardError().endsWith("code 1\n"));
        const Output kept = run({ u"runs"_s, u"--format"_s, u"json"_s, u"--limit"_s, u"1"_s });
        QCOMPARE(QJsonDocument::fromJson(kept.text.toUtf8())[0]["result"_L1].toString(), u"cancelled"_s);
    }

    void aCharacterInTwoHalvesIsWhole()
    {
        const auto event = [](const QByteArray &choice) { return "data: {\"choices\":[{" + choice + "}]}\n\n"; };
        tests::ScriptedServer server([&](tests::ScriptedConnection &connection, const tests::ScriptedRequest &) {
            connection.startChunked();
            connection.chunk(event(R"("delta":{"content":"a\ud83d"})"));
        });
        QProcess process;
        m_shell.prepare(process,
                        { u"chat"_s, u"--base-url"_s, server.url().toString(), u"--model"_s, u"m"_s, u"Hello"_s });
        process.start();
        QVERIFY(process.waitForReadyRead(30'000)); // the first half has come
        server.on(0, [&](tests::ScriptedConnection &connection) {
            connection.chunk(event(R"("delta":{"content":"\ude00b"},"finish_reason":"stop")"));
            connection.chunk("data: [DONE]\n\n");
            connection.endChunked();
        });
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(QString::fromUtf8(process.readAllStandardOutput()), u"a\U0001F600b\n"_s);
    }

    void helpNamesTheCommand()
    {
        for (const auto &command : { u"chat"_s, u"models"_s, u"calibrate"_s, u"runs"_s, u"simulate"_s, u"decode"_s }) {
            const Output output = run({ command, u"--help"_s });
            QCOMPARE(output.code, 0);
            QVERIFY2(output.text.startsWith(u"Usage: talkbench %1 ["_s.arg(command)), qPrintable(output.text));
        }
    }

    void interruptKeepsThePart()
    {
        QProcess process;
        m_shell.prepare(
            process, chat({ u"--header"_s, u"x-sim-gap: 20"_s, u"--header"_s, u"x-sim-tokens: 2000"_s, u"Hello"_s }));
        process.start();
        QVERIFY(process.waitForReadyRead(30'000)); // it streams
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        kill(static_cast<pid_t>(process.processId()), SIGINT); // as timeout(1) does
        QVERIFY(process.waitForFinished(5000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardOutput().endsWith('\n'));
        const QByteArray errors = process.readAllStandardError();
        QVERIFY2(errors.startsWith("talkbench chat: Stopped.\n"), errors.constData());
        QVERIFY(errors.contains("to first token"));
    }

    void runsAreKept()
    {
        QVERIFY(run(chat({ u"Hello"_s })).code == 0);
        const Output output = run({ u"runs"_s, u"--format"_s, u"json"_s });
        QCOMPARE(output.code, 0);
        QVERIFY(!QJsonDocument::fromJson(output.text.toUtf8()).array().isEmpty());
    }

    void neitherKeyNorHeaderIsEverSaid()
    {
        const Output output =
            run(chat({ u"--json"_s, u"--header"_s, u"x-sim-error-status: 401"_s, u"--header"_s,
                       u"x-sim-error-body: {\"error\":{\"message\":\"bad key sesame-open-0815\"}}"_s, u"Hi"_s }),
                {}, u"sesame-open-0815"_s);
        QCOMPARE(output.code, 1);
        QVERIFY(!(output.text + output.errors).contains(u"sesame-open-0815"_s));
    }

    void listsModels()
    {
        const Output output = run({ u"models"_s, u"--base-url"_s, m_url.toString(), u"--json"_s });
        QCOMPARE(output.code, 0);
        QVERIFY(QJsonDocument::fromJson(output.text.toUtf8()).array().size() >= 2);
    }

    void looksPricesUp()
    {
        Output output = run({ u"prices"_s, u"--provider"_s, u"openai-responses"_s, u"--json"_s, u"gpt-4o"_s });
        QCOMPARE(output.code, 0);
        const QJsonArray rows = QJsonDocument::fromJson(output.text.toUtf8()).array();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0]["input"_L1].toDouble(), 2.5);
        QCOMPARE(rows[0]["origin"_L1].toString(), u"table"_s);
        output = run({ u"prices"_s, u"haiku"_s });
        QCOMPARE(output.code, 0);
        QVERIFY(output.text.contains(u"claude-haiku-4-5"_s) && output.text.contains(u"openrouter"_s));
        output = run({ u"prices"_s, u"--provider"_s, u"openai"_s, u"--json"_s, u"gpt-4o"_s, u"unheard-of"_s });
        QCOMPARE(output.code, 0);
        QCOMPARE(output.rows().size(), 1);
        QVERIFY(output.errors.contains(u"unheard-of"_s));
        for (const QStringList &nothing :
             { QStringList { u"-p"_s, u"openai"_s, u"unheard-of"_s }, { u"-p"_s, u"nobody"_s }, { u"unheard-of"_s } }) {
            output = run(QStringList { u"prices"_s, u"--json"_s } + nothing);
            QCOMPARE(output.code, 1);
            QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), u"not_found"_s);
            QVERIFY2(output.errors.contains(nothing.constLast()), qPrintable(output.errors));
        }
    }

    void budgetsHold_data()
    {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("scope");
        QTest::addColumn<double>("limit");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("within") << u"refuse"_s << u"day"_s << 1000.0 << QStringList() << 0 << QString();
        QTest::newRow("warn") << u"warn"_s << u"month"_s << 0.0 << QStringList() << 0 << u"a month is used up"_s;
        QTest::newRow("ask") << u"ask"_s << u"day"_s << 0.0 << QStringList() << 1 << u"--over-budget"_s;
        QTest::newRow("ask, told") << u"ask"_s << u"day"_s << 0.0 << QStringList { u"--over-budget"_s } << 0
                                   << u"a day is used up"_s;
        QTest::newRow("refuse") << u"refuse"_s << u"day"_s << 0.0 << QStringList { u"--over-budget"_s } << 1
                                << u"Not sent."_s;
        QTest::newRow("a call too dear") << u"refuse"_s << u"call"_s << 1e-9 << QStringList() << 1 << u"a call"_s;
        QTest::newRow("what was spent counts") << u"refuse"_s << u"day"_s << 1e-7 << QStringList() << 1 << u"spent"_s;
    }
    void budgetsHold()
    {
        QFETCH(QString, action);
        QFETCH(QString, scope);
        QFETCH(double, limit);
        QFETCH(QStringList, options);
        QFETCH(int, code);
        QFETCH(QString, says);
        QCOMPARE(run(chat({ u"Hello"_s })).code, 0); // something is spent
        const QString path = m_shell.filePath(u"settings.json"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        const QJsonObject budget { { u"scope"_s, scope }, { u"limit_usd"_s, limit }, { u"action"_s, action } };
        const QJsonObject settings { { u"budgets"_s, QJsonObject { { u"rows"_s, QJsonArray { budget } } } } };
        file.write(QJsonDocument(QJsonObject { { u"settings"_s, settings } }).toJson());
        file.close();
        const Output output = run(chat(QStringList { u"--json"_s, u"Hello"_s } + options));
        QVERIFY(QFile::remove(path));
        QCOMPARE(output.code, code);
        QVERIFY2(output.errors.contains(says), qPrintable(output.errors));
        QCOMPARE(output.json()["error"_L1]["kind"_L1].toString(), code == 0 ? QString() : u"budget"_s);
    }

    void testsAConnection()
    {
        const QStringList test { u"test"_s, u"--base-url"_s, m_url.toString(), u"--model"_s, u"sim-small"_s };
        Output output = run(test + QStringList { u"--chat"_s, u"--json"_s });
        QCOMPARE(output.code, 0);
        const QJsonArray steps = output.json()["steps"_L1].toArray();
        QCOMPARE(steps.size(), 5);
        for (const auto &step : steps)
            QVERIFY2(step["state"_L1].toString() != u"failed"_s, qPrintable(output.text));
        output = run(test);
        QCOMPARE(output.code, 0);
        QVERIFY(output.text.contains(u"sim-small is among them"_s));
        output = run({ u"test"_s, u"--base-url"_s, u"http://127.0.0.1:9"_s });
        QCOMPARE(output.code, 1);
        QVERIFY2(output.text.contains(u"refused"_s), qPrintable(output.text));
    }

    void everyCommandSaysItsFailureAsJson_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        const QString nowhere = u"http://127.0.0.1:1"_s;
        QTest::newRow("models, provider") << QStringList { u"models"_s, u"--provider"_s, u"nope"_s } << 1;
        QTest::newRow("models, refused") << QStringList { u"models"_s, u"--base-url"_s, nowhere } << 1;
        QTest::newRow("models, option") << QStringList { u"models"_s, u"--nope"_s } << 2;
        QTest::newRow("models, no authority")
            << QStringList { u"models"_s, u"--base-url"_s, nowhere, u"--ca"_s, u"/nope"_s } << 2;
        QTest::newRow("test, provider") << QStringList { u"test"_s, u"--provider"_s, u"nope"_s } << 1;
        QTest::newRow("calibrate, range") << QStringList { u"calibrate"_s, u"--streams"_s, u"0"_s } << 2;
    }

    void everyCommandSaysItsFailureAsJson()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const Output output = run(arguments + QStringList { u"--json"_s });
        QCOMPARE(output.code, code);
        QVERIFY2(!output.json()["error"_L1]["message"_L1].toString().isEmpty(), qPrintable(output.text));
        QVERIFY(!output.errors.isEmpty());
    }

    void retriesAreTold()
    {
        const Output output = run(chat({ u"--json"_s, u"--header"_s, u"x-sim-error-status: 503"_s, u"--header"_s,
                                         u"x-sim-retry-after: 0"_s, u"Hi"_s }));
        QCOMPARE(output.code, 1);
        const QJsonArray attempts = output.json()["attempt_log"_L1].toArray();
        QCOMPARE(attempts.size(), 3);
        for (const auto &attempt : attempts) {
            QCOMPARE(attempt["http_status"_L1].toInt(), 503);
            QCOMPARE(attempt["error"_L1]["kind"_L1].toString(), u"overloaded"_s);
        }
        QVERIFY(attempts[2]["started_ms"_L1].toDouble() > attempts[0]["started_ms"_L1].toDouble());
    }

    void calibrates()
    {
        const Output output =
            run({ u"calibrate"_s, u"--streams"_s, u"4"_s, u"--rate"_s, u"500"_s, u"--tokens"_s, u"40"_s, u"--json"_s });
        QCOMPARE(output.code, 0);
        QCOMPARE(output.json().size(), 9);
        QCOMPARE(output.json()["lost"_L1].toInteger(-1), 0);
        QCOMPARE(output.json()["reordered"_L1].toInteger(-1), 0);
    }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
