#include "core/select/fallback.h"

#include <algorithm>
#include <cmath>

namespace talkbench::select {

namespace {

constexpr double leastHedgeMs = 300;

} // namespace

bool mayTakeOver(const Candidate &candidate, const FallbackPlan &plan, const QList<ModelRef> &tried)
{
    return !tried.contains(candidate.ref) && candidate.barred.isEmpty() && plan.hasRoom(candidate);
}

bool mayDoBetter(const base::Error &error)
{
    using enum base::ErrorKind;
    return error.kind != Auth && error.kind != Forbidden
        && (error.kind == ContextTooLong || Measurements::isFailure(error));
}

std::optional<ModelRef> nextAfter(const base::Error &error, const ModelRef &failed, const FallbackPlan &plan,
                                  const QList<ModelRef> &tried)
{
    if (!mayDoBetter(error))
        return {};
    const bool tooLong = error.kind == base::ErrorKind::ContextTooLong;
    const auto was =
        std::find_if(plan.order.begin(), plan.order.end(), [&](const Candidate &c) { return c.ref == failed; });
    const qint64 context = was == plan.order.end() ? plan.inputTokens : was->contextTokens.value_or(plan.inputTokens);
    for (const Candidate &candidate : plan.order) {
        if (candidate.ref == failed || !mayTakeOver(candidate, plan, tried))
            continue;
        // One that is not known to be longer is no way out.
        if (tooLong && !(candidate.contextTokens && *candidate.contextTokens > context))
            continue;
        // An account without means has none for its other models.
        if (error.kind == base::ErrorKind::Quota && candidate.ref.providerId == failed.providerId)
            continue;
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
