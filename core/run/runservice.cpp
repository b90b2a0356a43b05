#include "core/run/runservice.h"

#include "core/run/diagnosing.h"
#include "core/run/engine.h"
#include "core/run/modelquery.h"

#include <QCoreApplication>
#include <QEvent>
#include <QPointer>
#include <QUuid>

#include <utility>

namespace talkbench::run {

/// The owner's end of a call.
class RunService::Handle final : public Run {
public:
    Handle(QString id, RunService *service) : m_id(std::move(id)), m_service(service) { }
    ~Handle() override
    {
        if (!m_service)
            return;
        cancel();
        m_service->m_runs.remove(m_id);
    }

    QString id() const override { return m_id; }
    void cancel() override
    {
        if (m_service)
            m_service->post([id = m_id](Engine &engine) { engine.cancel(id); });
    }
    void withdraw() override
    {
        if (m_service)
            m_service->post([id = m_id](Engine &engine) { engine.withdraw(id); });
    }
    void retryNow() override
    {
        if (m_service)
            m_service->post([id = m_id](Engine &engine) { engine.retryNow(id); });
    }

private:
    const QString m_id;
    const QPointer<RunService> m_service;
};

RunService::RunService(TransportFactory transport, const base::Clock &clock, cost::PriceBook prices, QObject *parent)
    : RunService(std::move(transport), clock, std::move(prices), std::make_unique<TimerScheduler>(), parent)
{
}

RunService::RunService(TransportFactory transport, const base::Clock &clock, cost::PriceBook prices,
                       std::unique_ptr<Scheduler> scheduler, QObject *parent)
    : QObject(parent), m_clock(clock),
      m_engine(std::make_unique<Engine>(clock, std::move(scheduler), std::move(prices)))
{
    connect(m_engine.get(), &Engine::updated, this, &RunService::deliverUpdates);
    connect(m_engine.get(), &Engine::begun, this, &RunService::begun);
    connect(m_engine.get(), &Engine::ended, this, &RunService::deliverRecord);
    connect(m_engine.get(), &Engine::stateChanged, this, &RunService::stateChanged);
    m_networkThread.setObjectName(QStringLiteral("network"));
    m_engine->moveToThread(&m_networkThread);
    m_networkThread.start();
    post([transport = std::move(transport)](Engine &engine) { engine.open(transport); });
}

RunService::~RunService()
{
    QList<profile::RunRecord> cut;
    QMetaObject::invokeMethod(
        m_engine.get(), [engine = m_engine.get(), &cut] { cut = engine->close(); }, Qt::BlockingQueuedConnection);
    m_networkThread.quit();
    m_networkThread.wait();
    // Records that the network thread had posted come before those that were cut short.
    QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
    for (const profile::RunRecord &record : std::as_const(cut))
        deliverRecord(record);
}

void RunService::post(std::function<void(Engine &)> call)
{
    QMetaObject::invokeMethod(
        m_engine.get(), [engine = m_engine.get(), call = std::move(call)] { call(*engine); }, Qt::QueuedConnection);
}

std::unique_ptr<Run> RunService::start(const RunRequest &request)
{
    const QString id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    auto run = std::make_unique<Handle>(id, this);
    m_runs.insert(id, run.get());
    Q_EMIT started(id, request);
    post([id, request, submittedNs = m_clock.nowNs()](Engine &engine) { engine.start(id, request, submittedNs); });
    return run;
}

void RunService::cancel(const QString &id)
{
    post([id](Engine &engine) { engine.cancel(id); });
}

void RunService::cancelWaiting()
{
    post([](Engine &engine) { engine.cancelWaiting(); });
}

QFuture<bool> RunService::isKept(const RunRequest &request)
{
    const auto promise = std::make_shared<QPromise<bool>>();
    promise->start();
    post([request, promise](Engine &engine) {
        engine.lookUp(request, [promise](bool kept) {
            promise->addResult(kept);
            promise->finish();
        });
    });
    return promise->future();
}

QFuture<ModelResult> RunService::listModels(const llm::Endpoint &endpoint)
{
    const auto promise = std::make_shared<ModelPromise>();
    promise->start();
    post([endpoint, promise, &clock = m_clock](Engine &engine) {
        engine.send(std::make_unique<ModelQuery>(endpoint, promise, clock));
    });
    return promise->future();
}

QFuture<BodyResult> RunService::fetch(const BodyRequest &request)
{
    const auto promise = std::make_shared<BodyPromise>();
    promise->start();
    post([request, promise, &clock = m_clock](Engine &engine) {
        engine.send(std::make_unique<BodyQuery>(request, promise, clock));
    });
    return promise->future();
}

void RunService::record(const profile::RunRecord &record)
{
    QMetaObject::invokeMethod(this, [this, record] { Q_EMIT recorded(record); });
}

QFuture<Diagnosis> RunService::diagnose(const DiagnosisPlan &plan)
{
    const auto promise = std::make_shared<DiagnosisPromise>();
    promise->start();
    post([plan, promise, &clock = m_clock](Engine &engine) {
        auto diagnosing = std::make_unique<Diagnosing>(plan, promise, clock, engine.prices());
        connect(diagnosing.get(), &Diagnosing::called, &engine, &Engine::ended);
        engine.send(std::move(diagnosing));
    });
    return promise->future();
}

QFuture<QList<LocalServer>> RunService::findLocalServers(const QList<llm::Vendor> &vendors, const QStringList &hosts)
{
    const auto promise = std::make_shared<LocalServersPromise>();
    promise->start();
    post([vendors, hosts, promise, &clock = m_clock](Engine &engine) {
        engine.send(std::make_unique<LocalSearch>(vendors, hosts, promise, clock));
    });
    return promise->future();
}

void RunService::setLimits(const Limits &limits)
{
    post([limits](Engine &engine) { engine.setLimits(limits); });
}

void RunService::setRetryPolicy(const RetryPolicy &policy)
{
    m_retryPolicy = policy;
    post([policy](Engine &engine) { engine.setRetryPolicy(policy); });
}

void RunService::setCacheStorage(std::unique_ptr<CacheStorage> storage)
{
    post([shared = std::shared_ptr<CacheStorage>(std::move(storage))](Engine &engine) {
        engine.cache().setStorage(shared);
    });
}

void RunService::setCacheSettings(const CacheSettings &settings)
{
    post([settings](Engine &engine) { engine.cache().setSettings(settings); });
}

void RunService::clearCache(const profile::CacheFilter &filter)
{
    post([filter](Engine &engine) { engine.cache().clear(filter); });
}

void RunService::setPrices(const cost::PriceBook &prices)
{
    post([prices](Engine &engine) { engine.setPrices(prices); });
}

void RunService::setTokenCounter(const std::shared_ptr<const cost::TokenCounter> &counter)
{
    post([counter](Engine &engine) { engine.setTokenCounter(counter); });
}

void RunService::deliverUpdates(const QList<std::pair<QString, RunUpdate>> &updates)
{
    for (const auto &[id, update] : updates) {
        if (!update.chunks.isEmpty())
            Q_EMIT streamed(update);
        // Looked up one by one: a slot may destroy any run.
        if (Handle *run = m_runs.value(id))
            Q_EMIT run->updated(update);
    }
}

void RunService::deliverRecord(const profile::RunRecord &record)
{
    Q_EMIT recorded(record);
    if (Handle *run = m_runs.take(record.id))
        Q_EMIT run->finished(record);
}

} // namespace talkbench::run
