#include "core/store/cacheworker.h"

#include <utility>

namespace talkbench::store {

namespace {

/// Lookups that come in the meantime go between two steps.
constexpr std::chrono::milliseconds betweenSteps { 5 };

} // namespace

CacheWorker::CacheWorker(const QString &path, const base::Clock &clock, const CacheLimits &limits,
                         std::chrono::milliseconds tidyInterval)
    : m_file(path), m_clock(clock), m_limits(limits), m_tidyInterval(tidyInterval), m_tidy(this)
{
    m_tidy.setSingleShot(true);
    connect(&m_tidy, &QTimer::timeout, this, &CacheWorker::tidy);
}

std::optional<profile::CacheEntry> CacheWorker::find(const QByteArray &key)
{
    flush();
    if (!m_tidy.isActive())
        m_tidy.start(m_tidyInterval);
    return m_file.find(key, m_clock.wallMs());
}

void CacheWorker::enqueue(const CacheChange &change)
{
    m_pending.append(change);
    if (auto *use = std::get_if<CacheUse>(&m_pending.last()))
        use->nowMs = m_clock.wallMs();
    if (!std::exchange(m_flushPosted, true)) // behind everything that waits by now: it shares the transaction
        QMetaObject::invokeMethod(this, &CacheWorker::flush, Qt::QueuedConnection);
}

void CacheWorker::flush()
{
    m_flushPosted = false;
    if (m_pending.isEmpty())
        return;
    m_file.write(std::exchange(m_pending, {}), m_limits);
    m_tidy.start(betweenSteps);
}

void CacheWorker::tidy()
{
    m_tidy.start(m_file.tidy(m_limits, m_clock.wallMs()) ? betweenSteps : m_tidyInterval);
}

std::optional<qint64> CacheWorker::clear(const profile::CacheFilter &filter)
{
    flush();
    m_tidy.start(betweenSteps);
    return m_file.clear(filter);
}

profile::CacheStats CacheWorker::stats()
{
    flush();
    return m_file.stats();
}

QStringList CacheWorker::models()
{
    flush();
    return m_file.models();
}

void CacheWorker::setLimits(const CacheLimits &limits)
{
    m_limits = limits;
    m_tidy.start(m_tidyInterval);
}

void CacheWorker::finish()
{
    m_tidy.stop();
    flush();
    m_tidy.stop();
    m_file.close();
}

} // namespace talkbench::store
