#include "app/commands/calibrate.h"

#include "app/commands/commands.h"
#include "app/commands/filelimit.h"
#include "app/commands/interrupts.h"
#include "app/commands/terminal.h"
#include "core/net/qttransport.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Measures the client's own error: streams from a simulator in a process of its own run through the engine and "
        "the transport that the window uses, and each chunk's receive stamp is compared with when it was really sent."_s);
    parser.addOptions({
        { u"streams"_s, u"Streams at once, 1 to 1000; 64 by default."_s, u"N"_s, u"64"_s },
        { u"rate"_s, u"Tokens a second of each stream, up to 10000; 100 by default."_s, u"R"_s, u"100"_s },
        { u"tokens"_s, u"Tokens of each stream, 1 to 1000000; 200 by default."_s, u"N"_s, u"200"_s },
        { u"with-window"_s, u"Do it with the window open, repainting the same streams' figures and an answer."_s },
        { u"json"_s, u"Print one JSON object."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
}

base::Result<bench::CalibrationPlan> readPlan(const QCommandLineParser &parser)
{
    bool streamsOk = false;
    bool rateOk = false;
    bool tokensOk = false;
    const bench::CalibrationPlan plan { parser.value(u"streams"_s).toInt(&streamsOk),
                                        parser.value(u"rate"_s).toDouble(&rateOk),
                                        parser.value(u"tokens"_s).toInt(&tokensOk) };
    const auto wrong = [&parser](const QString &option, const QString &takes) {
        const QString message = u"--%1 takes %2, not '%3'."_s.arg(option, takes, parser.value(option));
        return base::Error { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
    };
    if (!streamsOk || plan.streams < 1 || plan.streams > 1000)
        return wrong(u"streams"_s, u"1 to 1000"_s);
    if (!rateOk || !(plan.tokensPerSecond > 0 && plan.tokensPerSecond <= 10'000))
        return wrong(u"rate"_s, u"a number up to 10000"_s);
    if (!tokensOk || plan.tokens < 1 || plan.tokens > 1'000'000)
        return wrong(u"tokens"_s, u"1 to 1000000"_s);
    return plan;
}

QString errorsLine(const QString &title, const base::Histogram &errors)
{
    const auto figure = [&errors](double percentile) {
        const auto value = errors.percentile(percentile);
        const QString ms = QString::number(static_cast<double>(value.value) / 1e6, 'f', 3);
        return value.enough() ? ms : u"(%1)"_s.arg(ms);
    };
    return u"%1 p50 %2  p90 %3  p99 %4  max %5 ms"_s.arg(title, -18)
        .arg(figure(50), 8)
        .arg(figure(90), 8)
        .arg(figure(99), 8)
        .arg(figure(100), 8);
}

QString text(const bench::CalibrationReport &report)
{
    return u"%1 streams of %2 tokens at %3 tokens/s each; error = receive stamp − send stamp\n%4\n%5\n"
           "lost %6, reordered %7; this process: %8 s CPU, %9 MB\n"
           "in brackets: too few samples to mean much\n"_s.arg(report.plan.streams)
               .arg(report.plan.tokens)
               .arg(report.plan.tokensPerSecond)
               .arg(errorsLine(u"first chunk error"_s, report.firstChunkErrors),
                    errorsLine(u"chunk error"_s, report.chunkErrors))
               .arg(report.lost)
               .arg(report.reordered)
               .arg(report.cpuSeconds, 0, 'f', 2)
               .arg(report.residentMegabytes, 0, 'f', 1);
}

} // namespace

CalibrateCommand::CalibrateCommand(run::RunService &runs, const base::Clock &clock, const CalibrateArguments &arguments,
                                   QObject *parent)
    : QObject(parent), m_runs(runs), m_clock(clock), m_plan(arguments.plan), m_json(arguments.json)
{
}

CalibrateCommand::~CalibrateCommand()
{
    m_simulator.disconnect(this);
    m_simulator.closeWriteChannel(); // which ends it
    m_simulator.waitForFinished(2000);
}

void CalibrateCommand::start()
{
    m_simulator.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    connect(&m_simulator, &QProcess::readyReadStandardOutput, this, &CalibrateCommand::onSimulatorOutput);
    connect(&m_simulator, &QProcess::errorOccurred, this, [this] { fail(m_simulator.errorString()); });
    connect(&m_simulator, &QProcess::finished, this, [this] { fail(u"the simulator ended early"_s); });
    m_simulator.start(QCoreApplication::applicationFilePath(),
                      { u"simulate"_s, u"--port"_s, u"0"_s, u"--exit-with-stdin"_s });
}

void CalibrateCommand::onSimulatorOutput()
{
    static const QRegularExpression url(u"http://[^\\s]+"_s);
    while (!m_calibration && m_simulator.canReadLine()) {
        const auto match = url.match(QString::fromUtf8(m_simulator.readLine()));
        if (!match.hasMatch())
            continue;
        m_calibration = std::make_unique<bench::Calibration>(m_runs, m_clock, QUrl(match.captured()), m_plan);
        connect(m_calibration.get(), &bench::Calibration::finished, this, &CalibrateCommand::onFinished);
        m_calibration->start();
    }
}

void CalibrateCommand::onFinished(const bench::CalibrationReport &report)
{
    const QString result = m_json ? QString::fromUtf8(QJsonDocument(toJson(report)).toJson()) : text(report);
    const bool written = printed(write(stdout, result), "calibrate") == 0;
    if (report.failed > 0)
        writeLine(stderr, u"talkbench calibrate: %1 streams failed: %2"_s.arg(report.failed).arg(report.problem));
    QCoreApplication::exit(report.clean() && written ? 0 : 1);
}

void CalibrateCommand::fail(const QString &problem)
{
    QCoreApplication::exit(failed("calibrate", { base::ErrorKind::Server, problem, {}, 0, std::nullopt }, m_json));
}

std::variant<CalibrateArguments, int> readCalibrateArguments(const QStringList &arguments)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench calibrate"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "calibrate");
    const bool json = arguments.contains(u"--json"_s);
    if (!parsed || !parser.positionalArguments().isEmpty())
        return misused("calibrate", parsed ? u"It takes options only."_s : parser.errorText(), json);
    const auto plan = readPlan(parser);
    if (!plan)
        return failed("calibrate", plan.error(), json, 2);
    return CalibrateArguments { *plan, json };
}

int calibrateCommand(const QStringList &arguments, const GlobalOptions &)
{
    const auto read = readCalibrateArguments(arguments);
    if (const int *exitCode = std::get_if<int>(&read))
        return *exitCode;
    const Interrupts interrupts;
    raiseFileLimit();
    const base::SystemClock clock;
    run::RunService runs([&clock] { return std::make_unique<net::QtTransport>(clock); }, clock, cost::PriceBook());
    CalibrateCommand command(runs, clock, std::get<CalibrateArguments>(read));
    QObject::connect(&interrupts, &Interrupts::received, &command, [] { QCoreApplication::exit(130); });
    QMetaObject::invokeMethod(&command, &CalibrateCommand::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
