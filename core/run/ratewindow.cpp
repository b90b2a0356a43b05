#include "core/run/ratewindow.h"

#include <algorithm>

namespace talkbench::run {

Wait RateWindow::next(const llm::ProviderLimits &limits, qint64 tokens, qint64 nowNs) const
{
    Wait wait;
    const auto waitFor = [&](const Entry &entry, WaitReason reason, int perMinute) {
        const qint64 free = entry.ns + lengthNs;
        if (free > nowNs && free > wait.untilNs)
            wait = { reason, free, 0, perMinute };
    };
    const qsizetype requests = limits.requestsPerMinute;
    if (requests > 0 && m_entries.size() >= requests)
        waitFor(m_entries[m_entries.size() - requests], WaitReason::RequestRate, limits.requestsPerMinute);
    if (limits.tokensPerMinute <= 0)
        return wait;
    qint64 left = limits.tokensPerMinute - std::min<qint64>(tokens, limits.tokensPerMinute);
    for (auto entry = m_entries.crbegin(); entry != m_entries.crend(); ++entry) {
        left -= entry->tokens;
        if (left < 0) {
            waitFor(*entry, WaitReason::TokenRate, limits.tokensPerMinute);
            break;
        }
    }
    return wait;
}

void RateWindow::admit(const QString &callId, qint64 tokens, qint64 nowNs)
{
    while (!m_entries.isEmpty() && m_entries.constFirst().ns + lengthNs <= nowNs)
        m_entries.removeFirst();
    m_entries.append({ callId, nowNs, tokens });
}

void RateWindow::correct(const QString &callId, qint64 tokens)
{
    const auto entry = std::find_if(m_entries.rbegin(), m_entries.rend(),
                                    [&callId](const Entry &other) { return other.callId == callId; });
    if (entry != m_entries.rend())
        entry->tokens = tokens;
}

} // namespace talkbench::run
