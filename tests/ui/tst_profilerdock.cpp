#include "tests/ui/world.h"
#include "ui/charts/livechart.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/charttable.h"
#include "ui/profiler/profilerdock.h"
#include "ui/profiler/statusstrip.h"

#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace talkbench;
using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class ProfilerDockTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aCallReachesItsCharts();
    void failedAndCachedCallsStayOut();
    void liveRateCountsTokensNotChunks();
    void liveRateEndsAtNothing();
    void sectionsFold();
    void framesAreMeasuredOnlyWhileBusy();
    void theStatusStripTellsTheState();
};

static profile::RunRecord record(double ttftMs)
{
    profile::RunRecord record;
    record.id = u"r"_s;
    record.startedWallMs = QDateTime::currentMSecsSinceEpoch();
    record.trace.submittedNs = 1'000'000'000;
    record.trace.firstContentNs = record.trace.submittedNs + qint64(ttftMs * 1e6);
    record.trace.lastContentNs = record.trace.firstContentNs + 1'000'000'000;
    record.trace.endNs = record.trace.lastContentNs;
    record.answer.text = u"x"_s;
    record.answer.finished = true;
    record.answer.usage = llm::Usage {};
    record.answer.usage->output = 51;
    record.costUsd = 0.5;
    return record;
}

static QByteArray points(const ProfilerDock &dock, const char *chart, const char *series)
{
    QByteArray found;
    const auto lines = dock.chart(QLatin1StringView(chart))->csv().split('\n');
    for (const QByteArray &line : lines) {
        if (line.startsWith('"' + QByteArray(series) + '"'))
            found += line.mid(line.indexOf("\",") + 2) + ' ';
    }
    return found.trimmed();
}

void ProfilerDockTest::aCallReachesItsCharts()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    ProfilerDock dock(monitor);
    Q_EMIT world.runs.recorded(record(400));
    Q_EMIT world.runs.recorded(record(300));
    QCOMPARE(points(dock, "latency", "first token"), QByteArray("1,400 2,300"));
    QCOMPARE(points(dock, "latency", "response"), QByteArray("1,1400 2,1300"));
    QCOMPARE(points(dock, "tokens", "output"), QByteArray("1,51 2,51"));
    QCOMPARE(points(dock, "cost", "total"), QByteArray("1,0.5 2,1"));
    QTRY_VERIFY(!points(dock, "memory", "resident").isEmpty());
    for (const ChartRow &row : chartTable())
        QVERIFY(dock.chart(QLatin1StringView(row.id)));
}

void ProfilerDockTest::failedAndCachedCallsStayOut()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    ProfilerDock dock(monitor);
    auto failed = record(400);
    failed.answer.error = base::Error { base::ErrorKind::Server, u"500"_s, {}, 500, {} };
    failed.costUsd.reset();
    Q_EMIT world.runs.recorded(failed);
    auto stopped = record(400);
    stopped.answer.error = base::Error { base::ErrorKind::Cancelled, u"stopped"_s, {}, 0, {} };
    Q_EMIT world.runs.recorded(stopped);
    auto cached = record(1);
    cached.cached = true;
    Q_EMIT world.runs.recorded(cached);
    QCOMPARE(points(dock, "latency", "first token"), QByteArray());
    QCOMPARE(points(dock, "latency", "failed"), QByteArray("1,1400"));
    QCOMPARE(points(dock, "latency", "stopped"), QByteArray("2,1400"));
    QCOMPARE(points(dock, "cost", "a call"), QByteArray("2,0.5"));
    QCOMPARE(points(dock, "tokens", "output"), QByteArray("1,51 2,51"));
}

void ProfilerDockTest::liveRateCountsTokensNotChunks()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    const auto rate = [&](const QString &text, int chunks) {
        run::RunUpdate update;
        update.text = text;
        update.chunks.fill({ world.context.clock.nowNs(), 0, profile::ChunkKind::Text }, chunks);
        std::optional<double> seen;
        const auto watched = connect(&monitor, &ActivityMonitor::sampled, &monitor,
                                     [&seen](const ActivitySample &sample) { seen = sample.tokensPerS; });
        Q_EMIT world.runs.streamed(update);
        run::EngineState busy;
        busy.inFlight = 1;
        Q_EMIT world.runs.stateChanged(busy);
        disconnect(watched);
        return seen.value_or(-1);
    };
    QCOMPARE(rate(u" the"_s.repeated(10), 10), 10.0);
    const double large = rate(u" the"_s.repeated(1000), 2);
    QVERIFY2(large > 900 && large < 1100, qPrintable(QString::number(large)));
    QCOMPARE(rate(u"word1 "_s, 1), large + 1);
}

void ProfilerDockTest::liveRateEndsAtNothing()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    QList<std::optional<double>> seen;
    connect(&monitor, &ActivityMonitor::sampled, &monitor,
            [&seen](const ActivitySample &sample) { seen << sample.tokensPerS; });
    run::RunUpdate update;
    update.text = u" the"_s.repeated(10);
    update.chunks.fill({ world.context.clock.nowNs(), 0, profile::ChunkKind::Text }, 10);
    Q_EMIT world.runs.streamed(update);
    Q_EMIT world.runs.stateChanged({ 0, 1 });
    QCOMPARE(seen.last(), std::optional(10.0));
    Q_EMIT world.runs.stateChanged({ 0, 0 });
    QTRY_COMPARE(seen.last(), std::optional(0.0)); // well before the next sample of an idle program
    Q_EMIT world.runs.stateChanged({ 1, 0 });
    QVERIFY(!seen.last());
}

void ProfilerDockTest::sectionsFold()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    ProfilerDock dock(monitor);
    dock.resize(320, 900);
    dock.show();
    auto *header = dock.findChild<QToolButton *>(u"section_latency"_s);
    QVERIFY(header);
    LiveChart *chart = dock.chart("latency"_L1);
    QVERIFY(chart->isVisible());
    header->click();
    QVERIFY(!chart->isVisible());
    Q_EMIT world.runs.recorded(record(400));
    QVERIFY(!chart->isRefreshPending());
    header->click();
    QTRY_COMPARE(chart->drawnCount(0), 1);
}

void ProfilerDockTest::framesAreMeasuredOnlyWhileBusy()
{
    test::World world;
    FrameMonitor frames(world.clock);
    QVERIFY(!frames.isActive());
    QVERIFY(!frames.takeWorstMs());
    frames.setActive(true);
    QTest::qSleep(80);
    QCoreApplication::processEvents();
    const auto worst = frames.takeWorstMs();
    QVERIFY(worst && *worst >= 60);
    frames.setActive(false);
    QVERIFY(!frames.isActive());
}

void ProfilerDockTest::theStatusStripTellsTheState()
{
    test::World world;
    ActivityMonitor monitor(world.context);
    StatusStrip strip(monitor);
    Q_EMIT world.runs.stateChanged({ 2, 3 });
    QVERIFY2(strip.text().startsWith(u"0 req/s"_s), qPrintable(strip.text()));
    QVERIFY(strip.text().contains(u"today $0"_s));
    Q_EMIT world.runs.recorded(record(400));
    QVERIFY(strip.text().contains(u"today $0.500"_s));
    auto unpriced = record(400);
    unpriced.costUsd.reset();
    unpriced.answer.text.clear(); // its prompt was sent
    unpriced.answer.usage.emplace().input = 20;
    Q_EMIT world.runs.recorded(unpriced);
    QVERIFY2(strip.text().contains(u"today ≥ $0.500"_s), qPrintable(strip.text()));
}

QTEST_MAIN(ProfilerDockTest)
#include "tst_profilerdock.moc"
