#pragma once

#include "core/base/error.h"
#include "core/select/selector.h"

namespace talkbench::select {

/// The candidates in turn, and the prompt they are asked with.
struct FallbackPlan {
    QList<Candidate> order;
    qint64 inputTokens = 0; ///< of the whole prompt
    /// It is made to fit each one's context: none is too short.
    bool fits = false;

    bool hasRoom(const Candidate &candidate) const
    {
        return fits || !candidate.contextTokens || *candidate.contextTokens >= inputTokens;
    }
};

/// Whether it can be asked in place of others: it was not yet, it is not barred, and its context is long enough.
bool mayTakeOver(const Candidate &candidate, const FallbackPlan &plan, const QList<ModelRef> &tried);

/// Whether another model may do better.
bool mayDoBetter(const base::Error &error);

/// After `error` of `failed`: the next of the ordered list that has not been tried and may do better: for a key that was refused
/// or credit that is used up, another provider's; for a prompt that was too long, one whose context is longer or not known.
/// Unset: the failure stands. `tried` holds `failed` too.
std::optional<ModelRef> nextAfter(const base::Error &error, const ModelRef &failed, const FallbackPlan &plan,
                                  const QList<ModelRef> &tried);

/// How long to wait for the first token before a second request is sent beside the first: the model's p95 × `k`, at least
/// 300 ms. Unset where too little is known to say that it is late.
std::optional<qint64> hedgeDelayMs(const Measurements &measurements, const ModelRef &ref, double k);

} // namespace talkbench::select
