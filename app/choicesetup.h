#pragma once

#include "core/llm/modelinfo.h"
#include "core/select/chooser.h"

namespace talkbench::config {
class Settings;
}

namespace talkbench::app {

/// So many of the newest runs tell how models do now; older ones have faded.
constexpr int measuredRuns = 2000;

/// What the settings say of automatic choices, handed over. Without candidates in them: the favourites, else each provider's
/// own default model. Gives what could not be read.
QStringList applySettings(const config::Settings &settings, select::Chooser &chooser);

/// With its price and, where its server lists it, its context.
select::Candidate candidateOf(const select::ModelRef &ref, const cost::PriceBook &prices,
                              const QList<llm::ModelInfo> &listed, qint64 nowMs);

} // namespace talkbench::app
