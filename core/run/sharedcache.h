#pragma once

#include "core/net/redisclient.h"
#include "core/run/cachestorage.h"

#include <memory>

namespace talkbench::run {

/// A Redis server behind the local storage: asked where that has nothing, told of what is kept. Entries live there until
/// they expire, no clear() takes them away. It is found again after a failure; until then the local storage is all there is.
class SharedCache final : public CacheStorage {
public:
    SharedCache(std::unique_ptr<CacheStorage> local, const QUrl &server);
    ~SharedCache() override;

    QFuture<Found> find(const QByteArray &key) override;
    void save(const QByteArray &key, const profile::CacheEntry &entry) override;
    void clear(const profile::CacheFilter &filter) override;
    void countHit(const QByteArray &key, const profile::CacheHit &hit) override;
    void countMiss() override;

private:
    net::RedisClient &client();

    const std::unique_ptr<CacheStorage> m_local;
    const QUrl m_server;
    /// Made in the thread that uses it.
    std::unique_ptr<net::RedisClient> m_client;
};

} // namespace talkbench::run
