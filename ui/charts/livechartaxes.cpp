// The axes of a chart: their ranges, their words, and the room that those need.
#include "ui/charts/livechart.h"

#include "ui/theme/metrics.h"

#include <QAreaSeries>
#include <QChart>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QRegularExpression>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Between a label and the plot, as Qt Charts draws it.
constexpr double labelGap = grid::unit;

/// Each setter of an axis lays the whole chart out again, whether the value is new or not.
void setAxis(QValueAxis *axis, double low, double high, double step, const QString &format)
{
    if (axis->labelFormat() != format)
        axis->setLabelFormat(format);
    // A small step on what is still a wide range would draw thousands of lines.
    const bool narrows = axis->tickInterval() > 0 && high - low < axis->max() - axis->min();
    if (narrows)
        axis->setRange(low, high);
    if (axis->tickInterval() != step)
        axis->setTickInterval(step);
    if (axis->min() != low || axis->max() != high)
        axis->setRange(low, high);
}

QString labelAt(const QValueAxis &axis, double value)
{
    static const QRegularExpression number(u"%\\.(\\d+)f"_s);
    const auto found = number.match(axis.labelFormat());
    return axis.labelFormat().replace(found.captured(), QString::number(value, 'f', found.captured(1).toInt()));
}

double widestLabel(const QValueAxis &axis)
{
    const QFontMetricsF metrics(axis.labelsFont());
    return std::max(metrics.horizontalAdvance(labelAt(axis, axis.min())),
                    metrics.horizontalAdvance(labelAt(axis, axis.max())));
}

} // namespace

void LiveChart::addAxes()
{
    const auto axis = [this](Qt::Alignment side) {
        auto *made = new QValueAxis;
        made->setTickType(QValueAxis::TicksDynamic);
        made->setLineVisible(false);
        made->setTruncateLabels(false);
        m_chart->addAxis(made, side);
        return made;
    };
    m_x = axis(Qt::AlignBottom);
    m_left = axis(Qt::AlignLeft);
    m_x->setGridLineVisible(false);
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const bool right = m_spec.series.at(static_cast<qsizetype>(i)).rightAxis;
        if (right && !m_right) {
            m_right = axis(Qt::AlignRight);
            m_right->setGridLineVisible(false);
        }
        for (QAbstractSeries *series : { static_cast<QAbstractSeries *>(m_lines[i].series), m_lines[i].area }) {
            if (!series)
                continue;
            series->attachAxis(m_x);
            series->attachAxis(right ? m_right : m_left);
        }
    }
}

void LiveChart::layOutAxes()
{
    double fromX = HUGE_VAL;
    double toX = -HUGE_VAL;
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        double &top = m_spec.series.at(static_cast<qsizetype>(i)).rightAxis ? right : left;
        for (const QPointF &point : m_lines[i].drawn) {
            fromX = std::min(fromX, point.x());
            toX = std::max(toX, point.x());
            top = std::max(top, point.y());
        }
    }
    const bool some = fromX <= toX;
    for (QValueAxis *axis : { m_x, m_left, m_right }) {
        if (axis && axis->isVisible() != some)
            axis->setVisible(some);
    }
    if (!some)
        return;
    const bool calls = m_spec.x == ChartSpec::XAxis::Calls;
    const double shown = toX - fromX; // of the start, only its end is seen after a while
    m_xScale = calls || shown < 180 ? 1 : shown < 7200 ? 60 : 3600;
    const QString xUnit = m_xScale == 1 ? tr("s") : m_xScale == 60 ? tr("min") : tr("h");
    if (calls && toX - fromX < 1e-9) {
        fromX -= 0.5;
        toX += 0.5;
    } else if (toX - fromX < 1) {
        fromX = std::max(0.0, toX - 1);
        toX = fromX + 1;
    }
    const double margin = calls ? 0.02 * (toX - fromX) : 0;
    NiceAxis nice = niceAxis(fromX / m_xScale, toX / m_xScale, 5);
    if (calls && nice.step < 1)
        nice = { nice.low, nice.high, 1, 0 };
    setAxis(m_x, (fromX - margin) / m_xScale, (toX + margin) / m_xScale, nice.step,
            (calls ? u"#%.%1f"_s : u"%.%1f "_s + xUnit).arg(nice.decimals));
    layOutHeights(left, right);
    fitPlot();
}

/// From nothing to the largest value of each side; in the unit that a figure of that size is told in.
void LiveChart::layOutHeights(double left, double right)
{
    const bool seconds = m_spec.unit == "ms"_L1 && std::max(left, right) >= 1000;
    m_yScale = seconds ? 1000 : 1;
    const QString unit = seconds ? u"s"_s : m_spec.unit;
    const auto layOut = [this, &unit](QValueAxis *axis, double top) {
        const NiceAxis y = niceAxis(0, top > 0 ? top / m_yScale * 1.04 : 1, 3);
        const bool money = unit == "USD"_L1;
        setAxis(axis, 0, y.high, y.step, (money ? u"$%.%1f"_s : u"%.%1f "_s + unit).arg(y.decimals));
    };
    layOut(m_left, left);
    if (m_right)
        layOut(m_right, right);
}

/// Qt Charts keeps the room of earlier labels, and cuts longer ones.
void LiveChart::fitPlot()
{
    if (!m_x || !m_x->isVisible())
        return;
    const QFontMetricsF metrics(m_x->labelsFont());
    const double end = metrics.horizontalAdvance(labelAt(*m_x, m_x->max())) / 2;
    const double left = std::max(widestLabel(*m_left) + labelGap, end);
    const double right = m_right ? std::max(widestLabel(*m_right) + labelGap, end) : end;
    const QRectF room = QRectF(QPointF(), m_chart->size());
    const QRectF plot = room.adjusted(left, metrics.height() / 2, -right, -metrics.height() - labelGap);
    if (plot.isValid() && plot != m_plotArea) {
        m_plotArea = plot;
        m_chart->setPlotArea(plot);
        // That moves the series only: the axes follow with the next layout, which may be the next value's.
        m_chart->layout()->invalidate();
        m_chart->layout()->activate();
    }
}

} // namespace talkbench::ui
