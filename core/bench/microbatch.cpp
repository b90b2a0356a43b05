#include "core/bench/microbatch.h"

#include <utility>

namespace talkbench::bench {

MicroBatch::MicroBatch(run::Scheduler &scheduler, qsizetype size, int flushMs, QObject *parent)
    : QObject(parent), m_scheduler(scheduler), m_size(size), m_flushMs(flushMs)
{
}

void MicroBatch::add(const QList<BatchPrompt> &prompts)
{
    for (const BatchPrompt &prompt : prompts) {
        m_waiting.append(prompt);
        if (m_waiting.size() >= m_size)
            flush();
    }
    if (m_waiting.isEmpty() || m_timer)
        return;
    m_timer = std::make_unique<QObject>();
    m_scheduler.after(m_flushMs, m_timer.get(), [this] { flush(); });
}

void MicroBatch::flush()
{
    if (m_timer)
        m_timer.release()->deleteLater(); // its own call may be running
    if (!m_waiting.isEmpty())
        Q_EMIT ready(std::exchange(m_waiting, {}));
}

} // namespace talkbench::bench
