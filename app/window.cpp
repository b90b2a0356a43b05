#include "app/window.h"

#include "app/choicesetup.h"
#include "app/commands/calibrate.h"
#include "app/commands/filelimit.h"
#include "app/commands/interrupts.h"
#include "app/diskcache.h"
#include "app/enginesettings.h"
#include "app/ledgersetup.h"
#include "app/pricesetup.h"
#include "app/reportwriter.h"
#include "app/settingparts.h"
#include "app/tokensetup.h"
#include "core/base/clock.h"
#include "core/config/datadir.h"
#include "core/config/instancelock.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "core/cost/pricebook.h"
#include "core/net/qttransport.h"
#include "core/profile/activity.h"
#include "core/run/record.h"
#include "core/run/runservice.h"
#include "core/simulator/simulator.h"
#include "core/store/cachestore.h"
#include "core/store/store.h"
#include "ui/chat/chatcontroller.h"
#include "ui/endpoints.h"
#include "ui/mainwindow.h"
#include "ui/modellists.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/measuredapplication.h"
#include "ui/theme/theme.h"
#include "ui/whenready.h"

#include <QApplication>
#include <QIcon>
#include <QMessageBox>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

/// Without a table every price is unknown; tests hold that the shipped one can be read.
cost::PriceBook tableOrNone()
{
    auto book = shippedPrices();
    return book ? *std::move(book) : cost::PriceBook();
}

bool hasDisplay()
{
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY")
        || qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

/// Everything the window works with, in the order of its making: what comes later may use what came before.
class Session final : public QObject {
    Q_OBJECT

public:
    Session(QApplication &application, const QString &dataDir);
    ~Session() override;

    void open();
    ui::MainWindow &window() { return *m_window; }
    run::RunService &runs() { return m_runs; }
    config::Settings &settings() { return m_settings; }
    const base::Clock &clock() const { return m_clock; }

private:
    void startSimulator();
    void apply(Parts parts);
    void learnPrices();
    void measure();

    base::SystemClock m_clock;
    config::Settings m_settings;
    base::Result<void> m_loaded;
    config::Secrets m_secrets;
    cost::PriceBook m_prices;
    store::Store m_store;
    store::CacheStore m_cache;
    run::RunService m_runs;
    TokenKeeper m_tokens;
    ui::Endpoints m_endpoints;
    ui::ModelLists m_models;
    const select::Qualities m_qualities;
    select::Chooser m_chooser;
    run::Ledger m_ledger;
    ui::AppContext m_context;
    ui::Theme m_theme;
    simulator::Simulator m_simulator;
    std::unique_ptr<QThread> m_simulatorStart;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<ReportWriter> m_reports; ///< before the window, whose monitor it reads
};

Session::Session(QApplication &application, const QString &dataDir)
    : m_settings(dataDir), m_loaded(m_settings.load()), m_prices(tableOrNone()), m_store(dataDir),
      m_cache(dataDir, m_clock),
      m_runs([this] { return std::make_unique<net::QtTransport>(m_clock); }, m_clock, m_prices),
      m_tokens(dataDir, m_runs), m_endpoints(m_settings, m_secrets),
      m_models(m_settings, m_endpoints, m_runs, m_store, m_clock), m_qualities(shippedQualities()),
      m_chooser([this](const select::ModelRef &ref) {
          select::Candidate candidate =
              candidateOf(ref, m_prices, m_qualities, m_models.of(ref.providerId).models, m_clock.wallMs());
          candidate.barred = whyBarred(ref.providerId, m_settings, {}); // the window asks what is set up
          return candidate;
      }),
      m_ledger(m_runs, m_clock, ledgerSources(m_settings, m_store, m_prices)),
      m_context { m_clock, m_settings,  m_secrets, m_prices,  m_runs,   m_store,
                  m_cache, m_endpoints, m_models,  m_chooser, m_ledger, m_tokens.counter() },
      m_theme(application), m_simulator(simulator::Knobs())
{
    apply(Part::CacheStorage | Part::Theme | Part::Limits | Part::Prices | Part::Choice);
    m_store.endInterrupted(run::interruptedRecord); // before the window reads anything
    // Dressed before it is made: nothing is laid out twice.
    m_window = std::make_unique<ui::MainWindow>(m_context);
    m_reports = std::make_unique<ReportWriter>(m_settings, dataDir, [this] {
        const ui::ActivityMonitor &activity = m_window->activity();
        return profile::reportSinceStart(activity.sample(), activity.calls());
    });
    connect(&m_settings, &config::Settings::changed, this, [this](const QString &key) { apply(partsOf(key)); });
    connect(&m_settings, &config::Settings::providersChanged, this, [this] { apply(partsOfProviders); });
    // After the window, which has its layout kept then.
    connect(&application, &QCoreApplication::aboutToQuit, &m_settings, &config::Settings::flush);
    connect(&m_models, &ui::ModelLists::changed, this, &Session::learnPrices);
    connect(&m_runs, &run::RunService::begun, &m_store, &store::Store::saveBegun);
    connect(&m_runs, &run::RunService::recorded, this, [this](const profile::RunRecord &record) {
        m_chooser.learn(record);
        m_store.saveRun(record);
    });
}

Session::~Session()
{
    if (m_simulatorStart)
        m_simulatorStart->wait();
}

void Session::open()
{
    m_window->show();
    if (!m_loaded)
        m_window->showProblem(m_loaded.error());
    // The first picture comes before anything that takes time.
    QTimer::singleShot(0, this, [this] {
        startSimulator();
        m_tokens.load();
        ui::whenReady(this, m_store.open(), [this](const base::Result<store::Store::Opened> &opened) {
            if (!opened) {
                m_window->showProblem(opened.error());
                return;
            }
            if (!opened->keptAside.isEmpty()) {
                base::Error error;
                error.kind = base::ErrorKind::Storage;
                error.message = tr("The database could not be read. It was kept as %1, and a new one was begun.")
                                    .arg(opened->keptAside);
                m_window->showProblem(error);
            }
            m_window->load();
            measure();
        });
    });
}

void Session::measure()
{
    ui::whenReady(this, m_store.runs(measuredRuns), [this](const base::Result<QList<profile::RunRecord>> &runs) {
        m_chooser.load(runs ? *runs : QList<profile::RunRecord>());
    });
}

void Session::startSimulator()
{
    m_simulatorStart.reset(QThread::create([this] {
        const base::Result<QUrl> url = m_simulator.start();
        QMetaObject::invokeMethod(
            this, [this, url] { m_endpoints.setSimulator(url); }, Qt::QueuedConnection);
    }));
    m_simulatorStart->start();
}

void Session::apply(Parts parts)
{
    if (parts.testFlag(Part::CacheStorage))
        m_runs.setCacheStorage(cacheStorage(m_settings, m_cache));
    if (parts.testFlag(Part::Theme)) {
        m_theme.setMode(ui::Theme::modeFromName(m_settings.value("theme").toString()));
        m_theme.setTextZoom(m_settings.value("text_zoom").toDouble());
    }
    if (parts.testFlag(Part::Limits))
        applySettings(m_settings, m_runs, m_cache);
    if (parts.testFlag(Part::Prices)) {
        applySettings(m_settings, m_prices);
        m_runs.setPrices(m_prices);
    }
    if (parts.testFlag(Part::Choice))
        applySettings(m_settings, m_chooser);
}

void Session::learnPrices()
{
    QList<store::ModelList> lists;
    const auto providers = m_settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        const ui::ModelLists::List list = m_models.of(provider.id);
        lists.append({ provider.id, list.fetchedMs, list.models });
    }
    learnLists(lists, m_prices);
    m_runs.setPrices(m_prices);
}

int explain(const base::Error &error, bool onScreen)
{
    std::fprintf(stderr, "talkbench: %s\n", qPrintable(error.message));
    if (!onScreen)
        return 1;
    QMessageBox box(QMessageBox::Warning, u"Talkbench"_s, error.message);
    box.open();
    QApplication::exec();
    return 1;
}

void sendInTurn(Session &session, QStringList prompts)
{
    if (prompts.isEmpty())
        return;
    ui::MainWindow &window = session.window();
    window.send(prompts.takeFirst());
    QObject::connect(&window.chats(), &ui::ChatController::answerEnded, &window, [&window, prompts]() mutable {
        if (!prompts.isEmpty())
            window.send(prompts.takeFirst());
    });
}

void takeScreenshot(Session &session, const WindowOptions &options)
{
    QTimer::singleShot(options.afterMs, &session, [&session, options] {
        const bool saved = session.window().grab().save(options.screenshot);
        if (!saved)
            std::fprintf(stderr, "talkbench: the picture could not be saved as %s\n", qPrintable(options.screenshot));
        QCoreApplication::exit(saved ? 0 : 1);
    });
}

void measureFrames(ui::MeasuredApplication &application, const WindowOptions &options)
{
    QTimer::singleShot(options.afterMs, &application, &ui::MeasuredApplication::startMeasuring);
    QTimer::singleShot(options.afterMs + options.measureFrames * 1000, &application, [&application] {
        std::puts(application.reportJson().constData());
        std::fflush(stdout);
        QCoreApplication::exit(0);
    });
}

/// Says when the first picture stands: after the event loop has handled the first paint whole.
class FirstPaint final : public QObject {
public:
    using QObject::QObject;

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint) {
            watched->removeEventFilter(this);
            QTimer::singleShot(0, this, [] {
                std::puts("painted");
                std::fflush(stdout);
            });
        }
        return false;
    }
};

/// A chat that streams for as long as the calibration takes.
const auto longPrompt = u"Write 20000 words about measuring."_s;

/// Start-up is not what is calibrated.
constexpr int windowSettlesMs = 1500;

} // namespace

int calibrateInWindow(int argc, char **argv, const QStringList &arguments)
{
    const auto read = readCalibrateArguments(arguments);
    if (const int *exitCode = std::get_if<int>(&read))
        return *exitCode;
    if (!hasDisplay()) {
        std::fprintf(stderr, "talkbench calibrate: --with-window needs a display\n");
        return 1;
    }
    raiseFileLimit();
    QApplication application(argc, argv);
    const QTemporaryDir dataDir;
    Session session(application, dataDir.path());
    session.open();
    session.window().send(longPrompt);
    CalibrateCommand command(session.runs(), session.clock(), std::get<CalibrateArguments>(read));
    QTimer::singleShot(windowSettlesMs, &command, &CalibrateCommand::start);
    return QApplication::exec();
}

int runWindow(int argc, char **argv, const GlobalOptions &options, const WindowOptions &window)
{
    if (!hasDisplay()) {
        if (window.screenshot.isEmpty()) {
            std::fprintf(stderr,
                         "talkbench: there is no display here. The command line needs none: talkbench --help\n");
            return 1;
        }
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    raiseFileLimit();
    Interrupts::block();
    ui::MeasuredApplication application(argc, argv);
    const Interrupts interrupts;
    QObject::connect(&interrupts, &Interrupts::received, &application, &QApplication::quit);
    QApplication::setWindowIcon(QIcon(u":/icons/talkbench.svg"_s));
    const bool onScreen = window.screenshot.isEmpty();
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return explain(dataDir.error(), onScreen);
    config::InstanceLock lock(*dataDir);
    if (const auto acquired = lock.acquire(); !acquired) {
        if (onScreen && config::InstanceLock::activateOther(*dataDir))
            return 0;
        return explain(acquired.error(), onScreen);
    }
    Session session(application, *dataDir);
    lock.setChange([&session](const QJsonObject &asked) { return changeOwnPrices(session.settings(), asked); });
    QObject::connect(&lock, &config::InstanceLock::activated, &session.window(), [&session] {
        session.window().show();
        session.window().raise();
        session.window().activateWindow();
    });
    FirstPaint firstPaint;
    if (window.announceFirstPaint)
        session.window().installEventFilter(&firstPaint);
    session.open();
    if (!window.compare.isEmpty())
        session.window().compare(window.compare, window.prompts.join(u"\n\n"_s));
    else
        sendInTurn(session, window.prompts);
    if (!window.page.isEmpty() && !session.window().openPage(window.page)) {
        std::fprintf(stderr, "talkbench: there is no page '%s': chat, compare, batch or dashboard\n",
                     qPrintable(window.page));
        return 2;
    }
    if (window.measureFrames > 0)
        measureFrames(application, window);
    if (!onScreen)
        takeScreenshot(session, window);
    return QApplication::exec();
}

} // namespace talkbench::app

#include "window.moc"
