#pragma once

#include "core/run/runservice.h"
#include "tests/runservice/faketransport.h"

#include <QTest>

namespace talkbench::test {

using run::Run;
using run::RunRequest;
using run::RunState;
using run::RunUpdate;

inline QByteArray delta(const QByteArray &text)
{
    return R"(data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

inline const QByteArray finish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
inline const QByteArray usage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":200,\"total_tokens\":1200}}\n\n";
inline const QByteArray done = "data: [DONE]\n\n";

inline RunRequest request(const QString &provider = QStringLiteral("p"), const QString &host = QStringLiteral("h"))
{
    RunRequest request;
    request.endpoint.providerId = provider;
    request.endpoint.protocol = QStringLiteral("openai-chat");
    request.endpoint.baseUrl = QUrl(QStringLiteral("http://%1/v1").arg(host));
    request.endpoint.apiKey = QStringLiteral("topsecretkey");
    request.chat.model = QStringLiteral("m");
    request.chat.messages = { llm::Message::fromText(llm::Role::User, QStringLiteral("Hello there")) };
    return request;
}

/// A Run with all it says.
struct Observed {
    explicit Observed(std::unique_ptr<Run> started) : run(std::move(started))
    {
        QObject::connect(run.get(), &Run::updated, run.get(), [this](const RunUpdate &update) {
            updates.append(update);
            text += update.text;
            states.append(update.state);
        });
        QObject::connect(run.get(), &Run::finished, run.get(),
                         [this](const profile::RunRecord &record) { records.append(record); });
    }

    bool ended() const { return !records.isEmpty(); }
    const profile::RunRecord &record() const { return records.constFirst(); }
    base::ErrorKind errorKind() const
    {
        return record().answer.error ? record().answer.error->kind : base::ErrorKind::Usage;
    }

    QList<RunUpdate> updates;
    QList<RunState> states;
    QString text;
    QList<profile::RunRecord> records;
    std::unique_ptr<Run> run;
};

/// A RunService on a fake transport, a fake clock and a fake scheduler: the test answers for the server.
class FakeServiceTest : public QObject {
protected:
    void makeService()
    {
        m_transport = nullptr;
        auto scheduler = std::make_unique<FakeScheduler>(m_clock);
        m_scheduler = scheduler.get();
        const auto prices = cost::PriceBook::fromJson(
            R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
        m_service = std::make_unique<run::RunService>(
            [this] {
                auto transport = std::make_unique<FakeTransport>();
                m_transport = transport.get();
                return transport;
            },
            m_clock, *prices, std::move(scheduler));
        run::RetryPolicy policy;
        policy.seed = 42;
        m_service->setRetryPolicy(policy);
    }
    /// Runs in the network thread, when all that was posted there before is done.
    void inNetwork(const std::function<void(FakeTransport &)> &call)
    {
        QTRY_VERIFY(m_transport.load() != nullptr);
        QMetaObject::invokeMethod(
            m_transport.load(), [this, &call] { call(*m_transport.load()); }, Qt::BlockingQueuedConnection);
    }
    /// Everything posted so far has happened, on both sides.
    void settle()
    {
        inNetwork([](FakeTransport &) {});
        QCoreApplication::processEvents();
    }
    void advance(qint64 ms)
    {
        inNetwork([this, ms](FakeTransport &) { m_scheduler->advance(ms); });
        settle();
    }
    int started()
    {
        int count = 0;
        inNetwork([&count](FakeTransport &transport) { count = transport.started; });
        return count;
    }
    std::size_t live()
    {
        std::size_t count = 0;
        inNetwork([&count](FakeTransport &transport) { count = transport.live.size(); });
        return count;
    }
    QList<qint64> pending()
    {
        QList<qint64> delays;
        inNetwork([this, &delays](FakeTransport &) { delays = m_scheduler->pending(); });
        return delays;
    }

    void answerHead(std::size_t index, int status = 200, const base::HttpHeaders &headers = {})
    {
        inNetwork([&](FakeTransport &transport) {
            FakeTransfer *transfer = transport.live.at(index);
            m_clock.advance(1);
            Q_EMIT transfer->phase(net::Phase::ConnectStarted, m_clock.nowNs());
            m_clock.advance(1);
            Q_EMIT transfer->phase(net::Phase::Sent, m_clock.nowNs());
            m_clock.advance(8);
            Q_EMIT transfer->head({ status, headers }, m_clock.nowNs());
        });
        settle();
    }
    void answerBytes(std::size_t index, const QByteArray &bytes)
    {
        inNetwork([&](FakeTransport &transport) {
            m_clock.advance(1);
            Q_EMIT transport.live.at(index)->bytes(bytes, m_clock.nowNs());
        });
        settle();
    }
    void answerEnd(std::size_t index, const std::optional<base::Error> &error = {})
    {
        inNetwork([&](FakeTransport &transport) {
            m_clock.advance(1);
            Q_EMIT transport.live.at(index)->finished(error, m_clock.nowNs());
        });
        settle();
    }
    void answerWhole(std::size_t index)
    {
        answerHead(index);
        answerBytes(index, delta("Hi") + finish + usage + done);
        answerEnd(index);
    }
    void answerError(std::size_t index, int status, const QByteArray &body, const base::HttpHeaders &headers = {})
    {
        answerHead(index, status, headers);
        answerBytes(index, body);
        answerEnd(index);
    }

    static constexpr auto rateLimited = R"({"error":{"message":"slow down","type":"rate_limit_exceeded"}})";

    FakeClock m_clock;
    std::atomic<FakeTransport *> m_transport = nullptr;
    FakeScheduler *m_scheduler = nullptr;
    std::unique_ptr<run::RunService> m_service;
};

} // namespace talkbench::test
