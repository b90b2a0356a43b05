#include "app/commands/terminal.h"

#include "core/llm/answer.h"

#include <QCommandLineParser>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

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

bool write(std::FILE *stream, const QString &text)
{
    QString shown = text;
    if (isatty(fileno(stream)))
        shown.removeIf(steersTerminal);
    const QByteArray bytes = shown.toUtf8();
    const auto size = static_cast<std::size_t>(bytes.size());
    return std::fwrite(bytes.constData(), 1, size, stream) == size && std::fflush(stream) == 0;
}

bool writeLine(std::FILE *stream, const QString &text)
{
    return write(stream, text + u'\n');
}

int printed(bool written, const char *command)
{
    if (!written)
        writeLine(stderr, u"talkbench %1: the output could not be written"_s.arg(QLatin1StringView(command)));
    return written ? 0 : 1;
}

int failed(const char *command, const base::Error &error, bool json, int exitCode)
{
    writeLine(stderr, u"talkbench %1: %2"_s.arg(QLatin1StringView(command), error.message.simplified()));
    if (json)
        write(stdout, QString::fromUtf8(QJsonDocument(QJsonObject { { u"error"_s, llm::toJson(error) } }).toJson()));
    return exitCode;
}

int misused(const char *command, const QString &message, bool json)
{
    return failed(command, { base::ErrorKind::Usage, message, {}, 0, std::nullopt }, json, 2);
}

int printHelp(const QCommandLineParser &parser, const char *command)
{
    QString text = parser.helpText();
    // The parser knows the program's file only.
    const qsizetype name = text.indexOf(u": "_s) + 2;
    text.replace(name, text.indexOf(u" [", name) - name, u"talkbench "_s + QLatin1StringView(command));
    return printed(write(stdout, text), command);
}

void holdStandardStreams()
{
    for (const int descriptor : { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO }) {
        if (fcntl(descriptor, F_GETFD) == -1) // open() takes the lowest number that is free: this one
            static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
}

} // namespace talkbench::app
