#include "app/commands/commands.h"
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
    Command { "models", modelsCommand, "the models that a provider serves" },
    Command { "calibrate", calibrateCommand, "measures the client's own error against a simulator" },
    Command { "runs", runsCommand, "what every kept call took, as a table, CSV or JSON" },
    Command { "simulate", simulateCommand, "the simulator as a server of its own" },
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

CommandLine parse(const QStringList &words)
{
    CommandLine line;
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QString &word = words[i];
        if (word == u"--help"_s || word == u"-h"_s)
            line.help = true;
        else if (word == u"--version"_s || word == u"-v"_s)
            line.version = true;
        else if (word == u"--data-dir"_s && i + 1 < words.size())
            line.options.dataDir = words[++i];
        else if (word.startsWith(u"--data-dir="_s))
            line.options.dataDir = word.section(u'=', 1);
        else if (word == u"--screenshot"_s && i + 1 < words.size())
            line.window.screenshot = words[++i];
        else if (word == u"--after"_s && i + 1 < words.size())
            line.window.afterMs = words[++i].toInt();
        else if (word == u"--prompt"_s && i + 1 < words.size())
            line.window.prompt = words[++i];
        else if (word.startsWith(u'-')) {
            line.problem = u"unknown option '%1'"_s.arg(word);
            return line;
        } else {
            line.command = word;
            line.arguments = words.mid(i + 1);
            return line;
        }
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
                "  --prompt TEXT    begin a chat with this prompt\n"
                "  --screenshot FILE [--after MS]\n"
                "                   save a picture of the window after so many milliseconds (1500) and end\n"
                "  --version        print the version\n"
                "  --help           print this\n",
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
        if (line.command != QLatin1String(command.name))
            continue;
        const auto dataDir = config::prepareDataDir(line.options.dataDir);
        if (!dataDir)
            return fail(1, dataDir.error().message);
        return command.run(line.arguments, { *dataDir });
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
        return fail(2, line.problem + u"; --help lists them"_s);
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
    QCoreApplication::setApplicationName(u"talkbench"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(TALKBENCH_VERSION));
    return talkbench::app::start(argc, argv);
}
