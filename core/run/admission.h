#pragma once

#include "core/run/limits.h"

#include <QHash>
#include <QList>
#include <QString>
#include <QUrl>

#include <functional>
#include <optional>

namespace talkbench::run {

/// A place in the queue. Calls are served by `order`, so that one that tries again keeps its place.
struct Ticket {
    QString id;
    quint64 order = 0;
    QString providerId;
    QUrl url;
};

/// The only queue: who may use the network next. First come, first served; whoever has to wait for a busy provider
/// lets those for other providers pass.
class Admission {
public:
    using HasFreeConnection = std::function<bool(const QUrl &url)>;

    void setLimits(const ConcurrencyLimits &limits) { m_limits = limits; }
    void enqueue(const Ticket &ticket);
    /// Takes the first in line that may go; it holds a slot until leave().
    std::optional<QString> admitNext(const HasFreeConnection &hasFreeConnection);
    /// Out of the queue, or its slot back.
    void leave(const QString &id);

    /// Waiting, in the order of service.
    const QList<Ticket> &queue() const { return m_queue; }
    int inFlight() const { return static_cast<int>(m_inFlight.size()); }

private:
    int inFlight(const QString &providerId) const;

    ConcurrencyLimits m_limits;
    QList<Ticket> m_queue;
    QHash<QString, QString> m_inFlight; ///< id → provider
};

} // namespace talkbench::run
