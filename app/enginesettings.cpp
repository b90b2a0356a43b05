#include "app/enginesettings.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "core/store/cachestore.h"

namespace talkbench::app {

namespace {

constexpr qint64 hourMs = 3'600'000;
constexpr qint64 megabyte = 1 << 20;

run::CacheSettings cacheSettings(const config::Settings &settings)
{
    run::CacheSettings cache;
    cache.policy = profile::cachePolicyFromName(settings.value("cache/policy").toString())
                       .value_or(profile::CachePolicy::Deterministic);
    cache.ttlMs = settings.value("cache/ttl_hours").toLongLong() * hourMs;
    const QVariantMap byProvider = settings.value("cache/provider_ttl_hours").toMap();
    for (auto row = byProvider.begin(); row != byProvider.end(); ++row)
        cache.providerTtlMs.insert(row.key(), static_cast<qint64>(row.value().toDouble() * hourMs));
    cache.memoryBytes = settings.value("cache/memory_mb").toLongLong() * megabyte;
    const bool recorded = settings.value("cache/pace").toString() == QLatin1String("recorded");
    cache.pace = recorded ? run::CachePace::Recorded : run::CachePace::AtOnce;
    return cache;
}

} // namespace

void applySettings(const config::Settings &settings, run::RunService &runs, store::CacheStore &cache)
{
    run::Limits limits;
    limits.overall = settings.value("limits/overall").toInt();
    limits.standard.concurrent = settings.value("limits/per_provider").toInt();
    limits.maxWaitMs = settings.value("limits/queue_ms").toInt();
    const auto providers = settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        if (provider.limits != llm::ProviderLimits())
            limits.providers.insert(provider.id, provider.limits);
    }
    runs.setLimits(limits);
    run::RetryPolicy policy;
    policy.maxAttempts = settings.value("retry/max_attempts").toInt();
    policy.maxTotalMs = settings.value("retry/max_total_ms").toInt();
    runs.setRetryPolicy(policy);
    runs.setCacheSettings(cacheSettings(settings));
    cache.setLimits(
        { settings.value("cache/disk_mb").toLongLong() * megabyte, settings.value("cache/entries").toLongLong() });
}

} // namespace talkbench::app
