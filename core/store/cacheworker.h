#pragma once

#include "core/base/clock.h"
#include "core/store/cachefile.h"

#include <QObject>
#include <QTimer>

#include <chrono>

namespace talkbench::store {

/// The cache's half in its own thread: the file, the writes that wait for their transaction, the tidying in small steps
/// between lookups.
class CacheWorker final : public QObject {
    Q_OBJECT

public:
    CacheWorker(const QString &path, const base::Clock &clock, const CacheLimits &limits,
                std::chrono::milliseconds tidyInterval);

    std::optional<profile::CacheEntry> find(const QByteArray &key);
    void enqueue(const CacheChange &change);
    std::optional<qint64> clear(const profile::CacheFilter &filter);
    profile::CacheStats stats();
    QStringList models();
    void setLimits(const CacheLimits &limits);
    /// The last flush; the file is closed.
    void finish();

private:
    void flush();
    void tidy();

    CacheFile m_file;
    const base::Clock &m_clock;
    CacheLimits m_limits;
    QList<CacheChange> m_pending;
    bool m_flushPosted = false;
    const std::chrono::milliseconds m_tidyInterval;
    QTimer m_tidy;
};

} // namespace talkbench::store
