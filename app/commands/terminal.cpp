#include "app/commands/terminal.h"

#include <unistd.h>

#include <algorithm>

namespace talkbench::app {

namespace {

bool steersTerminal(QChar c)
{
    if (c == u'\n' || c == u'\t')
        return false;
    const bool turnsDirection =
        (c >= QChar(0x202a) && c <= QChar(0x202e)) || (c >= QChar(0x2066) && c <= QChar(0x2069));
    return turnsDirection || c.category() == QChar::Other_Control;
}

} // namespace

void write(std::FILE *stream, const QString &text)
{
    QString shown = text;
    if (isatty(fileno(stream)))
        shown.removeIf(steersTerminal);
    const QByteArray bytes = shown.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stream);
    std::fflush(stream);
}

void writeLine(std::FILE *stream, const QString &text)
{
    write(stream, text + QLatin1Char('\n'));
}

} // namespace talkbench::app
