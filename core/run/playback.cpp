#include "core/run/playback.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

namespace {

/// A kept pause that is longer says nothing of a stream, and is made so long.
constexpr qint64 longestPauseNs = 60'000'000'000;

} // namespace

Playback::Playback(const profile::CacheEntry &entry, CachePace pace, const base::Clock &clock, Scheduler &scheduler)
    : m_entry(entry), m_pace(pace), m_clock(clock), m_scheduler(scheduler)
{
}

llm::Answer Playback::shown() const
{
    const llm::Answer &whole = m_entry.original.answer;
    if (m_finished)
        return whole;
    llm::Answer part;
    part.text = whole.text.first(m_text);
    part.reasoning = whole.reasoning.first(m_reasoning);
    part.servedModel = whole.servedModel;
    return part;
}

void Playback::start()
{
    m_startedNs = m_clock.nowNs();
    if (m_pace == CachePace::AtOnce)
        finish();
    else
        advance();
}

/// Shows what is due by now, and comes again for the next chunk.
void Playback::advance()
{
    const profile::Trace &trace = m_entry.original.trace;
    const qint64 elapsedNs = m_clock.nowNs() - m_startedNs;
    qsizetype text = 0;
    qsizetype reasoning = 0;
    for (; m_nextChunk < trace.chunks.size(); ++m_nextChunk) {
        const profile::ChunkStamp &chunk = trace.chunks[m_nextChunk];
        const qint64 waitNs = chunk.ns - trace.dispatchedNs - elapsedNs;
        if (waitNs > 0) {
            show(text, reasoning);
            const qint64 pauseNs = std::min(waitNs, longestPauseNs);
            m_startedNs -= waitNs - pauseNs; // what comes later comes sooner, too
            m_scheduler.after((pauseNs + 999'999) / 1'000'000, this, [this] { advance(); });
            return;
        }
        text += chunk.kind == profile::ChunkKind::Text ? chunk.characters : 0;
        reasoning += chunk.kind == profile::ChunkKind::Reasoning ? chunk.characters : 0;
    }
    finish();
}

void Playback::show(qsizetype text, qsizetype reasoning)
{
    const llm::Answer &whole = m_entry.original.answer;
    const QString newText = whole.text.mid(m_text, text);
    const QString newReasoning = whole.reasoning.mid(m_reasoning, reasoning);
    m_text += newText.size();
    m_reasoning += newReasoning.size();
    if (!newText.isEmpty() || !newReasoning.isEmpty())
        Q_EMIT content(newText, newReasoning);
}

void Playback::finish()
{
    const llm::Answer &whole = m_entry.original.answer;
    show(whole.text.size() - m_text, whole.reasoning.size() - m_reasoning);
    m_finished = true;
    Q_EMIT finished();
}

} // namespace talkbench::run
