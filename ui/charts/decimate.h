#pragma once

#include <QList>
#include <QPointF>

#include <span>

namespace talkbench::ui {

/// At most `limit` points that draw the same picture: each stretch of the input keeps its lowest and its highest point, so
/// that a spike never disappears. The first and the last point stay; values that are not finite are left out.
QList<QPointF> decimate(std::span<const QPointF> points, qsizetype limit);

/// The axis that holds [low, high] with steps of 1, 2 or 5 × 10ⁿ.
struct NiceAxis {
    double low = 0;
    double high = 1;
    double step = 1;
    /// Decimals that tell one step from the next.
    int decimals = 0;
};

NiceAxis niceAxis(double low, double high, int steps);

} // namespace talkbench::ui
