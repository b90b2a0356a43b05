#include "core/base/histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>

namespace talkbench::base {

namespace {

// Values below 2048 have a bucket each. Above, every doubling is cut into 1024 buckets: at most 0.1 % wide.
constexpr int subBucketBits = 11;
constexpr quint64 subBuckets = 1U << subBucketBits;
constexpr quint64 halfBuckets = subBuckets / 2;

quint32 bucketOf(qint64 value)
{
    const auto bits = static_cast<quint64>(value);
    if (bits < subBuckets)
        return static_cast<quint32>(bits);
    const int shift = static_cast<int>(std::bit_width(bits)) - subBucketBits;
    return static_cast<quint32>(static_cast<quint64>(shift) * halfBuckets + (bits >> shift));
}

/// The middle of a bucket.
qint64 valueOf(quint64 bucket)
{
    if (bucket < subBuckets)
        return static_cast<qint64>(bucket);
    const quint64 shift = bucket / halfBuckets - 1;
    const quint64 low = (bucket - shift * halfBuckets) << shift;
    return static_cast<qint64>(low + (quint64(1) << (shift - 1)));
}

} // namespace

quint64 samplesForPercentile(double percentile)
{
    struct Row {
        double percentile;
        quint64 samples;
    };
    constexpr std::array rows { Row { 50, 11 }, Row { 90, 64 }, Row { 95, 130 }, Row { 99, 662 }, Row { 99.9, 6636 } };
    for (const Row &row : rows) {
        if (percentile <= row.percentile)
            return row.samples;
    }
    // Further out, the need grows with the inverse of the tail, as it does between the last two rows.
    return percentile >= 100 ? 1 : static_cast<quint64>(std::ceil(rows.back().samples * 0.1 / (100 - percentile)));
}

void Histogram::record(qint64 value, quint64 times)
{
    if (times == 0)
        return;
    value = std::max<qint64>(value, 0);
    const quint32 index = bucketOf(value);
    auto bucket = std::lower_bound(m_buckets.begin(), m_buckets.end(), index,
                                   [](const Bucket &row, quint32 wanted) { return row.index < wanted; });
    if (bucket == m_buckets.end() || bucket->index != index)
        bucket = m_buckets.insert(bucket, { index, 0 });
    bucket->count += times;
    m_min = m_count ? std::min(m_min, value) : value;
    m_max = m_count ? std::max(m_max, value) : value;
    m_count += times;
    m_sum += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::merge(const Histogram &other)
{
    if (other.m_count == 0)
        return;
    std::vector<Bucket> merged;
    merged.reserve(m_buckets.size() + other.m_buckets.size());
    std::merge(m_buckets.begin(), m_buckets.end(), other.m_buckets.begin(), other.m_buckets.end(),
               std::back_inserter(merged), [](const Bucket &a, const Bucket &b) { return a.index < b.index; });
    m_buckets.clear();
    for (const Bucket &bucket : merged) {
        if (!m_buckets.empty() && m_buckets.back().index == bucket.index)
            m_buckets.back().count += bucket.count;
        else
            m_buckets.push_back(bucket);
    }
    m_min = m_count ? std::min(m_min, other.m_min) : other.m_min;
    m_max = m_count ? std::max(m_max, other.m_max) : other.m_max;
    m_count += other.m_count;
    m_sum += other.m_sum;
}

void Histogram::clear()
{
    *this = {};
}

Histogram::Percentile Histogram::percentile(double percentile) const
{
    const quint64 needed = samplesForPercentile(percentile);
    Percentile result { 0, needed > m_count ? needed - m_count : 0 };
    if (m_count == 0)
        return result;
    const double rank = std::ceil(std::clamp(percentile, 0.0, 100.0) / 100 * static_cast<double>(m_count));
    const auto wanted = std::max<quint64>(static_cast<quint64>(rank), 1);
    if (wanted == m_count) {
        result.value = m_max;
        return result;
    }
    quint64 seen = 0;
    for (const Bucket &bucket : m_buckets) {
        seen += bucket.count;
        if (seen >= wanted) {
            result.value = std::clamp(valueOf(bucket.index), m_min, m_max);
            break;
        }
    }
    return result;
}

} // namespace talkbench::base
