#pragma once

#include "core/base/clock.h"
#include "core/llm/provider.h"
#include "core/run/cachestorage.h"
#include "core/run/run.h"
#include "core/run/scheduler.h"

#include <QCache>
#include <QHash>
#include <QObject>

#include <functional>
#include <memory>

namespace talkbench::run {

/// How fast a kept answer is shown.
enum class CachePace { AtOnce, Recorded };

struct CacheSettings {
    profile::CachePolicy policy = profile::CachePolicy::Off;
    qint64 ttlMs = 0; ///< 0: for ever
    QHash<QString, qint64> providerTtlMs = {}; ///< by provider id, instead of ttlMs
    qint64 memoryBytes = qint64(64) << 20;
    CachePace pace = CachePace::AtOnce;
};

/// What the cache means for one request.
struct CachePlan {
    QByteArray key;
    bool mayRead = false; ///< a kept answer will do, and one on its way
    bool mayKeep = false;
    qint64 ttlMs = 0;
    QString reason; ///< why it is off, for a person; empty where it is not
};

/// The answers that need not be asked for again: the most recently used in memory, the rest in the storage. Lives in the
/// network thread.
class ResponseCache final {
public:
    using Found = CacheStorage::Found;

    /// A chat waits no longer than this for a slow disk: what is not found by then was not there.
    static constexpr qint64 patienceMs = 200;

    ResponseCache(const base::Clock &clock, Scheduler &scheduler);

    void setSettings(const CacheSettings &settings);
    void setStorage(std::shared_ptr<CacheStorage> storage) { m_storage = std::move(storage); }
    CachePace pace() const { return m_settings.pace; }

    CachePlan planFor(const RunRequest &request, const QList<llm::Unsent> &unsent) const;
    /// Calls once, unless `context` goes first: at once where memory knows, else when the storage has answered.
    void find(const CachePlan &plan, QObject *context, const std::function<void(const Found &)> &then);
    /// Keeps the answer if it is whole: no error, not cut short, filtered or refused.
    void keep(const CachePlan &plan, const profile::RunRecord &record);
    void clear(const profile::CacheFilter &filter);
    void countHit(const QByteArray &key, const profile::CacheHit &hit);
    void countMiss();

private:
    void findInStorage(const CachePlan &plan, QObject *context, const std::function<void(const Found &)> &then);
    bool isUsable(const profile::CacheEntry &entry, const CachePlan &plan) const;
    void remember(const QByteArray &key, const profile::CacheEntry &entry);

    const base::Clock &m_clock;
    Scheduler &m_scheduler;
    CacheSettings m_settings;
    QCache<QByteArray, profile::CacheEntry> m_memory; ///< its costs are bytes
    std::shared_ptr<CacheStorage> m_storage;
};

} // namespace talkbench::run
