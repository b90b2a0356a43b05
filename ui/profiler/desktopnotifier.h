#pragma once

#include <QObject>
#include <QTimer>

#include <memory>

class QSystemTrayIcon;

namespace talkbench::ui {

/// Notifications of the desktop, where it has any. An icon stands in its tray only while one is shown.
class DesktopNotifier final : public QObject {
    Q_OBJECT

public:
    explicit DesktopNotifier(QObject *parent = nullptr);
    ~DesktopNotifier() override;

    void show(const QString &title, const QString &text);

Q_SIGNALS:
    void clicked();

private:
    std::unique_ptr<QSystemTrayIcon> m_tray;
    QTimer m_timer;
};

} // namespace talkbench::ui
