#include "core/profile/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace talkbench::profile {

namespace {

/// Fine enough for the cost of a token, wide enough for gigabytes.
constexpr double perUnit = 1e9;

qint64 fixed(double value)
{
    constexpr double most = 9.2e18;
    return static_cast<qint64>(std::llround(std::clamp(value * perUnit, 0.0, most)));
}

bool belongs(const Metric &metric, const RunRecord &record)
{
    const QByteArrayView unit = metric.unit;
    if (record.cached && unit == "tok")
        return false;
    const bool amount = unit != "ms" && unit != "tok/s" && unit != "%";
    return amount || record.ok();
}

std::optional<double> percent(quint64 part, quint64 whole)
{
    return whole ? std::optional(100 * static_cast<double>(part) / static_cast<double>(whole)) : std::nullopt;
}

Figures::Percentile percentileOf(const base::Histogram &histogram, double percentile)
{
    const auto found = histogram.percentile(percentile);
    return { static_cast<double>(found.value) / perUnit, found.missing };
}

} // namespace

void Counts::add(const RunRecord &record)
{
    ++calls;
    ok += record.ok() ? 1 : 0;
    cancelled += record.cutShort() ? 1 : 0;
    failed += record.ok() || record.cutShort() ? 0 : 1;
    cached += record.cached ? 1 : 0;
    cacheHits += record.cached && record.ok() ? 1 : 0;
    if (record.cached)
        return;
    if (!record.cutShort()) {
        cacheMisses += record.missedCache() ? 1 : 0;
        sent += record.attempts() > 0 ? 1 : 0;
        retries += static_cast<quint64>(record.retries());
    }
    if (record.ok() && record.answer.usage)
        outputTokens += static_cast<double>(record.answer.usage->outputTotal());
    costUsd += record.costUsd.value_or(0);
    unpriced += record.isUnpriced() ? 1 : 0;
}

void Counts::merge(const Counts &other)
{
    calls += other.calls;
    ok += other.ok;
    failed += other.failed;
    cancelled += other.cancelled;
    cached += other.cached;
    cacheHits += other.cacheHits;
    cacheMisses += other.cacheMisses;
    sent += other.sent;
    retries += other.retries;
    outputTokens += other.outputTokens;
    costUsd += other.costUsd;
    unpriced += other.unpriced;
}

std::optional<double> Counts::errorRate() const
{
    return percent(failed, ok + failed);
}

std::optional<double> Counts::retryRate() const
{
    return percent(retries, sent);
}

std::optional<double> Counts::cacheHitRate() const
{
    return percent(cacheHits, cacheHits + cacheMisses);
}

std::optional<double> Counts::cost() const
{
    return unpriced > 0 && costUsd == 0 ? std::nullopt : std::optional(costUsd);
}

Sample::Sample(const RunRecord &record)
{
    counts.add(record);
    if (!record.ok() && !record.cutShort() && record.answer.error)
        error = record.answer.error->kind;
    const auto table = metricTable();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (!belongs(table[i], record))
            continue;
        if (const auto value = table[i].compute(record))
            values.emplace_back(i, fixed(*value));
    }
}

void Tally::add(const Sample &sample)
{
    m_counts.merge(sample.counts);
    if (sample.error)
        ++m_errors[*sample.error];
    m_histograms.resize(metricTable().size());
    for (const auto &[row, value] : sample.values)
        m_histograms[row].record(value);
}

void Tally::merge(const Tally &other)
{
    m_counts.merge(other.m_counts);
    for (const auto &[kind, count] : other.m_errors)
        m_errors[kind] += count;
    m_histograms.resize(std::max(m_histograms.size(), other.m_histograms.size()));
    for (std::size_t i = 0; i < other.m_histograms.size(); ++i)
        m_histograms[i].merge(other.m_histograms[i]);
}

Figures Tally::figures(const Metric &metric) const
{
    const auto row = static_cast<std::size_t>(&metric - metricTable().data());
    if (row >= m_histograms.size() || m_histograms[row].count() == 0)
        return {};
    const base::Histogram &histogram = m_histograms[row];
    Figures figures;
    figures.count = histogram.count();
    figures.mean = histogram.mean() / perUnit;
    figures.total = figures.mean * static_cast<double>(figures.count);
    figures.min = static_cast<double>(histogram.min()) / perUnit;
    figures.max = static_cast<double>(histogram.max()) / perUnit;
    figures.p50 = percentileOf(histogram, 50);
    figures.p90 = percentileOf(histogram, 90);
    figures.p95 = percentileOf(histogram, 95);
    figures.p99 = percentileOf(histogram, 99);
    return figures;
}

std::optional<double> Tally::share(QByteArrayView metricId) const
{
    const Metric *metric = metricById(metricId);
    if (!metric)
        return std::nullopt;
    const Figures found = figures(*metric);
    if (found.count == 0)
        return std::nullopt;
    return QByteArrayView(metric->unit) == "%" ? found.mean : found.mean * 100;
}

} // namespace talkbench::profile
