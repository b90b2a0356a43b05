#pragma once

#include "core/run/runservice.h"
#include "core/select/fallback.h"

#include <functional>
#include <memory>
#include <vector>

namespace talkbench::run {

/// A call that other models take over where the first fails before it has said anything, and, if it is wanted, where the first
/// is late: the one whose token comes first goes on, the other is cancelled. Consecutive Runs, as one to its owner. Each of
/// them leaves its own record, with what it cost. Only who is asked last is tried again. finished() hands over the last one's, whose trace says what led to it
/// ("fallback", "hedge").
class Relay final : public Run {
    Q_OBJECT

public:
    /// The model of the request first, then who is asked in its place. One alone: a plain call.
    struct Plan : select::FallbackPlan {
        /// From the dispatch of the first request to that of a second one beside it; unset: none.
        std::optional<qint64> hedgeAfterMs = {};
    };
    /// The request for another model: its endpoint, and the prompt made for it. The answer may come later, and not after
    /// `context` has gone.
    using RequestResult = base::Result<RunRequest>;
    using Prepare = std::function<void(const select::ModelRef &ref, QObject *context,
                                       const std::function<void(const RequestResult &)> &then)>;

    Relay(RunService &service, Scheduler &scheduler, Prepare prepare, const RunRequest &request, const Plan &plan);
    ~Relay() override;

    /// Of the request that is on display.
    QString id() const override;
    void cancel() override;
    void withdraw() override;
    void retryNow() override;

Q_SIGNALS:
    /// A request goes out to another model than the first.
    void tookOver(const talkbench::select::ModelRef &ref);

private:
    struct Leg {
        select::ModelRef ref;
        std::unique_ptr<Run> run;
    };

    void start(RunRequest request);
    bool hasAnother() const;
    /// When the last one that was asked is asked again, by the service's policy: it was tried once because another was to take
    /// over, and that one can't. Unset: never.
    std::optional<qint64> againInMs(const base::Error &error) const;
    void tryAgain(qint64 delayMs);
    /// Asks it, or says why not.
    void startNext(const select::ModelRef &ref, const profile::Decision &step);
    void keepAsked(const profile::Trace &trace);
    void onUpdated(Run *run, RunUpdate update);
    void onFinished(Run *run, const profile::RunRecord &record);
    void startHedgeTimer();
    void hedge();
    /// Only this one is still of interest.
    void keepOnly(Run *run);
    void end(const profile::RunRecord &record);

    RunService &m_service;
    Scheduler &m_scheduler;
    const Prepare m_prepare;
    const Plan m_plan;
    std::vector<Leg> m_legs; ///< in flight; the first one is on display until there is a winner
    RunRequest m_last; ///< that went out
    QList<select::ModelRef> m_tried;
    QList<profile::Decision> m_steps; ///< that led to the newest request
    std::optional<profile::RunRecord> m_failed; ///< the newest failure, while the next is looked up
    Run *m_winner = nullptr; ///< whose content has come
    bool m_hedging = false;
    qint64 m_askedNs = 0; ///< as RunRequest::askedNs, for those that follow the first
    bool m_preparing = false;
    bool m_ended = false;
};

} // namespace talkbench::run
