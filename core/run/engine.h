#pragma once

#include "core/run/admission.h"
#include "core/run/call.h"
#include "core/run/errand.h"
#include "core/run/runservice.h"

#include <map>
#include <memory>
#include <vector>

namespace talkbench::run {

/// All calls, in the network thread. Nothing but values crosses to and from RunService, by queued calls.
class Engine final : public QObject {
    Q_OBJECT

public:
    using Updates = QList<std::pair<QString, RunUpdate>>;

    Engine(const base::Clock &clock, std::unique_ptr<Scheduler> scheduler, cost::PriceBook prices);
    ~Engine() override;

    /// First, in the network thread.
    void open(const TransportFactory &transport);
    /// Last, in the network thread: cancels what is in flight and gives the records of it.
    QList<profile::RunRecord> close();

    void start(const QString &id, const RunRequest &request, qint64 submittedNs);
    void cancel(const QString &id);
    void cancelWaiting();
    void withdraw(const QString &id);
    void retryNow(const QString &id);
    /// RunService::isKept(); calls once, unless the engine goes first.
    void lookUp(const RunRequest &request, const std::function<void(bool kept)> &then);
    void send(std::unique_ptr<Errand> errand);
    void setLimits(const Limits &limits);
    void setRetryPolicy(const RetryPolicy &policy);
    ResponseCache &cache() { return m_cache; }
    void setPrices(const cost::PriceBook &prices);
    const cost::PriceBook &prices() const { return m_prices; }
    void setTokenCounter(const std::shared_ptr<const cost::TokenCounter> &counter) { m_counter = counter; }

Q_SIGNALS:
    void updated(const QList<std::pair<QString, talkbench::run::RunUpdate>> &updates);
    void begun(const talkbench::profile::RunRecord &record);
    void ended(const talkbench::profile::RunRecord &record);
    void stateChanged(const talkbench::run::EngineState &state);

private:
    void pump();
    void tellWaits();
    void wakeAt(qint64 ns);
    void onChanged(Call &call, bool atOnce);
    void onEnded(Call &call, const profile::RunRecord &record);
    void onDone(Call &call);
    void flushFrame();
    /// In the order in which they were asked for, no more than are shown.
    template <typename Which>
    QList<OpenCall> openCalls(const Which &which) const;
    void reportState();

    const base::Clock &m_clock;
    std::unique_ptr<Scheduler> m_scheduler;
    cost::PriceBook m_prices;
    std::shared_ptr<const cost::TokenCounter> m_counter;
    Retry m_retry;
    Refusals m_refusals;
    ResponseCache m_cache;
    Flights m_flights;
    Admission m_admission;
    quint64 m_started = 0;
    EngineState m_reported;
    QList<OpenCall> m_shownQueue;
    bool m_frameScheduled = false;
    /// When the next rate limit lets a call go, and the timer for it.
    qint64 m_wakeNs = 0;
    std::unique_ptr<QObject> m_wakeTimer;
    QList<Call *> m_dirty;
    std::unique_ptr<net::HttpTransport> m_transport;
    std::map<QString, std::unique_ptr<Call>> m_calls;
    std::vector<std::unique_ptr<Errand>> m_errands;
};

} // namespace talkbench::run
