#pragma once

#include <QObject>

namespace talkbench::app {

/// The first Ctrl+C, SIGTERM or SIGHUP as a signal of Qt's. block() comes before any other thread starts. One that comes a
/// second later or more ends the process, as if this did not exist.
class Interrupts final : public QObject {
    Q_OBJECT

public:
    /// Keeps the signals from the threads that are started from now on.
    static void block();
    /// Needs the application.
    explicit Interrupts(QObject *parent = nullptr);
    ~Interrupts() override;

Q_SIGNALS:
    void received();

private:
    void onReadable();

    int m_descriptor = -1;
    bool m_received = false;
};

} // namespace talkbench::app
