#pragma once

#include "core/base/clock.h"
#include "core/cost/pricebook.h"
#include "core/run/run.h"

#include <QFuture>
#include <QThread>

#include <functional>

namespace talkbench::run {

/// How many calls may be in flight; the rest wait in our own queue, in order.
struct ConcurrencyLimits
{
    int perProvider = 8;
    int overall = 32;
};

struct RetryPolicy
{
    int maxAttempts = 3;
    int baseDelayMs = 500;
    int maxDelayMs = 30'000;
    /// A Retry-After longer than this is not waited for.
    int maxRetryAfterMs = 120'000;
};

/// Sampled state of the engine, for the status bar and charts.
struct EngineState
{
    int queued = 0;
    int inFlight = 0;
};

using TransportFactory = std::function<std::unique_ptr<net::HttpTransport>()>;

/// The life of a call: admit → attempt → stream → record. Owns the network thread, in which the transport is made.
class RunService : public QObject
{
    Q_OBJECT

public:
    RunService(TransportFactory transport, const base::Clock &clock, cost::PriceBook prices, QObject *parent = nullptr);
    ~RunService() override;

    std::unique_ptr<Run> start(const RunRequest &request);
    QFuture<base::Result<QList<llm::ModelInfo>>> listModels(const llm::Endpoint &endpoint);
    void setConcurrency(const ConcurrencyLimits &limits);
    void setRetryPolicy(const RetryPolicy &policy);

Q_SIGNALS:
    /// Every call that ended, whoever started it: for the recorder.
    void recorded(const talkbench::profile::RunRecord &record);
    void stateChanged(const talkbench::run::EngineState &state);

private:
    class Engine;
    QThread m_networkThread;
    std::unique_ptr<Engine> m_engine;
};

} // namespace talkbench::run

Q_DECLARE_METATYPE(talkbench::run::EngineState)
