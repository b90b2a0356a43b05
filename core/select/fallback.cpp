#include "core/select/fallback.h"

#include <algorithm>
#include <cmath>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

constexpr double leastHedgeMs = 300;

/// Empty: another model may do better. A key that is refused is for its owner to mend: another provider would hide it.
QString whyNot(const base::Error &error)
{
    if (error.kind == base::ErrorKind::Auth || error.kind == base::ErrorKind::Forbidden)
        return u"%1: its key needs mending"_s.arg(base::errorKindName(error.kind));
    if (error.kind == base::ErrorKind::ContextTooLong || Measurements::isFailure(error))
        return {};
    return u"another model would not mend '%1'"_s.arg(base::errorKindName(error.kind));
}

} // namespace

FallbackStep nextAfter(const base::Error &error, const ModelRef &failed, const FallbackPlan &plan,
                       const QList<ModelRef> &tried)
{
    if (const QString reason = whyNot(error); !reason.isEmpty())
        return { {}, reason };
    const bool tooLong = error.kind == base::ErrorKind::ContextTooLong;
    const auto was =
        std::find_if(plan.order.begin(), plan.order.end(), [&](const Candidate &c) { return c.ref == failed; });
    const std::optional<qint64> context = was == plan.order.end() ? std::nullopt : was->contextTokens;
    for (const Candidate &candidate : plan.order) {
        if (tried.contains(candidate.ref) || candidate.ref == failed || !plan.hasRoom(candidate))
            continue;
        // One that is not known to be longer is no way out.
        if (tooLong && !(candidate.contextTokens && *candidate.contextTokens > context.value_or(plan.inputTokens)))
            continue;
        // An account without means has none for its other models.
        if (error.kind == base::ErrorKind::Quota && candidate.ref.providerId == failed.providerId)
            continue;
        return { candidate.ref,
                 u"%1 at %2: trying %3"_s.arg(base::errorKindName(error.kind), toText(failed), toText(candidate.ref)) };
    }
    return { {}, tooLong ? u"no model with a longer context is left"_s : u"no other model is left to try"_s };
}

std::optional<qint64> hedgeDelayMs(const Measurements &measurements, const ModelRef &ref, double k)
{
    const auto p95 = measurements.ttftP95Ms(ref);
    if (!p95 || !(k > 0))
        return {};
    return std::llround(std::max(*p95 * k, leastHedgeMs));
}

} // namespace talkbench::select
