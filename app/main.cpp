#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "app/window.h"
#include "core/config/datadir.h"

#include <QCoreApplication>

#include <array>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

struct Command {
    const char *name;
    int (*run)(const QStringList &arguments, const GlobalOptions &options);
    const char *text;
};

/// Adding a command is adding a row.
constexpr std::array commands {
    Command { "chat", chatCommand, "asks a model and prints its answer as it streams" },
    Command { "batch", batchCommand, "puts a file of prompts to models, and goes on where it was stopped" },
    Command { "models", modelsCommand, "the models that a provider serves" },
    Command { "prices", pricesCommand, "what models cost, and who says so" },
    Command { "test", testCommand, "tests the connection to a provider, step by step" },
    Command { "calibrate", calibrateCommand, "measures the client's own error against a simulator" },
    Command { "runs", runsCommand, "what every kept call took, as a table, CSV or JSON" },
    Command { "cache", cacheCommand, "what the response cache holds and has saved; empties it" },
    Command { "select", selectCommand, "which model would be chosen for a prompt, and why" },
    Command { "report", reportCommand, "sums up the kept calls: rates, times, speed and cost by model" },
    Command { "simulate", simulateCommand, "the simulator as a server of its own" },
    Command { "tokens", tokensCommand, "counts the tokens of a text for a model" },
    Command { "decode", decodeCommand, "decodes a recorded body as the client would" },
};

/// The command line up to the command's name.
struct CommandLine {
    GlobalOptions options;
    bool help = false;
    bool version = false;
    WindowOptions window;
    QString command;
    QStringList arguments;
    QString problem;
};

/// Takes the option with what stands behind its '=' or after it. False if it is none, or has no value.
bool takeOption(const QString &name, const QString &value, CommandLine &line)
{
    if (name == u"--data-dir"_s)
        line.options.dataDir = value;
    else if (name == u"--screenshot"_s)
        line.window.screenshot = value;
    else if (name == u"--prompt"_s)
        line.window.prompts << value;
    else if (name == u"--compare"_s)
        line.window.compare = value.split(u',', Qt::SkipEmptyParts);
    else if (name == u"--page"_s)
        line.window.page = value;
    else if (name == u"--after"_s || name == u"--measure-frames"_s) {
        bool number = false;
        (name == u"--after"_s ? line.window.afterMs : line.window.measureFrames) = value.toInt(&number);
        if (!number || value.startsWith(u'-'))
            line.problem = u"%1 takes a number, not '%2'"_s.arg(name, value);
    } else
        return false;
    if (value.isEmpty()) // as of a variable that isn't set
        line.problem = u"%1 is given no value"_s.arg(name);
    return true;
}

CommandLine parse(const QStringList &words)
{
    CommandLine line;
    for (qsizetype i = 0; i < words.size() && line.problem.isEmpty(); ++i) {
        const QString &word = words[i];
        if (!word.startsWith(u'-')) {
            line.command = word;
            line.arguments = words.mid(i + 1);
            if (word.isEmpty())
                line.problem = u"the command is empty; --help lists them"_s;
            return line;
        }
        const qsizetype equals = word.indexOf(u'=');
        if (word == u"--help"_s || word == u"-h"_s)
            line.help = true;
        else if (word == u"--version"_s || word == u"-v"_s)
            line.version = true;
        else if (word == u"--announce-first-paint"_s)
            line.window.announceFirstPaint = true;
        else if (equals > 0 ? takeOption(word.first(equals), word.sliced(equals + 1), line)
                            : i + 1 < words.size() && takeOption(word, words[i + 1], line))
            i += equals > 0 ? 0 : 1;
        else
            line.problem = u"unknown option '%1', or its value is missing; --help lists them"_s.arg(word);
    }
    return line;
}

void printHelp()
{
    std::printf("Talkbench: chat with language models, measured live.\n\n"
                "usage: talkbench [--data-dir DIR]              opens the window\n"
                "       talkbench [--data-dir DIR] COMMAND …    needs no display; COMMAND --help says more\n\n"
                "commands:\n");
    for (const Command &command : commands)
        std::printf("  %-10s %s\n", command.name, command.text);
    std::printf("\noptions:\n"
                "  --data-dir DIR   keep everything in DIR instead of %s\n"
                "  --version        print the version\n"
                "  --help           print this\n"
                "\nof the window:\n"
                "  --prompt TEXT    begin a chat with this prompt; several follow one another\n"
                "  --compare M,M    put the prompt to these models side by side\n"
                "  --page PAGE      open on a page: chat, compare, batch or dashboard\n"
                "  --screenshot FILE [--after MS]\n"
                "                   save a picture of the window after so many milliseconds (1500) and end\n"
                "  --announce-first-paint\n"
                "                   print 'painted' when the window first stands\n"
                "  --measure-frames S\n"
                "                   time the window's repaints and stalls for S seconds, print JSON and end\n",
                qPrintable(config::defaultDataDir()));
}

int fail(int code, const QString &problem)
{
    std::fprintf(stderr, "talkbench: %s\n", qPrintable(problem));
    return code;
}

int runCommand(const CommandLine &line)
{
    for (const Command &command : commands) {
        if (line.command == QLatin1String(command.name))
            return command.run(line.arguments, line.options);
    }
    return fail(2, u"unknown command '%1'; --help lists them"_s.arg(line.command));
}

int start(int argc, char **argv)
{
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words << QString::fromLocal8Bit(argv[i]);
    const CommandLine line = parse(words);
    if (!line.problem.isEmpty())
        return fail(2, line.problem);
    if (line.command == u"calibrate"_s && line.arguments.contains(u"--with-window"_s))
        return calibrateInWindow(argc, argv, line.arguments);
    if (line.version || line.help || !line.command.isEmpty()) {
        const QCoreApplication application(argc, argv);
        if (line.version)
            return std::printf("talkbench %s\n", TALKBENCH_VERSION) < 0;
        if (line.help) {
            printHelp();
            return 0;
        }
        return runCommand(line);
    }
    return runWindow(argc, argv, line.options, line.window);
}

} // namespace

} // namespace talkbench::app

int main(int argc, char **argv)
{
    talkbench::app::holdStandardStreams();
    qputenv("QT_NO_THREADED_GLIB",
            "1"); // only the main thread needs it (the keychain); a network thread is faster without
    QCoreApplication::setApplicationName(u"talkbench"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(TALKBENCH_VERSION));
    return talkbench::app::start(argc, argv);
}
