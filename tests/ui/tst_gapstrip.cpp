#include "ui/profiler/gapstrip.h"

#include <QSignalSpy>
#include <QTest>

using namespace talkbench;
using namespace talkbench::ui;

class GapStripTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsStalls();
    void aSlowButSteadyStreamHasNone();
    void shrinksToItsWidth();
    void aClickTellsWhichGap();
    void theKeyboardReachesEveryStall();
    void nothingToShow();
};

static constexpr qint64 ms = 1'000'000;

/// Chunks of 4 characters 20 ms apart, with pauses of 800 ms before the ones named.
static QList<profile::ChunkStamp> stream(int count, const QList<int> &stalledBefore, qint64 usual = 20)
{
    QList<profile::ChunkStamp> chunks;
    qint64 now = 5000 * ms;
    for (int i = 0; i < count; ++i) {
        if (i > 0)
            now += (stalledBefore.contains(i) ? 800 : usual) * ms;
        chunks << profile::ChunkStamp { now, 4, profile::ChunkKind::Text };
    }
    return chunks;
}

void GapStripTest::findsStalls()
{
    GapStrip strip;
    auto chunks = stream(100, { 40, 90 });
    chunks[10].kind = profile::ChunkKind::Reasoning;
    strip.setChunks(chunks);
    QCOMPARE(strip.stalls().size(), 2);
    const Gap &first = strip.stalls().first();
    QCOMPARE(first.chunk, 40);
    QCOMPARE(first.ms, 800.0);
    QCOMPARE(first.atMs, 39 * 20.0);
    QCOMPARE(first.textPosition, 39 * 4);
}

void GapStripTest::aSlowButSteadyStreamHasNone()
{
    GapStrip strip;
    strip.setChunks(stream(50, {}, 400));
    QVERIFY(strip.stalls().isEmpty());
}

void GapStripTest::shrinksToItsWidth()
{
    GapStrip strip;
    strip.resize(300, 20);
    strip.setChunks(stream(5000, { 2500 }));
    QVERIFY(strip.barCount() <= 300);
    QVERIFY(strip.barCount() >= 90);
    QCOMPARE(strip.stalls().size(), 1);
}

void GapStripTest::aClickTellsWhichGap()
{
    GapStrip strip;
    strip.resize(300, 20);
    strip.setChunks(stream(5000, { 2500 }));
    QSignalSpy spy(&strip, &GapStrip::stallActivated);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(10, 10));
    QCOMPARE(spy.count(), 0);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(150, 10));
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy.first().first().value<Gap>().chunk, 2500);
}

void GapStripTest::theKeyboardReachesEveryStall()
{
    GapStrip strip;
    strip.resize(300, 20);
    strip.setChunks(stream(100, { 40, 90 }));
    QSignalSpy spy(&strip, &GapStrip::stallActivated);
    QTest::keyClick(&strip, Qt::Key_Right);
    QTest::keyClick(&strip, Qt::Key_Right);
    QTest::keyClick(&strip, Qt::Key_Return);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy.first().first().value<Gap>().chunk, 90);
    QVERIFY(strip.accessibleDescription().contains(QStringLiteral("800 ms")));
    QTest::keyClick(&strip, Qt::Key_Left);
    QTest::keyClick(&strip, Qt::Key_Space);
    QCOMPARE(spy.last().first().value<Gap>().chunk, 40);
}

void GapStripTest::nothingToShow()
{
    GapStrip strip;
    QVERIFY(strip.isEmpty());
    strip.setChunks(stream(1, {}));
    QVERIFY(strip.isEmpty());
    QCOMPARE(strip.barCount(), 0);
    QTest::keyClick(&strip, Qt::Key_Return);
    strip.resize(1, 20);
    strip.addChunks(stream(1000, { 3 }));
    QVERIFY(!strip.grab().isNull());
}

QTEST_MAIN(GapStripTest)
#include "tst_gapstrip.moc"
