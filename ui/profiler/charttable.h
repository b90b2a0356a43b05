#pragma once

#include "core/profile/runrecord.h"
#include "ui/charts/livechart.h"

#include <span>

namespace talkbench::ui {

struct ActivitySample;

/// A call that ended, as the charts see it.
struct EndedCall {
    const profile::RunRecord &record;
    double totalUsd = 0; ///< of this run of the program, this call included
};

/// A series is fed from the calls that end or from the samples; no value, no point.
struct SeriesRow {
    const char *name; ///< translatable in context "Chart", as all texts here
    SeriesSpec::Kind kind;
    int colour;
    bool rightAxis = false;
    std::optional<double> (*ofCall)(const EndedCall &) = nullptr;
    std::optional<double> (*ofSample)(const ActivitySample &) = nullptr;
};

/// One row a chart of the profiler: adding a chart is adding one.
struct ChartRow {
    const char *id;
    const char *title;
    const char *unit;
    ChartSpec::XAxis x;
    std::span<const SeriesRow> series;
    const char *emptyText;
    bool open = true; ///< at first
};

std::span<const ChartRow> chartTable();
ChartSpec specOf(const ChartRow &row);

} // namespace talkbench::ui
