#pragma once

#include "core/cost/contextfit.h"
#include "core/run/run.h"

namespace talkbench::run {

struct SummaryCall {
    RunRequest request;
    cost::ContextFit fit; ///< of the prompt that waits; says what the summary lacks
};

/// Asks `model`, of which the id and what is known are given, for the summary of what `fit` has no room for, of the prompt that
/// waits for it, whole. A call like any other: it has its record, and its cost counts in the conversation. Counts; any thread
/// may ask.
SummaryCall summaryCall(const llm::Endpoint &endpoint, const llm::ModelInfo &model, const RunRequest &waiting,
                        const cost::ContextFit &fit, const cost::TokenCounter &counter);

/// `fit` with what that call has answered, or why there is no summary.
base::Result<cost::ContextFit> withSummary(const cost::ContextFit &fit, const profile::RunRecord &record,
                                           const RunRequest &waiting, const cost::TokenCounter &counter);

/// The prompt as it was fitted. What was decided goes into the record of its call, with `more` behind it.
RunRequest fitted(RunRequest request, const cost::ContextFit &fit, const QString &more = {});

} // namespace talkbench::run
