#include "app/enginesettings.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"

namespace talkbench::app {

void applySettings(const config::Settings &settings, run::RunService &runs)
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
}

} // namespace talkbench::app
