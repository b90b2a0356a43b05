#pragma once

#include "core/base/clock.h"
#include "core/net/httptransport.h"
#include "core/run/scheduler.h"

#include <QHash>
#include <QMutex>
#include <QPointer>
#include <QThread>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace talkbench::test {

/// Stands still until it is told to move on.
class FakeClock final : public base::Clock {
public:
    qint64 nowNs() const override { return m_now; }
    qint64 wallMs() const override { return 1'700'000'000'000 + m_now / 1'000'000; }
    void advance(qint64 ms) { m_now += ms * 1'000'000; }

private:
    std::atomic<qint64> m_now { 1'000'000'000'000 };
};

/// Used in the network thread only; runs what is due when the test says so.
class FakeScheduler final : public run::Scheduler {
public:
    explicit FakeScheduler(FakeClock &clock) : m_clock(clock) { }

    void after(qint64 ms, QObject *context, std::function<void()> call) override
    {
        m_waiting.push_back({ m_clock.nowNs() + ms * 1'000'000, ms, context, std::move(call) });
    }

    /// At once, or when the test says so.
    void aside(QObject *context, Work work) override
    {
        if (holdsWork)
            m_aside.push_back({ context, std::move(work) });
        else
            work()();
    }
    void workAside()
    {
        for (const Aside &held : std::exchange(m_aside, {})) {
            const Then then = held.work();
            if (held.context)
                then();
        }
    }
    bool holdsWork = false;

    /// Lets `ms` pass, stopping at everything that comes due on the way.
    void advance(qint64 ms)
    {
        const qint64 until = m_clock.nowNs() + ms * 1'000'000;
        while (true) {
            const auto next = std::min_element(m_waiting.begin(), m_waiting.end(),
                                               [](const Entry &a, const Entry &b) { return a.dueNs < b.dueNs; });
            if (next == m_waiting.end() || next->dueNs > until)
                break;
            const Entry entry = *next;
            m_waiting.erase(next);
            m_clock.advance((entry.dueNs - m_clock.nowNs()) / 1'000'000);
            if (entry.context)
                entry.call();
        }
        m_clock.advance((until - m_clock.nowNs()) / 1'000'000);
    }

    /// The delays of what still waits for a living context.
    QList<qint64> pending() const
    {
        QList<qint64> delays;
        for (const Entry &entry : m_waiting) {
            if (entry.context)
                delays.append(entry.ms);
        }
        return delays;
    }

private:
    struct Entry {
        qint64 dueNs;
        qint64 ms;
        QPointer<QObject> context;
        std::function<void()> call;
    };

    struct Aside {
        QPointer<QObject> context;
        Work work;
    };

    FakeClock &m_clock;
    std::vector<Entry> m_waiting;
    std::vector<Aside> m_aside;
};

class FakeTransfer final : public net::Transfer {
    Q_OBJECT

public:
    FakeTransfer(base::HttpRequest asked, std::function<void()> gone)
        : request(std::move(asked)), m_gone(std::move(gone))
    {
    }
    ~FakeTransfer() override { m_gone(); }

    const base::HttpRequest request;

private:
    std::function<void()> m_gone;
};

/// Does nothing by itself: the test emits for it. Lives in the network thread.
class FakeTransport final : public net::HttpTransport {
    Q_OBJECT

public:
    bool hasFreeConnection(const QUrl &url) const override { return !blocked.contains(url.host()); }
    std::unique_ptr<net::Transfer> start(const base::HttpRequest &request, const net::TransportLimits &asked) override
    {
        limits.push_back(asked);
        const auto index = static_cast<std::size_t>(started);
        auto transfer = std::make_unique<FakeTransfer>(request, [this, index] {
            ++destroyed;
            live.erase(index);
        });
        live[index] = transfer.get();
        ++started;
        return transfer;
    }

    QStringList blocked;
    std::vector<net::TransportLimits> limits; ///< of each that was started
    int started = 0;
    int destroyed = 0;
    std::map<std::size_t, FakeTransfer *> live;
};

} // namespace talkbench::test
