#include "ui/profiler/desktopnotifier.h"

#include <QApplication>
#include <QSystemTrayIcon>

namespace talkbench::ui {

namespace {

constexpr int shownMs = 10'000;

} // namespace

DesktopNotifier::DesktopNotifier(QObject *parent) : QObject(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(shownMs);
    connect(&m_timer, &QTimer::timeout, this, [this] { m_tray->hide(); });
}

DesktopNotifier::~DesktopNotifier() = default;

void DesktopNotifier::show(const QString &title, const QString &text)
{
    if (!QSystemTrayIcon::isSystemTrayAvailable() || !QSystemTrayIcon::supportsMessages())
        return;
    if (!m_tray) {
        m_tray = std::make_unique<QSystemTrayIcon>(QApplication::windowIcon());
        connect(m_tray.get(), &QSystemTrayIcon::messageClicked, this, &DesktopNotifier::clicked);
    }
    m_tray->show();
    m_tray->showMessage(title, text, QSystemTrayIcon::Warning, shownMs);
    m_timer.start();
}

} // namespace talkbench::ui
