#include "ui/mainwindow.h"

#include "core/config/settings.h"
#include "core/store/store.h"
#include "ui/batch/batchpage.h"
#include "ui/charts/livechart.h"
#include "ui/chat/chatcontroller.h"
#include "ui/chat/chatpage.h"
#include "ui/chat/modelpicker.h"
#include "ui/chat/sidebar.h"
#include "ui/chat/transcript.h"
#include "ui/compare/comparepage.h"
#include "ui/modellists.h"
#include "ui/problembar.h"
#include "ui/profiler/activitymonitor.h"
#include "ui/profiler/alertbar.h"
#include "ui/profiler/alertwatch.h"
#include "ui/profiler/dashboardpage.h"
#include "ui/profiler/desktopnotifier.h"
#include "ui/profiler/profilerdock.h"
#include "ui/profiler/queuebutton.h"
#include "ui/profiler/statusstrip.h"
#include "ui/settings/settingsdialog.h"
#include "ui/shortcuts.h"
#include "ui/taborder.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"
#include "ui/topbar.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QCoreApplication>
#include <QFocusFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr QSize smallest { 720, 480 };
constexpr QSize standard { 1320, 840 };
constexpr int sidebarWidth = 248;
constexpr int sidebarLeast = 180;
/// Below this width one panel fits beside the page, not two.
constexpr int roomForBoth = 900;
constexpr double zoomStep = 1.1;

} // namespace

MainWindow::MainWindow(AppContext &context, QWidget *parent)
    : QMainWindow(parent), m_context(context), m_chats(new ChatController(context, this)),
      m_splitter(new QSplitter(this)), m_sidebar(new Sidebar(m_splitter)), m_pages(new QStackedWidget(m_splitter)),
      m_chatPage(new ChatPage(context, *m_chats, m_pages)), m_comparePage(new ComparePage(context, m_pages)),
      m_batchPage(new BatchPage(context, m_pages)), m_models(new ModelPicker(context, this)),
      m_activity(new ActivityMonitor(context, this)), m_dashboard(new DashboardPage(*m_activity, m_pages)),
      m_alerts(new AlertBar(this)), m_problem(new ProblemBar(this)), m_notifier(new DesktopNotifier(this)),
      m_profiler(new ProfilerDock(*m_activity, this))
{
    setObjectName(u"mainWindow"_s);
    setWindowTitle(u"Talkbench"_s);
    setContextMenuPolicy(Qt::NoContextMenu);
    makePages();
    setMenuWidget(makeTopBar());
    makeProfiler();
    makeAlerts();
    makeActions();
    connectChats();
    // With a context that goes before the members: ~QWidget still moves the focus.
    connect(qApp, &QApplication::aboutToQuit, this, [this] {
        if (isVisible())
            saveLayout();
    });
    connect(qApp, &QApplication::focusChanged, m_splitter, [this](QWidget *, const QWidget *now) {
        if (m_focusFrame && m_focusFrame->widget() != now)
            delete m_focusFrame;
    });
    restoreLayout();
    showPage(m_chatPage);
    m_chatPage->focusComposer();
}

MainWindow::~MainWindow()
{
    // The pages speak of chats until they are gone, and the last words of the chats need the context, not the pages.
    // A dock tells of its hiding even from within ~QMainWindow.
    delete m_profiler;
    delete m_splitter;
    delete m_chats;
}

QToolButton *MainWindow::pageButton(const QString &objectName, const QString &iconName, const QString &text,
                                    QWidget *page)
{
    QToolButton *button = textButton(objectName, iconName, text, this);
    button->setCheckable(true);
    connect(button, &QToolButton::clicked, this, [this, page] { showPage(page); });
    m_pageButtons.insert(page, button);
    return button;
}

QWidget *MainWindow::makeTopBar()
{
    auto *bar = new TopBar(this);
    m_sidebarButton = iconButton(u"toggleSidebar"_s, u"sidebar"_s, tr("Show or hide the sidebar (Ctrl+B)"), bar);
    m_sidebarButton->setAccessibleName(tr("Sidebar"));
    connect(m_sidebarButton, &QToolButton::clicked, this, [this] { setSidebarShown(m_sidebar->isHidden()); });
    auto *fresh = iconButton(u"newChatButton"_s, u"plus"_s, tr("New chat (Ctrl+N)"), bar);
    fresh->setAccessibleName(tr("New chat"));
    connect(fresh, &QToolButton::clicked, this, &MainWindow::newChat);
    auto *settings = iconButton(u"settings"_s, u"settings"_s, tr("Settings (Ctrl+,)"), bar);
    settings->setAccessibleName(tr("Settings"));
    connect(settings, &QToolButton::clicked, this, &MainWindow::openSettings);

    QHBoxLayout &line = bar->line();
    line.addWidget(m_sidebarButton);
    line.addSpacing(grid::half);
    bar->addWorded(pageButton(u"pageChat"_s, u"chat"_s, tr("Chat"), m_chatPage));
    bar->addWorded(pageButton(u"pageCompare"_s, u"compare"_s, tr("Compare"), m_comparePage));
    bar->addWorded(pageButton(u"pageBatch"_s, u"batch"_s, tr("Batch"), m_batchPage));
    bar->addWorded(pageButton(u"pageDashboard"_s, u"chart"_s, tr("Dashboard"), m_dashboard));
    line.addStretch();
    line.addWidget(m_models);
    line.addWidget(fresh);
    line.addSpacing(grid::unit);
    m_profilerButton = iconButton(u"toggleProfiler"_s, u"pulse"_s, tr("Show or hide the profiler (Ctrl+Shift+B)"), bar);
    m_profilerButton->setAccessibleName(tr("Profiler"));
    m_profilerButton->setCheckable(true);
    connect(m_profilerButton, &QToolButton::clicked, this, &MainWindow::setProfilerShown);
    line.addWidget(m_profilerButton);
    line.addWidget(settings);
    return bar;
}

void MainWindow::makePages()
{
    m_pages->addWidget(m_chatPage);
    m_pages->addWidget(m_comparePage);
    m_pages->addWidget(m_batchPage);
    m_pages->addWidget(m_dashboard);
    m_dashboard->setProviderNames([this](const QString &id) { return m_context.settings.providerName(id); });
    connect(m_batchPage, &BatchPage::closable, this, &QWidget::close);
    auto *right = new QWidget(m_splitter);
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_problem);
    column->addWidget(m_alerts);
    column->addWidget(m_pages, 1);
    m_sidebar->setMinimumWidth(sidebarLeast);
    m_splitter->setObjectName(u"sidebarSplitter"_s);
    m_splitter->addWidget(m_sidebar);
    m_splitter->addWidget(right);
    m_splitter->setHandleWidth(1);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setSizes({ sidebarWidth, standard.width() - sidebarWidth });
    setCentralWidget(m_splitter);
    connect(m_chatPage, &ChatPage::settingsRequested, this,
            [this] { openSettings()->showProvider(m_chats->providerId()); });
    connect(m_chatPage, &ChatPage::generalSettingsRequested, this,
            [this] { openSettings()->showPage(SettingsDialog::General); });
    connect(m_chatPage, &ChatPage::modelRequested, m_models, &ModelPicker::open);
}

void MainWindow::makeProfiler()
{
    addDockWidget(Qt::RightDockWidgetArea, m_profiler);
    m_profiler->setElsewhere(withFavourites(m_context));
    m_profiler->setProviderNames([this](const QString &id) { return m_context.settings.providerName(id); });
    statusBar()->setSizeGripEnabled(false);
    const auto titleOf = [this](const QString &conversationId) {
        const QList<store::Conversation> &all = m_chats->conversations();
        const auto found = std::find_if(all.cbegin(), all.cend(),
                                        [&](const store::Conversation &chat) { return chat.id == conversationId; });
        return found == all.cend() ? QString() : found->title;
    };
    m_queue = new QueueButton(m_context, *m_activity, titleOf, this);
    statusBar()->addWidget(m_queue);
    statusBar()->addWidget(new StatusStrip(*m_activity, this), 1);
    connect(m_chats, &ChatController::answerUpdated, m_activity, &ActivityMonitor::callUpdated);
    connect(m_comparePage, &ComparePage::callUpdated, m_activity, &ActivityMonitor::callUpdated);
    connect(m_comparePage, &ComparePage::warned, this, &MainWindow::showProblem);
    connect(m_comparePage, &ComparePage::runningChanged, this, [this](bool running) {
        if (running)
            m_problem->clearWarning();
    });
    connect(m_profiler, &ProfilerDock::closeRequested, this, [this] { setProfilerShown(false); });
    connect(m_profiler, &QDockWidget::visibilityChanged, this,
            [this] { m_profilerButton->setChecked(!m_profiler->isHidden()); });
}

void MainWindow::makeAlerts()
{
    auto *watch = new AlertWatch(m_context, *m_activity, this);
    connect(watch, &AlertWatch::changed, this, [this](const profile::AlertEvent &event) {
        m_alerts->show(event);
        if (event.raised && !isActiveWindow() && m_context.settings.value("monitor/notify").toBool())
            m_notifier->show(windowTitle(), event.text);
    });
    connect(m_alerts, &AlertBar::settingsRequested, this,
            [this] { openSettings()->showPage(SettingsDialog::Monitoring); });
    connect(m_notifier, &DesktopNotifier::clicked, this, [this] {
        raise();
        activateWindow();
    });
}

void MainWindow::setProfilerShown(bool shown)
{
    m_context.settings.setValue("window/profiler", shown);
    m_profiler->setVisible(shown);
    if (shown && m_narrow)
        m_sidebar->hide();
}

/// What gives way in a narrow window comes back with the room.
void MainWindow::fitPanels()
{
    const bool narrow = width() < roomForBoth;
    if (narrow == m_narrow)
        return;
    m_narrow = narrow;
    const bool sidebar = m_context.settings.value("window/sidebar").toBool();
    m_sidebar->setVisible(sidebar);
    m_profiler->setVisible(m_context.settings.value("window/profiler").toBool() && !(narrow && sidebar));
}

void MainWindow::setAction(const char *id, const std::function<void()> &run)
{
    if (auto *action = findChild<QAction *>(QString::fromLatin1(id), Qt::FindDirectChildrenOnly))
        connect(action, &QAction::triggered, this, run);
}

void MainWindow::makeActions()
{
    for (const Shortcut &row : shortcutTable()) {
        if (row.where != Shortcut::Where::Window)
            continue;
        auto *action = new QAction(QCoreApplication::translate("Shortcut", row.title), this);
        action->setObjectName(QString::fromLatin1(row.id));
        QList<QKeySequence> keys;
        const QStringList sequences = QString::fromLatin1(row.keys).split(u"; "_s);
        for (const QString &sequence : sequences)
            keys.append(QKeySequence(sequence));
        action->setShortcuts(keys);
        addAction(action);
    }
    setAction("stop", [this] {
        if (m_pages->currentWidget() == m_comparePage)
            m_comparePage->stopAll();
        else
            m_chats->stop();
    });
    setAction("new", [this] { newChat(); });
    setAction("undo_remove", [this] { m_chats->undoRemove(); });
    setAction("find", [this] {
        setSidebarShown(true);
        m_sidebar->focusFilter();
    });
    setAction("compose", [this] { m_chatPage->focusComposer(); });
    setAction("regenerate", [this] { m_chatPage->transcript().regenerateLast(); });
    setAction("copy_answer", [this] { m_chatPage->transcript().copyLastAnswer(); });
    setAction("model", [this] { m_models->open(); });
    setAction("chat", [this] { showPage(m_chatPage); });
    setAction("compare", [this] { showPage(m_comparePage); });
    setAction("batch", [this] { showPage(m_batchPage); });
    setAction("dashboard", [this] { showPage(m_dashboard); });
    setAction("sidebar", [this] { setSidebarShown(m_sidebar->isHidden()); });
    setAction("profiler", [this] { setProfilerShown(m_profiler->isHidden()); });
    setAction("queue", [this] { m_queue->click(); });
    setAction("settings", [this] { openSettings(); });
    setAction("larger", [this] { zoom(zoomStep); });
    setAction("smaller", [this] { zoom(1 / zoomStep); });
    setAction("standard_size", [this] { zoom(0); });
    setAction("keys", [this] { (new KeysDialog(this))->open(); });
}

void MainWindow::connectChats()
{
    connect(m_sidebar, &Sidebar::newRequested, this, &MainWindow::newChat);
    connect(m_sidebar, &Sidebar::opened, this, [this](const QString &id) {
        showPage(m_chatPage);
        m_chats->open(id);
    });
    connect(m_sidebar, &Sidebar::composeRequested, m_chatPage, &ChatPage::focusComposer);
    connect(m_sidebar, &Sidebar::renamed, m_chats, &ChatController::rename);
    connect(m_sidebar, &Sidebar::tagged, m_chats, &ChatController::setTags);
    connect(m_sidebar, &Sidebar::removeRequested, m_chats, &ChatController::remove);
    connect(m_sidebar, &Sidebar::undoRequested, m_chats, &ChatController::undoRemove);
    connect(m_sidebar, &Sidebar::forgetRequested, m_chats, &ChatController::forgetAnswers);
    connect(m_chats, &ChatController::answersForgotten, m_sidebar, &Sidebar::sayForgotten);
    connect(m_chats, &ChatController::removed, m_sidebar, &Sidebar::offerUndo);
    connect(m_chats, &ChatController::removalSettled, m_sidebar, [this] { m_sidebar->offerUndo({}); });
    connect(m_chats, &ChatController::conversationsChanged, this, &MainWindow::refreshSidebar);
    connect(m_chats, &ChatController::currentChanged, m_sidebar,
            [this] { m_sidebar->setCurrent(m_chats->currentId()); });
    connect(m_chats, &ChatController::generatingChanged, m_sidebar,
            [this] { m_sidebar->setGenerating([this](const QString &id) { return m_chats->isGenerating(id); }); });
    connect(m_chats, &ChatController::failed, this, &MainWindow::showProblem);
    connect(m_chats, &ChatController::currentChanged, m_problem, &ProblemBar::clearWarning);
    connect(m_chats, &ChatController::generatingChanged, this, [this] {
        if (m_chats->isGenerating(m_chats->currentId())) // not at its end: it may have been read by nobody yet
            m_problem->clearWarning();
    });
    const auto showModel = [this] { m_models->setCurrent(m_chats->providerId(), m_chats->model()); };
    connect(m_chats, &ChatController::modelChanged, this, showModel);
    m_models->offerAuto();
    connect(m_models, &ModelPicker::chosen, m_chats, &ChatController::setModel);
    connect(m_models, &ModelPicker::chosen, m_chatPage, &ChatPage::focusComposer);
    showModel();
    connect(&m_context.store, &store::Store::writeFailed, this, &MainWindow::showProblem);
    connect(&m_context.store, &store::Store::writeRecovered, m_problem, &QWidget::hide);
}

void MainWindow::load()
{
    m_chats->load();
    m_context.models.load();
    m_chatPage->lookForServers();
}

void MainWindow::send(const QString &prompt)
{
    m_chats->send(prompt);
}

void MainWindow::compare(const QStringList &models, const QString &prompt)
{
    showPage(m_comparePage);
    m_comparePage->compare(models, prompt);
}

bool MainWindow::openPage(const QString &name)
{
    static constexpr std::array pages { "chat"_L1, "compare"_L1, "batch"_L1, "dashboard"_L1 };
    auto *action = findChild<QAction *>(name, Qt::FindDirectChildrenOnly);
    if (!action || std::find(pages.begin(), pages.end(), name) == pages.end())
        return false;
    action->trigger();
    return true;
}

void MainWindow::refreshSidebar()
{
    m_sidebar->setConversations(m_chats->conversations(), QDate::currentDate());
    m_sidebar->setGenerating([this](const QString &id) { return m_chats->isGenerating(id); });
    m_sidebar->setCurrent(m_chats->currentId());
}

void MainWindow::newChat()
{
    // A filter would hide it.
    m_sidebar->clearFilter();
    showPage(m_chatPage);
    m_chats->newConversation();
    m_chatPage->focusComposer();
}

void MainWindow::showPage(QWidget *page)
{
    m_pages->setCurrentWidget(page);
    // Each column of a comparison has a model of its own.
    m_models->setVisible(page == m_chatPage);
    for (auto it = m_pageButtons.cbegin(); it != m_pageButtons.cend(); ++it)
        it.value()->setChecked(it.key() == page);
}

void MainWindow::setSidebarShown(bool shown)
{
    m_context.settings.setValue("window/sidebar", shown);
    m_sidebar->setVisible(shown);
    if (shown && m_narrow)
        m_profiler->hide();
}

void MainWindow::showProblem(const base::Error &error)
{
    m_problem->say(error);
}

void MainWindow::zoom(double factor)
{
    const double now = m_context.settings.value("text_zoom").toDouble();
    m_context.settings.setValue("text_zoom", factor > 0 ? std::clamp(now * factor, 0.7, 2.5) : 1.0);
}

SettingsDialog *MainWindow::openSettings()
{
    auto *dialog = new SettingsDialog(m_context, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (m_context.settings.providers().size() == 1) // the simulator
        connect(dialog, &QDialog::finished, m_chatPage, &ChatPage::adoptFirstProvider);
    dialog->open();
    return dialog;
}

void MainWindow::restoreLayout()
{
    setMinimumSize(fitting(this, smallest));
    resize(standard);
    const QByteArray geometry = m_context.settings.value("window/geometry").toByteArray();
    if (!geometry.isEmpty())
        restoreGeometry(geometry);
    // What fitted a larger screen may not fit this one.
    setMinimumSize(fitting(this, smallest));
    resize(fitting(this, size()));
    restoreState(m_context.settings.value("window/state").toByteArray());
    m_sidebar->setVisible(m_context.settings.value("window/sidebar").toBool());
    m_profiler->setVisible(m_context.settings.value("window/profiler").toBool());
    fitPanels();
}

void MainWindow::saveLayout()
{
    m_context.settings.setValue("window/geometry", saveGeometry());
    m_context.settings.setValue("window/state", saveState());
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    fitPanels();
}

bool MainWindow::focusNextPrevChild(bool next)
{
    const bool moved =
        moveFocus({ menuWidget(), m_sidebar, m_splitter, m_profiler->titleBarWidget(), m_profiler, statusBar() }, next);
    frameFocus(focusWidget());
    return moved;
}

/// For what shows no focus by itself: an area of text to scroll, and a chart, whose picture is copied without a frame.
void MainWindow::frameFocus(QWidget *focused)
{
    delete m_focusFrame;
    if (!qobject_cast<QScrollArea *>(focused) && !qobject_cast<LiveChart *>(focused))
        return;
    m_focusFrame = new QFocusFrame(this);
    m_focusFrame->setObjectName(u"focusFrame"_s);
    m_focusFrame->setWidget(focused);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    saveLayout();
    if (!m_batchPage->mayClose()) {
        statusBar()->showMessage(tr("The batch's calls in flight come to their end…"));
        return event->ignore();
    }
    QMainWindow::closeEvent(event);
}

} // namespace talkbench::ui
