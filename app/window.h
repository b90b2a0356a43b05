#pragma once

#include "app/commands/commands.h"

namespace talkbench::app {

struct WindowOptions {
    /// Empty: none is taken.
    QString screenshot;
    int afterMs = 1500;
    /// Sent one after another, each once the one before is answered.
    QStringList prompts;
    /// Models of the simulator to put the prompt to side by side; empty: it goes to a chat.
    QStringList compare;
    /// "chat", "compare", "batch" or "dashboard"; empty: where the window opens.
    QString page;
    /// Print 'painted' on stdout once the first picture stands.
    bool announceFirstPaint = false;
    /// Seconds to measure the window's own thread for, beginning after `afterMs`; it then prints one JSON object and ends.
    int measureFrames = 0;
};

/// The program with its window; gives the process's exit code. Without a display it says so, unless all that is asked
/// for is a screenshot, which needs none.
int runWindow(int argc, char **argv, const GlobalOptions &options, const WindowOptions &window);

/// `talkbench calibrate --with-window`: the same measurement, in the process of a window that streams and repaints.
/// Its data folder is a temporary one.
int calibrateInWindow(int argc, char **argv, const QStringList &arguments);

} // namespace talkbench::app
