#pragma once

#include "core/base/result.h"
#include "core/llm/chatoptions.h"

#include <QString>

class QCommandLineParser;

namespace talkbench::app {

/// What every command that asks models can be told.
struct Sampling {
    QString system;
    llm::ChatOptions options; ///< temperature, maxTokens and seed
    int timeoutMs = 0; ///< 0: the settings' own
};

/// --system, --temperature, --max-tokens, --seed, --timeout.
void addSamplingOptions(QCommandLineParser &parser);
base::Result<Sampling> readSampling(const QCommandLineParser &parser);

} // namespace talkbench::app
