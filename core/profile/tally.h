#pragma once

#include "core/base/histogram.h"
#include "core/profile/metrictable.h"
#include "core/profile/runrecord.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace talkbench::profile {

/// How calls ended. What each rate is of:
/// - errors: failed calls, of those that succeeded, from the cache too, or failed;
/// - retries: attempts after the first, of calls of which a request went out;
/// - cache hits: of calls that asked the response cache, that is hits and misses;
/// - validation (Tally): answers that pass all their checks, of those that were checked.
/// What was cut short by the user or by the program's end counts in none of them.
struct Counts {
    quint64 calls = 0;
    quint64 ok = 0;
    quint64 failed = 0;
    quint64 cancelled = 0; ///< cut short, by whatever
    quint64 cached = 0;
    quint64 cacheHits = 0; ///< successes of those
    quint64 cacheMisses = 0; ///< calls that asked the cache and went out
    /// Calls of which a request went out: neither cached nor cut short.
    quint64 sent = 0;
    quint64 retries = 0; ///< of those
    double outputTokens = 0; ///< of successes that were not cached
    double costUsd = 0;
    quint64 unpriced = 0; ///< calls that used tokens whose cost nobody knows

    void add(const RunRecord &record);
    void merge(const Counts &other);

    // In percent; unset where there is nothing to divide by.
    std::optional<double> errorRate() const;
    std::optional<double> retryRate() const;
    std::optional<double> cacheHitRate() const;
    /// Unset where not every call has a price and none that has cost anything.
    std::optional<double> cost() const;
};

/// What the calls say of one metric, in its own unit.
struct Figures {
    /// As base::Histogram has it: the value, and how many samples it lacks to mean something.
    struct Percentile {
        double value = 0;
        quint64 missing = 0;
    };

    quint64 count = 0; ///< calls that have it; the rest is unset where this is 0
    double total = 0;
    double min = 0;
    double mean = 0;
    double max = 0;
    Percentile p50;
    Percentile p90;
    Percentile p95;
    Percentile p99;
};

/// What one call adds to a tally; computed once, for the many that it may go into.
struct Sample {
    Sample(const RunRecord &record); // NOLINT(google-explicit-constructor)

    Counts counts;
    std::optional<base::ErrorKind> error;
    std::vector<std::pair<std::size_t, qint64>> values; ///< row of the metric table, billionths of its unit
};

/// Calls folded into counts and a histogram for each row of the metric table. Times, paces and shares are those of
/// successes; amounts (money, tokens, bytes, retries) are of every call, tokens not of cached ones.
class Tally {
public:
    void add(const Sample &sample);
    void merge(const Tally &other);

    const Counts &counts() const { return m_counts; }
    const std::map<base::ErrorKind, quint64> &errors() const { return m_errors; }
    Figures figures(const Metric &metric) const;
    /// As figures(metric).mean, × 100 unless it is a percentage; unset where the metric table has no such row.
    std::optional<double> share(QByteArrayView metricId) const;
    /// Of answers that were checked, in percent: the metric "validation_pass".
    std::optional<double> validationPassRate() const { return share("validation_pass"); }

private:
    Counts m_counts;
    std::map<base::ErrorKind, quint64> m_errors;
    std::vector<base::Histogram> m_histograms; ///< by row of the metric table, in billionths of its unit
};

} // namespace talkbench::profile
