#pragma once

namespace talkbench::config {
class Settings;
}
namespace talkbench::run {
class RunService;
}
namespace talkbench::store {
class CacheStore;
}

namespace talkbench::app {

/// What the settings say of concurrency, rates, retries and the response cache, handed over to the engine and the disk.
void applySettings(const config::Settings &settings, run::RunService &runs, store::CacheStore &cache);

} // namespace talkbench::app
