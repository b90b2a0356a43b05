#pragma once

#include <QMetaObject>
#include <QThread>

#include <memory>
#include <utility>

namespace talkbench::store {

/// A worker and the thread that it lives in, whose functions are to be called there. Its finish() is the last of them:
/// the destructor waits for it, and for all that was asked before.
template <typename T>
class WorkerThread final {
public:
    WorkerThread(const QString &name, std::unique_ptr<T> worker) : m_worker(std::move(worker))
    {
        m_thread.setObjectName(name);
        m_worker->moveToThread(&m_thread);
        m_thread.start();
    }

    ~WorkerThread()
    {
        const auto last = [worker = m_worker.get(), thread = &m_thread] {
            worker->finish();
            thread->quit();
        };
        QMetaObject::invokeMethod(m_worker.get(), last, Qt::QueuedConnection);
        m_thread.wait();
    }
    Q_DISABLE_COPY_MOVE(WorkerThread)

    T *get() const { return m_worker.get(); }

private:
    QThread m_thread;
    std::unique_ptr<T> m_worker;
};

} // namespace talkbench::store
