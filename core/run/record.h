#pragma once

#include "core/cost/pricebook.h"
#include "core/profile/runrecord.h"
#include "core/run/run.h"

namespace talkbench::run {

/// What the last stage makes of a call that has ended: its tokens counted, priced, and all of it in one record.
profile::RunRecord makeRecord(const QString &id, const RunRequest &request, qint64 startedWallMs,
                              const llm::Answer &answer, const profile::Trace &trace,
                              const QList<profile::Attempt> &earlierAttempts, const cost::PriceBook &prices);

/// A call's `own` record with the answer of another, which paid for it.
profile::RunRecord cachedRecord(profile::RunRecord own, const profile::RunRecord &original,
                                const profile::CacheHit &hit);

/// A call's `own` record with all of another that it took over: its answer, stamps and bill.
profile::RunRecord inheritedRecord(profile::RunRecord own, const profile::RunRecord &original);

/// Token counts for an answer whose server sent none. Output: a chunk is a token where chunks are small, as most servers
/// send them; where they average more than 8 characters, or the answer came in one piece, it is the estimate of the
/// text. Input: the estimate of the prompt. The source says `chunks` either way.
llm::Usage estimateUsage(const llm::ChatRequest &request, const llm::Answer &answer,
                         const QList<profile::ChunkStamp> &chunks);

} // namespace talkbench::run
