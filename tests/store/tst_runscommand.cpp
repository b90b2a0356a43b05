#include "storefixtures.h"

#include "app/commands/commands.h"
#include "app/commands/runs.h"
#include "core/profile/metrictable.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::app;
using namespace Qt::StringLiterals;

class TestRunsCommand final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void csvHoldsEveryMetric()
    {
        profile::RunRecord record = store::runRecord(u"r1"_s, u"c"_s, 0);
        record.model = u"a \"quoted\", two\r\nlined model"_s;
        const QByteArray csv = runsCsv({ record });
        const QByteArray header = csv.left(csv.indexOf("\r\n"));
        for (const profile::Metric &metric : profile::metricTable())
            QVERIFY2(header.split(',').contains(metric.id), metric.id);
        QVERIFY(csv.contains(",\"a \"\"quoted\"\", two\r\nlined model\","));
        QVERIFY(csv.contains("1970-01-01T00:00:00.000Z"));
        QVERIFY(csv.endsWith("\r\n"));
        const qsizetype at = header.split(',').indexOf("ttft_ms");
        const QByteArray row = runsCsv({ store::runRecord(u"r1"_s, u"c"_s, 0) }).split('\n').at(1).trimmed();
        QCOMPARE(row.split(',').size(), header.split(',').size());
        QCOMPARE(row.split(',').at(at), "100");
    }

    void noFieldIsAFormula()
    {
        for (const QString &name : { u"=1+1"_s, u"+1"_s, u"-1"_s, u"@A1"_s, u"\t=1"_s, u"\r=1"_s }) {
            profile::RunRecord record = store::runRecord(u"r1"_s, u"c"_s, 0);
            record.model = name;
            const QByteArray csv = runsCsv({ record });
            QVERIFY2(csv.contains((u",'"_s + name).toUtf8()) || csv.contains((u",\"'"_s + name).toUtf8()),
                     csv.constData());
        }
    }

    void jsonHoldsEveryMetric()
    {
        profile::RunRecord failed = store::runRecord(u"r2"_s, {}, 0);
        failed.answer.error = base::Error { base::ErrorKind::Auth, u"wrong key"_s, {}, 401, {} };
        failed.costUsd.reset();
        const QJsonArray rows = QJsonDocument::fromJson(runsJson({ store::runRecord(u"r1"_s, {}, 0), failed })).array();
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[0][u"metrics"_s][u"ttft_ms"_s].toDouble(), 100.0);
        QCOMPARE(rows[0][u"result"_s].toString(), u"ok"_s);
        QVERIFY(rows[0][u"error"_s].isNull());
        QCOMPARE(rows[0][u"metrics"_s].toObject().size(), qsizetype(profile::metricTable().size()));
        QCOMPARE(rows[1][u"error"_s][u"kind"_s].toString(), u"auth"_s);
        QCOMPARE(rows[1][u"result"_s].toString(), u"auth"_s);
        QVERIFY(rows[1][u"metrics"_s][u"cost_usd"_s].isNull());
        QCOMPARE(QJsonDocument::fromJson(runsJson({})).array().size(), 0);
    }

    void aKeptAnswerIsMarked()
    {
        profile::RunRecord kept = store::runRecord(u"r1"_s, u"c"_s, 0);
        kept.cached = true;
        kept.priceVersion = u"2026-11-29"_s;
        const profile::RunRecord asked = store::runRecord(u"r2"_s, u"c"_s, 0);
        const QList<QByteArray> csv = runsCsv({ kept, asked }).split('\n');
        const qsizetype cached = csv[0].split(',').indexOf("cached");
        const qsizetype version = csv[0].split(',').indexOf("price_version");
        QVERIFY(cached > 0 && version > 0);
        QCOMPARE(csv[1].split(',').at(cached), "true");
        QCOMPARE(csv[2].split(',').at(cached), "false");
        QCOMPARE(csv[1].split(',').at(version), "2026-11-29");
        const QList<QByteArray> table = runsTable({ kept, asked }).split('\n');
        QVERIFY(table[0].contains(" cached "));
        QVERIFY(table[1].contains(" true ") && table[2].contains(" false "));
        const QJsonArray json = QJsonDocument::fromJson(runsJson({ kept, asked })).array();
        QCOMPARE(json[0][u"cached"_s], QJsonValue(true));
        QCOMPARE(json[1][u"cached"_s], QJsonValue(false));
        QCOMPARE(json[0][u"price_version"_s].toString(), u"2026-11-29"_s);
    }

    void tableLinesUp()
    {
        profile::RunRecord hostile = store::runRecord(u"r2"_s, {}, 0);
        hostile.model = u"a much longer model\x1b[31m\u202e"_s;
        hostile.costUsd.reset();
        const QList<QByteArray> lines = runsTable({ store::runRecord(u"r1"_s, {}, 0), hostile }).trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        for (const QByteArray &line : lines) {
            QCOMPARE(QString::fromUtf8(line).size(), QString::fromUtf8(lines.first()).size());
            QVERIFY(!line.contains('\x1b'));
        }
        QVERIFY(lines[1].endsWith("0.125000"));
        QVERIFY(lines[2].endsWith("-")); // unknown, not 0
    }

    void reportSumsUp()
    {
        const QTemporaryDir folder;
        const GlobalOptions options { folder.path() };
        QCOMPARE(reportCommand({}, options), 0);
        QVERIFY(QDir(folder.path()).isEmpty());
        {
            store::Store store(folder.path());
            store.saveRun(store::runRecord(u"r"_s, u"c"_s, 1));
        }
        for (const QStringList &arguments : { QStringList {},
                                              { u"--since"_s, u"all"_s },
                                              { u"--since=7d"_s, u"--by=provider"_s, u"--json"_s },
                                              { u"--csv"_s },
                                              { u"--help"_s } })
            QCOMPARE(reportCommand(arguments, options), 0);
        for (const QStringList &arguments : { QStringList { u"--since"_s, u"yesterday"_s },
                                              { u"--by=colour"_s },
                                              { u"--json"_s, u"--csv"_s },
                                              { u"extra"_s },
                                              { u"--nonsense"_s } })
            QCOMPARE(reportCommand(arguments, options), 2);
    }

    void exitCodes()
    {
        const QTemporaryDir folder;
        const GlobalOptions options { folder.path() };
        QCOMPARE(runsCommand({}, options), 0); // empty is no failure
        QVERIFY(QDir(folder.path()).isEmpty()); // and leaves nothing behind
        QCOMPARE(runsCommand({ u"--format"_s, u"xml"_s }, options), 2);
        QCOMPARE(runsCommand({ u"--limit"_s, u"many"_s }, options), 2);
        QCOMPARE(runsCommand({ u"--limit"_s, u"-1"_s }, options), 2);
        QCOMPARE(runsCommand({ u"--nonsense"_s }, options), 2);
        QCOMPARE(runsCommand({ u"extra"_s }, options), 2);
        {
            store::Store store(folder.path());
            store.saveRun(store::runRecord(u"r"_s, u"c"_s, 1));
        }
        for (const auto &format : { u"table"_s, u"csv"_s, u"json"_s })
            QCOMPARE(runsCommand({ u"--format"_s, format, u"--limit"_s, u"1"_s, u"--conversation"_s, u"c"_s }, options),
                     0);
        QVERIFY(QDir().mkdir(folder.filePath(u"bad"_s)));
        QVERIFY(QDir().mkdir(folder.filePath(u"bad/talkbench.db"_s)));
        QCOMPARE(runsCommand({}, { folder.filePath(u"bad"_s) }), 1);
    }
};

QTEST_GUILESS_MAIN(TestRunsCommand)
#include "tst_runscommand.moc"
