#pragma once

#include "core/cost/contextfit.h"
#include "core/run/run.h"

namespace talkbench::run {

/// Asks for the summary of what `fit` has no room for, of the prompt that waits for it, whole. A call like any other: it has its
/// record, and its cost counts in the conversation.
RunRequest summaryCall(const llm::Endpoint &endpoint, const QString &model, const RunRequest &waiting,
                       const cost::ContextFit &fit);

/// `fit` with what that call has answered, or why there is no summary.
base::Result<cost::ContextFit> withSummary(const cost::ContextFit &fit, const profile::RunRecord &record,
                                           const RunRequest &waiting, const cost::TokenCounter &counter);

/// The prompt as it was fitted. What was decided goes into the record of its call, with `more` behind it.
RunRequest fitted(RunRequest request, const cost::ContextFit &fit, const QString &more = {});

} // namespace talkbench::run
