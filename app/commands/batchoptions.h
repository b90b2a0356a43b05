#pragma once

#include "app/commands/target.h"
#include "core/bench/batchplan.h"

#include <QStringList>

class QCommandLineParser;

namespace talkbench::app {

/// What `batch` was told.
struct BatchOptions {
    Target target;
    QStringList models; ///< each with "provider/" before it where that is not the target's
    QString prompts; ///< "-": standard input
    bench::PromptFormat format = bench::PromptFormat::Text;
    bench::PromptTemplate pattern;
    QString out;
    QString exportTo;
    bench::BatchPlan plan;
    bool pollGiven = false; ///< else plan.pollMs is the settings'
    bool concurrencyGiven = false;
    bool cancel = false; ///< the provider's batches that are open
    qsizetype size = 1;
    int flushMs = 50;
    bool yes = false; ///< where a budget says to ask first
    bool json = false;
    bool quiet = false;
};

void describeBatch(QCommandLineParser &parser);
/// An error is of kind Usage.
base::Result<BatchOptions> readBatchOptions(const QCommandLineParser &parser);

} // namespace talkbench::app
