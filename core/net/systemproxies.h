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

/// The system's proxies for each origin. Asking the system may run a program or fetch a script, so it is asked in a thread
/// of its own, and what it said is kept; an old answer serves while a new one is looked up. Loopback hosts have none.
class SystemProxies final : public QObject {
    Q_OBJECT

public:
    /// `fixed` replaces the system's, except for loopback hosts.
    explicit SystemProxies(std::optional<QNetworkProxy> fixed = std::nullopt);
    ~SystemProxies() override;

    /// Calls `then` as soon as the proxies for `url` are known: from within this call if they are by now, else from the
    /// event loop, unless `context` is gone.
    void whenKnown(const QUrl &url, QObject *context, std::function<void()> then);
    /// Never blocks; no proxy where none is known.
    QList<QNetworkProxy> known(const QUrl &url) const;

private:
    struct Waiter {
        QPointer<QObject> context;
        std::function<void()> then;
    };
    struct Origin {
        std::optional<QList<QNetworkProxy>> proxies;
        std::chrono::steady_clock::time_point asked;
        QList<Waiter> waiting;
    };

    void ask(const QString &origin, const QUrl &url);
    void learn(const QString &origin, const QList<QNetworkProxy> &proxies);

    std::optional<QNetworkProxy> m_fixed;
    QHash<QString, Origin> m_origins;
    QThreadPool m_thread;
};

/// "https://host:443"
QString originOf(const QUrl &url);
bool isLoopback(const QUrl &url);

} // namespace talkbench::net
