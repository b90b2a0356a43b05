#include "core/run/admission.h"

#include <algorithm>

namespace talkbench::run {

void Admission::enqueue(const Ticket &ticket)
{
    const auto later = std::upper_bound(m_queue.begin(), m_queue.end(), ticket,
                                        [](const Ticket &a, const Ticket &b) { return a.order < b.order; });
    m_queue.insert(later, ticket);
}

void Admission::hurry(const QString &id, Priority priority)
{
    for (Ticket &ticket : m_queue) {
        if (ticket.id == id)
            ticket.priority = priority;
    }
}

QList<const Ticket *> Admission::inOrderOfService() const
{
    QHash<QString, int> busy; // calls in flight, by conversation
    for (const Ticket &ticket : m_inFlight)
        busy[ticket.conversationId] += ticket.conversationId.isEmpty() ? 0 : 1;
    QList<const Ticket *> tickets;
    tickets.reserve(m_queue.size());
    for (const Ticket &ticket : m_queue)
        tickets.append(&ticket);
    std::stable_sort(tickets.begin(), tickets.end(), [&busy](const Ticket *a, const Ticket *b) {
        if (a->priority != b->priority)
            return a->priority < b->priority;
        return busy.value(a->conversationId) < busy.value(b->conversationId);
    });
    return tickets;
}

int Admission::inFlight(const QString &providerId) const
{
    return static_cast<int>(std::count_if(m_inFlight.cbegin(), m_inFlight.cend(), [&providerId](const Ticket &ticket) {
        return ticket.providerId == providerId;
    }));
}

/// What keeps the first in line of its provider from going.
Wait Admission::waitOf(const Ticket &ticket, qint64 nowNs, const HasFreeConnection &hasFreeConnection) const
{
    const llm::ProviderLimits limits = m_limits.of(ticket.providerId);
    if (inFlight(ticket.providerId) >= limits.concurrent)
        return { WaitReason::Provider, 0, 0 };
    if (const auto window = m_windows.constFind(ticket.providerId); window != m_windows.cend()) {
        if (const Wait wait = window->next(limits, ticket.tokens, nowNs); wait.reason != WaitReason::None)
            return wait;
    }
    return { hasFreeConnection(ticket.url) ? WaitReason::None : WaitReason::Connection, 0, 0 };
}

std::optional<QString> Admission::admitNext(qint64 nowNs, const HasFreeConnection &hasFreeConnection)
{
    if (inFlight() >= m_limits.overall)
        return std::nullopt;
    QStringList busy;
    const auto tickets = inOrderOfService();
    for (const Ticket *ticket : tickets) {
        if (busy.contains(ticket->providerId))
            continue;
        if (waitOf(*ticket, nowNs, hasFreeConnection).reason != WaitReason::None) {
            busy.append(ticket->providerId);
            continue;
        }
        const QString id = ticket->id;
        m_inFlight.insert(id, *ticket);
        m_windows[ticket->providerId].admit(id, ticket->tokens, nowNs);
        m_queue.removeIf([&id](const Ticket &queued) { return queued.id == id; });
        return id;
    }
    return std::nullopt;
}

QList<std::pair<QString, Wait>> Admission::waits(qint64 nowNs, const HasFreeConnection &hasFreeConnection) const
{
    const bool full = inFlight() >= m_limits.overall;
    QList<std::pair<QString, Wait>> result;
    QHash<QString, Wait> last; // of each provider
    const auto tickets = inOrderOfService();
    for (const Ticket *ticket : tickets) {
        Wait wait;
        if (full)
            wait = { WaitReason::Overall, 0, static_cast<int>(result.size()) };
        else if (const auto before = last.constFind(ticket->providerId); before != last.cend())
            wait = { before->reason, 0, before->ahead + 1, before->perMinute };
        else
            wait = waitOf(*ticket, nowNs, hasFreeConnection);
        last.insert(ticket->providerId, wait);
        result.append({ ticket->id, wait });
    }
    return result;
}

bool Admission::isQueued(const QString &id) const
{
    return std::any_of(m_queue.cbegin(), m_queue.cend(), [&id](const Ticket &ticket) { return ticket.id == id; });
}

void Admission::leave(const QString &id, std::optional<qint64> tokens)
{
    const QString providerId = m_inFlight.take(id).providerId;
    if (tokens && m_windows.contains(providerId))
        m_windows[providerId].correct(id, *tokens);
    m_queue.removeIf([&id](const Ticket &ticket) { return ticket.id == id; });
}

} // namespace talkbench::run
