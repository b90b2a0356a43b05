#pragma once

#include "core/profile/runrecord.h"

#include <span>

namespace talkbench::profile {

enum class Better { Lower, Higher, Neither };

/// One row: adding a metric is adding one. `compute` gives nothing where the record can't support the figure: a stamp or
/// count is missing, there are too few samples for a percentile, or the answer came from the cache and has no latency.
struct Metric {
    const char *id; ///< "ttft_ms": stable, for JSON, CSV and SQL
    const char *title; ///< translatable in context "Metric"
    const char *unit; ///< "ms", "tok/s", "USD", "%", ""
    Better better;
    std::optional<double> (*compute)(const RunRecord &);
};

std::span<const Metric> metricTable();
const Metric *metricById(QByteArrayView id);
/// Whether a record's figure rests on an estimated number of tokens: it is shown with '~'.
bool isEstimate(const Metric &metric, const RunRecord &record);
/// Whether a record that lacks the figure is known to have none: a call that did not think has no time of thinking.
bool isNone(const Metric &metric, const RunRecord &record);
/// All metrics by id; null where unknown.
QJsonObject metricsJson(const RunRecord &record);

} // namespace talkbench::profile
