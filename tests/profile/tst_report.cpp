#include "records.h"

#include "core/base/csv.h"
#include "core/profile/report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

QList<RunRecord> records()
{
    QList<RunRecord> all;
    for (int i = 0; i < 12; ++i)
        all << success(u"p"_s, u"m"_s, 100 + i);
    all << failure(u"p"_s, u"n"_s, base::ErrorKind::RateLimited) << failure(u"q"_s, u"m"_s, base::ErrorKind::Cancelled);
    return all;
}

Report report(ReportBy by = ReportBy::Model)
{
    return { u"A test"_s, reportRows(records(), by, 24) };
}

} // namespace

class TestReport final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groups()
    {
        const auto byModel = report().rows;
        QCOMPARE(byModel.size(), 4); // all, p/m, p/n, q/m
        QVERIFY(byModel.first().providerId.isEmpty());
        QCOMPARE(byModel.first().tally.counts().calls, quint64(14));
        QCOMPARE(report(ReportBy::Provider).rows.size(), 3);
        QCOMPARE(reportRows({ success(u"p"_s, u"m"_s) }, ReportBy::Model, 1).size(), 1); // is all of them
        QVERIFY(reportRows({}, ReportBy::Model, 0).isEmpty());
    }

    void byOperation()
    {
        RunRecord chat = success(u"p"_s, u"m"_s);
        chat.operation = Operation::Chat;
        RunRecord batch = success(u"q"_s, u"n"_s);
        batch.operation = Operation::Batch;
        const Report shown { u"A test"_s,
                             reportRows({ chat, batch, success(u"p"_s, u"m"_s) }, ReportBy::Operation, 1) };
        QCOMPARE(shown.rows.size(), 4);
        const QStringList lines = toText(shown).split(u'\n');
        QVERIFY(lines[2].startsWith(u"all"_s) && lines[3].startsWith(u"unknown"_s));
        QVERIFY(lines[4].startsWith(u"chat"_s) && lines[5].startsWith(u"batch"_s));
        const QJsonValue rows = QJsonDocument::fromJson(toJson(shown))[u"rows"_s];
        QVERIFY(rows[0][u"operation"_s].isNull());
        QCOMPARE(rows[3][u"operation"_s].toString(), u"batch"_s);
        QCOMPARE(rows[3][u"calls"_s].toInt(), 1);
    }

    void textLinesUp()
    {
        Report shown = report();
        shown.rows[2].model = u"long\x1b[31m model\n"_s;
        const QStringList lines = toText(shown).split(u'\n');
        QCOMPARE(lines[0], u"A test"_s);
        for (int i = 2; i <= 5; ++i)
            QCOMPARE(lines[i].size(), lines[1].size());
        QVERIFY(!lines.join(QString()).contains(u'\x1b'));
        QVERIFY(lines[3].contains(u"105 ms"_s)); // the median of twelve
        QVERIFY(lines[3].contains(u"(111 ms)"_s)); // of a p95 that lacks calls
        QVERIFY(lines[5].contains(u"–"_s));
        QVERIFY(lines.contains(u"errors of all: rate_limited 1"_s));
    }

    void jsonHasEveryFigure()
    {
        const QJsonObject all = QJsonDocument::fromJson(toJson(report()))[u"rows"_s][0].toObject();
        QCOMPARE(all[u"calls"_s].toInt(), 14);
        QCOMPARE(all[u"cancelled"_s].toInt(), 1);
        QCOMPARE(all[u"requests_per_s"_s].toDouble(), 0.5);
        QCOMPARE(all[u"system_tokens_per_s"_s].toDouble(), 5.5);
        QCOMPARE(all[u"cost_usd"_s].toDouble(), 6.0);
        QCOMPARE(all[u"errors"_s][u"rate_limited"_s].toInt(), 1);
        QVERIFY(all[u"validation_pass_rate"_s].isNull());
        const QJsonObject ttft = all[u"metrics"_s][u"ttft_ms"_s].toObject();
        QCOMPARE(ttft[u"count"_s].toInt(), 12);
        QCOMPARE(ttft[u"min"_s].toDouble(), 100.0);
        QCOMPARE(ttft[u"max"_s].toDouble(), 111.0);
        QVERIFY(qAbs(ttft[u"p50"_s].toDouble() - 105) < 0.2);
        QVERIFY(ttft[u"p95"_s].isNull());
    }

    void csvIsRectangular()
    {
        Report shown = report();
        shown.rows[1].model = u"=cmd|' /C calc'!A0"_s;
        const auto lines = toCsv(shown).trimmed().split('\n');
        QCOMPARE(lines.size(), 5);
        for (const QByteArray &line : lines)
            QCOMPARE(line.count(','), lines.first().count(','));
        QVERIFY(lines.first().contains("ttft_ms.p95"));
        QVERIFY(lines[2].startsWith("p,'=cmd"));
    }

    void csvTellsHowCallsEnded()
    {
        QList<RunRecord> calls = records();
        calls << failure(u"p"_s, u"n"_s, base::ErrorKind::Server) << cachedAnswer(u"p"_s, u"m"_s);
        calls.first().costUsd.reset();
        const auto rows =
            base::csvRows(QString::fromUtf8(toCsv({ u"A test"_s, reportRows(calls, ReportBy::Model, 1) })));
        QVERIFY(rows);
        const auto last = [&](qsizetype row) { return rows->at(row).last(6); };
        QCOMPARE(last(0),
                 (QStringList { u"ok"_s, u"failed"_s, u"cancelled"_s, u"cached"_s, u"unpriced"_s, u"errors"_s }));
        QCOMPARE(last(1), (QStringList { u"13"_s, u"2"_s, u"1"_s, u"1"_s, u"1"_s, u"rate_limited 1, server 1"_s }));
        QCOMPARE(last(2), (QStringList { u"13"_s, u"0"_s, u"0"_s, u"1"_s, u"1"_s, QString() }));
    }

    void aSumWithoutSomePricesIsAtLeastThat()
    {
        QList<RunRecord> calls { success(u"p"_s, u"m"_s), success(u"p"_s, u"n"_s) };
        calls.last().costUsd.reset();
        const QString text = toText({ u"A test"_s, reportRows(calls, ReportBy::Model, 1) });
        QVERIFY2(text.split(u'\n')[2].contains(u"≥ $"_s), qPrintable(text));
        QVERIFY(!text.split(u'\n')[3].contains(u"≥"_s));
        QVERIFY2(text.contains(u"no known price in all: 1 call\n"_s), qPrintable(text));
    }

    void ratesNeedTime()
    {
        const ReportRow row { {}, {}, {}, 0 };
        for (const ReportColumn &column : reportColumns()) {
            const auto value = column.of(row).value;
            QVERIFY2(!value || *value == 0, column.id);
        }
    }
};

QTEST_GUILESS_MAIN(TestReport)
#include "tst_report.moc"
