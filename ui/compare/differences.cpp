#include "ui/compare/differences.h"

#include <algorithm>
#include <array>

namespace talkbench::ui {

namespace {

constexpr std::array compared { "ttft_ms",       "ttfo_ms",          "thinking_ms", "response_ms",
                                "tokens_per_s",  "icl_max_ms",       "queue_ms",    "input_tokens",
                                "output_tokens", "reasoning_tokens", "cost_usd",    "cost_per_m_output_usd" };

qsizetype bestOf(const Difference &difference)
{
    if (difference.metric->better == profile::Better::Neither)
        return -1;
    const bool higher = difference.metric->better == profile::Better::Higher;
    qsizetype best = -1;
    int known = 0;
    bool differ = false;
    for (qsizetype i = 0; i < difference.values.size(); ++i) {
        const auto &value = difference.values.at(i);
        if (!value || !difference.whole.at(i))
            continue;
        ++known;
        if (best >= 0 && *value != *difference.values.at(best))
            differ = true;
        if (best < 0 || (higher ? *value > *difference.values.at(best) : *value < *difference.values.at(best)))
            best = i;
    }
    return known >= 2 && differ ? best : -1;
}

} // namespace

std::optional<double> Difference::ratio(qsizetype index) const
{
    if (best < 0 || index == best || !whole.at(index) || !values.at(index) || *values.at(best) == 0)
        return {};
    return *values.at(index) / *values.at(best);
}

QList<Difference> differencesOf(const QList<profile::RunRecord> &records)
{
    QList<Difference> rows;
    for (const char *id : compared) {
        Difference row { profile::metricById(id), {}, {}, {}, {}, -1 };
        if (!row.metric)
            continue;
        for (const profile::RunRecord &record : records)
            row.values << row.metric->compute(record);
        // Where none is known or all are nothing there is no difference to tell.
        if (std::none_of(row.values.cbegin(), row.values.cend(),
                         [](const auto &value) { return value.value_or(0) != 0; }))
            continue;
        for (const profile::RunRecord &record : records) {
            row.whole << record.ok();
            row.estimated << profile::isEstimate(*row.metric, record);
            row.none << profile::isNone(*row.metric, record);
        }
        row.best = bestOf(row);
        rows << row;
    }
    return rows;
}

} // namespace talkbench::ui
