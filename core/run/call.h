#pragma once

#include "core/run/attempt.h"
#include "core/run/record.h"
#include "core/run/retry.h"
#include "core/run/scheduler.h"
#include "core/run/validating.h"

namespace talkbench::run {

/// One call, from the queue to its record: queued → attempt → (retry wait → queued → …) → validated → (queued → …) → ended. Lives in the network
/// thread. Its engine gives it turns and carries its updates out.
class Call final : public QObject {
    Q_OBJECT

public:
    struct Services {
        const base::Clock &clock;
        Scheduler &scheduler;
        Retry &retry;
        const cost::PriceBook &prices;
    };

    Call(const QString &id, quint64 order, const RunRequest &request, qint64 submittedNs, const Services &services);
    ~Call() override;

    const QString &id() const { return m_id; }
    quint64 order() const { return m_order; }
    const llm::Endpoint &endpoint() const { return m_request.endpoint; }

    /// Joins the queue; wantsTurn() follows, or ended() if the request can't be made.
    void begin();
    void setWait(const Wait &wait);
    /// A slot is free: dispatches now.
    void takeTurn(net::HttpTransport &transport);
    void cancel();
    /// While it waits for its next attempt.
    void retryNow();
    bool isWaitingToRetry() const { return m_state == RunState::RetryWait; }

    /// Of its next attempt: the prompt and as much of an answer as may come, estimated.
    qint64 tokensExpected() const { return m_tokensExpected; }
    /// Of its last attempt; unset where nobody knows.
    std::optional<qint64> tokensUsed() const { return m_tokensUsed; }

    /// What has come since the last time.
    RunUpdate takeUpdate();

Q_SIGNALS:
    void wantsTurn();
    /// The slot is free again; the call goes on waiting.
    void gaveTurnBack();
    /// There is an update to take: within a frame, or at once.
    void changed(bool atOnce);
    void ended(const talkbench::profile::RunRecord &record);

private:
    void enter(RunState state, bool atOnce = false);
    void enqueue();
    void onStamped();
    void onContent(const QString &text, const QString &reasoning, const QList<profile::ChunkStamp> &chunks);
    void onAttemptFinished();
    std::optional<qint64> retryDelayMs() const;
    void waitToRetry(qint64 delayMs, const base::Error &error);
    void prepare();
    void settle(const llm::Answer &answer);
    void askAgain(const RunRequest &request);
    void end(llm::Answer answer);

    const QString m_id;
    const quint64 m_order;
    RunRequest m_request; ///< that is being asked: a follow-up replaces it
    const qint64 m_submittedNs;
    const qint64 m_startedWallMs;
    const Services m_services;
    const llm::Provider *m_provider = nullptr;
    llm::EncodedRequest m_encoded;
    RunState m_state = RunState::Queued;
    RunUpdate m_update;
    qint64 m_tokensExpected = 0;
    std::optional<qint64> m_tokensUsed;
    /// The first wait of this turn, for the record.
    Wait m_firstWait;
    qint64 m_firstDispatchNs = 0;
    /// The stamps of the attempt that waits for its turn; the attempt takes them along.
    profile::Trace m_trace;
    std::unique_ptr<Attempt> m_attempt;
    QList<profile::Attempt> m_earlier;
    qsizetype m_earlierRequests = 0; ///< of m_earlier, the attempts at requests before this one
    Validating m_validating;
    /// Outlives no retry wait: cutting one short drops its timer.
    std::unique_ptr<QObject> m_retryTimer;
};

} // namespace talkbench::run
