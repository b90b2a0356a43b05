#pragma once

#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"
#include "core/cost/pricebook.h"
#include "core/llm/batchapi.h"

#include <QSet>

#include <memory>
#include <vector>

namespace talkbench::bench {

/// One of the provider's batches, from its requests to its results.
struct BatchJob {
    /// Of one batch: less than any provider takes.
    static constexpr qsizetype mostRequests = 10'000;
    static constexpr qint64 mostBytes = 64 << 20;

    Submission submission;
    qsizetype target = 0;
    const llm::BatchApi *api = nullptr;
    bool fresh = true; ///< nothing was asked yet
    bool asked = false; ///< how far it is, in this round
    bool cancelAsked = false;
    /// Nothing but its size and time speaks for `remote` yet.
    bool guessed = false;
    QSet<QString> notOurs; ///< guesses that were wrong
    int doubts = 0; ///< times that its making was not answered
    llm::RemoteBatch remote;
    bool hasRead = false; ///< a line of its results
    qsizetype linesUnread = 0; ///< those that are none
    std::optional<base::Error> unreadable; ///< of the last of these

    /// Whether a batch of the provider's list is, or may be, this one: by its tag, else by its size and time if the journal knows
    /// it under no other name.
    bool mayBe(const llm::RemoteBatch &batch, const BatchJournal &journal) const;
    /// When the oldest batch was made that may be this one, by the provider's clock.
    qint64 sinceMs() const;
};

using BatchJobs = std::vector<std::unique_ptr<BatchJob>>;

/// What the journal has open, then what of the items is in none of that. An error of kind Config: a target that the plan has
/// not, or that has no batch API.
base::Result<std::shared_ptr<BatchJobs>> batchJobs(const QList<BatchItem> &items, const BatchJournal &journal,
                                                   const BatchPlan &plan);

/// What is kept of one request: priced as one of a batch, checked, without stamps; under the same id however often it is collected.
profile::RunRecord recordOf(const BatchJob &job, const llm::BatchOutcome &outcome, const BatchPlan &plan,
                            const cost::PriceBook &prices);

} // namespace talkbench::bench
