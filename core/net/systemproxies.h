#pragma once

#include <QHash>
#include <QNetworkProxy>
#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <chrono>
#include <functional>
#include <optional>

namespace talkbench::net {

/// The system's proxy for each origin. Asking the system may run a program or fetch a script, so it is asked in a thread
/// of its own, and what it said is kept; an old answer serves while a new one is looked up. Loopback hosts have none.
class SystemProxies final : public QObject {
    Q_OBJECT

public:
    using Then = std::function<void(const QNetworkProxy &)>;

    SystemProxies();
    ~SystemProxies() override;

    /// Calls `then` as soon as the proxy for `url` is known: from within this call if it is by now, else from the event
    /// loop, unless `context` is gone.
    void whenKnown(const QUrl &url, QObject *context, const Then &then);

private:
    struct Waiter {
        QPointer<QObject> context;
        Then then;
    };
    struct Origin {
        std::optional<QNetworkProxy> proxy;
        std::chrono::steady_clock::time_point asked;
        QList<Waiter> waiting;
    };

    void ask(const QString &origin, const QUrl &url);
    void learn(const QString &origin, const QNetworkProxy &proxy);

    QHash<QString, Origin> m_origins;
    QThreadPool m_thread;
};

/// "https://host:443"
QString originOf(const QUrl &url);
bool isLoopback(const QUrl &url);

} // namespace talkbench::net
