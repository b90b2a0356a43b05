#pragma once

#include "core/base/result.h"
#include "core/profile/format.h"

#include <QString>

#include <cstdio>

class QCommandLineParser;

namespace talkbench::app {

/// UTF-8, flushed. On a terminal, what a model or server wrote can't steer it: control characters are left out. False if
/// the text could not be written whole: a full disk, a reader that has gone.
bool write(std::FILE *stream, const QString &text);
/// With a line break.
bool writeLine(std::FILE *stream, const QString &text);

using profile::printable;

/// For the exit code of a command whose output is its result: 0, or 1 after saying that it could not be written.
int printed(bool written, const char *command);
/// Says on stderr why a command can't do its work, with `json` as {"error": {…}} on stdout too. Gives `exitCode`.
int failed(const char *command, const base::Error &error, bool json, int exitCode = 1);
/// The same for a command line that isn't understood; exit code 2.
int misused(const char *command, const QString &message, bool json);
/// Prints what the parser says of itself, under the command's own name. Gives the exit code.
int printHelp(const QCommandLineParser &parser, const char *command);

/// Gives each standard stream that the process was started without a descriptor that refuses every read and write.
/// Otherwise the next file or socket would take its number, and what is printed would go there.
void holdStandardStreams();

} // namespace talkbench::app
