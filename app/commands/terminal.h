#pragma once

#include <QString>

#include <cstdio>

namespace talkbench::app {

/// UTF-8, flushed. On a terminal, what a model or server wrote can't steer it: control characters are left out.
void write(std::FILE *stream, const QString &text);
/// With a line break.
void writeLine(std::FILE *stream, const QString &text);

} // namespace talkbench::app
