#include "ui/charts/decimate.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <vector>

using namespace talkbench::ui;

class DecimateTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fewPointsStayAsTheyAre();
    void neverMoreThanTheLimit_data();
    void neverMoreThanTheLimit();
    void spikesStay();
    void whatIsNotFiniteIsLeftOut();
    void axesAreNice_data();
    void axesAreNice();
};

static std::vector<QPointF> wave(int count)
{
    std::vector<QPointF> points;
    for (int i = 0; i < count; ++i)
        points.emplace_back(i, std::sin(i * 0.01));
    return points;
}

void DecimateTest::fewPointsStayAsTheyAre()
{
    const auto points = wave(1000);
    QCOMPARE(decimate(points, 1000), QList<QPointF>(points.begin(), points.end()));
    QVERIFY(decimate({}, 10).isEmpty());
}

void DecimateTest::neverMoreThanTheLimit_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("limit");
    for (int limit : { 0, 1, 2, 3, 4, 5, 7, 100, 999, 1000 }) {
        for (int count : { 1, 2, 5, 1001, 50'000 })
            QTest::addRow("%d of %d", limit, count) << count << limit;
    }
}

void DecimateTest::neverMoreThanTheLimit()
{
    QFETCH(int, count);
    QFETCH(int, limit);
    const auto points = wave(count);
    const auto drawn = decimate(points, limit);
    QVERIFY(drawn.size() <= limit);
    for (qsizetype i = 1; i < drawn.size(); ++i)
        QVERIFY(drawn[i - 1].x() < drawn[i].x());
    if (limit >= 2 && count >= 2) {
        QCOMPARE(drawn.first(), points.front());
        QCOMPARE(drawn.last(), points.back());
    }
}

void DecimateTest::spikesStay()
{
    auto points = wave(50'000);
    points[12'345].setY(40);
    points[23'456].setY(-40);
    const auto drawn = decimate(points, 100);
    QVERIFY(drawn.contains(points[12'345]));
    QVERIFY(drawn.contains(points[23'456]));
}

void DecimateTest::whatIsNotFiniteIsLeftOut()
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double endless = std::numeric_limits<double>::infinity();
    const std::vector<QPointF> points { { 0, 1 }, { 1, nan }, { 2, endless }, { nan, 3 }, { 4, 4 } };
    QCOMPARE(decimate(points, 10), (QList<QPointF> { { 0, 1 }, { 4, 4 } }));
}

void DecimateTest::axesAreNice_data()
{
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::addColumn<double>("step");
    QTest::addColumn<double>("top");
    QTest::addColumn<int>("decimals");
    QTest::newRow("hundreds") << 0.0 << 430.0 << 200.0 << 600.0 << 0;
    QTest::newRow("tenths") << 0.0 << 0.7 << 0.5 << 1.0 << 1;
    QTest::newRow("cents") << 0.0 << 0.0021 << 0.001 << 0.003 << 3;
    QTest::newRow("flat at nothing") << 0.0 << 0.0 << 0.5 << 1.0 << 1;
    QTest::newRow("exact") << 0.0 << 30.0 << 10.0 << 30.0 << 0;
}

void DecimateTest::axesAreNice()
{
    QFETCH(double, low);
    QFETCH(double, high);
    const NiceAxis axis = niceAxis(low, high, 3);
    QTEST(axis.step, "step");
    QTEST(axis.high, "top");
    QTEST(axis.decimals, "decimals");
    QVERIFY(axis.low <= low);
}

QTEST_APPLESS_MAIN(DecimateTest)
#include "tst_decimate.moc"
