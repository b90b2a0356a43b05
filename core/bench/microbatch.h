#pragma once

#include "core/bench/prompts.h"
#include "core/run/scheduler.h"

#include <QObject>

#include <memory>

namespace talkbench::bench {

/// Collects what trickles in, and gives it on together: when there are `size`, or `flushMs` after the first of them.
class MicroBatch final : public QObject {
    Q_OBJECT

public:
    MicroBatch(run::Scheduler &scheduler, qsizetype size, int flushMs, QObject *parent = nullptr);

    void add(const QList<BatchPrompt> &prompts);
    /// What there is, now.
    void flush();

Q_SIGNALS:
    void ready(const QList<talkbench::bench::BatchPrompt> &prompts);

private:
    run::Scheduler &m_scheduler;
    const qsizetype m_size;
    const int m_flushMs;
    QList<BatchPrompt> m_waiting;
    std::unique_ptr<QObject> m_timer;
};

} // namespace talkbench::bench
