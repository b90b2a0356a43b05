#pragma once

#include "core/base/error.h"
#include "ui/appcontext.h"

#include <QHash>
#include <QMainWindow>
#include <QPointer>

class QAction;
class QFocusFrame;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace talkbench::ui {

class ActivityMonitor;
class AlertBar;
class BatchPage;
class ChatController;
class ChatPage;
class ComparePage;
class DashboardPage;
class DesktopNotifier;
class ModelPicker;
class ProblemBar;
class ProfilerDock;
class QueueButton;
class SettingsDialog;
class Sidebar;

/// The window: bar, sidebar, pages, profiler, status. Closing it loses nothing: its chats store what has come.
class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(AppContext &context, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Fetches what is kept; the store must be open.
    void load();
    /// Something a person must know that belongs to no message: a kept-aside database, a full disk.
    void showProblem(const base::Error &error);
    /// As if it had been written in the composer.
    void send(const QString &prompt);
    /// As if the prompt had been put to these models of the default provider on the compare page.
    void compare(const QStringList &models, const QString &prompt);
    /// By the name that the page has in the table of keys. False where there is none.
    bool openPage(const QString &name);

    ChatController &chats() { return *m_chats; }
    const ActivityMonitor &activity() const { return *m_activity; }

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    bool focusNextPrevChild(bool next) override;

private:
    QWidget *makeTopBar();
    void makePages();
    void makeProfiler();
    void makeAlerts();
    void makeActions();
    void connectChats();
    void setAction(const char *id, const std::function<void()> &run);
    QToolButton *pageButton(const QString &objectName, const QString &iconName, const QString &text, QWidget *page);
    void newChat();
    void showPage(QWidget *page);
    void setSidebarShown(bool shown);
    void setProfilerShown(bool shown);
    void fitPanels();
    void frameFocus(QWidget *focused);
    void refreshSidebar();
    void zoom(double factor);
    SettingsDialog *openSettings();
    void restoreLayout();
    void saveLayout();

    AppContext &m_context;
    ChatController *m_chats;
    QSplitter *m_splitter;
    Sidebar *m_sidebar;
    QStackedWidget *m_pages;
    ChatPage *m_chatPage;
    ComparePage *m_comparePage;
    BatchPage *m_batchPage;
    ModelPicker *m_models;
    ActivityMonitor *m_activity;
    DashboardPage *m_dashboard;
    AlertBar *m_alerts;
    ProblemBar *m_problem;
    DesktopNotifier *m_notifier;
    ProfilerDock *m_profiler;
    QueueButton *m_queue = nullptr;
    QHash<QWidget *, QToolButton *> m_pageButtons;
    QToolButton *m_sidebarButton;
    QToolButton *m_profilerButton;
    QPointer<QFocusFrame> m_focusFrame;
    bool m_narrow = false;
};

} // namespace talkbench::ui
