#include "app/commands/commands.h"
#include "app/commands/interrupts.h"
#include "app/commands/options.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"
#include "core/bench/batchexport.h"
#include "core/bench/batchrunner.h"
#include "core/bench/microbatch.h"
#include "core/llm/modelname.h"
#include "core/profile/format.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QSocketNotifier>

#include <algorithm>
#include <array>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

struct BatchOptions {
    Target target;
    QStringList models; ///< each with "provider/" before it where that is not the target's
    QString prompts; ///< "-": standard input
    bench::PromptFormat format = bench::PromptFormat::Text;
    bench::PromptTemplate pattern;
    QString out;
    QString exportTo;
    bench::BatchPlan plan;
    qsizetype size = 1;
    int flushMs = 50;
    bool json = false;
    bool quiet = false;
};

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Puts each prompt of a file to each model and writes a JSON line for every result. Started again with the "
        u"same "
        "file it goes on where it was: what is in the results is not asked for again. Ctrl+C lets the calls in flight "
        "come to their end. Exit code 0 only if every call succeeded."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { u"models"_s, u"Models, separated by commas; 'provider/model' for one of another provider."_s, u"M,M"_s },
        { { u"o"_s, u"out"_s }, u"The results; else beside the prompts, ending in .results.jsonl."_s, u"FILE"_s },
        { u"export"_s, u"Write the results to this CSV file, too, at the end."_s, u"FILE"_s },
        { u"concurrency"_s, u"Calls at once (8)."_s, u"N"_s },
        { u"size"_s, u"From standard input: collect so many prompts, then send them together (1)."_s, u"N"_s },
        { u"flush-ms"_s, u"From standard input: send after so long what has been collected (50)."_s, u"T"_s },
        { u"format"_s, u"text (a prompt a line), jsonl or csv, where the file's ending doesn't tell."_s, u"FORMAT"_s },
        { u"template"_s, u"The prompt, with {{names}} for values of each line: columns, or members."_s, u"TEXT"_s },
        { u"retry-failed"_s, u"Ask again what had failed."_s },
        { { u"s"_s, u"system"_s }, u"A system prompt."_s, u"TEXT"_s },
        { u"temperature"_s, u"Sampling temperature."_s, u"T"_s },
        { u"max-tokens"_s, u"The most tokens of each answer."_s, u"N"_s },
        { u"seed"_s, u"Sampling seed, where the provider has one."_s, u"N"_s },
        { u"timeout"_s, u"The longest each answer may take, in seconds."_s, u"S"_s },
        { u"quiet"_s, u"Don't show the progress."_s },
        { u"json"_s, u"Print the sums as a JSON object: total, ok, failed, from_before, cost_usd, seconds, out."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    parser.addPositionalArgument(u"prompts"_s, u"The file of prompts; - reads them from standard input."_s,
                                 u"PROMPTS"_s);
}

base::Result<bench::PromptFormat> readFormat(const QCommandLineParser &parser, const QString &path)
{
    constexpr std::array formats { std::pair("text", bench::PromptFormat::Text),
                                   std::pair("jsonl", bench::PromptFormat::JsonLines),
                                   std::pair("csv", bench::PromptFormat::Csv) };
    const QString wanted = parser.value(u"format"_s);
    if (wanted.isEmpty())
        return bench::promptFormatOf(path);
    for (const auto &[name, format] : formats) {
        if (wanted == QLatin1StringView(name))
            return format;
    }
    return usage(u"--format takes text, jsonl or csv, not '%1'."_s.arg(wanted));
}

QString resultsBeside(const QString &prompts)
{
    const QFileInfo file(prompts);
    return file.path() + u'/' + file.completeBaseName() + u".results.jsonl"_s;
}

base::Result<void> readFiles(const QCommandLineParser &parser, BatchOptions &options)
{
    const QStringList files = parser.positionalArguments();
    if (files.size() != 1)
        return usage(files.isEmpty() ? u"There is no file of prompts; - reads standard input."_s
                                     : u"There is more than one file of prompts."_s);
    options.prompts = files.first();
    options.out = parser.value(u"out"_s);
    options.exportTo = parser.value(u"export"_s);
    const bool input = options.prompts == u"-"_s;
    if (input && options.out.isEmpty())
        return usage(u"Prompts from standard input need --out for their results."_s);
    if (options.out.isEmpty())
        options.out = resultsBeside(options.prompts);
    if (options.out == options.prompts)
        return usage(u"The results can't be written over the prompts."_s);
    const auto format = readFormat(parser, options.prompts);
    if (!format)
        return format.error();
    if (input && *format == bench::PromptFormat::Csv)
        return usage(u"Standard input is read line by line: text or jsonl."_s);
    options.format = *format;
    options.pattern = bench::PromptTemplate(parser.value(u"template"_s));
    return {};
}

base::Result<BatchOptions> readOptions(const QCommandLineParser &parser)
{
    BatchOptions options;
    const auto target = readTarget(parser);
    const auto files = readFiles(parser, options);
    const auto concurrency = number<int>(parser, u"concurrency"_s, 1, 4096);
    const auto size = number<int>(parser, u"size"_s, 1, 100'000);
    const auto flush = number<int>(parser, u"flush-ms"_s, 0, 3'600'000);
    const auto temperature = number<double>(parser, u"temperature"_s, 0, 10);
    const auto maxTokens = number<int>(parser, u"max-tokens"_s, 1, 10'000'000);
    const auto seed = number<qint64>(parser, u"seed"_s, 0, 9'007'199'254'740'992);
    const auto timeout = number<double>(parser, u"timeout"_s, 0.001, 86'400);
    for (const base::Error *error : { target ? nullptr : &target.error(), files ? nullptr : &files.error(),
                                      concurrency ? nullptr : &concurrency.error(), size ? nullptr : &size.error(),
                                      flush ? nullptr : &flush.error(), temperature ? nullptr : &temperature.error(),
                                      maxTokens ? nullptr : &maxTokens.error(), seed ? nullptr : &seed.error(),
                                      timeout ? nullptr : &timeout.error() }) {
        if (error)
            return *error;
    }
    options.target = *target;
    options.models = parser.value(u"models"_s).split(u',', Qt::SkipEmptyParts);
    options.plan.concurrency = concurrency->value_or(options.plan.concurrency);
    options.plan.system = parser.value(u"system"_s);
    options.plan.retryFailed = parser.isSet(u"retry-failed"_s);
    options.plan.options.temperature = *temperature;
    options.plan.options.maxTokens = *maxTokens;
    options.plan.options.seed = *seed;
    options.plan.limits.totalMs = *timeout ? qRound(**timeout * 1000) : 0;
    options.size = size->value_or(1);
    options.flushMs = flush->value_or(options.flushMs);
    options.json = parser.isSet(u"json"_s);
    options.quiet = parser.isSet(u"quiet"_s);
    return options;
}

/// Standard input, line by line, as it comes.
class LineInput final {
public:
    LineInput(bench::PromptFormat format, const bench::PromptTemplate &pattern) : m_format(format), m_pattern(pattern)
    {
    }

    bool ended() const { return m_ended; }
    /// A line that can't be taken ends the input.
    const std::optional<base::Error> &error() const { return m_error; }
    /// What has come: call it when there is something to read.
    QList<bench::BatchPrompt> read()
    {
        std::array<char, 65'536> buffer {};
        const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        m_ended = size <= 0;
        m_held.append(buffer.data(), qMax<ssize_t>(size, 0));
        if (m_ended && !m_held.endsWith('\n'))
            m_held += '\n';
        QList<bench::BatchPrompt> prompts;
        for (qsizetype end = 0; (end = m_held.indexOf('\n')) >= 0; m_held.remove(0, end + 1)) {
            const auto read = bench::readPromptLine(m_held.first(end), ++m_number, m_format, m_pattern);
            if (!read) {
                m_error = read.error();
                m_ended = true;
                break;
            }
            prompts += *read;
        }
        return prompts;
    }

private:
    const bench::PromptFormat m_format;
    const bench::PromptTemplate m_pattern;
    QByteArray m_held;
    qsizetype m_number = 0;
    std::optional<base::Error> m_error;
    bool m_ended = false;
};

class BatchCommand final : public QObject {
public:
    BatchCommand(Session &session, BatchOptions options) : m_session(session), m_options(std::move(options)) { }

    void start();
    void interrupt();

private:
    void resolve(qsizetype index);
    void begin();
    void readInput();
    void showProgress(const bench::BatchProgress &progress);
    void onFinished(const std::optional<base::Error> &error);
    void fail(const base::Error &error, int code = 1);
    Target targetOf(const QString &model) const;
    bool writeExport() const;
    bool printSums(double seconds) const;

    Session &m_session;
    BatchOptions m_options;
    const base::SystemClock m_clock;
    run::TimerScheduler m_scheduler;
    QList<bench::BatchPrompt> m_prompts;
    bench::BatchJournal m_journal;
    std::unique_ptr<bench::BatchRunner> m_runner;
    std::unique_ptr<bench::MicroBatch> m_collector;
    std::unique_ptr<LineInput> m_input;
    std::unique_ptr<QSocketNotifier> m_readable;
    qint64 m_startNs = 0;
    qint64 m_shownNs = 0;
    bool m_interrupted = false;
};

void BatchCommand::fail(const base::Error &error, int code)
{
    QCoreApplication::exit(failed("batch", error, m_options.json, code));
}

/// All that can be wrong is found before the first call.
void BatchCommand::start()
{
    if (m_options.prompts != u"-"_s) {
        const auto file = contents(m_options.prompts);
        const auto prompts = file ? bench::readPrompts(*file, m_options.format, m_options.pattern) : file.error();
        if (!prompts)
            return fail(prompts.error(), 2);
        if (prompts->isEmpty())
            return fail(usage(u"%1 holds no prompt."_s.arg(m_options.prompts)), 2);
        m_prompts = *prompts;
    }
    if (const auto opened = m_journal.open(m_options.out); !opened)
        return fail(opened.error());
    if (m_options.models.isEmpty())
        m_options.models << QString();
    resolve(0);
}

Target BatchCommand::targetOf(const QString &model) const
{
    Target target = m_options.target;
    QStringList providers;
    if (target.provider.isEmpty() && target.baseUrl.isEmpty()) {
        const auto configured = m_session.settings().providers();
        for (const config::ProviderConfig &row : configured)
            providers << row.id;
        for (const llm::Vendor &row : m_session.vendors())
            providers << row.id;
    }
    const llm::ModelName name = llm::modelNameFrom(model, providers);
    if (!name.providerId.isEmpty())
        target.provider = name.providerId;
    target.model = name.model;
    return target;
}

void BatchCommand::resolve(qsizetype index)
{
    if (index == m_options.models.size()) {
        begin();
        return;
    }
    m_session.resolve(targetOf(m_options.models[index].trimmed()), this,
                      [this, index](const base::Result<Resolved> &resolved) {
                          if (!resolved)
                              return fail(resolved.error());
                          if (resolved->model.isEmpty())
                              return fail(usage(u"Which model? Name one or more with --models."_s), 2);
                          const QString &typed = m_options.target.baseUrl;
                          m_options.plan.targets.append({ resolved->endpoint, resolved->model,
                                                          typed.isEmpty() ? resolved->endpoint.providerId : typed });
                          resolve(index + 1);
                      });
}

void BatchCommand::begin()
{
    const int totalMs = m_options.plan.limits.totalMs;
    m_options.plan.limits = m_session.limits();
    if (totalMs > 0)
        m_options.plan.limits.totalMs = totalMs;
    m_startNs = m_clock.nowNs();
    m_runner = std::make_unique<bench::BatchRunner>(m_session.runs(), m_clock, m_journal, m_options.plan);
    connect(m_runner.get(), &bench::BatchRunner::progressed, this, &BatchCommand::showProgress);
    connect(m_runner.get(), &bench::BatchRunner::finished, this, &BatchCommand::onFinished, Qt::QueuedConnection);
    if (m_options.prompts != u"-"_s) {
        m_runner->add(m_prompts);
        m_prompts.clear();
        m_runner->endInput();
        return;
    }
    m_collector = std::make_unique<bench::MicroBatch>(m_scheduler, m_options.size, m_options.flushMs);
    connect(m_collector.get(), &bench::MicroBatch::ready, m_runner.get(), &bench::BatchRunner::add);
    m_input = std::make_unique<LineInput>(m_options.format, m_options.pattern);
    m_readable = std::make_unique<QSocketNotifier>(STDIN_FILENO, QSocketNotifier::Read);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &BatchCommand::readInput);
}

void BatchCommand::readInput()
{
    m_collector->add(m_input->read());
    if (!m_input->ended())
        return;
    m_readable->setEnabled(false);
    m_collector->flush();
    m_runner->endInput();
}

void BatchCommand::interrupt()
{
    m_interrupted = true;
    if (!m_runner) {
        QCoreApplication::exit(130);
        return;
    }
    writeLine(stderr,
              u"\ntalkbench batch: waiting for %1 calls in flight; Ctrl+C again gives them up"_s.arg(
                  m_runner->progress().inFlight));
    m_runner->stop();
}

/// A terminal's line is written over; in a log, ten seconds lie between two.
void BatchCommand::showProgress(const bench::BatchProgress &progress)
{
    const bool terminal = isatty(STDERR_FILENO) != 0;
    const qint64 everyNs = (terminal ? qint64(200) : qint64(10'000)) * 1'000'000;
    const qint64 now = m_clock.nowNs();
    if (m_options.quiet || now - m_shownNs < everyNs)
        return;
    m_shownNs = now;
    if (terminal)
        std::fprintf(stderr, "\r\033[K%s", qPrintable(bench::progressLine(progress)));
    else
        writeLine(stderr, bench::progressLine(progress));
}

bool BatchCommand::printSums(double seconds) const
{
    const bench::BatchProgress &progress = m_runner->progress();
    if (m_options.json) {
        const QJsonObject sums { { u"total"_s, progress.total },      { u"ok"_s, progress.ok },
                                 { u"failed"_s, progress.failed },    { u"from_before"_s, progress.fromBefore },
                                 { u"cost_usd"_s, progress.costUsd }, { u"unpriced"_s, progress.unpriced },
                                 { u"seconds"_s, seconds },           { u"out"_s, m_options.out } };
        return write(stdout, QString::fromUtf8(QJsonDocument(sums).toJson()));
    }
    QStringList parts { u"%1 ok"_s.arg(progress.ok), u"%1 failed"_s.arg(progress.failed) };
    if (progress.fromBefore > 0)
        parts << u"%1 of them from before"_s.arg(progress.fromBefore);
    if (const qsizetype left = progress.total - progress.done(); left > 0)
        parts << u"%1 left"_s.arg(left);
    parts << profile::formatMs(seconds * 1000);
    if (progress.costUsd > 0)
        parts << profile::formatUsd(progress.costUsd);
    return writeLine(stdout, parts.join(u" · "_s) + u" · "_s + m_options.out);
}

bool BatchCommand::writeExport() const
{
    QSaveFile file(m_options.exportTo);
    return file.open(QIODevice::WriteOnly) && file.write(bench::batchCsv(m_journal)) >= 0 && file.commit();
}

void BatchCommand::onFinished(const std::optional<base::Error> &error)
{
    if (!m_options.quiet && isatty(STDERR_FILENO) != 0)
        std::fprintf(stderr, "\r\033[K");
    bool written = printSums(static_cast<double>(m_clock.nowNs() - m_startNs) / 1e9);
    if (!m_options.exportTo.isEmpty() && !writeExport()) {
        writeLine(stderr, u"talkbench batch: %1 can't be written"_s.arg(m_options.exportTo));
        written = false;
    }
    if (error)
        writeLine(stderr, u"talkbench batch: stopped: %1"_s.arg(error->message.simplified()));
    const bool wrongInput = m_input && m_input->error();
    if (wrongInput)
        writeLine(stderr, u"talkbench batch: %1 What came before it was asked."_s.arg(m_input->error()->message));
    const bench::BatchProgress &progress = m_runner->progress();
    const bool whole = !error && !wrongInput && progress.failed == 0 && progress.done() == progress.total;
    QCoreApplication::exit(m_interrupted ? 130 : written && whole ? 0 : 1);
}

} // namespace

int batchCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench batch"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "batch");
    const bool json = arguments.contains(u"--json"_s);
    const auto batch = parsed ? readOptions(parser) : usage(parser.errorText());
    if (!batch)
        return misused("batch", batch.error().message, json);
    const Interrupts interrupts;
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("batch", opened.error(), json);
    BatchCommand command(session, *batch);
    QObject::connect(&interrupts, &Interrupts::received, &command, &BatchCommand::interrupt);
    QMetaObject::invokeMethod(&command, &BatchCommand::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
