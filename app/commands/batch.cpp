#include "app/commands/batchoptions.h"
#include "app/commands/batchsums.h"
#include "app/commands/choiceoptions.h"
#include "app/commands/commands.h"
#include "app/commands/interrupts.h"
#include "app/commands/lineinput.h"
#include "app/commands/options.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"
#include "app/commands/watch.h"
#include "core/base/whenready.h"
#include "core/bench/batchestimate.h"
#include "core/bench/batchexport.h"
#include "core/bench/batchrunner.h"
#include "core/bench/microbatch.h"
#include "core/bench/providerbatch.h"
#include "core/llm/modelname.h"
#include "core/profile/format.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QSocketNotifier>

#include <algorithm>
#include <optional>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

/// Prompts are kept in memory.
constexpr qint64 largestInput = 1 << 30;
/// So many of standard input's: the rest waits in the pipe, and its writer with it.
constexpr qsizetype mostWaiting = 1000;

class BatchCommand final : public QObject {
public:
    BatchCommand(Session &session, BatchOptions options) : m_session(session), m_options(std::move(options)) { }

    void start();
    void interrupt();
    void giveUp();

private:
    void resolve(qsizetype index);
    void prepareChoice();
    /// The providers of the models that Auto may choose, from `index` on.
    void reach(const QStringList &providers, qsizetype index);
    void begin();
    void sayLimits() const;
    void checkBudgets();
    void onVerdict(const cost::Verdict &verdict);
    void send();
    void sendAsBatch();
    void sendCalls();
    const bench::BatchProgress &progress() const;
    void readInput();
    void listen();
    void showProgress(const bench::BatchProgress &progress);
    void clearProgress() const;
    void sayAlert(const profile::AlertEvent &event) const;
    void onFinished(const std::optional<base::Error> &error);
    void fail(const base::Error &error, int code = 1);
    Target targetOf(const QString &model) const;
    bool writeExport() const;
    bench::BatchProgress atTheEnd() const;
    bool printSums(double seconds) const;

    Session &m_session;
    BatchOptions m_options;
    const base::SystemClock m_clock;
    run::TimerScheduler m_scheduler;
    QList<bench::BatchPrompt> m_prompts;
    std::optional<bench::BatchItems> m_toAsk;
    QList<bench::BatchItem> m_items; ///< to be asked, of the file
    QList<bench::BatchCost> m_costs; ///< of those
    bench::BatchProgress m_before;
    std::optional<QList<cost::Spent>> m_spentBefore; ///< unset where nothing was to be asked, or no budget holds
    bench::BatchJournal m_journal;
    std::unique_ptr<bench::BatchRunner> m_runner;
    std::unique_ptr<bench::ProviderBatch> m_batch;
    std::unique_ptr<Watch> m_watch;
    std::unique_ptr<bench::MicroBatch> m_collector;
    std::unique_ptr<LineInput> m_input;
    std::unique_ptr<QSocketNotifier> m_readable;
    qint64 m_startNs = 0;
    qint64 m_shownNs = 0;
    QString m_shownRemote; ///< of the line shown last
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
        const auto file = contents(m_options.prompts, largestInput);
        const auto prompts = file ? bench::readPrompts(*file, m_options.format, m_options.pattern) : file.error();
        if (!prompts)
            return fail(prompts.error(), 2);
        if (prompts->isEmpty())
            return fail(usage(u"%1 holds no prompt."_s.arg(m_options.prompts)), 2);
        m_prompts = *prompts;
    }
    if (const auto opened = m_journal.open(m_options.out); !opened)
        return fail(opened.error());
    if (m_journal.hasOpenSubmission() && m_options.plan.way != bench::BatchWay::Provider)
        return fail(usage(u"%1 has a batch open at its provider. Go on with it by --via provider, or give it up by "
                          "--via provider --cancel: else its prompts would be paid twice."_s.arg(m_options.out)));
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
        prepareChoice();
        return;
    }
    const Target target = targetOf(m_options.models[index].trimmed());
    if (target.isAutomatic()) {
        if (m_options.plan.way == bench::BatchWay::Provider)
            return fail(usage(u"A batch of the provider's own is for one model: auto chooses call by call."_s), 2);
        m_options.plan.targets.append(bench::BatchTarget::automatic());
        resolve(index + 1);
        return;
    }
    m_session.resolve(target, this, [this, index](const base::Result<Resolved> &resolved) {
        if (!resolved)
            return fail(resolved.error());
        if (resolved->model.isEmpty())
            return fail(usage(u"Which model? Name one or more with --models."_s), 2);
        const QString &typed = m_options.target.baseUrl;
        m_options.plan.targets.append(
            { resolved->endpoint, resolved->model, typed.isEmpty() ? resolved->endpoint.providerId : typed });
        resolve(index + 1);
    });
}

void BatchCommand::prepareChoice()
{
    const auto &targets = m_options.plan.targets;
    if (std::none_of(targets.begin(), targets.end(), [](const auto &target) { return target.isAutomatic(); })) {
        begin();
        return;
    }
    m_options.plan.choice.models = m_session.chooser().policy().models();
    m_session.measure(this, [this] { reach(m_session.chooser().policy().providers(), 0); });
}

void BatchCommand::reach(const QStringList &providers, qsizetype index)
{
    if (index == providers.size()) {
        begin();
        return;
    }
    Target target;
    target.provider = providers.at(index);
    target.isChosen = true;
    m_session.resolve(target, this, [this, providers, index](const base::Result<Resolved> &resolved) {
        bench::BatchChoice &choice = m_options.plan.choice;
        if (resolved)
            choice.endpoints.insert(providers.at(index), resolved->endpoint);
        else
            choice.unreachable.insert(providers.at(index), resolved.error().message);
        reach(providers, index + 1);
    });
}

void BatchCommand::begin()
{
    bench::BatchPlan &plan = m_options.plan;
    const int totalMs = plan.limits.totalMs;
    plan.limits = m_session.limits();
    if (totalMs > 0)
        plan.limits.totalMs = totalMs;
    if (!m_options.pollGiven)
        plan.pollMs = m_session.settings().value("batch/poll_s").toInt() * 1000;
    m_startNs = m_clock.nowNs();
    m_toAsk.emplace(plan);
    m_items = m_toAsk->pending(std::exchange(m_prompts, {}), m_journal, m_before);
    const bool nothingLeft = m_items.isEmpty() && m_options.prompts != u"-"_s;
    if (nothingLeft || m_options.cancel)
        return send();
    if (m_options.concurrencyGiven && plan.way == bench::BatchWay::Calls)
        sayLimits();
    checkBudgets();
}

/// More calls at once than these let through have no effect.
void BatchCommand::sayLimits() const
{
    QStringList providers = m_options.plan.choice.endpoints.keys();
    for (const bench::BatchTarget &target : m_options.plan.targets) {
        if (!target.isAutomatic())
            providers.append(target.endpoint.providerId);
    }
    providers.sort();
    providers.removeDuplicates();
    const auto say = [wanted = m_options.plan.concurrency](const QString &who, int limit) {
        if (limit < wanted)
            writeLine(stderr,
                      u"talkbench batch: %1 limited to %2 at once in the settings"_s.arg(
                          who, limit == 1 ? u"1 call"_s : u"%1 calls"_s.arg(limit)));
    };
    const auto nameOf = m_session.providerNames();
    for (const QString &provider : std::as_const(providers))
        say(nameOf(provider) + u" is"_s, config::callsAtOnce(m_session.settings(), provider));
    say(u"all providers together are"_s, m_session.settings().value("limits/overall").toInt());
}

void BatchCommand::checkBudgets()
{
    QStringList problems;
    const auto budgets = cost::budgetsFromSetting(m_session.settings().value("budgets").toMap(), &problems);
    for (const QString &problem : std::as_const(problems))
        writeLine(stderr, u"talkbench batch: %1"_s.arg(problem));
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_clock.wallMs());
    m_costs = bench::estimateBatch(m_items, m_options.plan, m_session.prices(), now);
    const auto total = bench::totalOf(m_costs);
    if (!m_options.quiet && total && total->maxUsd > 0)
        writeLine(stderr,
                  u"talkbench batch: %1 calls, estimated at %2"_s.arg(m_items.size())
                      .arg(profile::formatUsdRange(total->minUsd, total->maxUsd)));
    for (const bench::BatchCost &row : std::as_const(m_costs)) {
        if (!m_options.quiet && !row.rule.isEmpty())
            writeLine(stderr,
                      u"talkbench batch: %1: %2%3"_s.arg(
                          row.providerId, row.usd ? QString() : u"the price of a batch is not known; "_s, row.rule));
    }
    if (budgets.isEmpty())
        return send();
    m_session.ledger().read({}, this, [this, budgets](const base::Result<QList<cost::Spent>> &spent) {
        if (!spent)
            return fail(spent.error());
        m_spentBefore = *spent;
        onVerdict(bench::checkBudgets(m_options.plan, m_costs, budgets, *spent));
    });
}

void BatchCommand::onVerdict(const cost::Verdict &verdict)
{
    using enum cost::BudgetAction;
    if (verdict.action == Refuse || (verdict.action == Ask && !m_options.yes)) {
        const QString hint = verdict.action == Ask ? u" --yes goes on nevertheless."_s : QString();
        return fail({ base::ErrorKind::Budget, u"Nothing was sent. %1%2"_s.arg(verdict.reason, hint), {}, 0, {} });
    }
    if (verdict.action)
        writeLine(stderr, u"talkbench batch: %1"_s.arg(verdict.reason));
    send();
}

void BatchCommand::send()
{
    m_watch = std::make_unique<Watch>(m_clock, m_session.settings(), m_session.runs(), m_session.store(),
                                      m_session.dataDir());
    connect(m_watch.get(), &Watch::changed, this, &BatchCommand::sayAlert);
    if (m_options.plan.way == bench::BatchWay::Provider)
        sendAsBatch();
    else
        sendCalls();
}

void BatchCommand::sendAsBatch()
{
    using bench::ProviderBatch;
    const ProviderBatch::Services services { m_session.runs(), m_clock, m_scheduler, m_session.prices(),
                                             [this] { return m_session.store().settled(); } };
    m_batch = std::make_unique<ProviderBatch>(services, m_journal, m_options.plan);
    connect(m_batch.get(), &ProviderBatch::progressed, this, &BatchCommand::showProgress);
    connect(m_batch.get(), &ProviderBatch::finished, this, &BatchCommand::onFinished, Qt::QueuedConnection);
    if (m_options.cancel)
        m_batch->cancel();
    m_batch->start(std::exchange(m_items, {}), m_before);
}

void BatchCommand::sendCalls()
{
    // Only what is a run on disk is done: else a crash would lose what it cost.
    const auto keep = [this, keep = bench::keepIn(m_journal)](const bench::BatchItem &item,
                                                              const profile::RunRecord &record, const auto &then) {
        base::whenReady(this, m_session.store().settled(),
                        [=](const base::Result<void> &) { keep(item, record, then); });
    };
    const bench::BatchRunner::Services services { m_session.runs(),   m_clock, m_scheduler, m_session.chooser(),
                                                  m_session.ledger(), keep };
    m_runner = std::make_unique<bench::BatchRunner>(services, m_options.plan);
    connect(m_runner.get(), &bench::BatchRunner::progressed, this, &BatchCommand::showProgress);
    connect(m_runner.get(), &bench::BatchRunner::finished, this, &BatchCommand::onFinished, Qt::QueuedConnection);
    if (m_options.prompts != u"-"_s) {
        m_runner->add(std::exchange(m_items, {}), m_before);
        m_runner->endInput();
        return;
    }
    m_collector = std::make_unique<bench::MicroBatch>(m_scheduler, m_options.size, m_options.flushMs);
    connect(m_collector.get(), &bench::MicroBatch::ready, m_runner.get(),
            [this](const QList<bench::BatchPrompt> &prompts) {
                bench::BatchProgress before;
                const auto items = m_toAsk->pending(prompts, m_journal, before);
                m_runner->add(items, before);
            });
    m_input = std::make_unique<LineInput>(m_options.format, m_options.pattern);
    m_readable = std::make_unique<QSocketNotifier>(STDIN_FILENO, QSocketNotifier::Read);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &BatchCommand::readInput);
    connect(m_runner.get(), &bench::BatchRunner::progressed, this, &BatchCommand::listen);
}

const bench::BatchProgress &BatchCommand::progress() const
{
    return m_batch ? m_batch->progress() : m_runner->progress();
}

void BatchCommand::readInput()
{
    m_collector->add(m_input->read());
    listen();
    if (!m_input->ended())
        return;
    m_collector->flush();
    m_runner->endInput();
}

void BatchCommand::listen()
{
    m_readable->setEnabled(!m_input->ended() && m_runner->waiting() < mostWaiting);
}

void BatchCommand::interrupt()
{
    m_interrupted = true;
    if (m_batch) {
        writeLine(stderr,
                  m_journal.hasOpenSubmission()
                      ? u"\ntalkbench batch: the batch goes on at the provider; the same command collects it, and with "
                        "--cancel gives it up"_s
                      : u""_s);
        m_batch->stop();
        return;
    }
    if (!m_runner) {
        QCoreApplication::exit(130);
        return;
    }
    if (const qsizetype calls = progress().inFlight; calls > 0)
        writeLine(stderr,
                  u"\ntalkbench batch: waiting for %1 in flight; Ctrl+C again gives up on that"_s.arg(
                      calls == 1 ? u"1 call"_s : u"%1 calls"_s.arg(calls)));
    m_runner->stop();
}

/// What is in flight is cut short, recorded with what it may have cost, and asked again the next time.
void BatchCommand::giveUp()
{
    if (m_runner)
        m_runner->cancel();
}

/// A terminal's line is written over; in a log, ten seconds lie between two, or one where a provider says something new.
void BatchCommand::showProgress(const bench::BatchProgress &progress)
{
    const bool terminal = isatty(STDERR_FILENO) != 0;
    const qint64 everyMs = terminal ? 200 : progress.remote == m_shownRemote ? 10'000 : 1000;
    const qint64 now = m_clock.nowNs();
    if (m_options.quiet || now - m_shownNs < everyMs * 1'000'000)
        return;
    m_shownNs = now;
    m_shownRemote = progress.remote;
    if (terminal)
        std::fprintf(stderr, "\r\033[K%s", qPrintable(bench::progressLine(progress)));
    else
        writeLine(stderr, bench::progressLine(progress));
}

void BatchCommand::sayAlert(const profile::AlertEvent &event) const
{
    clearProgress();
    writeLine(stderr, u"talkbench batch: %1: %2"_s.arg(event.raised ? u"alert"_s : u"over"_s, event.text));
}

/// The terminal's line that is written over.
void BatchCommand::clearProgress() const
{
    if (!m_options.quiet && isatty(STDERR_FILENO) != 0)
        std::fprintf(stderr, "\r\033[K");
}

/// With the budgets that were passed.
bench::BatchProgress BatchCommand::atTheEnd() const
{
    bench::BatchProgress progress = this->progress();
    const auto spent = m_session.ledger().spent();
    if (!spent || !m_spentBefore)
        return progress;
    QStringList warnings = cost::passedBetween(m_session.ledger().budgets(), *m_spentBefore, *spent);
    if (!progress.warning.isEmpty())
        warnings.prepend(progress.warning);
    progress.warning = warnings.join(u' ');
    return progress;
}

bool BatchCommand::printSums(double seconds) const
{
    const bench::BatchProgress progress = atTheEnd();
    if (m_options.json)
        return write(stdout,
                     QString::fromUtf8(QJsonDocument(batchSumsJson(progress, seconds, m_options.out)).toJson()));
    return writeLine(stdout, batchSums(progress, seconds, m_options.out));
}

bool BatchCommand::writeExport() const
{
    QSaveFile file(m_options.exportTo);
    return file.open(QIODevice::WriteOnly) && file.write(bench::batchCsv(m_journal, m_toAsk->places())) >= 0
        && file.commit();
}

void BatchCommand::onFinished(const std::optional<base::Error> &error)
{
    clearProgress();
    bool written = printSums(static_cast<double>(m_clock.nowNs() - m_startNs) / 1e9);
    if (!m_options.exportTo.isEmpty() && !writeExport()) {
        writeLine(stderr, u"talkbench batch: %1 can't be written"_s.arg(m_options.exportTo));
        written = false;
    }
    const QStringList remarks = batchRemarks(atTheEnd());
    for (const QString &remark : remarks)
        writeLine(stderr, u"talkbench batch: %1"_s.arg(remark));
    if (error)
        writeLine(stderr, u"talkbench batch: stopped: %1"_s.arg(error->message.simplified()));
    const bool wrongInput = m_input && m_input->error();
    if (wrongInput)
        writeLine(stderr, u"talkbench batch: %1 What came before it was asked."_s.arg(m_input->error()->message));
    const bench::BatchProgress &progress = this->progress();
    const bool whole =
        !error && !wrongInput && progress.failed == 0 && progress.done() == progress.total && progress.unanswered == 0;
    const bool passed = progress.invalid == 0 && progress.unchecked == 0;
    QCoreApplication::exit(m_interrupted ? 130 : !written || !whole ? 1 : passed ? 0 : 3);
}

} // namespace

int batchCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describeBatch(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench batch"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "batch");
    const bool json = arguments.contains(u"--json"_s);
    const auto batch = parsed ? readBatchOptions(parser) : usage(parser.errorText());
    if (!batch)
        return misused("batch", batch.error().message, json);
    const Interrupts interrupts;
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("batch", opened.error(), json);
    BatchCommand command(session, *batch);
    QObject::connect(&interrupts, &Interrupts::received, &command, &BatchCommand::interrupt);
    QObject::connect(&interrupts, &Interrupts::again, &command, &BatchCommand::giveUp);
    QMetaObject::invokeMethod(&command, &BatchCommand::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
