#pragma once

#include "core/cost/budget.h"
#include "core/run/run.h"

namespace talkbench::cost {
class TokenCounter;
}

namespace talkbench::run {

/// A call about to be sent, for the budgets, with all that its checks may add at most: it is asked again, or of other models,
/// and every answer is judged. The prompt is as long as the request says, else as it is counted; `counter` may be null.
cost::PlannedCall plannedCall(const RunRequest &request, const cost::TokenCounter *counter,
                              const cost::PriceBook &prices, const QDateTime &when);

} // namespace talkbench::run
