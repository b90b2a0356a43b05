#pragma once

#include "core/cost/pricebook.h"

namespace talkbench::app {

/// Prints prices as a table, or as a JSON array of rows. Gives the exit code.
int printPrices(const QList<cost::Price> &prices, bool json);

} // namespace talkbench::app
