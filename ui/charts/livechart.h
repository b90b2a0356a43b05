#pragma once

#include "core/base/ringbuffer.h"
#include "ui/charts/decimate.h"

#include <QRectF>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QAbstractSeries;
class QChart;
class QLabel;
class QLineSeries;
class QValueAxis;
class QXYSeries;

namespace talkbench::ui {

struct SeriesSpec {
    enum class Kind {
        Line, ///< measured all the time
        Points, ///< one a call, joined by a thin line
        Area,
        Dots, ///< not joined
        Failures, ///< hollow diamonds in the error colour
        Stops, ///< hollow muted diamonds
    };

    QString name;
    Kind kind = Kind::Line;
    /// Index into the theme's series colours.
    int colour = 0;
    /// Measured on an axis of its own at the right, for a series whose size differs.
    bool rightAxis = false;
};

struct ChartSpec {
    enum class XAxis { Calls, Seconds };

    QString id;
    QString title;
    /// "ms", "tok/s", "tok", "USD", "MB"
    QString unit;
    XAxis x = XAxis::Calls;
    QList<SeriesSpec> series;
    /// Shown while there is nothing to draw: says what to do.
    QString emptyText;
};

/// A chart of the newest points of a few series, redrawn at most ten times a second and only while it can be seen.
/// The only class that knows Qt Charts. x is the number of a call, or seconds.
class LiveChart final : public QWidget {
    Q_OBJECT

public:
    static constexpr int refreshMs = 100;
    /// At most, and no more than a point a pixel: painting them is what costs.
    static constexpr qsizetype drawnPoints = 1000;
    static constexpr std::size_t keptPoints = 20'000;

    explicit LiveChart(ChartSpec spec, QWidget *parent = nullptr);
    ~LiveChart() override;

    const ChartSpec &spec() const { return m_spec; }
    void append(int series, double x, double y);
    void clear();
    /// Where the title stands above the chart already.
    void setTitleVisible(bool visible);
    /// From a point's arrival to its drawing. Charts fed together want different ones, so that no frame draws them all.
    void setRefreshDelay(int ms);

    bool isEmpty() const;
    /// How many points a series shows now.
    qsizetype drawnCount(int series) const;
    /// How often it was laid out again; stands still while the chart is hidden or nothing comes.
    int refreshCount() const { return m_refreshes; }
    bool isRefreshPending() const { return m_refresh.isActive(); }

    /// Every point that is kept, not only those drawn.
    QByteArray csv() const;
    bool savePng(const QString &path);
    bool saveSvg(const QString &path);

    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    class Plot;
    struct Line {
        base::RingBuffer<QPointF> points { keptPoints };
        QList<QPointF> drawn;
        QXYSeries *series = nullptr;
        /// The shade under the line and its edge.
        QAbstractSeries *area = nullptr;
        QLineSeries *below = nullptr;
    };

    void addActions();
    void addSeries();
    void addAxes();
    void restyle();
    QColor colourOf(const SeriesSpec &spec) const;
    bool canBeSeen() const;
    void schedule();
    void refresh();
    void layOutAxes();
    void layOutHeights(double left, double right);
    /// Gives the axes' labels the room that they need.
    void fitPlot();
    void setReadOut(std::optional<double> x);
    void showReadOut();
    void saveAs(const QString &suffix, const QString &filter, bool (LiveChart::*save)(const QString &));
    bool saveCsv(const QString &path);
    /// The nearest drawn point of a series.
    std::optional<QPointF> pointAt(const Line &line, double x) const;
    QString figure(double value) const;

    ChartSpec m_spec;
    std::vector<Line> m_lines;
    QChart *m_chart;
    Plot *m_plot;
    QLabel *m_title;
    QLabel *m_legend;
    QValueAxis *m_x = nullptr;
    QValueAxis *m_left = nullptr;
    QValueAxis *m_right = nullptr;
    QTimer m_refresh;
    bool m_dirty = false;
    int m_refreshes = 0;
    /// Where the crosshair stands.
    std::optional<double> m_readOut;
    double m_xScale = 1;
    double m_yScale = 1; ///< of every series
    QRectF m_plotArea;
};

} // namespace talkbench::ui
