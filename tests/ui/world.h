#pragma once

#include "core/base/clock.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "core/net/httptransport.h"
#include "core/run/runservice.h"
#include "core/select/chooser.h"
#include "core/store/cachestore.h"
#include "core/store/store.h"
#include "tests/ui/ledgersources.h"
#include "ui/appcontext.h"
#include "ui/endpoints.h"
#include "ui/modellists.h"

#include <QHash>
#include <QMutex>
#include <QTemporaryDir>
#include <QTimer>

namespace talkbench::test {

/// What a host of the scripted network does with a request.
struct Script {
    int status = 200;
    QList<QByteArray> pieces;
    /// Between two pieces.
    int everyMs = 1;
    /// How the exchange ends; nothing: in good order.
    std::optional<base::Error> error;
    /// Never ends by itself.
    bool hangs = false;
};

inline Script chatScript(const QList<QByteArray> &texts, int everyMs = 1)
{
    Script script;
    script.everyMs = everyMs;
    for (const QByteArray &text : texts)
        script.pieces << R"(data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":")" + text
                + "\"}}]}\n\n";
    script.pieces << "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                     "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":"
            + QByteArray::number(texts.size()) + ",\"total_tokens\":0}}\n\ndata: [DONE]\n\n";
    return script;
}

class ScriptedTransfer final : public net::Transfer {
public:
    ScriptedTransfer(Script script, const base::Clock &clock) : m_script(std::move(script)), m_clock(clock)
    {
        connect(&m_timer, &QTimer::timeout, this, &ScriptedTransfer::step);
        m_timer.start(m_script.everyMs);
    }

private:
    void step()
    {
        const qint64 now = m_clock.nowNs();
        if (m_next < 0) {
            Q_EMIT phase(net::Phase::Sent, now);
            Q_EMIT head({ m_script.status, {} }, now);
        } else if (m_next < m_script.pieces.size()) {
            Q_EMIT bytes(m_script.pieces.at(m_next), now);
        } else {
            m_timer.stop();
            if (!m_script.hangs)
                Q_EMIT finished(m_script.error, now);
            return;
        }
        ++m_next;
    }

    Script m_script;
    const base::Clock &m_clock;
    QTimer m_timer;
    qsizetype m_next = -1;
};

/// The bodies of all requests, as they were sent, and which paths are answered; used in the network thread.
class RequestLog final {
public:
    /// Other paths are answered with 404.
    void answerOnlyUnder(const QString &path)
    {
        const QMutexLocker lock(&m_mutex);
        m_path = path;
    }
    bool answers(const QString &path) const
    {
        const QMutexLocker lock(&m_mutex);
        return path.startsWith(m_path);
    }
    void add(const QByteArray &body)
    {
        const QMutexLocker lock(&m_mutex);
        m_bodies.append(body);
    }
    QList<QByteArray> bodies() const
    {
        const QMutexLocker lock(&m_mutex);
        return m_bodies;
    }

private:
    mutable QMutex m_mutex;
    QList<QByteArray> m_bodies;
    QString m_path;
};

class ScriptedTransport final : public net::HttpTransport {
public:
    ScriptedTransport(QHash<QString, Script> hosts, const base::Clock &clock, RequestLog &log)
        : m_hosts(std::move(hosts)), m_clock(clock), m_log(log)
    {
    }
    bool hasFreeConnection(const QUrl &) const override { return true; }
    std::unique_ptr<net::Transfer> start(const base::HttpRequest &request, const net::TransportLimits &) override
    {
        m_log.add(request.body);
        Script script = m_hosts.value(request.url.host());
        if (!m_log.answers(request.url.path())) {
            script.status = 404;
            script.pieces = { "{}" };
        }
        return std::make_unique<ScriptedTransfer>(script, m_clock);
    }

private:
    QHash<QString, Script> m_hosts;
    const base::Clock &m_clock;
    RequestLog &m_log;
};

/// A keychain in memory that can be out of order.
class MemoryKeychain final : public config::SecretBackend {
public:
    struct State {
        QHash<QString, QString> kept = {};
        bool works = true;
    };

    explicit MemoryKeychain(State &state) : m_state(state) { }

    void read(const QString &id, const Done &done) override
    {
        done({ .outcome = outcome(m_state.kept.contains(id)), .secret = m_state.kept.value(id), .why = {} });
    }
    void write(const QString &id, const QString &secret, const Done &done) override
    {
        if (m_state.works)
            m_state.kept.insert(id, secret);
        done({ .outcome = outcome(true), .secret = {}, .why = {} });
    }
    void remove(const QString &id, const Done &done) override
    {
        done({ .outcome = outcome(m_state.kept.remove(id) > 0), .secret = {}, .why = {} });
    }

private:
    Outcome outcome(bool found) const
    {
        return !m_state.works ? Outcome::Failed : found ? Outcome::Ok : Outcome::NotFound;
    }

    State &m_state;
};

/// All that the window works with, on a scripted network and in a folder of its own. A provider named P speaks OpenAI's
/// protocol at http://P; with a transport of the test's own the network is real.
class World {
public:
    explicit World(const QHash<QString, Script> &hosts = {}, run::TransportFactory transport = {})
        : settings(dir.path()), secrets(std::make_unique<MemoryKeychain>(keychain), std::chrono::seconds(1)),
          prices(*cost::PriceBook::fromJson(
              R"({"version":"v1","prices":[{"model":"priced","input":1,"output":10,"source":"test","date":"2026-01-01"}]})")),
          runs(
              transport ? std::move(transport)
                        : [this, hosts] { return std::make_unique<ScriptedTransport>(hosts, clock, requests); },
              clock, prices),
          store(dir.path()), cache(dir.path(), clock), endpoints(settings, secrets),
          models(settings, endpoints, runs, store, clock),
          chooser([](const select::ModelRef &ref) { return select::Candidate { .ref = ref }; }),
          ledger(runs, clock, ledgerSources(settings, store, prices)), context { clock,  settings, secrets, prices,
                                                                                 runs,   store,    cache,   endpoints,
                                                                                 models, chooser,  ledger,  counter }
    {
        QList<config::ProviderConfig> providers;
        for (auto it = hosts.cbegin(); it != hosts.cend(); ++it) {
            config::ProviderConfig provider;
            provider.id = provider.name = it.key();
            provider.protocol = QStringLiteral("openai-chat");
            provider.baseUrl = QUrl(QStringLiteral("http://%1/v1").arg(it.key()));
            provider.defaultModel = QStringLiteral("priced");
            providers << provider;
        }
        std::sort(providers.begin(), providers.end(), [](const auto &a, const auto &b) { return a.id < b.id; });
        settings.setProviders(providers);
        run::RetryPolicy once;
        once.maxAttempts = 1;
        runs.setRetryPolicy(once);
        store.open();
    }

    base::SystemClock clock;
    RequestLog requests;
    QTemporaryDir dir;
    MemoryKeychain::State keychain;
    config::Settings settings;
    config::Secrets secrets;
    cost::PriceBook prices;
    run::RunService runs;
    store::Store store;
    store::CacheStore cache;
    ui::Endpoints endpoints;
    ui::ModelLists models;
    select::Chooser chooser;
    run::Ledger ledger;
    std::shared_ptr<const cost::TokenCounter> counter;
    ui::AppContext context;
};

} // namespace talkbench::test
