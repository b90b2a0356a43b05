#include "core/store/cachestore.h"

#include "core/store/cacheworker.h"

#include <QPromise>

namespace talkbench::store {

namespace {

template <typename T, typename Call>
QFuture<T> ask(CacheWorker *worker, Call call)
{
    auto promise = std::make_shared<QPromise<T>>();
    promise->start();
    auto future = promise->future();
    QMetaObject::invokeMethod(
        worker,
        [call = std::move(call), promise] {
            promise->addResult(call());
            promise->finish();
        },
        Qt::QueuedConnection);
    return future;
}

void tell(CacheWorker *worker, const CacheChange &change)
{
    QMetaObject::invokeMethod(
        worker, [worker, change] { worker->enqueue(change); }, Qt::QueuedConnection);
}

} // namespace

CacheStore::CacheStore(const QString &dir, const base::Clock &clock) : CacheStore(dir, clock, Options())
{
}

CacheStore::CacheStore(const QString &dir, const base::Clock &clock, const Options &options)
    : m_worker(QStringLiteral("cache"),
               std::make_unique<CacheWorker>(filePath(dir), clock, options.limits, options.tidyInterval))
{
}

CacheStore::~CacheStore() = default;

QString CacheStore::filePath(const QString &dir)
{
    return dir + QStringLiteral("/cache.db");
}

QFuture<CacheStore::Found> CacheStore::find(const QByteArray &key)
{
    return ask<Found>(m_worker.get(), [worker = m_worker.get(), key] { return worker->find(key); });
}

void CacheStore::save(const QByteArray &key, const profile::CacheEntry &entry)
{
    tell(m_worker.get(), CacheSave { key, entry });
}

void CacheStore::countHit(const QByteArray &key, const profile::CacheHit &hit)
{
    tell(m_worker.get(), CacheUse { key, hit });
}

void CacheStore::countMiss()
{
    tell(m_worker.get(), CacheMiss());
}

QFuture<std::optional<qint64>> CacheStore::clear(const profile::CacheFilter &filter)
{
    return ask<std::optional<qint64>>(m_worker.get(),
                                      [worker = m_worker.get(), filter] { return worker->clear(filter); });
}

QFuture<profile::CacheStats> CacheStore::stats()
{
    return ask<profile::CacheStats>(m_worker.get(), [worker = m_worker.get()] { return worker->stats(); });
}

QFuture<QStringList> CacheStore::models()
{
    return ask<QStringList>(m_worker.get(), [worker = m_worker.get()] { return worker->models(); });
}

void CacheStore::setLimits(const CacheLimits &limits)
{
    QMetaObject::invokeMethod(
        m_worker.get(), [worker = m_worker.get(), limits] { worker->setLimits(limits); }, Qt::QueuedConnection);
}

} // namespace talkbench::store
