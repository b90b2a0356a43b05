#pragma once

#include "core/net/httptransport.h"

#include <QList>

#include <memory>
#include <optional>

namespace talkbench::tests {

/// One transfer and all that it told.
struct Exchange {
    std::unique_ptr<net::Transfer> transfer;
    QList<net::Phase> phases;
    QList<qint64> stamps;
    base::HttpHead head;
    QByteArrayList chunks;
    std::optional<base::Error> error;
    int finishes = 0;

    QByteArray body() const { return chunks.join(); }
    qint64 at(net::Phase phase) const { return stamps.value(phases.indexOf(phase)); }
    bool connected() const { return phases.contains(net::Phase::ConnectStarted); }
};

using ExchangePtr = std::unique_ptr<Exchange>;

inline ExchangePtr startExchange(net::HttpTransport &transport, const base::HttpRequest &request,
                                 const net::TransportLimits &limits = {})
{
    auto exchange = std::make_unique<Exchange>();
    exchange->transfer = transport.start(request, limits);
    Exchange *e = exchange.get();
    const net::Transfer *t = e->transfer.get();
    QObject::connect(t, &net::Transfer::phase, t, [e](net::Phase phase, qint64 ns) {
        e->phases.append(phase);
        e->stamps.append(ns);
    });
    QObject::connect(t, &net::Transfer::head, t, [e](const base::HttpHead &head, qint64) { e->head = head; });
    QObject::connect(t, &net::Transfer::bytes, t, [e](const QByteArray &bytes, qint64) { e->chunks.append(bytes); });
    QObject::connect(t, &net::Transfer::finished, t, [e](const std::optional<base::Error> &error, qint64) {
        e->error = error;
        ++e->finishes;
    });
    return exchange;
}

inline base::HttpRequest get(const QUrl &url, const base::Route &route = {})
{
    return { "GET", url, {}, {}, route };
}
inline base::HttpRequest post(const QUrl &url, const QByteArray &body = "{}", const base::Route &route = {})
{
    return { "POST", url, { { "Content-Type", "application/json" } }, body, route };
}

} // namespace talkbench::tests
