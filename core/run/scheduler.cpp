#include "core/run/scheduler.h"

#include <QFutureWatcher>
#include <QPromise>
#include <QThread>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace talkbench::run {

TimerScheduler::TimerScheduler()
{
    m_pool.setMaxThreadCount(std::max(QThread::idealThreadCount() - 1, 1)); // one core is the asking thread's
}

TimerScheduler::~TimerScheduler()
{
    m_pool.clear();
}

void TimerScheduler::after(qint64 ms, QObject *context, std::function<void()> call)
{
    QTimer::singleShot(std::chrono::milliseconds(ms), Qt::PreciseTimer, context, std::move(call));
}

void TimerScheduler::aside(QObject *context, Work work)
{
    const auto promise = std::make_shared<QPromise<Then>>();
    promise->start();
    // No then(): Qt 6.4's doesn't bear that its context goes first.
    auto *watcher = new QFutureWatcher<Then>(context);
    QObject::connect(watcher, &QFutureWatcher<Then>::finished, context, [watcher] {
        watcher->deleteLater();
        if (watcher->future().resultCount() > 0)
            watcher->result()();
    });
    watcher->setFuture(promise->future());
    m_pool.start([promise, work = std::move(work)] {
        promise->addResult(work());
        promise->finish();
    });
}

} // namespace talkbench::run
