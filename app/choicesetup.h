#pragma once

#include "core/llm/modelinfo.h"
#include "core/llm/vendors.h"
#include "core/select/chooser.h"
#include "core/select/qualities.h"

namespace talkbench::config {
class Settings;
}

namespace talkbench::app {

/// So many of the newest runs tell how models do now; older ones have faded.
constexpr int measuredRuns = 2000;

/// What the settings say of automatic choices, handed over. Without candidates in them: the favourites, else each provider's
/// own default model. Gives what could not be read.
QStringList applySettings(const config::Settings &settings, select::Chooser &chooser);

/// The table that the program brings along.
select::Qualities shippedQualities();

/// Why a provider can't be asked: neither the settings nor the vendors' table know it, or its key is missing from the environment.
/// Empty if it can.
QString whyBarred(const QString &providerId, const config::Settings &settings, const QList<llm::Vendor> &vendors);

/// With its price, the quality of its family and, where its server lists it, its context.
select::Candidate candidateOf(const select::ModelRef &ref, const cost::PriceBook &prices,
                              const select::Qualities &qualities, const QList<llm::ModelInfo> &listed, qint64 nowMs);

} // namespace talkbench::app
