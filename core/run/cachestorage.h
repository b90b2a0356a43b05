#pragma once

#include "core/profile/cacheentry.h"

#include <QFuture>

namespace talkbench::run {

/// What keeps answers beyond memory. Called from the network thread; nothing of it may block.
class CacheStorage {
public:
    using Found = std::optional<profile::CacheEntry>;

    virtual ~CacheStorage() = default;
    /// Always ends; nothing where there is no entry that has not expired.
    virtual QFuture<Found> find(const QByteArray &key) = 0;
    virtual void save(const QByteArray &key, const profile::CacheEntry &entry) = 0;
    virtual void clear(const profile::CacheFilter &filter) = 0;
    /// For the statistics, and so that what is used stays.
    virtual void countHit(const QByteArray &key, const profile::CacheHit &hit) = 0;
    virtual void countMiss() = 0;
};

} // namespace talkbench::run
