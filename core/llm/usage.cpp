#include "core/llm/usage.h"

#include <algorithm>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

/// No more than a server's counts may be, even in a damaged row: their sum has room.
qint64 countFrom(const QJsonValue &value)
{
    return std::clamp<qint64>(value.toInteger(), 0, 1'000'000'000'000'000);
}

} // namespace

QString usageSourceName(UsageSource source)
{
    switch (source) {
    case UsageSource::Server:
        return u"usage"_s;
    case UsageSource::Tokenizer:
        return u"tokenizer"_s;
    case UsageSource::Chunks:
        return u"chunks"_s;
    }
    return {};
}

std::optional<UsageSource> usageSourceFromName(const QString &name)
{
    for (const UsageSource source : { UsageSource::Server, UsageSource::Tokenizer, UsageSource::Chunks }) {
        if (name == usageSourceName(source))
            return source;
    }
    return std::nullopt;
}

bool isBelievable(const QJsonObject &raw)
{
    const auto totals = { "prompt_tokens"_L1,    "input_tokens"_L1,         "completion_tokens"_L1, "output_tokens"_L1,
                          "promptTokenCount"_L1, "candidatesTokenCount"_L1, "prompt_eval_count"_L1, "eval_count"_L1 };
    return std::none_of(totals.begin(), totals.end(), [&raw](QLatin1StringView key) {
        const QJsonValue value = raw[key];
        return value.isDouble() && !(value.toDouble() >= 0 && value.toDouble() < 1e12);
    });
}

QJsonObject toJson(const Usage &usage)
{
    QJsonObject object {
        { u"input"_s, usage.input },
        { u"cache_read"_s, usage.cacheRead },
        { u"cache_write"_s, usage.cacheWrite },
        { u"output"_s, usage.output },
        { u"reasoning"_s, usage.reasoning },
        { u"input_total"_s, usage.inputTotal() },
        { u"output_total"_s, usage.outputTotal() },
        { u"source"_s, usageSourceName(usage.source) },
    };
    if (usage.image > 0)
        object.insert("image"_L1, usage.image);
    if (usage.cacheWrite1h > 0)
        object.insert("cache_write_1h"_L1, usage.cacheWrite1h);
    if (usage.derived)
        object.insert("derived"_L1, true);
    if (usage.reportedCostUsd)
        object.insert("reported_cost_usd"_L1, *usage.reportedCostUsd);
    if (!usage.raw.isEmpty())
        object.insert("raw"_L1, usage.raw);
    return object;
}

Usage usageFromJson(const QJsonObject &object)
{
    Usage usage;
    usage.input = countFrom(object["input"_L1]);
    usage.image = countFrom(object["image"_L1]);
    usage.cacheRead = countFrom(object["cache_read"_L1]);
    usage.cacheWrite = countFrom(object["cache_write"_L1]);
    usage.cacheWrite1h = countFrom(object["cache_write_1h"_L1]);
    usage.output = countFrom(object["output"_L1]);
    usage.reasoning = countFrom(object["reasoning"_L1]);
    usage.source = usageSourceFromName(object["source"_L1].toString()).value_or(UsageSource::Server);
    usage.derived = object["derived"_L1].toBool();
    if (const QJsonValue cost = object["reported_cost_usd"_L1]; cost.isDouble())
        usage.reportedCostUsd = cost.toDouble();
    usage.raw = object["raw"_L1].toObject();
    return usage;
}

} // namespace talkbench::llm
