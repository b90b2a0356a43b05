#include "core/run/admission.h"

#include <algorithm>

namespace talkbench::run {

void Admission::enqueue(const Ticket &ticket)
{
    const auto later = std::upper_bound(m_queue.begin(), m_queue.end(), ticket,
                                        [](const Ticket &a, const Ticket &b) { return a.order < b.order; });
    m_queue.insert(later, ticket);
}

int Admission::inFlight(const QString &providerId) const
{
    return static_cast<int>(std::count(m_inFlight.cbegin(), m_inFlight.cend(), providerId));
}

std::optional<QString> Admission::admitNext(const HasFreeConnection &hasFreeConnection)
{
    if (inFlight() >= m_limits.overall)
        return std::nullopt;
    QStringList busy;
    for (auto ticket = m_queue.begin(); ticket != m_queue.end(); ++ticket) {
        if (busy.contains(ticket->providerId))
            continue;
        if (inFlight(ticket->providerId) >= m_limits.perProvider || !hasFreeConnection(ticket->url)) {
            busy.append(ticket->providerId);
            continue;
        }
        const QString id = ticket->id;
        m_inFlight.insert(id, ticket->providerId);
        m_queue.erase(ticket);
        return id;
    }
    return std::nullopt;
}

void Admission::leave(const QString &id)
{
    m_inFlight.remove(id);
    m_queue.removeIf([&id](const Ticket &ticket) { return ticket.id == id; });
}

} // namespace talkbench::run
