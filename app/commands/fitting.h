#pragma once

#include "app/commands/session.h"
#include "core/cost/contextfit.h"
#include "core/select/modelref.h"

class QCommandLineParser;

namespace talkbench::app {

struct FitOptions {
    std::optional<cost::FitPolicy> policy; ///< unset: all is sent
    std::optional<qint64> contextTokens; ///< unset: the model's, where its server or the table has told
    std::optional<select::ModelRef> summaryModel = {}; ///< for SummariseOlder; unset: the settings' one
    /// Whether a context that nobody knows is an error.
    bool needsContext = true;
    /// Ask for a summary even where a budget says to ask first.
    bool overBudget = false;
};

/// --fit, --context-limit, --summary-model.
void addFitOptions(QCommandLineParser &parser);
base::Result<FitOptions> readFit(const QCommandLineParser &parser);

/// Counts the prompt, leaves out of it what the options say, and calls back with what to send. A summary of what goes may be
/// asked for first; where there is none, stderr says why, and the oldest turns go. An error of kind ContextTooLong where it
/// can't be made to fit.
void fitRequest(Session &session, QObject *context, const run::RunRequest &request, const FitOptions &options,
                const std::function<void(const base::Result<run::RunRequest> &)> &then);

} // namespace talkbench::app
