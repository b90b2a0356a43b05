#include "ui/charts/livechart.h"

#include <QGraphicsTextItem>
#include <QGraphicsView>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBoundaryFinder>
#include <QTextDocument>
#include <QVBoxLayout>

using namespace talkbench::ui;
using namespace Qt::StringLiterals;

class LiveChartTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void drawsAtMostAThousandPoints();
    void aHiddenChartDoesNothing();
    void theTimerStopsWhenNothingComes();
    void anEmptyChartSaysWhatToDo();
    void theLegendReadsOut();
    void savesWhatItShows();
    void arrowsMoveTheCrosshair();
    void smallAmountsHaveRoomForTheirLabels();
    void longTimesAreToldInSeconds();
    void axesFollowThePlot();
    void theLegendKeepsAnEntryTogether();
};

/// What stands beside the axes and under the plot.
static QStringList labelsOf(const LiveChart &chart)
{
    QStringList labels;
    const auto items = chart.findChild<QGraphicsView *>()->scene()->items();
    for (const QGraphicsItem *item : items) {
        const auto *text = qgraphicsitem_cast<const QGraphicsTextItem *>(item);
        if (text && text->isVisible() && !text->toPlainText().isEmpty())
            labels << text->toPlainText();
    }
    return labels;
}

/// Where the middle of a label stands in the chart; nowhere without it.
static std::optional<QPointF> placeOf(const LiveChart &chart, const QString &label)
{
    const auto items = chart.findChild<QGraphicsView *>()->scene()->items();
    for (const QGraphicsItem *item : items) {
        const auto *text = qgraphicsitem_cast<const QGraphicsTextItem *>(item);
        if (text && text->isVisible() && text->toPlainText() == label)
            return text->sceneBoundingRect().center();
    }
    return {};
}

/// How far down the one line that has points is drawn.
static double flatLineOf(const LiveChart &chart)
{
    const auto items = chart.findChild<QGraphicsView *>()->scene()->items();
    for (QGraphicsItem *item : items) {
        const QGraphicsObject *object = item->toGraphicsObject();
        if (object && QByteArray(object->metaObject()->className()).endsWith("LineChartItem")
            && !object->boundingRect().isEmpty())
            return object->sceneBoundingRect().center().y();
    }
    return -1;
}

static ChartSpec spec()
{
    return { u"latency"_s,
             u"Latency"_s,
             u"ms"_s,
             ChartSpec::XAxis::Calls,
             { { u"first token"_s, SeriesSpec::Kind::Points, 0 }, { u"response"_s, SeriesSpec::Kind::Area, 1 } },
             u"Send a message to see its latency."_s };
}

void LiveChartTest::drawsAtMostAThousandPoints()
{
    LiveChart chart(spec());
    chart.resize(300, 180);
    chart.show();
    for (int i = 0; i < 50'000; ++i)
        chart.append(0, i, i % 97);
    QTRY_VERIFY(chart.drawnCount(0) > 0);
    QVERIFY(chart.drawnCount(0) <= 1000);
    QCOMPARE(chart.drawnCount(1), 0);
}

void LiveChartTest::aHiddenChartDoesNothing()
{
    LiveChart chart(spec());
    for (int i = 0; i < 100; ++i)
        chart.append(0, i, i);
    QVERIFY(!chart.isRefreshPending());
    QCOMPARE(chart.refreshCount(), 0);
    chart.show();
    QTRY_COMPARE(chart.refreshCount(), 1);
    QCOMPARE(chart.drawnCount(0), 100);
    chart.hide();
    chart.append(0, 100, 1);
    QVERIFY(!chart.isRefreshPending());
}

void LiveChartTest::theTimerStopsWhenNothingComes()
{
    LiveChart chart(spec());
    chart.resize(300, 180);
    chart.show();
    QVERIFY(QTest::qWaitForWindowExposed(&chart));
    chart.append(0, 1, 1);
    QVERIFY(chart.isRefreshPending());
    QTRY_VERIFY(chart.refreshCount() > 0);
    QTRY_VERIFY(!chart.isRefreshPending());
    const int refreshed = chart.refreshCount();
    QTest::qWait(3 * LiveChart::refreshMs);
    QCOMPARE(chart.refreshCount(), refreshed);
    QVERIFY(!chart.isRefreshPending());
}

void LiveChartTest::anEmptyChartSaysWhatToDo()
{
    LiveChart chart(spec());
    QVERIFY(chart.isEmpty());
    QCOMPARE(chart.accessibleDescription(), u"Send a message to see its latency."_s);
    chart.append(0, 1, std::numeric_limits<double>::quiet_NaN());
    QVERIFY(chart.isEmpty());
}

void LiveChartTest::theLegendReadsOut()
{
    LiveChart chart(spec());
    chart.show();
    chart.append(0, 1, 412);
    chart.append(1, 1, 2130);
    QTRY_COMPARE(chart.accessibleDescription(), u"first token 412 ms, response 2.1 s"_s);
}

void LiveChartTest::savesWhatItShows()
{
    QTemporaryDir dir;
    LiveChart chart(spec());
    chart.resize(320, 200);
    chart.show();
    chart.append(0, 1, 412);
    chart.append(1, 2, 2130.5);
    QTRY_COMPARE(chart.refreshCount(), 1);
    QCOMPARE(chart.csv(), QByteArray("series,call,ms\n\"first token\",1,412\n\"response\",2,2130.5\n"));
    QVERIFY(chart.savePng(dir.filePath(u"a.png"_s)));
    QCOMPARE(QImage(dir.filePath(u"a.png"_s)).size(), chart.size() * chart.devicePixelRatio());
    QVERIFY(chart.saveSvg(dir.filePath(u"a.svg"_s)));
    QFile svg(dir.filePath(u"a.svg"_s));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    QVERIFY(svg.readAll().contains("<path"));
    QVERIFY(!chart.savePng(u"/nowhere/at/all.png"_s));
}

void LiveChartTest::arrowsMoveTheCrosshair()
{
    LiveChart chart(spec());
    chart.show();
    for (int i = 1; i <= 3; ++i)
        chart.append(0, i, i * 100);
    QTRY_COMPARE(chart.drawnCount(0), 3);
    QTest::keyClick(&chart, Qt::Key_Left);
    QVERIFY(chart.accessibleDescription().startsWith(u"first token 300 ms"_s));
    QTest::keyClick(&chart, Qt::Key_Left);
    QVERIFY(chart.accessibleDescription().startsWith(u"first token 200 ms"_s));
    QTest::keyClick(&chart, Qt::Key_Right);
    QTest::keyClick(&chart, Qt::Key_Right);
    QVERIFY(chart.accessibleDescription().startsWith(u"first token 300 ms"_s));
}

/// A first call that costs next to nothing, after a larger one.
void LiveChartTest::smallAmountsHaveRoomForTheirLabels()
{
    ChartSpec cost = spec();
    cost.unit = u"USD"_s;
    cost.series[1].rightAxis = true;
    LiveChart chart(cost);
    chart.resize(280, 180);
    chart.show();
    for (const double usd : { 3.0, 0.000047 }) {
        chart.clear();
        chart.append(0, 1, 2 * usd);
        chart.append(1, 1, usd);
        QTRY_COMPARE(chart.drawnCount(0), 1);
        const int before = chart.refreshCount();
        chart.append(1, 1, usd);
        QTRY_VERIFY(chart.refreshCount() > before);
    }
    const auto *view = chart.findChild<QGraphicsView *>();
    QTRY_VERIFY(view->scene()->sceneRect().width() > 0);
    const QRectF room = view->mapToScene(view->viewport()->rect()).boundingRect();
    QStringList labels;
    const auto items = view->scene()->items();
    for (const QGraphicsItem *item : items) {
        const auto *text = qgraphicsitem_cast<const QGraphicsTextItem *>(item);
        if (!text || !text->isVisible() || text->toPlainText().isEmpty())
            continue;
        labels << text->toPlainText();
        const double margin = text->document()->documentMargin();
        const QRectF shown = text->sceneBoundingRect().adjusted(margin, margin, -margin, -margin);
        QVERIFY2(shown.left() >= room.left() && shown.right() <= room.right(), qPrintable(labels.last()));
    }
    QVERIFY2(labels.contains(u"$0.00010"_s) && labels.contains(u"$0.00005"_s), qPrintable(labels.join(u' ')));
}

void LiveChartTest::longTimesAreToldInSeconds()
{
    LiveChart chart(spec());
    chart.resize(300, 180);
    chart.show();
    chart.append(1, 1, 900);
    QTRY_VERIFY2(labelsOf(chart).contains(u"500 ms"_s), qPrintable(labelsOf(chart).join(u' ')));
    chart.append(1, 2, 46'000);
    QTRY_VERIFY2(labelsOf(chart).contains(u"40 s"_s), qPrintable(labelsOf(chart).join(u' ')));
    QVERIFY2(labelsOf(chart).filter(u"ms"_s).isEmpty(), qPrintable(labelsOf(chart).join(u' ')));
    QVERIFY2(chart.accessibleDescription().contains(u"46 s"_s), qPrintable(chart.accessibleDescription()));
}

/// A legend of more lines takes its height from the plot, without a new value.
void LiveChartTest::axesFollowThePlot()
{
    LiveChart chart(spec());
    chart.resize(320, 300);
    chart.show();
    chart.append(0, 1, 400);
    chart.append(0, 2, 400);
    QTRY_VERIFY(placeOf(chart, u"400 ms"_s));
    const int refreshed = chart.refreshCount();
    const auto *drawn = chart.findChild<QGraphicsView *>();
    const int before = drawn->height();
    auto *legend = chart.findChildren<QLabel *>().last();
    legend->setText(u"one<br>two<br>three<br>four"_s);
    QTRY_VERIFY(drawn->height() < before);
    QTRY_VERIFY(qAbs(placeOf(chart, u"400 ms"_s)->y() - flatLineOf(chart)) <= 1.5);
    QCOMPARE(chart.refreshCount(), refreshed);
}

void LiveChartTest::theLegendKeepsAnEntryTogether()
{
    ChartSpec speed = spec();
    speed.unit = u"tok/s"_s;
    LiveChart chart(speed);
    chart.show();
    chart.append(0, 1, 50);
    QTRY_COMPARE(chart.drawnCount(0), 1);
    const auto *legend = chart.findChildren<QLabel *>().last();
    QTextDocument text;
    text.setHtml(legend->text());
    const QString plain = text.toRawText();
    QTextBoundaryFinder breaks(QTextBoundaryFinder::Line, plain);
    breaks.setPosition(plain.indexOf(u"first"_s));
    QVERIFY2(breaks.toNextBoundary() > plain.lastIndexOf(u"/"_s) + 2, qPrintable(plain));
}

QTEST_MAIN(LiveChartTest)
#include "tst_livechart.moc"
