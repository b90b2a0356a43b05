#include "core/bench/batchdetail.h"

#include "core/profile/format.h"
#include "core/profile/runrecord.h"

#include <QJsonArray>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

BatchDetail detailOf(const QJsonObject &row)
{
    BatchDetail detail;
    detail.id = row["id"_L1].toString();
    detail.providerId = row["provider"_L1].toString();
    detail.model = row["model"_L1].toString();
    detail.prompt = row["prompt"_L1].toString();
    detail.text = row["text"_L1].toString();
    detail.reasoning = row["reasoning"_L1].toString();
    detail.refusal = row["refusal"_L1].toString();
    if (const QJsonArray calls = row["tool_calls"_L1].toArray(); !calls.isEmpty())
        detail.toolCalls = profile::jsonText({ { u"tool_calls"_s, calls } });
    detail.error = row["error"_L1]["message"_L1].toString();
    detail.errorDetail = row["error"_L1]["detail"_L1].toString();
    detail.finishReason = row["finish_reason"_L1].toString();
    detail.verdicts = profile::verdictsFromJson(row["validation"_L1].toArray());
    const QJsonObject figures = row["metrics"_L1].toObject();
    for (const profile::Metric &metric : profile::metricTable()) {
        if (const QJsonValue value = figures[QLatin1StringView(metric.id)]; value.isDouble())
            detail.figures.append({ &metric, value.toDouble() });
    }
    detail.attempts = row["attempts"_L1].toInt();
    return detail;
}

} // namespace talkbench::bench
