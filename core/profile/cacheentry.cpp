#include "core/profile/cacheentry.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <array>
#include <utility>

namespace talkbench::profile {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array policies {
    std::pair { CachePolicy::Off, "off" },
    std::pair { CachePolicy::Deterministic, "deterministic" },
    std::pair { CachePolicy::Always, "always" },
    std::pair { CachePolicy::Refresh, "refresh" },
};

/// Objects, strings' headers and the like, of one entry.
constexpr qint64 overheadBytes = 1024;

qint64 jsonBytes(const QJsonObject &object)
{
    return object.isEmpty() ? 0 : QJsonDocument(object).toJson(QJsonDocument::Compact).size();
}

} // namespace

QString cachePolicyName(CachePolicy policy)
{
    for (const auto &[known, name] : policies) {
        if (known == policy)
            return QString::fromLatin1(name);
    }
    return {};
}

std::optional<CachePolicy> cachePolicyFromName(const QString &name)
{
    for (const auto &[policy, known] : policies) {
        if (name == QLatin1String(known))
            return policy;
    }
    return std::nullopt;
}

CacheEntry cacheEntryOf(const RunRecord &record, qint64 nowMs, qint64 expiresMs)
{
    CacheEntry entry { record, nowMs, expiresMs };
    entry.original.answer.rateLimits = {};
    entry.original.answer.serverTimings = {};
    entry.original.earlierAttempts.clear();
    entry.original.trace.decisions.removeIf([](const Decision &decision) { return decision.stage != reasoningStage; });
    return entry;
}

qint64 bytesOf(const CacheEntry &entry)
{
    const llm::Answer &answer = entry.original.answer;
    qsizetype characters = answer.text.size() + answer.reasoning.size();
    for (const llm::ToolCall &call : answer.toolCalls)
        characters += call.id.size() + call.name.size() + call.arguments.size();
    const qint64 json =
        (answer.replay ? jsonBytes(answer.replay->data) : 0) + (answer.usage ? jsonBytes(answer.usage->raw) : 0);
    return overheadBytes + 2 * characters + 2 * json
        + entry.original.trace.chunks.size() * static_cast<qint64>(sizeof(ChunkStamp));
}

std::optional<double> durationMs(const CacheEntry &entry)
{
    const Trace &trace = entry.original.trace;
    if (trace.dispatchedNs == 0 || trace.endNs < trace.dispatchedNs)
        return std::nullopt;
    return static_cast<double>(trace.endNs - trace.dispatchedNs) / 1e6;
}

bool CacheFilter::matches(const CacheEntry &entry) const
{
    return (model.isEmpty() || model == entry.original.model)
        && (conversationId.isEmpty() || conversationId == entry.original.conversationId);
}

QJsonObject toJson(const CacheStats &stats)
{
    const qint64 asked = stats.hits + stats.misses;
    return {
        { u"entries"_s, stats.entries },
        { u"bytes"_s, stats.bytes },
        { u"hits"_s, stats.hits },
        { u"misses"_s, stats.misses },
        { u"hit_rate"_s,
          asked > 0 ? QJsonValue(static_cast<double>(stats.hits) / static_cast<double>(asked)) : QJsonValue() },
        { u"saved_ms"_s, stats.savedMs },
        { u"saved_usd"_s, stats.savedUsd },
    };
}

} // namespace talkbench::profile
