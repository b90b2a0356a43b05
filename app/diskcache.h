#pragma once

#include "core/run/cachestorage.h"

#include <memory>

namespace talkbench::config {
class Settings;
}
namespace talkbench::store {
class CacheStore;
}

namespace talkbench::app {

/// Joins the engine's cache to the one on disk, which outlives it.
class DiskCache final : public run::CacheStorage {
public:
    explicit DiskCache(store::CacheStore &store) : m_store(store) { }

    QFuture<Found> find(const QByteArray &key) override;
    void save(const QByteArray &key, const profile::CacheEntry &entry) override;
    void clear(const profile::CacheFilter &filter) override;
    void countHit(const QByteArray &key, const profile::CacheHit &hit) override;
    void countMiss() override;

private:
    store::CacheStore &m_store;
};

/// The disk, and behind it the Redis server that the settings name, if any; its password is TALKBENCH_REDIS_PASSWORD. An
/// address that is none is said on stderr.
std::unique_ptr<run::CacheStorage> cacheStorage(const config::Settings &settings, store::CacheStore &store);

} // namespace talkbench::app
