#include "core/select/fallback.h"

#include <algorithm>
#include <cmath>

namespace talkbench::select {

namespace {

constexpr double leastHedgeMs = 300;

/// A context that the prompt was too long for, as far as can be said: the listed one, if the prompt comes near it. Else the list is
/// wrong of this server, and only the prompt's own length is known.
qint64 shortContext(const ModelRef &failed, const FallbackPlan &plan)
{
    const auto was =
        std::find_if(plan.order.begin(), plan.order.end(), [&](const Candidate &c) { return c.ref == failed; });
    const auto listed = was == plan.order.end() ? std::nullopt : was->contextTokens;
    return listed && *listed < 2 * plan.inputTokens ? *listed : plan.inputTokens;
}

} // namespace

bool mayTakeOver(const Candidate &candidate, const FallbackPlan &plan, const QList<ModelRef> &tried)
{
    return !tried.contains(candidate.ref) && candidate.barred.isEmpty() && plan.hasRoom(candidate);
}

bool mayDoBetter(const base::Error &error)
{
    return error.kind == base::ErrorKind::ContextTooLong || Measurements::isFailure(error);
}

std::optional<ModelRef> nextAfter(const base::Error &error, const ModelRef &failed, const FallbackPlan &plan,
                                  const QList<ModelRef> &tried)
{
    using enum base::ErrorKind;
    if (!mayDoBetter(error))
        return {};
    const bool ofAccount = error.kind == Auth || error.kind == Quota;
    const qint64 tooShort = error.kind == ContextTooLong ? shortContext(failed, plan) : 0;
    for (const Candidate &candidate : plan.order) {
        if (candidate.ref == failed || !mayTakeOver(candidate, plan, tried))
            continue;
        if (ofAccount && candidate.ref.providerId == failed.providerId)
            continue;
        if (candidate.contextTokens.value_or(tooShort + 1) > tooShort)
            return candidate.ref;
    }
    return {};
}

std::optional<qint64> hedgeDelayMs(const Measurements &measurements, const ModelRef &ref, double k)
{
    const auto p95 = measurements.ttftP95Ms(ref);
    if (!p95 || !(k > 0))
        return {};
    return std::llround(std::max(*p95 * k, leastHedgeMs));
}

} // namespace talkbench::select
