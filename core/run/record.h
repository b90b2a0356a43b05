#pragma once

#include "core/cost/pricebook.h"
#include "core/cost/tokencounter.h"
#include "core/profile/runrecord.h"
#include "core/run/run.h"

namespace talkbench::run {

/// Longer texts aren't counted in the network thread: under a millisecond of it.
inline constexpr qsizetype longestCountedHere = 16'384;

/// Of the prompt, here; unset where it is long: other calls' stamps wait for this thread meanwhile. `counter` may be null.
std::optional<cost::TokenCount> countPrompt(const RunRequest &request, const cost::TokenCounter *counter);

/// By the user, and with the program.
base::Error stopped();
base::Error interrupted();
/// With the error that ended it, if one did, and the reason that goes with it.
llm::Answer endedBy(llm::Answer answer, const std::optional<base::Error> &error);

/// What a call's tokens are counted and priced with.
struct Accounting {
    const cost::PriceBook &prices;
    const cost::TokenCounter *counter = nullptr; ///< null: tokens are estimated
    std::optional<cost::TokenCount> prompt = {}; ///< its count, where there is one
    bool batch = false; ///< it was one of a provider's batch
};

/// What the last stage makes of a call that has ended: its tokens counted, priced, and all of it in one record.
profile::RunRecord makeRecord(const QString &id, const RunRequest &request, qint64 startedWallMs,
                              const llm::Answer &answer, const profile::Trace &trace,
                              const QList<profile::Attempt> &earlierAttempts, Accounting accounting);

/// One attempt of a call, its tokens and its price as the record of a call of its own would have them.
profile::Attempt attemptOf(const RunRequest &request, qint64 startedWallMs, const llm::Answer &answer,
                           const profile::Trace &trace, const Accounting &accounting);

/// A call's `own` record with the answer of another, which paid for it.
profile::RunRecord cachedRecord(profile::RunRecord own, const profile::RunRecord &original,
                                const profile::CacheHit &hit);

/// A call's `own` record with all of another that it took over: its answer, stamps, attempts and price. The cost is the
/// answer's alone: whoever adds up adds the attempts'.
profile::RunRecord inheritedRecord(profile::RunRecord own, const profile::RunRecord &original);

/// A call's attempts, the last among them, each with what it cost.
QList<profile::Attempt> attemptsOf(const profile::RunRecord &record);

/// A call that somebody else pays for.
profile::RunRecord withoutBill(profile::RunRecord record);

/// Token counts for an answer whose server sent none, or not all: a nought where text came is none. The source says `tokenizer` where the model's own vocabulary counted
/// all of it. Else it says `chunks`; output: a chunk is a token where chunks are small, as most servers send them; where they
/// average more than 8 characters, or the answer came in one piece, it is the estimate of the text. Input: the count of the
/// prompt, or its estimate.
llm::Usage estimateUsage(const RunRequest &request, const llm::Answer &answer, const QList<profile::ChunkStamp> &chunks,
                         const Accounting &accounting);

/// Of a call whose answer still comes: as `record`, without the words and the chunks, which are too much to be kept each second, and
/// without what only holds together with them, a pace and an end.
profile::RunRecord countsOnly(profile::RunRecord record);

/// Of a call that was under way when its program ended, with as much of its answer as was kept: that is counted and priced, too,
/// where it is more than was counted while it came.
profile::RunRecord interruptedRecord(profile::RunRecord begun);

/// Sentences on the server's counts that differ from ours by more than 10 %, and by more tokens than templates explain.
QStringList countDifferences(const profile::RunRecord &record, const Accounting &accounting);

} // namespace talkbench::run
