#pragma once

#include <QString>
#include <QStringList>

namespace talkbench::app {

/// What stands before the subcommand.
struct GlobalOptions {
    /// As --data-dir names it; empty: the platform's folder.
    QString dataDir;
};

// Each command takes what stands behind its name, prints to stdout and stderr and gives the process's exit code:
// 0 for success, 1 for a failure, 2 for arguments it can't take.
int chatCommand(const QStringList &arguments, const GlobalOptions &options);
int batchCommand(const QStringList &arguments, const GlobalOptions &options);
int modelsCommand(const QStringList &arguments, const GlobalOptions &options);
int pricesCommand(const QStringList &arguments, const GlobalOptions &options);
int testCommand(const QStringList &arguments, const GlobalOptions &options);
int calibrateCommand(const QStringList &arguments, const GlobalOptions &options);
int simulateCommand(const QStringList &arguments, const GlobalOptions &options);
int decodeCommand(const QStringList &arguments, const GlobalOptions &options);
int cacheCommand(const QStringList &arguments, const GlobalOptions &options);
int selectCommand(const QStringList &arguments, const GlobalOptions &options);
int tokensCommand(const QStringList &arguments, const GlobalOptions &options);
int reportCommand(const QStringList &arguments, const GlobalOptions &options);
int runsCommand(const QStringList &arguments, const GlobalOptions &options);

} // namespace talkbench::app
