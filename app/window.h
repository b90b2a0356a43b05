#pragma once

#include "app/commands/commands.h"

namespace talkbench::app {

struct WindowOptions {
    /// Empty: none is taken.
    QString screenshot;
    int afterMs = 1500;
    QString prompt;
};

/// The program with its window; gives the process's exit code. Without a display it says so, unless all that is asked
/// for is a screenshot, which needs none.
int runWindow(int argc, char **argv, const GlobalOptions &options, const WindowOptions &window);

} // namespace talkbench::app
