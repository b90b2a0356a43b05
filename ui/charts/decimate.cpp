#include "ui/charts/decimate.h"

#include <algorithm>
#include <cmath>

namespace talkbench::ui {

namespace {

bool finite(const QPointF &point)
{
    return std::isfinite(point.x()) && std::isfinite(point.y());
}

bool lower(const QPointF &a, const QPointF &b)
{
    return a.y() < b.y();
}

} // namespace

QList<QPointF> decimate(std::span<const QPointF> points, qsizetype limit)
{
    QList<QPointF> all;
    all.reserve(static_cast<qsizetype>(points.size()));
    std::copy_if(points.begin(), points.end(), std::back_inserter(all), finite);
    if (limit <= 0)
        return {};
    if (all.size() <= limit)
        return all;
    if (limit == 1)
        return { all.last() };
    QList<QPointF> kept { all.first() };
    const qsizetype buckets = (limit - 2) / 2;
    const qsizetype inner = all.size() - 2;
    for (qsizetype bucket = 0; bucket < buckets; ++bucket) {
        const auto from = all.cbegin() + 1 + inner * bucket / buckets;
        const auto to = all.cbegin() + 1 + inner * (bucket + 1) / buckets;
        const auto [least, most] = std::minmax_element(from, to, lower);
        kept << *std::min(least, most);
        if (least != most)
            kept << *std::max(least, most);
    }
    kept << all.last();
    return kept;
}

NiceAxis niceAxis(double low, double high, int steps)
{
    if (!std::isfinite(low) || !std::isfinite(high) || steps < 1)
        return {};
    if (high < low)
        std::swap(low, high);
    if (high - low < 1e-12 * std::max({ 1e-12, std::abs(low), std::abs(high) }))
        high = low + (low == 0 ? 1 : std::abs(low));
    const double raw = (high - low) / steps;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    const double fraction = raw / power;
    NiceAxis axis;
    axis.step = power * (fraction <= 1.0001 ? 1 : fraction <= 2.0001 ? 2 : fraction <= 5.0001 ? 5 : 10);
    axis.low = std::floor(low / axis.step + 1e-9) * axis.step;
    axis.high = std::ceil(high / axis.step - 1e-9) * axis.step;
    axis.decimals = std::clamp(static_cast<int>(-std::floor(std::log10(axis.step) + 1e-9)), 0, 9);
    return axis;
}

} // namespace talkbench::ui
