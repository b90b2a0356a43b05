#include "ui/profiler/livecall.h"

#include "core/run/run.h"

#include <utility>

namespace talkbench::ui {

void LiveCall::apply(const run::RunUpdate &update)
{
    profile::Trace &trace = m_record.trace;
    // A new attempt starts from nothing.
    const bool sameAttempt = trace.dispatchedNs == 0 || trace.dispatchedNs == update.trace.dispatchedNs;
    QList<profile::ChunkStamp> chunks = sameAttempt ? std::exchange(trace.chunks, {}) : QList<profile::ChunkStamp>();
    trace = update.trace;
    chunks += update.chunks;
    trace.chunks = std::move(chunks);
    if (!sameAttempt)
        m_record.answer.usage.reset();
    if (trace.chunks.isEmpty())
        return;
    llm::Usage usage = m_record.answer.usage.value_or(llm::Usage {});
    usage.source = llm::UsageSource::Chunks;
    for (const profile::ChunkStamp &chunk : update.chunks)
        ++(chunk.kind == profile::ChunkKind::Reasoning ? usage.reasoning : usage.output);
    m_record.answer.usage = usage;
}

} // namespace talkbench::ui
