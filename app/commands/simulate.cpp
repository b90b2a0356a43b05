#include "app/commands/commands.h"
#include "app/commands/filelimit.h"
#include "app/commands/terminal.h"
#include "core/simulator/knobs.h"
#include "core/simulator/simulator.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QSocketNotifier>

#include <array>
#include <csignal>
#include <cstdio>

#include <sys/signalfd.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

constexpr quint16 defaultPort = 8089;

/// SIGINT and SIGTERM as a descriptor; blocked before any thread starts, so that every thread inherits it.
int signalDescriptor()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"A loopback server that answers like a language model, over the protocols of OpenAI (chat completions and "
        u"Responses), Azure OpenAI, Anthropic, Google Gemini and Ollama, with the timings and faults "
        "asked for. Each knob below can be set for one request too, as header x-sim-NAME (a switch: on or off)."_s);
    parser.addOption({ { u"h"_s, u"help"_s }, u"Shows this."_s });
    parser.addOption(
        { u"port"_s, u"The port to listen on; 0 takes a free one."_s, u"N"_s, QString::number(defaultPort) });
    parser.addOption({ u"exit-with-stdin"_s, u"End when standard input closes."_s });
    for (const simulator::Knob &knob : simulator::knobTable()) {
        QCommandLineOption option(QString::fromLatin1(knob.name), QString::fromUtf8(knob.text));
        if (*knob.value)
            option.setValueName(QString::fromLatin1(knob.value));
        parser.addOption(option);
    }
}

base::Result<simulator::Knobs> readKnobs(const QCommandLineParser &parser)
{
    simulator::Knobs knobs;
    for (const simulator::Knob &knob : simulator::knobTable()) {
        const QString name = QString::fromLatin1(knob.name);
        if (!parser.isSet(name))
            continue;
        if (auto set = simulator::setKnob(knobs, name, parser.value(name)); !set)
            return set.error();
    }
    return knobs;
}

int fail(int code, const QString &message)
{
    std::fprintf(stderr, "talkbench simulate: %s\n", qPrintable(message));
    return code;
}

int serve(simulator::Simulator &simulator, quint16 port, bool untilStdinCloses, int signals)
{
    const auto url = simulator.start(port);
    if (!url)
        return fail(1, url.error().message);
    std::printf("listening on %s (OpenAI: /v1, Anthropic: /v1, Gemini: /v1beta, Azure: /openai, Ollama: /api)\n",
                qPrintable(url->toString()));
    std::fflush(stdout);

    QSocketNotifier ending(signals, QSocketNotifier::Read);
    QObject::connect(&ending, &QSocketNotifier::activated, &ending, &QCoreApplication::quit);
    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    input.setEnabled(untilStdinCloses);
    QObject::connect(&input, &QSocketNotifier::activated, &input, [] {
        std::array<char, 4096> ignored;
        if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0)
            QCoreApplication::quit();
    });
    const int code = QCoreApplication::exec();
    simulator.stop();
    return code;
}

} // namespace

int simulateCommand(const QStringList &arguments, const GlobalOptions &)
{
    const int signals = signalDescriptor();
    raiseFileLimit();
    QCommandLineParser parser;
    describe(parser);
    if (!parser.parse(QStringList { u"talkbench simulate"_s } + arguments))
        return fail(2, parser.errorText());
    if (parser.isSet(u"help"_s))
        return printHelp(parser, "simulate");
    bool ok = false;
    const quint16 port = parser.value(u"port"_s).toUShort(&ok);
    if (!ok)
        return fail(2, u"--port takes a number from 0 to 65535."_s);
    if (!parser.positionalArguments().isEmpty())
        return fail(2, u"'%1' is not expected here."_s.arg(parser.positionalArguments().first()));
    const auto knobs = readKnobs(parser);
    if (!knobs)
        return fail(2, knobs.error().message);
    simulator::Simulator simulator(*knobs);
    const int code = serve(simulator, port, parser.isSet(u"exit-with-stdin"_s), signals);
    close(signals);
    return code;
}

} // namespace talkbench::app
