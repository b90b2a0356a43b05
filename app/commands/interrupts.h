#pragma once

#include <QDeadlineTimer>
#include <QObject>

namespace talkbench::app {

/// The first Ctrl+C, SIGTERM or SIGHUP as a signal of Qt's, and the second where somebody listens for it. block() comes before
/// any other thread starts. The next one ends the process, as if this did not exist. Those that come within a second of one
/// are that one: some tools, timeout(1) for one, send it twice in a row.
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
    void again();

private:
    void onReadable();

    int m_descriptor = -1;
    int m_count = 0;
    QDeadlineTimer m_grace;
};

} // namespace talkbench::app
