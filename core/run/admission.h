#pragma once

#include "core/run/ratewindow.h"

#include <QUrl>

#include <functional>
#include <optional>
#include <utility>

namespace talkbench::run {

/// A place in the queue.
struct Ticket {
    QString id;
    quint64 order = 0; ///< kept by a call that tries again
    QString providerId;
    QUrl url;
    qint64 tokens = 0; ///< that it may use
    QString conversationId = {}; ///< empty: one of its own
    Priority priority = Priority::Interactive;
};

/// The only queue: who may use the network next. Interactive calls go before a batch's; then the conversation with the
/// fewest calls in flight, so that one that asks for much at once lets the others through; then who came first. Whoever
/// has to wait for a provider lets those for other providers pass.
class Admission {
public:
    using HasFreeConnection = std::function<bool(const QUrl &url)>;

    void setLimits(const Limits &limits) { m_limits = limits; }
    const Limits &limits() const { return m_limits; }
    void enqueue(const Ticket &ticket);
    /// Where it waits, it goes with those of this priority from now on.
    void hurry(const QString &id, Priority priority);
    /// Takes the first in line that may go; it holds a slot until leave().
    std::optional<QString> admitNext(qint64 nowNs, const HasFreeConnection &hasFreeConnection);
    /// Out of the queue, or its slot back. `tokens`: what it used, where that is known.
    void leave(const QString &id, std::optional<qint64> tokens = {});

    /// Who waits for what, by id, in the order of service.
    QList<std::pair<QString, Wait>> waits(qint64 nowNs, const HasFreeConnection &hasFreeConnection) const;
    bool isQueued(const QString &id) const;
    bool isInFlight(const QString &id) const { return m_inFlight.contains(id); }
    int queued() const { return static_cast<int>(m_queue.size()); }
    int inFlight() const { return static_cast<int>(m_inFlight.size()); }

private:
    /// Pointers into m_queue.
    QList<const Ticket *> inOrderOfService() const;
    int inFlight(const QString &providerId) const;
    Wait waitOf(const Ticket &ticket, qint64 nowNs, const HasFreeConnection &hasFreeConnection) const;

    Limits m_limits;
    QList<Ticket> m_queue; ///< by order
    QHash<QString, Ticket> m_inFlight; ///< by id
    QHash<QString, RateWindow> m_windows; ///< by provider
};

} // namespace talkbench::run
