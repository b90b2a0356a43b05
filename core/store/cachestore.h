#pragma once

#include "core/base/clock.h"
#include "core/profile/cacheentry.h"
#include "core/store/workerthread.h"

#include <QFuture>

#include <chrono>

namespace talkbench::store {

struct CacheLimits {
    qint64 bytes = qint64(512) << 20; ///< of the entries, about
    qint64 entries = 1'000'000;
};

class CacheWorker;

/// The response cache on disk, in a thread of its own: a long list of runs being read holds no lookup up. May be called
/// from any thread; calls are carried out in order, writes that come together share a transaction.
class CacheStore final {
public:
    using Found = std::optional<profile::CacheEntry>;

    struct Options {
        CacheLimits limits = {};
        /// Between two looks for what has expired.
        std::chrono::milliseconds tidyInterval = std::chrono::minutes(1);
    };

    /// `dir` is the data folder. The file is opened, and made, at the first call.
    CacheStore(const QString &dir, const base::Clock &clock);
    CacheStore(const QString &dir, const base::Clock &clock, const Options &options);
    ~CacheStore(); ///< waits until all that was asked is on disk
    Q_DISABLE_COPY_MOVE(CacheStore)

    static QString filePath(const QString &dir);

    QFuture<Found> find(const QByteArray &key);
    void save(const QByteArray &key, const profile::CacheEntry &entry);
    void countHit(const QByteArray &key, const profile::CacheHit &hit);
    void countMiss();
    /// How many went; unset where the file can't be opened or written. The counts of hits and of what was saved stay.
    QFuture<std::optional<qint64>> clear(const profile::CacheFilter &filter);
    QFuture<profile::CacheStats> stats();
    /// That there are answers of, sorted.
    QFuture<QStringList> models();
    void setLimits(const CacheLimits &limits);

private:
    WorkerThread<CacheWorker> m_worker;
};

} // namespace talkbench::store
