#include "ui/charts/livechart.h"

#include "core/profile/format.h"
#include "ui/theme/colours.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"

#include <QApplication>
#include <QAreaSeries>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLegend>
#include <QLineSeries>
#include <QPainter>
#include <QScatterSeries>
#include <QVBoxLayout>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int plotHeight = 108;
constexpr double smallText = 0.84;

QFont smaller(QFont font)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * smallText);
    return font;
}

bool isMark(SeriesSpec::Kind kind)
{
    return kind == SeriesSpec::Kind::Failures || kind == SeriesSpec::Kind::Stops;
}

bool isScattered(SeriesSpec::Kind kind)
{
    return isMark(kind) || kind == SeriesSpec::Kind::Dots;
}

/// Rich text knows no "nowrap" within a line.
QString unbroken(QString text)
{
    return text.replace(u' ', QChar::Nbsp).replace(u'/', u"/\u2060"_s);
}

QColor faded(QColor colour, double alpha)
{
    colour.setAlphaF(static_cast<float>(alpha));
    return colour;
}

} // namespace

/// The plot itself: crosshair, and the words while it is empty.
class LiveChart::Plot final : public QChartView {
public:
    Plot(QChart *chart, LiveChart *owner) : QChartView(chart, owner), m_owner(*owner)
    {
        setRenderHint(QPainter::Antialiasing);
        setFrameShape(QFrame::NoFrame);
        setBackgroundBrush(Qt::NoBrush);
        viewport()->setAutoFillBackground(false);
        setMouseTracking(true);
        viewport()->setMouseTracking(true);
        setFocusPolicy(Qt::NoFocus);
        setContextMenuPolicy(Qt::NoContextMenu);
        setViewportUpdateMode(FullViewportUpdate);
        setMinimumHeight(plotHeight);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    }

protected:
    void paintEvent(QPaintEvent *event) override
    {
        QChartView::paintEvent(event);
        // Scrolled into view: catch up.
        if (m_owner.m_dirty)
            m_owner.schedule();
    }

    void resizeEvent(QResizeEvent *event) override
    {
        QChartView::resizeEvent(event);
        m_owner.fitPlot();
    }

    void drawForeground(QPainter *painter, const QRectF &) override
    {
        const Colours &theme = colours(&m_owner);
        if (m_owner.isEmpty()) {
            painter->setPen(theme.mutedText);
            painter->setFont(smaller(font()));
            painter->drawText(sceneRect().adjusted(grid::gap, 0, -grid::gap, 0), Qt::AlignCenter | Qt::TextWordWrap,
                              m_owner.m_spec.emptyText);
            return;
        }
        if (m_owner.m_readOut)
            drawCrosshair(painter, theme);
    }

    void mouseMoveEvent(QMouseEvent *event) override
    {
        const Line &line = m_owner.m_lines.front();
        const QPointF at = chart()->mapFromScene(mapToScene(event->pos()));
        m_owner.setReadOut(chart()->mapToValue(at, line.series).x() * m_owner.m_xScale);
    }

    void leaveEvent(QEvent *event) override
    {
        QChartView::leaveEvent(event);
        m_owner.setReadOut({});
    }

private:
    void drawCrosshair(QPainter *painter, const Colours &theme)
    {
        const QRectF area = chart()->plotArea();
        painter->setRenderHint(QPainter::Antialiasing);
        for (std::size_t i = 0; i < m_owner.m_lines.size(); ++i) {
            const Line &line = m_owner.m_lines[i];
            const auto point = m_owner.pointAt(line, *m_owner.m_readOut);
            if (!point)
                continue;
            const QPointF scaled(point->x() / m_owner.m_xScale, point->y() / m_owner.m_yScale);
            const QPointF at = chart()->mapToScene(chart()->mapToPosition(scaled, line.series));
            painter->setPen(QPen(faded(theme.mutedText, 0.5), 1));
            painter->drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()));
            painter->setPen(QPen(theme.window, 1.5));
            painter->setBrush(m_owner.colourOf(m_owner.m_spec.series.at(static_cast<qsizetype>(i))));
            painter->drawEllipse(at, 4, 4);
        }
    }

    LiveChart &m_owner;
};

LiveChart::LiveChart(ChartSpec spec, QWidget *parent)
    : QWidget(parent), m_spec(std::move(spec)), m_lines(static_cast<std::size_t>(m_spec.series.size())),
      m_chart(new QChart), m_plot(new Plot(m_chart, this)), m_title(new QLabel(m_spec.title, this)),
      m_legend(new QLabel(this))
{
    setObjectName(u"chart_"_s + m_spec.id);
    setAccessibleName(tr("Chart: %1").arg(m_spec.title));
    setFocusPolicy(Qt::StrongFocus);
    m_chart->setAnimationOptions(QChart::NoAnimation);
    m_chart->setMargins(QMargins(0, 0, 0, 0));
    m_chart->setBackgroundVisible(false);
    m_chart->setContentsMargins(0, 0, 0, 0);
    m_chart->layout()->setContentsMargins(0, 0, 0, 0);
    m_chart->legend()->hide();
    m_legend->setTextFormat(Qt::RichText);
    m_legend->setWordWrap(true);
    // A long read-out takes a line more, it never widens what holds the chart.
    m_legend->setMinimumWidth(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid::hair);
    layout->addWidget(m_title);
    layout->addWidget(m_legend);
    layout->addWidget(m_plot, 1);
    addSeries();
    addAxes();
    addActions();
    restyle();
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(refreshMs);
    connect(&m_refresh, &QTimer::timeout, this, &LiveChart::refresh);
    layOutAxes();
    showReadOut();
}

LiveChart::~LiveChart() = default;

void LiveChart::addSeries()
{
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const SeriesSpec &spec = m_spec.series.at(static_cast<qsizetype>(i));
        Line &line = m_lines[i];
        if (isScattered(spec.kind))
            line.series = new QScatterSeries;
        else
            line.series = new QLineSeries;
        if (spec.kind == SeriesSpec::Kind::Area) {
            line.below = new QLineSeries;
            line.area = new QAreaSeries(line.below);
            line.below->setParent(line.area);
            m_chart->addSeries(line.area);
        }
        m_chart->addSeries(line.series);
    }
}

void LiveChart::restyle()
{
    const Colours &theme = colours(this);
    QFont titleFont = font();
    titleFont.setWeight(QFont::DemiBold);
    m_title->setFont(titleFont);
    m_legend->setFont(smaller(font()));
    for (QValueAxis *axis : { m_x, m_left, m_right }) {
        if (!axis)
            continue;
        axis->setLabelsColor(theme.mutedText);
        axis->setLabelsFont(smaller(font()));
        axis->setGridLinePen(QPen(theme.border, 1));
    }
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const SeriesSpec &spec = m_spec.series.at(static_cast<qsizetype>(i));
        const QColor colour = colourOf(spec);
        QXYSeries *series = m_lines[i].series;
        series->setPen(QPen(colour, spec.kind == SeriesSpec::Kind::Points ? 1.2 : 1.6));
        series->setColor(colour);
        if (spec.kind == SeriesSpec::Kind::Points) {
            series->setPointsVisible();
            series->setMarkerSize(2.2);
        }
        if (auto *marks = qobject_cast<QScatterSeries *>(series)) {
            const bool hollow = isMark(spec.kind);
            marks->setMarkerShape(hollow ? QScatterSeries::MarkerShapeRotatedRectangle
                                         : QScatterSeries::MarkerShapeCircle);
            marks->setMarkerSize(hollow ? 9 : 6);
            marks->setBrush(hollow ? theme.window : colour);
            marks->setBorderColor(hollow ? colour : theme.window);
        }
        if (auto *area = qobject_cast<QAreaSeries *>(m_lines[i].area)) {
            area->setPen(Qt::NoPen);
            area->setBrush(faded(colour, 0.16));
        }
    }
    fitPlot();
    showReadOut();
}

QColor LiveChart::colourOf(const SeriesSpec &spec) const
{
    const Colours &theme = colours(this);
    if (spec.kind == SeriesSpec::Kind::Failures)
        return theme.error;
    if (spec.kind == SeriesSpec::Kind::Stops)
        return theme.mutedText;
    return theme.series.at(static_cast<std::size_t>(spec.colour) % theme.series.size());
}

void LiveChart::setTitleVisible(bool visible)
{
    m_title->setVisible(visible);
}

void LiveChart::setRefreshDelay(int ms)
{
    m_refresh.setInterval(ms);
}

void LiveChart::append(int series, double x, double y)
{
    if (!std::isfinite(x) || !std::isfinite(y))
        return;
    m_lines.at(static_cast<std::size_t>(series)).points.push(QPointF(x, y));
    m_dirty = true;
    schedule();
}

void LiveChart::clear()
{
    for (Line &line : m_lines)
        line.points.clear();
    m_readOut.reset();
    m_dirty = true;
    schedule();
}

bool LiveChart::isEmpty() const
{
    return std::all_of(m_lines.begin(), m_lines.end(), [](const Line &line) { return line.points.isEmpty(); });
}

qsizetype LiveChart::drawnCount(int series) const
{
    return m_lines.at(static_cast<std::size_t>(series)).drawn.size();
}

bool LiveChart::canBeSeen() const
{
    return isVisible() && !window()->isMinimized() && !m_plot->visibleRegion().isEmpty();
}

void LiveChart::schedule()
{
    if (!m_refresh.isActive() && canBeSeen())
        m_refresh.start();
}

void LiveChart::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_dirty)
        m_refresh.start();
}

void LiveChart::refresh()
{
    if (!m_dirty || !canBeSeen())
        return;
    m_dirty = false;
    ++m_refreshes;
    const qsizetype limit = std::clamp<qsizetype>(m_plot->width(), 100, drawnPoints);
    std::vector<QPointF> points;
    for (Line &line : m_lines) {
        points.clear();
        points.reserve(line.points.size());
        for (std::size_t i = 0; i < line.points.size(); ++i)
            points.push_back(line.points.at(i));
        line.drawn = decimate(points, limit);
    }
    layOutAxes();
    for (Line &line : m_lines) {
        QList<QPointF> scaled = line.drawn;
        for (QPointF &point : scaled)
            point = { point.x() / m_xScale, point.y() / m_yScale };
        line.series->replace(scaled);
        if (line.below)
            line.below->replace(scaled);
    }
    showReadOut();
}

std::optional<QPointF> LiveChart::pointAt(const Line &line, double x) const
{
    const auto &points = line.drawn;
    if (points.isEmpty())
        return {};
    auto after = std::lower_bound(points.cbegin(), points.cend(), x,
                                  [](const QPointF &point, double value) { return point.x() < value; });
    if (after == points.cend())
        return points.last();
    if (after != points.cbegin() && x - (after - 1)->x() < after->x() - x)
        --after;
    return *after;
}

void LiveChart::setReadOut(std::optional<double> x)
{
    if (isEmpty())
        x.reset();
    if (x == m_readOut)
        return;
    m_readOut = x;
    showReadOut();
    m_plot->viewport()->update();
}

QString LiveChart::figure(double value) const
{
    return profile::formatFigure(value, m_spec.unit.toUtf8());
}

/// The legend is the read-out: each series with its value under the crosshair, else its newest.
void LiveChart::showReadOut()
{
    const Colours &theme = colours(this);
    QStringList rich;
    QStringList plain;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Line &line = m_lines[i];
        const SeriesSpec &spec = m_spec.series.at(static_cast<qsizetype>(i));
        const bool marks = isMark(spec.kind);
        if (marks && line.drawn.isEmpty())
            continue;
        const auto point = m_readOut ? pointAt(line, *m_readOut) : pointAt(line, HUGE_VAL);
        const QString value = point ? figure(point->y()) : QString();
        QString dot = marks ? u"◇"_s : u"●"_s;
        rich << u"<span style='color:%1'>%2</span>&nbsp;<span style='color:%3'>%4</span>&nbsp;"
                "<span style='color:%5'>%6</span>"_s.arg(colourOf(spec).name(), dot, theme.mutedText.name(),
                                                         unbroken(spec.name.toHtmlEscaped()), theme.text.name(),
                                                         unbroken(value.toHtmlEscaped()));
        plain << (value.isEmpty() ? spec.name : spec.name + u' ' + value);
    }
    m_legend->setText(rich.join(u" &nbsp; "_s));
    setAccessibleDescription(isEmpty() ? m_spec.emptyText : plain.join(u", "_s));
}

void LiveChart::keyPressEvent(QKeyEvent *event)
{
    const auto &points = m_lines.front().drawn;
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step == 0 || points.isEmpty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const double from = m_readOut.value_or(points.last().x());
    const auto found = std::lower_bound(points.cbegin(), points.cend(), from,
                                        [](const QPointF &point, double value) { return point.x() < value; });
    const qsizetype at = (found - points.cbegin()) + (m_readOut ? step : 0);
    setReadOut(points.at(std::clamp<qsizetype>(at, 0, points.size() - 1)).x());
}

void LiveChart::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    setReadOut({});
}

void LiveChart::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        restyle();
}

QSize LiveChart::minimumSizeHint() const
{
    return { 200, iconSide(this, plotHeight) + 2 * fontMetrics().height() };
}

} // namespace talkbench::ui
