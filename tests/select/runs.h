#pragma once

#include "core/profile/runrecord.h"
#include "core/select/modelref.h"

namespace talkbench::test {

/// A call that began at `startMs` (wall) and took `ttftMs` to its first token; of `tokens` tokens at `tpotMs` each.
inline profile::RunRecord answered(const select::ModelRef &ref, qint64 startMs, double ttftMs, double tpotMs = 10,
                                   qint64 inputTokens = 100, qint64 tokens = 100)
{
    constexpr qint64 t0 = 1'000'000'000;
    profile::RunRecord record;
    record.providerId = ref.providerId;
    record.model = ref.model;
    record.startedWallMs = startMs;
    record.trace.submittedNs = t0;
    record.trace.dispatchedNs = t0 + 1;
    record.trace.firstContentNs = t0 + static_cast<qint64>(ttftMs * 1e6);
    record.trace.firstOutputNs = record.trace.firstContentNs;
    record.trace.lastContentNs = record.trace.firstContentNs + static_cast<qint64>(tpotMs * 1e6) * (tokens - 1);
    record.trace.endNs = record.trace.lastContentNs;
    record.trace.chunks = { { record.trace.firstContentNs, 4 }, { record.trace.lastContentNs, 4 } };
    record.answer.finished = true;
    record.answer.finishReason = llm::FinishReason::Stop;
    llm::Usage usage;
    usage.input = inputTokens;
    usage.output = tokens;
    record.answer.usage = usage;
    return record;
}

inline profile::RunRecord failed(const select::ModelRef &ref, qint64 startMs,
                                 base::ErrorKind kind = base::ErrorKind::Overloaded, qint64 tookMs = 1000)
{
    profile::RunRecord record;
    record.providerId = ref.providerId;
    record.model = ref.model;
    record.startedWallMs = startMs;
    record.trace.submittedNs = 1'000'000'000;
    record.trace.dispatchedNs = 1'000'000'001;
    record.trace.endNs = 1'000'000'000 + tookMs * 1'000'000;
    record.answer.error = base::Error { kind, QStringLiteral("no"), {}, 0, {} };
    return record;
}

} // namespace talkbench::test
