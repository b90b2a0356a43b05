#pragma once

#include "core/base/clock.h"
#include "core/profile/cacheentry.h"
#include "core/run/responsecache.h"
#include "core/run/scheduler.h"

#include <QObject>

namespace talkbench::run {

/// A kept answer shown again: at once, or with the pauses that it came with.
class Playback final : public QObject {
    Q_OBJECT

public:
    Playback(const profile::CacheEntry &entry, CachePace pace, const base::Clock &clock, Scheduler &scheduler);

    const profile::CacheEntry &entry() const { return m_entry; }
    /// What has been shown; the whole answer once it is finished.
    llm::Answer shown() const;
    void start();

Q_SIGNALS:
    void content(const QString &text, const QString &reasoning);
    /// Exactly once, last.
    void finished();

private:
    void advance();
    void show(qsizetype text, qsizetype reasoning);
    void finish();

    const profile::CacheEntry m_entry;
    const CachePace m_pace;
    const base::Clock &m_clock;
    Scheduler &m_scheduler;
    qint64 m_startedNs = 0;
    qsizetype m_nextChunk = 0;
    qsizetype m_text = 0; ///< characters that have been shown
    qsizetype m_reasoning = 0;
    bool m_finished = false;
};

} // namespace talkbench::run
