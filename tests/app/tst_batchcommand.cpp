#include "core/simulator/simulator.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace talkbench;
using namespace Qt::StringLiterals;

/// `batch` as a shell sees it.
class TestBatchCommand : public QObject {
    Q_OBJECT

private:
    struct Output {
        int code = -1;
        QString text;
        QString errors;

        QJsonObject json() const { return QJsonDocument::fromJson(text.toUtf8()).object(); }
    };

    void prepare(QProcess &process, const QStringList &arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove(u"DISPLAY"_s);
        environment.insert(u"QT_QPA_PLATFORM"_s, u"no-such-platform"_s);
        environment.insert(u"TALKBENCH_API_KEY"_s, u"key"_s);
        process.setProcessEnvironment(environment);
        process.setProgram(QStringLiteral(TALKBENCH_EXECUTABLE));
        process.setArguments(QStringList { u"--data-dir"_s, m_dir->path(), u"batch"_s, u"--json"_s } + arguments);
    }

    Output run(const QStringList &arguments) const
    {
        QProcess process;
        prepare(process, arguments);
        process.start();
        process.closeWriteChannel();
        if (!process.waitForFinished(60'000))
            return {};
        return { process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                 QString::fromUtf8(process.readAllStandardError()) };
    }

    void begin(double batchMs)
    {
        simulator::Knobs knobs;
        knobs.batchMs = batchMs;
        knobs.tokens = 10;
        knobs.ttft = knobs.gap = simulator::Spread();
        m_simulator = std::make_unique<simulator::Simulator>(knobs);
        m_url = m_simulator->start()->toString();
        m_dir = std::make_unique<QTemporaryDir>();
        QFile file(m_dir->filePath(u"p.txt"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("one\ntwo\nthree\n");
    }
    QStringList asked(const QStringList &more = {}) const
    {
        return QStringList { m_dir->filePath(u"p.txt"_s), u"--base-url"_s, m_url, u"--models"_s, u"sim-small"_s }
        + more;
    }
    QStringList viaProvider(const QStringList &more = {}) const
    {
        return asked(QStringList { u"--via"_s, u"provider"_s, u"--poll"_s, u"0.1"_s } + more);
    }

    std::unique_ptr<simulator::Simulator> m_simulator;
    QString m_url;
    std::unique_ptr<QTemporaryDir> m_dir;

private Q_SLOTS:
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
        const QString results = m_dir->filePath(u"p.results.jsonl"_s);
        const auto isSent = [&results] {
            QFile file(results);
            return file.open(QIODevice::ReadOnly) && file.readAll().contains("\"state\":\"sent\"");
        };
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

    void anInterruptLeavesItThereAndCancelGivesItUp()
    {
        begin(600'000);
        QProcess process;
        prepare(process, viaProvider());
        process.start();
        const QString results = m_dir->filePath(u"p.results.jsonl"_s);
        const auto isSent = [&results] {
            QFile file(results);
            return file.open(QIODevice::ReadOnly) && file.readAll().contains("\"state\":\"sent\"");
        };
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
        const QString results = m_dir->filePath(u"p.results.jsonl"_s);
        const auto isSent = [&results] {
            QFile file(results);
            return file.open(QIODevice::ReadOnly) && file.readAll().contains("\"state\":\"sent\"");
        };
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
        QFile settings(m_dir->filePath(u"settings.json"_s));
        QVERIFY(settings.open(QIODevice::WriteOnly));
        settings.write(R"({"settings":{"limits/per_provider":2}})");
        settings.close();
        const QString words = u"custom is limited to 2 calls at once in the settings"_s;
        QVERIFY(!run(asked({ u"--concurrency"_s, u"2"_s })).errors.contains(words));
        const QString anew = m_dir->filePath(u"anew.jsonl"_s);
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
        const QString csv = m_dir->filePath(u"r.csv"_s);
        const Output done =
            run(asked({ u"--via"_s, way, u"--validate"_s, u"contains:no such words"_s, u"--export"_s, csv }));
        QVERIFY2(done.code == 3, qPrintable(done.errors));
        QCOMPARE(done.json()[u"ok"_s].toInt(), 3);
        QCOMPARE(done.json()[u"invalid"_s].toInt(), 3);
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray table = file.readAll();
        QVERIFY(table.startsWith("id,provider,model,ok,finish_reason,text,valid,"));
        QCOMPARE(table.count(",false,"), 3);
        m_dir->remove();
        begin(50);
        QCOMPARE(run(asked({ u"--via"_s, way, u"--validate"_s, u"not-empty"_s })).code, 0);
    }

    void aCheckThatIsOffIsNotRun()
    {
        begin(50);
        const Output done =
            run(asked({ u"--validate"_s, uR"({"kind":"contains","text":"no such words","on":false})"_s }));
        QVERIFY2(done.code == 0, qPrintable(done.errors));
        QCOMPARE(done.json()[u"invalid"_s].toInt(), 0);
    }

    void budgetsHoldBeforeTheFirstCall()
    {
        begin(50);
        QFile settings(m_dir->filePath(u"settings.json"_s));
        QVERIFY(settings.open(QIODevice::WriteOnly));
        settings.write(R"({"settings":{"budgets":{"rows":[{"scope":"day","limit_usd":1e-9,"action":"ask"}]}}})");
        settings.close();
        const Output held = run(asked());
        QCOMPARE(held.code, 1);
        QCOMPARE(held.json()[u"error"_s][u"kind"_s].toString(), u"budget"_s);
        QVERIFY(held.json()[u"error"_s][u"message"_s].toString().contains(u"--yes"_s));
        const Output sent = run(asked({ u"--yes"_s }));
        QVERIFY2(sent.code == 0, qPrintable(sent.errors));
        QVERIFY(sent.errors.contains(u"3 calls, estimated at"_s));
    }
};

QTEST_GUILESS_MAIN(TestBatchCommand)
#include "tst_batchcommand.moc"
