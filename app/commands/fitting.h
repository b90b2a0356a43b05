#pragma once

#include "app/commands/session.h"
#include "core/cost/contextfit.h"

class QCommandLineParser;

namespace talkbench::app {

struct FitOptions {
    std::optional<cost::FitPolicy> policy; ///< unset: all is sent
    std::optional<qint64> contextTokens; ///< unset: the model's, where its server has told
    /// Whether a context that nobody knows is an error.
    bool needsContext = true;
};

/// --fit, --context-limit.
void addFitOptions(QCommandLineParser &parser);
base::Result<FitOptions> readFit(const QCommandLineParser &parser);

/// Counts the prompt, leaves out of it what the options say, says so on stderr, and calls back with what to send. An error of
/// kind ContextTooLong where it can't be made to fit.
void fitRequest(Session &session, QObject *context, const run::RunRequest &request, const FitOptions &options,
                const std::function<void(const base::Result<run::RunRequest> &)> &then);

} // namespace talkbench::app
