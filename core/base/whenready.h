#pragma once

#include <QFutureWatcher>

#include <utility>

namespace talkbench::base {

/// Calls `act` with the result, in `context`'s thread, unless `context` goes first. (QFuture::then() with a context
/// asserts in Qt 6.4 where the context was destroyed in the meantime.)
template <typename T, typename Act>
void whenReady(QObject *context, const QFuture<T> &future, Act act)
{
    auto *watcher = new QFutureWatcher<T>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, act = std::move(act)]() mutable {
        watcher->deleteLater();
        if (watcher->future().resultCount() > 0)
            act(watcher->result());
    });
    watcher->setFuture(future);
}

} // namespace talkbench::base
