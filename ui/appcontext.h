#pragma once

#include "core/base/clock.h"

#include <memory>

namespace talkbench::config {
class Settings;
class Secrets;
} // namespace talkbench::config
namespace talkbench::cost {
class PriceBook;
class TokenCounter;
} // namespace talkbench::cost
namespace talkbench::run {
class Ledger;
class RunService;
} // namespace talkbench::run
namespace talkbench::select {
class Chooser;
}
namespace talkbench::store {
class CacheStore;
class Store;
} // namespace talkbench::store

namespace talkbench::ui {

class Endpoints;
class ModelLists;

/// What the window's parts work with. Made and owned by app; outlives every widget.
struct AppContext {
    const base::Clock &clock;
    config::Settings &settings;
    config::Secrets &secrets;
    const cost::PriceBook &prices;
    run::RunService &runs;
    store::Store &store;
    store::CacheStore &cache;
    /// Settings and secrets joined: how to reach a provider.
    Endpoints &endpoints;
    ModelLists &models;
    select::Chooser &chooser;
    run::Ledger &ledger;
    /// How tokens are counted, as of now; null until its vocabularies are loaded.
    const std::shared_ptr<const cost::TokenCounter> &tokens;
};

} // namespace talkbench::ui
