#pragma once

#include "core/base/clock.h"
#include "core/cost/pricebook.h"
#include "core/cost/tokencounter.h"
#include "core/run/bodyquery.h"
#include "core/run/diagnosis.h"
#include "core/run/limits.h"
#include "core/run/localservers.h"
#include "core/run/responsecache.h"
#include "core/run/run.h"
#include "core/run/scheduler.h"

#include <QFuture>
#include <QHash>
#include <QThread>

#include <functional>

namespace talkbench::run {

/// A call that runs or waits.
struct OpenCall {
    QString id;
    QString providerId;
    QString model;
    QString conversationId;
    Priority priority = Priority::Interactive;
    RunState state = RunState::Queued;
    qint64 sinceNs = 0; ///< monotonic: when it came to be in this state
    /// Queued: what it waits for. RetryWait: until when.
    Wait wait;
    profile::Operation operation = profile::Operation::Unknown;
    /// It asks nothing itself: it gets the answer to the same question, which another call has asked.
    bool joined = false;

    bool operator==(const OpenCall &) const = default;
};

/// Sampled state of the engine, for the status bar and charts.
struct EngineState {
    static constexpr int mostShown = 50; ///< of each list

    int queued = 0; ///< waiting for their turn, or to try again
    int inFlight = 0;
    /// The first that wait for their turn, in the order of service, then those that wait to try again.
    QList<OpenCall> queue = {};
    /// The first in flight, in the order in which they were asked for.
    QList<OpenCall> running = {};
    /// The first that have joined a call in flight; they wait for no turn and are not in flight.
    QList<OpenCall> joined = {};

    bool operator==(const EngineState &) const = default;
};

using TransportFactory = std::function<std::unique_ptr<net::HttpTransport>()>;

class Engine;

/// The life of a call: cache → admit → attempt → stream → retry → record (call.cpp reads in this order). Owns the network
/// thread, in which the transport is made. Destroying it cancels what is in flight: the records of that are still
/// delivered, from within the destructor.
class RunService : public QObject {
    Q_OBJECT

public:
    RunService(TransportFactory transport, const base::Clock &clock, cost::PriceBook prices, QObject *parent = nullptr);
    RunService(TransportFactory transport, const base::Clock &clock, cost::PriceBook prices,
               std::unique_ptr<Scheduler> scheduler, QObject *parent = nullptr);
    ~RunService() override;

    std::unique_ptr<Run> start(const RunRequest &request);
    /// As Run::cancel(), for whoever only knows its id: the queue's list.
    void cancel(const QString &id);
    /// Whatever waits for its turn or to try again.
    void cancelWaiting();
    /// Whether the response cache holds all that the request would bring, so that it costs nothing. False of one whose answer may be
    /// asked for again or is judged. Ends without a result if the service goes first.
    QFuture<bool> isKept(const RunRequest &request);
    /// Always ends with one result; an error of kind Cancelled if the service went first.
    QFuture<ModelResult> listModels(const llm::Endpoint &endpoint);
    /// What is no chat, likewise. From any thread.
    QFuture<BodyResult> fetch(const BodyRequest &request);
    /// A call that somebody else made: says so as recorded(), at once in the service's own thread. From any thread.
    void record(const profile::RunRecord &record);
    /// 'Test connection'. Always ends with one result, likewise; of its requests only the chat is recorded.
    QFuture<Diagnosis> diagnose(const DiagnosisPlan &plan);
    /// Which of the vendors' local servers run on this machine and on `hosts`; asks no other. Takes two seconds at most.
    QFuture<QList<LocalServer>> findLocalServers(const QList<llm::Vendor> &vendors, const QStringList &hosts = {});
    void setLimits(const Limits &limits);
    void setRetryPolicy(const RetryPolicy &policy);
    const RetryPolicy &retryPolicy() const { return m_retryPolicy; }
    /// Until then nothing is cached. Goes with the service, at the latest.
    void setCacheStorage(std::unique_ptr<CacheStorage> storage);
    void setCacheSettings(const CacheSettings &settings);
    /// In memory and in the storage.
    void clearCache(const profile::CacheFilter &filter);
    /// For every call that ends from now on; what has ended keeps its price.
    void setPrices(const cost::PriceBook &prices);
    /// Likewise; until then tokens that no server counts are estimated.
    void setTokenCounter(const std::shared_ptr<const cost::TokenCounter> &counter);

Q_SIGNALS:
    /// From within start(); recorded() follows with its id.
    void started(const QString &id, const talkbench::run::RunRequest &request);
    /// A call goes out, or has become dearer (while its answer comes: told once a second at most), whoever started it; recorded()
    /// follows. The record as it would be, were the program to end now: its error is of the kind Interrupted, and of what still comes
    /// it has the counts, not the words. For the recorder, which keeps it in case that happens.
    void begun(const talkbench::profile::RunRecord &record);
    /// Every call that ended, whoever started it: for the recorder.
    void recorded(const talkbench::profile::RunRecord &record);
    void stateChanged(const talkbench::run::EngineState &state);
    /// What came of any call since its last update, whoever started it; at most once a frame and call.
    void streamed(const talkbench::run::RunUpdate &update);

private:
    class Handle;

    void post(std::function<void(Engine &)> call);
    void deliverUpdates(const QList<std::pair<QString, talkbench::run::RunUpdate>> &updates);
    void deliverRecord(const talkbench::profile::RunRecord &record);

    const base::Clock &m_clock;
    RetryPolicy m_retryPolicy;
    QHash<QString, Handle *> m_runs;
    QThread m_networkThread;
    std::unique_ptr<Engine> m_engine;
};

} // namespace talkbench::run

Q_DECLARE_METATYPE(talkbench::run::EngineState)
