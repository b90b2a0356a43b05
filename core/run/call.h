#pragma once

#include "core/run/admission.h"
#include "core/run/attempt.h"
#include "core/run/cachestage.h"
#include "core/run/callaccount.h"
#include "core/run/checking.h"
#include "core/run/record.h"
#include "core/run/refusals.h"
#include "core/run/retry.h"
#include "core/run/runservice.h"
#include "core/run/scheduler.h"
#include "core/run/validating.h"

namespace talkbench::run {

/// One call, from the cache to its record: cache → queued → attempt → (retry wait → queued → …) → validated → (queued → …) →
/// ended. Lives in the network thread. Its engine gives it turns and carries its updates out.
class Call final : public QObject {
    Q_OBJECT

public:
    struct Services {
        const base::Clock &clock;
        Scheduler &scheduler;
        Retry &retry;
        Refusals &refusals;
        const cost::PriceBook &prices;
        ResponseCache &cache;
        Flights &flights;
        const std::shared_ptr<const cost::TokenCounter> &counter; ///< may be null
        qint64 maxWaitMs;
    };

    Call(const QString &id, quint64 order, const RunRequest &request, qint64 submittedNs, const Services &services);
    ~Call() override;

    const QString &id() const { return m_id; }
    Ticket ticket() const;
    /// Where it stands.
    OpenCall openCall() const;
    quint64 order() const { return m_order; }

    /// Asks the cache and joins the queue; wantsTurn() follows, or ended() if it knows the answer or the request can't be
    /// made.
    void begin();
    void setWait(const Wait &wait);
    /// A slot is free: dispatches now.
    void takeTurn(net::HttpTransport &transport);
    /// ended() follows. The call itself goes on where others have joined it.
    void cancel();
    /// While it waits for its next attempt.
    void retryNow();
    bool isWaitingToRetry() const { return m_state == RunState::RetryWait; }
    /// Nothing of it is on the wire, and nothing was answered.
    bool isUnsent() const
    {
        const bool waits = m_state == RunState::Queued || m_state == RunState::RetryWait;
        return waits && !hasJoined() && !m_validating.kept() && !m_account.hasRequestsBefore();
    }
    /// Another call asks for it.
    bool hasJoined() const { return m_cache && m_cache->hasJoined(); }

    /// Of its last attempt; unset where nobody knows.
    std::optional<qint64> tokensUsed() const { return m_tokensUsed; }

    /// What has come since the last time.
    RunUpdate takeUpdate();

Q_SIGNALS:
    void wantsTurn();
    /// The slot is free again; the call goes on waiting.
    void gaveTurnBack();
    /// Something was put on its bill: its record as it would be, were the program to end now. While its answer comes, once a second at
    /// most, with the counts of what has come and without the words. Of a call without an owner, one that has joined it says so.
    void begun(const talkbench::profile::RunRecord &record);
    /// Its ticket has a better priority.
    void hurried();
    /// There is an update to take: within a frame, or at once.
    void changed(bool atOnce);
    void ended(const talkbench::profile::RunRecord &record);
    /// After ended(): it is of no more use to anybody.
    void done();

private:
    void enter(RunState state, bool atOnce = false);
    void askCache();
    void onCacheAnswered(const profile::RunRecord &record, const std::optional<profile::CacheHit> &hit);
    void onOwing(const profile::RunRecord &underWay);
    void enqueue();
    void waitedTooLong();
    void onStamped();
    void onContent(const QString &text, const QString &reasoning, const QList<profile::ChunkStamp> &chunks);
    void onAttemptFinished();
    QString askedWithout();
    qint64 elapsedMs() const { return (m_services.clock.nowNs() - m_firstDispatchNs) / 1'000'000; }
    std::optional<qint64> retryDelayMs() const;
    void waitToRetry(qint64 delayMs, const QString &why);
    void leaveToOthers();
    void stop(const base::Error &why);
    void settle(const llm::Answer &answer);
    void check(const Validating::Finished &finished, const std::function<void()> &then);
    void askAgain(const RunRequest &request);
    void tellBegun(const profile::Trace &trace, const llm::Answer &came);
    void tellBegunSoon();
    void end(const llm::Answer &answer);
    profile::RunRecord recordOf(const Validating::Finished &finished) const;
    void endWith(const profile::RunRecord &record);

    const QString m_id;
    const quint64 m_order;
    RunRequest m_request; ///< that is being asked: a follow-up replaces it
    const qint64 m_submittedNs;
    const qint64 m_startedWallMs;
    const Services m_services;
    Priority m_urgency; ///< the best of those who wait for it
    const llm::Provider *m_provider = nullptr;
    llm::EncodedRequest m_encoded;
    RunState m_state = RunState::Queued;
    qint64 m_stateNs; ///< when it came to be in it
    RunUpdate m_update;
    /// Of its next attempt: the prompt and as much of an answer as may come, estimated.
    qint64 m_tokensExpected = 0;
    std::optional<qint64> m_tokensUsed;
    /// The first wait of this turn, for the record.
    Wait m_firstWait;
    /// Of this request, or of the call that it had joined before.
    qint64 m_firstDispatchNs = 0;
    /// The stamps of the attempt that waits for its turn; the attempt takes them along.
    profile::Trace m_trace;
    std::unique_ptr<CacheStage> m_cache;
    /// Its owner has stopped it, but others have joined.
    bool m_ownerless = false;
    std::optional<base::Error> m_stoppedBy;
    std::unique_ptr<Attempt> m_attempt;
    CallAccount m_account;
    Validating m_validating;
    Checking m_checking;
    /// Outlives no retry wait: cutting one short drops its timer. Likewise the wait for its turn.
    std::unique_ptr<QObject> m_retryTimer;
    std::unique_ptr<QObject> m_queueTimer;
    /// Until what has come is told; no longer than the attempt.
    std::unique_ptr<QObject> m_begunTimer;
};

} // namespace talkbench::run
