#include "core/simulator/simulator.h"
#include "core/store/store.h"
#include "tests/app/commandline.h"
#include "tests/store/peek.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::tests;
using namespace Qt::StringLiterals;

/// Calls of a process that is killed (SIGKILL): their costs are in every sum of the next.
class TestInterrupted final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        simulator::Knobs knobs; // streams until it is stopped
        knobs.ttft = { simulator::Spread::Shape::Constant, 5, 0 };
        knobs.gap = { simulator::Spread::Shape::Constant, 20, 0 };
        knobs.tokens = 20'000;
        m_simulator = std::make_unique<simulator::Simulator>(knobs);
        const auto url = m_simulator->start();
        QVERIFY(url);
        m_url = url->toString();
    }
    void init() { m_shell = std::make_unique<CommandLine>(); }

    void aChatThatWasKilledIsARun()
    {
        QProcess chat;
        start(chat, { u"chat"_s, u"--base-url"_s, m_url, u"--model"_s, u"sim-small"_s, u"Tell me of lighthouses"_s });
        QTRY_COMPARE_WITH_TIMEOUT(begun(), 1, 60'000);
        QCOMPARE(m_shell->runs().size(), 0); // its process runs
        QTRY_VERIFY_WITH_TIMEOUT(leastOutput() > 20, 60'000);
        const int output = leastOutput();
        chat.kill();
        QVERIFY(chat.waitForFinished());
        const QJsonArray rows = m_shell->runs();
        QCOMPARE(rows.size(), 1);
        isInterrupted(rows[0].toObject(), u"chat"_s);
        QVERIFY(rows[0][u"metrics"_s][u"output_tokens"_s].toInt() >= output);
        QCOMPARE(m_shell->runs(), rows);
        QCOMPARE(begun(), 0);
        const QJsonObject report = m_shell->run({ u"report"_s, u"--json"_s }).json();
        const QJsonObject row = report[u"rows"_s][0].toObject();
        QCOMPARE(row[u"calls"_s].toInt(), 1);
        QCOMPARE(row[u"cancelled"_s].toInt(), 1);
        QCOMPARE(row[u"failed"_s].toInt(), 0);
        QVERIFY(row[u"cost_usd"_s].toDouble() > 0);
    }

    void allCallsOfABatchThatWasKilledAreRuns()
    {
        const QString prompts = m_shell->write(u"p.txt"_s, "one\ntwo\nthree\nfour\nfive\nsix\n");
        QProcess batch;
        start(
            batch,
            { u"batch"_s, prompts, u"--base-url"_s, m_url, u"--models"_s, u"sim-small"_s, u"--concurrency"_s, u"4"_s });
        QTRY_COMPARE_WITH_TIMEOUT(begun(), 4, 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(leastOutput() > 0, 60'000);
        batch.kill();
        QVERIFY(batch.waitForFinished());
        const QJsonArray rows = m_shell->runs();
        QCOMPARE(rows.size(), 4);
        for (const auto &row : rows) {
            isInterrupted(row.toObject(), u"batch"_s);
            QVERIFY(row[u"metrics"_s][u"output_tokens"_s].toInt() > 0);
        }
    }

    void whatEndsByItselfIsCountedOnce()
    {
        QVERIFY(!m_shell
                     ->run({ u"chat"_s, u"--base-url"_s, m_url, u"--model"_s, u"sim-small"_s, u"--max-tokens"_s, u"5"_s,
                             u"Hello"_s })
                     .text.isEmpty());
        const QJsonArray rows = m_shell->runs();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0][u"result"_s].toString(), u"ok"_s);
        QCOMPARE(begun(), 0);
        QVERIFY(QDir(m_shell->dataDir()).entryList({ u"talkbench.db.calls-*"_s }).isEmpty());
    }

    void theWindowsAnswerCountsAsFarAsItIsKept()
    {
        QProcess window;
        m_shell->prepare(window, { u"--prompt"_s, u"Write 20000 words about measuring."_s });
        QProcessEnvironment environment = window.processEnvironment();
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        window.setProcessEnvironment(environment);
        window.start();
        QTRY_COMPARE_WITH_TIMEOUT(begun(), 1, 60'000);
        const auto keptLength = [this] {
            return ask(u"SELECT length(body) FROM messages WHERE role = 'assistant'"_s).toInt();
        };
        QTRY_VERIFY_WITH_TIMEOUT(keptLength() > 200, 60'000);
        window.kill();
        QVERIFY(window.waitForFinished());
        const QJsonArray rows = m_shell->runs();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0][u"result"_s].toString(), u"interrupted"_s);
        QVERIFY(rows[0][u"metrics"_s][u"output_tokens"_s].toInt() > 10);
    }

private:
    void start(QProcess &process, const QStringList &arguments) const
    {
        m_shell->prepare(process, arguments, u"key"_s);
        process.start();
        process.closeWriteChannel();
    }

    static void isInterrupted(const QJsonObject &row, const QString &operation)
    {
        QCOMPARE(row[u"result"_s].toString(), u"interrupted"_s);
        QCOMPARE(row[u"error"_s][u"kind"_s].toString(), u"interrupted"_s);
        QCOMPARE(row[u"operation"_s].toString(), operation);
        QCOMPARE(row[u"usage_source"_s].toString(), u"chunks"_s); // an estimate
        const QJsonObject metrics = row[u"metrics"_s].toObject();
        QVERIFY(metrics[u"cost_usd"_s].toDouble() > 0);
        for (const auto &id : { u"response_ms"_s, u"tokens_per_s"_s, u"chunks"_s })
            QVERIFY2(metrics[id].isNull(), qPrintable(id));
    }

    QVariant ask(const QString &statement) const
    {
        const QString path = store::Store::databasePath(m_shell->dataDir());
        return QFile::exists(path) ? store::Peek(path).ask(statement) : QVariant();
    }
    /// Rows of calls under way.
    int begun() const { return ask(u"SELECT count(*) FROM begun_runs"_s).toInt(); }

    /// Of the calls under way, the fewest output tokens that are known of one.
    int leastOutput() const
    {
        return ask(u"SELECT min(json_extract(record, '$.answer.usage.output')) FROM begun_runs"_s).toInt();
    }

    std::unique_ptr<simulator::Simulator> m_simulator;
    QString m_url;
    std::unique_ptr<CommandLine> m_shell;
};

QTEST_GUILESS_MAIN(TestInterrupted)
#include "tst_interrupted.moc"
