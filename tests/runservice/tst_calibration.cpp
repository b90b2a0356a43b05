#include "core/bench/calibration.h"
#include "core/net/qttransport.h"
#include "core/simulator/simulator.h"

#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;

class TestCalibration : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comparesStamps()
    {
        CalibrationReport report;
        const QList<profile::ChunkStamp> received {
            { 1500, 1, {} }, { 2400, 1, {} }, { 2300, 1, {} }, { 3000, 1, {} }
        };
        compareStamps(received, { 1000, 2000, 2100, 3500, 4000 }, report);
        QCOMPARE(report.lost, 1);
        QCOMPARE(report.reordered, 2); // the third before the second, the fourth before it was sent
        QCOMPARE(report.chunkErrors.count(), quint64(4));
        QCOMPARE(report.firstChunkErrors.max(), 500);
        QCOMPARE(report.chunkErrors.max(), 500);
        QVERIFY(!report.clean());
    }

    void jsonHasExactlyTheseMembers()
    {
        CalibrationReport report;
        report.chunkErrors.record(2'500'000);
        const QJsonObject json = toJson(report);
        QCOMPARE(json.keys(),
                 QStringList({ u"chunk_error_ms"_s, u"cpu_s"_s, u"first_chunk_error_ms"_s, u"lost"_s, u"rate"_s,
                               u"reordered"_s, u"rss_mb"_s, u"streams"_s, u"tokens"_s }));
        QCOMPARE(json["chunk_error_ms"_L1].toObject().keys(), QStringList({ u"max"_s, u"p50"_s, u"p90"_s, u"p99"_s }));
        QCOMPARE(json["chunk_error_ms"_L1]["max"_L1].toDouble(), 2.5);
    }

    void measuresARealSimulator()
    {
        simulator::Simulator simulator { simulator::Knobs() };
        const auto url = simulator.start();
        QVERIFY(url);
        const base::SystemClock clock;
        run::RunService runs([&clock] { return std::make_unique<net::QtTransport>(clock); }, clock, cost::PriceBook());
        Calibration calibration(runs, clock, *url, { 8, 1000, 40 });
        QSignalSpy finished(&calibration, &Calibration::finished);
        calibration.start();
        QVERIFY(finished.wait(30'000));
        const auto report = finished[0][0].value<CalibrationReport>();
        QVERIFY2(report.clean(), qPrintable(report.problem));
        QCOMPARE(report.chunkErrors.count(), quint64(8 * 40));
        QCOMPARE(report.firstChunkErrors.count(), quint64(8));
        QVERIFY(report.residentMegabytes > 1);
    }

    void saysWhatFailed()
    {
        const base::SystemClock clock;
        run::RunService runs([&clock] { return std::make_unique<net::QtTransport>(clock); }, clock, cost::PriceBook());
        run::RetryPolicy once;
        once.maxAttempts = 1;
        runs.setRetryPolicy(once);
        Calibration calibration(runs, clock, QUrl(u"http://127.0.0.1:1"_s), { 2, 1000, 5 });
        QSignalSpy finished(&calibration, &Calibration::finished);
        calibration.start();
        QVERIFY(finished.wait(30'000));
        const auto report = finished[0][0].value<CalibrationReport>();
        QCOMPARE(report.failed, 2);
        QVERIFY(!report.problem.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCalibration)
#include "tst_calibration.moc"
