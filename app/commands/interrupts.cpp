#include "app/commands/interrupts.h"

#include <QMetaMethod>
#include <QSocketNotifier>
#include <QTimer>

#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

namespace talkbench::app {

namespace {

constexpr int graceMs = 300;

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
    if (m_count > 0 && !m_grace.hasExpired())
        return;
    m_grace.setRemainingTime(graceMs);
    ++m_count;
    const bool last = m_count == 2 || !isSignalConnected(QMetaMethod::fromSignal(&Interrupts::again));
    if (last)
        QTimer::singleShot(graceMs, this, [] {
            const sigset_t signals = watched();
            pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
        });
    m_count == 1 ? Q_EMIT received() : Q_EMIT again();
}

} // namespace talkbench::app
