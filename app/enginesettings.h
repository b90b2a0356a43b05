#pragma once

namespace talkbench::config {
class Settings;
}
namespace talkbench::run {
class RunService;
}

namespace talkbench::app {

/// What the settings say of concurrency, rates and retries, handed over to the engine.
void applySettings(const config::Settings &settings, run::RunService &runs);

} // namespace talkbench::app
