#include "core/simulator/simulator.h"
#include "tests/app/commandline.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSignalSpy>
#include <QTest>

#include <csignal>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// `batch` as a shell sees it.
class TestBatchCommand : public QObject {
    Q_OBJECT

private:
    void prepare(QProcess &process, const QStringList &arguments) const
    {
        m_shell->prepare(process, QStringList { u"batch"_s, u"--json"_s } + arguments, u"key"_s);
    }

    Output run(const QStringList &arguments) const
    {
        return m_shell->run(QStringList { u"batch"_s, u"--json"_s } + arguments, {}, u"key"_s);
    }

    void begin(double batchMs, double ttftMs = 0)
    {
        simulator::Knobs knobs;
        knobs.batchMs = batchMs;
        knobs.tokens = 10;
        knobs.ttft = knobs.gap = simulator::Spread();
        knobs.ttft = simulator::Spread { .mean = ttftMs };
        m_simulator = std::make_unique<simulator::Simulator>(knobs);
        m_url = m_simulator->start()->toString();
        m_shell = std::make_unique<CommandLine>();
        m_shell->write(u"p.txt"_s, "one\ntwo\nthree\n");
    }
    QStringList asked(const QStringList &more = {}) const
    {
        return QStringList { m_shell->filePath(u"p.txt"_s), u"--base-url"_s, m_url, u"--models"_s, u"sim-small"_s }
        + more;
    }
    QStringList fromInput() const
    {
        return { u"batch"_s,
                 u"--json"_s,
                 u"-"_s,
                 u"--base-url"_s,
                 m_url,
                 u"--models"_s,
                 u"sim-small"_s,
                 u"--concurrency"_s,
                 u"64"_s,
                 u"--out"_s,
                 m_shell->filePath(u"r.jsonl"_s) };
    }
    static QByteArray lines(int count)
    {
        QByteArray text;
        for (int i = 0; i < count; ++i)
            text += QByteArray::number(i) + QByteArray(200, 'x') + '\n';
        return text;
    }
    QStringList viaProvider(const QStringList &more = {}) const
    {
        return asked(QStringList { u"--via"_s, u"provider"_s, u"--poll"_s, u"0.1"_s } + more);
    }

    /// Whether the provider has all of it.
    bool isSent() const
    {
        QFile file(m_shell->filePath(u"p.results.jsonl"_s));
        return file.open(QIODevice::ReadOnly) && file.readAll().contains("\"state\":\"sent\"");
    }

    /// The runs whose answers the results have.
    QStringList answered() const
    {
        QFile file(m_shell->filePath(u"p.results.jsonl"_s));
        QStringList ids;
        if (!file.open(QIODevice::ReadOnly))
            return ids;
        const QList<QByteArray> lines = file.readAll().split('\n');
        for (const QByteArray &line : lines) {
            if (const QString id = QJsonDocument::fromJson(line)[u"run_id"_s].toString(); !id.isEmpty())
                ids.append(id);
        }
        return ids;
    }

    std::unique_ptr<simulator::Simulator> m_simulator;
    QString m_url;
    std::unique_ptr<CommandLine> m_shell;

private Q_SLOTS:
    /// More than are taken from the pipe at once.
    void promptsOfStandardInput()
    {
        begin(0);
        const Output done = m_shell->run(fromInput(), lines(2500), u"key"_s);
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"ok"_s].toInt(), 2500);
    }

    /// Of what nobody answers no more is read than can soon be asked.
    void standardInputIsReadAsItIsAsked()
    {
        begin(0, 600'000);
        QProcess process;
        m_shell->prepare(process, fromInput(), u"key"_s);
        process.setStandardInputFile(m_shell->write(u"many.txt"_s, lines(50'000)));
        process.start();
        auto said = [&process, all = QByteArray()](const char *words) mutable {
            all += process.readAllStandardError();
            return all.contains(words);
        };
        QTRY_VERIFY_WITH_TIMEOUT(said("in flight"), 20'000);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QTRY_VERIFY_WITH_TIMEOUT(said("gives up on that"), 20'000);
        QVERIFY(!process.waitForFinished(400)); // sooner it would count as the same press
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 130);
        const int total = QJsonDocument::fromJson(process.readAllStandardOutput()).object()[u"total"_s].toInt();
        QVERIFY2(total > 0 && total < 2000, qPrintable(QString::number(total)));
    }

    void asTheProvidersBatch()
    {
        begin(200);
        const Output done = run(viaProvider());
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"ok"_s].toInt(), 3);
        const Output again = run(viaProvider());
        QCOMPARE(again.json()[u"from_before"_s].toInt(), 3);
    }

    void killedAndCollected()
    {
        begin(1500);
        QProcess process;
        prepare(process, viaProvider());
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(isSent(), 20'000);
        process.kill();
        QVERIFY(process.waitForFinished());
        const Output calls = run(asked());
        QCOMPARE(calls.code, 1);
        QVERIFY(calls.json()[u"error"_s][u"message"_s].toString().contains(u"paid twice"_s));
        const Output done = run(viaProvider());
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"ok"_s].toInt(), 3);
    }

    /// Each result that is there is a run, as what it is, whenever the program was killed.
    void killedWhileItCollectsNothingIsLost_data()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("calls") << u"calls"_s;
        QTest::newRow("provider") << u"provider"_s;
    }
    void killedWhileItCollectsNothingIsLost()
    {
        QFETCH(QString, way);
        begin(100);
        QByteArray prompts;
        for (int i = 0; i < 1500; ++i)
            prompts += "prompt " + QByteArray::number(i) + '\n';
        m_shell->write(u"p.txt"_s, prompts);
        const QStringList arguments = way == u"provider"_s ? viaProvider() : asked({ u"--concurrency"_s, u"32"_s });
        QProcess process;
        prepare(process, arguments);
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(!answered().isEmpty(), 60'000);
        process.kill();
        QVERIFY(process.waitForFinished());
        QHash<QString, QString> runs;
        const QStringList all { u"runs"_s, u"--limit"_s, u"0"_s, u"--format"_s, u"json"_s };
        const QJsonArray rows = m_shell->run(all).rows();
        for (const auto &row : rows)
            runs.insert(row[u"id"_s].toString(), row[u"result"_s].toString());
        const QStringList kept = answered();
        QVERIFY(!kept.isEmpty());
        for (const QString &id : kept)
            QCOMPARE(runs.value(id), u"ok"_s);
        const Output done = run(arguments);
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        if (way == u"provider"_s)
            QCOMPARE(m_shell->run(all).rows().size(), 1500);
    }

    void anInterruptLeavesItThereAndCancelGivesItUp()
    {
        begin(600'000);
        QProcess process;
        prepare(process, viaProvider());
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(isSent(), 20'000);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardError().contains("goes on at the provider"));
        process.kill();
    }

    void whatIsNotAnsweredIsTold()
    {
        begin(30'000); // a tenth of it passes until a cancelled one has ended
        QProcess process;
        prepare(process, viaProvider());
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(isSent(), 20'000);
        QNetworkAccessManager manager; // somebody cancels it at the provider
        QNetworkRequest cancel(QUrl(m_url + u"/v1/batches/batch_sim1/cancel"_s));
        cancel.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
        const std::unique_ptr<QNetworkReply> reply(manager.post(cancel, "{}"));
        QVERIFY(QSignalSpy(reply.get(), &QNetworkReply::finished).wait());
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("without a result for 3 prompts"));
    }

    void tighterLimitsAreSaid()
    {
        begin(50);
        m_shell->write(u"settings.json"_s, R"({"settings":{"limits/per_provider":2}})");
        const QString words = u"custom is limited to 2 calls at once in the settings"_s;
        QVERIFY(!run(asked({ u"--concurrency"_s, u"2"_s })).errors.contains(words));
        const QString anew = m_shell->filePath(u"anew.jsonl"_s);
        const Output output = run(asked({ u"--concurrency"_s, u"3"_s, u"--out"_s, anew }));
        QVERIFY2(output.errors.contains(words), qPrintable(output.errors));
        QCOMPARE(output.code, 0);
    }

    void wrongOptions()
    {
        begin(100);
        for (const QStringList &wrong :
             { QStringList { u"--via"_s, u"pigeon"_s }, QStringList { u"--cancel"_s },
               QStringList { u"--via"_s, u"provider"_s, u"--validate"_s, u"judge:good"_s },
               QStringList { u"--via"_s, u"provider"_s, u"--validate"_s, u"json"_s, u"--validate-retries"_s, u"2"_s },
               QStringList { u"--validate"_s, u"nonsense"_s } })
            QVERIFY2(run(asked(wrong)).code == 2, qPrintable(wrong.join(u' ')));
    }

    void checksOfAnswers_data()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("calls") << u"calls"_s;
        QTest::newRow("provider") << u"provider"_s;
    }
    void checksOfAnswers()
    {
        QFETCH(QString, way);
        begin(50);
        const QString csv = m_shell->filePath(u"r.csv"_s);
        const Output done =
            run(asked({ u"--via"_s, way, u"--validate"_s, u"contains:no such words"_s, u"--export"_s, csv }));
        QVERIFY2(done.code == 3, qPrintable(done.errors));
        QCOMPARE(done.json()[u"ok"_s].toInt(), 3);
        QCOMPARE(done.json()[u"invalid"_s].toInt(), 3);
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray table = file.readAll();
        QVERIFY(table.startsWith("id,prompt,provider,model,ok,finish_reason,text,valid,"));
        QCOMPARE(table.count(",false,"), 3);
        begin(50);
        QCOMPARE(run(asked({ u"--via"_s, way, u"--validate"_s, u"not-empty"_s })).code, 0);
    }

    /// The file of results has the rows of every earlier version of the prompts, too.
    void theExportIsOfThesePrompts()
    {
        begin(50);
        QCOMPARE(run(asked()).code, 0);
        m_shell->write(u"p.txt"_s, "two\nfour\n");
        const QString csv = m_shell->filePath(u"r.csv"_s);
        const Output done = run(asked({ u"--export"_s, csv }));
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"from_before"_s].toInt(), 1);
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray table = file.readAll();
        QVERIFY2(table.contains("\r\n1,two,"), table.constData());
        QVERIFY2(table.contains("\r\n2,four,"), table.constData());
        QVERIFY(!table.contains(",one,") && !table.contains(",three,"));
    }

    void whyCallsFailedIsTold_data() { checksOfAnswers_data(); }
    void whyCallsFailedIsTold()
    {
        QFETCH(QString, way);
        begin(50);
        QStringList arguments = asked({ u"--via"_s, way });
        arguments.replace(arguments.indexOf(u"sim-small"_s), u"custom/sim-small"_s);
        for (int round = 0; round < 2; ++round) { // kept, they are told again
            const Output done = run(arguments);
            QCOMPARE(done.code, 1);
            const QJsonArray failures = done.json()[u"failures"_s].toArray();
            QCOMPARE(failures.size(), 1);
            QCOMPARE(failures[0][u"count"_s].toInt(), 3);
            const QString kind = failures[0][u"kind"_s].toString();
            const QString message = failures[0][u"message"_s].toString();
            QVERIFY(!kind.isEmpty() && !message.isEmpty());
            QVERIFY2(done.errors.contains(u"%1 3: %2"_s.arg(kind, message)), qPrintable(done.errors));
            QVERIFY(done.errors.contains(u"--retry-failed"_s));
        }
    }

    void whatWasNotJudgedIsCounted()
    {
        begin(50);
        QCOMPARE(run(asked()).code, 0);
        const Output done = run(asked({ u"--validate"_s, u"judge:Is it good?"_s }));
        QCOMPARE(done.json()[u"from_before"_s].toInt(), 3);
        QCOMPARE(done.json()[u"not_checked"_s].toInt(), 3);
        QVERIFY2(done.errors.contains(u"3 answers from before are not judged"_s), qPrintable(done.errors));
        QCOMPARE(done.code, 3);
    }

    void aCheckThatIsOffIsNotRun()
    {
        begin(50);
        const Output done =
            run(asked({ u"--validate"_s, uR"({"kind":"contains","text":"no such words","on":false})"_s }));
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"invalid"_s].toInt(), 0);
    }

    void aReportIsWritten()
    {
        begin(50);
        QCOMPARE(run(asked()).code, 0);
        QFile report(m_shell->filePath(u"report.log"_s));
        QVERIFY(report.open(QIODevice::ReadOnly));
        const QByteArray written = report.readAll();
        QVERIFY2(written.contains("since the start") && written.contains("sim-small"), written.constData());
    }

    void budgetsHoldBeforeTheFirstCall()
    {
        begin(50);
        m_shell->write(u"settings.json"_s,
                       R"({"settings":{"budgets":{"rows":[{"scope":"day","limit_usd":1e-9,"action":"ask"}]}}})");
        const Output held = run(asked());
        QCOMPARE(held.code, 1);
        QCOMPARE(held.json()[u"error"_s][u"kind"_s].toString(), u"budget"_s);
        QVERIFY(held.json()[u"error"_s][u"message"_s].toString().contains(u"--yes"_s));
        const Output sent = run(asked({ u"--yes"_s }));
        QVERIFY2(sent.code == 0, qPrintable(sent.errors));
        QVERIFY(sent.errors.contains(u"3 calls, estimated at"_s));
    }

    void aUsedUpBudgetLetsKeptAnswersPass()
    {
        begin(50);
        const auto keep = [this](double limit) {
            const QJsonObject budget { { u"scope"_s, u"day"_s },
                                       { u"limit_usd"_s, limit },
                                       { u"action"_s, u"refuse"_s } };
            const QJsonObject settings { { u"cache/policy"_s, u"always"_s },
                                         { u"budgets"_s, QJsonObject { { u"rows"_s, QJsonArray { budget } } } } };
            m_shell->write(u"settings.json"_s, QJsonDocument(QJsonObject { { u"settings"_s, settings } }).toJson());
        };
        keep(100);
        QCOMPARE(run(asked()).code, 0);
        keep(1e-9);
        const Output kept = run(asked({ u"--out"_s, m_shell->filePath(u"anew.jsonl"_s) }));
        QVERIFY2(kept.code == 0, qPrintable(kept.errors));
        QCOMPARE(kept.json()[u"ok"_s].toInt(), 3);
        QCOMPARE(kept.json()[u"cost_usd"_s].toDouble(), 0.0);
        m_shell->write(u"p.txt"_s, "four\n");
        const Output paid = run(asked({ u"--out"_s, m_shell->filePath(u"paid.jsonl"_s) }));
        QCOMPARE(paid.code, 1);
        QVERIFY2(paid.errors.contains(u"1 prompt was not sent"_s), qPrintable(paid.errors));
    }

    void aBudgetThatWarnsSaysAtTheEndThatItIsPassed()
    {
        begin(50);
        m_shell->write(u"settings.json"_s,
                       R"({"settings":{"budgets":{"rows":[{"scope":"day","limit_usd":1e-9,"action":"warn"}]}}})");
        const Output sent = run(asked());
        QVERIFY2(sent.code == 0, qPrintable(sent.errors));
        QVERIFY2(sent.errors.contains(u"is passed now"_s), qPrintable(sent.errors));
        QVERIFY(sent.json()[u"warning"_s].toString().contains(u"is passed now"_s));
    }
};

QTEST_GUILESS_MAIN(TestBatchCommand)
#include "tst_batchcommand.moc"
