#pragma once

#include <QtGlobal>

#include <vector>

namespace talkbench::base {

/// How many samples a percentile (in percent, 99.9) needs before it may be shown, at a confidence of 0.99.
quint64 samplesForPercentile(double percentile);

/// Counts of non-negative integers (nanoseconds, bytes) in buckets that keep three significant digits at any size, as
/// HdrHistogram does. Only buckets that hold something take memory: sixteen bytes each, however many samples they hold.
class Histogram {
public:
    struct Percentile {
        qint64 value = 0;
        /// Samples still missing before the value means anything; 0: enough.
        quint64 missing = 0;

        bool enough() const { return missing == 0; }
    };

    /// A negative value counts as 0.
    void record(qint64 value, quint64 times = 1);
    void merge(const Histogram &other);
    void clear();

    quint64 count() const { return m_count; }
    qint64 min() const { return m_count ? m_min : 0; }
    qint64 max() const { return m_count ? m_max : 0; }
    double mean() const { return m_count ? m_sum / static_cast<double>(m_count) : 0; }
    /// The smallest value that at least `percentile` percent of the samples don't exceed, to three digits.
    Percentile percentile(double percentile) const;

private:
    struct Bucket {
        quint32 index;
        quint64 count;
    };

    std::vector<Bucket> m_buckets; ///< by index, none empty
    quint64 m_count = 0;
    double m_sum = 0;
    qint64 m_min = 0;
    qint64 m_max = 0;
};

} // namespace talkbench::base
