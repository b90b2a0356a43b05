#include "core/run/sharedcache.h"

#include "core/profile/cachebytes.h"

#include <QFutureWatcher>
#include <QPromise>

#include <utility>

namespace talkbench::run {

namespace {

QByteArray nameOf(const QByteArray &key)
{
    return "talkbench:answer:1:" + key.toHex();
}

} // namespace

SharedCache::SharedCache(std::unique_ptr<CacheStorage> local, const QUrl &server)
    : m_local(std::move(local)), m_server(server)
{
}

SharedCache::~SharedCache() = default;

net::RedisClient &SharedCache::client()
{
    if (!m_client)
        m_client = std::make_unique<net::RedisClient>(m_server);
    return *m_client;
}

QFuture<SharedCache::Found> SharedCache::find(const QByteArray &key)
{
    auto promise = std::make_shared<QPromise<Found>>();
    promise->start();
    auto *watcher = new QFutureWatcher<Found>(&client());
    const auto answer = [promise](const Found &found) {
        promise->addResult(found);
        promise->finish();
    };
    QObject::connect(watcher, &QFutureWatcherBase::finished, &client(), [this, watcher, key, answer] {
        watcher->deleteLater();
        const Found local = watcher->future().resultCount() > 0 ? watcher->result() : Found();
        if (local) {
            answer(local);
            return;
        }
        client().get(nameOf(key), [this, key, answer](const net::RedisClient::Value &value) {
            const Found shared = value ? profile::unpackedEntry(*value) : Found();
            if (shared)
                m_local->save(key, *shared);
            answer(shared);
        });
    });
    const auto future = promise->future();
    watcher->setFuture(m_local->find(key));
    return future;
}

void SharedCache::save(const QByteArray &key, const profile::CacheEntry &entry)
{
    m_local->save(key, entry);
    client().set(nameOf(key), profile::packed(entry), entry.expiresMs == 0 ? 0 : entry.expiresMs - entry.storedMs);
}

void SharedCache::clear(const profile::CacheFilter &filter)
{
    m_local->clear(filter);
}

void SharedCache::countHit(const QByteArray &key, const profile::CacheHit &hit)
{
    m_local->countHit(key, hit);
}

void SharedCache::countMiss()
{
    m_local->countMiss();
}

} // namespace talkbench::run
