#include "app/commands/interrupts.h"

#include <QSocketNotifier>
#include <QTimer>

#include <csignal>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

namespace talkbench::app {

namespace {

/// Some tools, timeout(1) for one, send the signal twice in a row.
constexpr int graceMs = 1000;

sigset_t watched()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    return signals;
}

} // namespace

void Interrupts::block()
{
    const sigset_t signals = watched();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Interrupts::Interrupts(QObject *parent) : QObject(parent)
{
    block();
    const sigset_t signals = watched();
    m_descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    auto *notifier = new QSocketNotifier(m_descriptor, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, &Interrupts::onReadable);
}

Interrupts::~Interrupts()
{
    close(m_descriptor);
}

void Interrupts::onReadable()
{
    signalfd_siginfo info {};
    if (read(m_descriptor, &info, sizeof info) != sizeof info)
        return;
    if (std::exchange(m_received, true))
        return;
    QTimer::singleShot(graceMs, this, [] {
        const sigset_t signals = watched();
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    });
    Q_EMIT received();
}

} // namespace talkbench::app
