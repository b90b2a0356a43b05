#include "core/net/systemproxies.h"

#include <QHostAddress>
#include <QUrl>

#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {
constexpr auto keptFresh = 60s;
}

QString originOf(const QUrl &url)
{
    const int port = url.port(url.scheme() == "https"_L1 ? 443 : 80);
    return u"%1://%2:%3"_s.arg(url.scheme(), url.host(), QString::number(port));
}

bool isLoopback(const QUrl &url)
{
    const QString host = url.host();
    return host == "localhost"_L1 || host.endsWith(".localhost"_L1) || QHostAddress(host).isLoopback();
}

SystemProxies::SystemProxies()
{
    m_thread.setMaxThreadCount(1);
}

SystemProxies::~SystemProxies()
{
    m_thread.clear();
    m_thread.waitForDone();
}

void SystemProxies::whenKnown(const QUrl &url, QObject *context, const Then &then)
{
    if (isLoopback(url)) {
        then(QNetworkProxy(QNetworkProxy::NoProxy));
        return;
    }
    Origin &origin = m_origins[originOf(url)];
    const auto now = std::chrono::steady_clock::now();
    if (!origin.asked.time_since_epoch().count() || now - origin.asked > keptFresh) {
        origin.asked = now;
        ask(originOf(url), url);
    }
    if (origin.proxy)
        then(*origin.proxy);
    else
        origin.waiting.append({ context, then });
}

void SystemProxies::ask(const QString &origin, const QUrl &url)
{
    // The destructor waits for this, so `this` stays valid.
    m_thread.start([this, origin, url] {
        const QList<QNetworkProxy> proxies = QNetworkProxyFactory::systemProxyForQuery(QNetworkProxyQuery(url));
        const QNetworkProxy proxy = proxies.value(0, QNetworkProxy(QNetworkProxy::NoProxy));
        QMetaObject::invokeMethod(
            this, [this, origin, proxy] { learn(origin, proxy); }, Qt::QueuedConnection);
    });
}

void SystemProxies::learn(const QString &origin, const QNetworkProxy &proxy)
{
    Origin &entry = m_origins[origin];
    entry.proxy = proxy;
    const QList<Waiter> waiting = std::exchange(entry.waiting, {});
    for (const Waiter &waiter : waiting) {
        if (waiter.context)
            waiter.then(proxy);
    }
}

} // namespace talkbench::net
