#pragma once

#include "app/commands/commands.h"

namespace talkbench::app {

// `talkbench prices set`, `unset` and `recompute`. Each takes what stands behind its name and gives the exit code.
int setPrice(const QStringList &arguments, const GlobalOptions &options);
int unsetPrice(const QStringList &arguments, const GlobalOptions &options);
int recomputeCosts(const QStringList &arguments, const GlobalOptions &options);

} // namespace talkbench::app
