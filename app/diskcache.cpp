#include "app/diskcache.h"

#include "core/config/settings.h"
#include "core/run/sharedcache.h"
#include "core/store/cachestore.h"

#include <cstdio>
#include <utility>

namespace talkbench::app {

QFuture<DiskCache::Found> DiskCache::find(const QByteArray &key)
{
    return m_store.find(key);
}

void DiskCache::save(const QByteArray &key, const profile::CacheEntry &entry)
{
    m_store.save(key, entry);
}

void DiskCache::clear(const profile::CacheFilter &filter)
{
    m_store.clear(filter);
}

void DiskCache::countHit(const QByteArray &key, const profile::CacheHit &hit)
{
    m_store.countHit(key, hit);
}

void DiskCache::countMiss()
{
    m_store.countMiss();
}

std::unique_ptr<run::CacheStorage> cacheStorage(const config::Settings &settings, store::CacheStore &store)
{
    auto disk = std::make_unique<DiskCache>(store);
    const QString server = settings.value("cache/redis").toString();
    if (server.isEmpty())
        return disk;
    auto url = net::RedisClient::parse(server);
    if (!url) {
        std::fprintf(stderr, "talkbench: %s\n", qPrintable(url.error().message));
        return disk;
    }
    if (const QString password = qEnvironmentVariable("TALKBENCH_REDIS_PASSWORD"); !password.isEmpty())
        url->setPassword(password, QUrl::DecodedMode);
    return std::make_unique<run::SharedCache>(std::move(disk), *url);
}

} // namespace talkbench::app
