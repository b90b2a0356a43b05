#pragma once

#include "core/cost/pricebook.h"
#include "core/store/store.h"

namespace talkbench::config {
class Settings;
}

namespace talkbench::app {

/// The table that the program brings along.
base::Result<cost::PriceBook> shippedPrices();

/// What the settings say of prices, put into the book: the user's own rows, and which vendor a provider is of. Gives what could
/// not be read.
QStringList applySettings(const config::Settings &settings, cost::PriceBook &prices);

/// One change of the user's own prices, in the file when this returns: see cost::withChange().
base::Result<void> changeOwnPrices(config::Settings &settings, const QJsonObject &change);

/// What servers list of their models, put into the book: prices, and how long an answer may be.
void learnLists(const QList<store::ModelList> &lists, cost::PriceBook &prices);

} // namespace talkbench::app
