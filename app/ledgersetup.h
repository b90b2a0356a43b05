#pragma once

#include "core/run/ledger.h"

namespace talkbench::config {
class Settings;
}
namespace talkbench::store {
class Store;
}

namespace talkbench::app {

/// The budgets of the settings, what can't be read of them left out, and what is stored of the calls. All three outlive the ledger.
run::Ledger::Sources ledgerSources(const config::Settings &settings, store::Store &store,
                                   const cost::PriceBook &prices);

} // namespace talkbench::app
