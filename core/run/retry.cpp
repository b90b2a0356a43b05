#include "core/run/retry.h"

#include <algorithm>

namespace talkbench::run {

Retry::Retry(const RetryPolicy &policy)
    : m_policy(policy), m_random(policy.seed != 0 ? QRandomGenerator(policy.seed) : QRandomGenerator::securelySeeded())
{
}

bool Retry::isTransient(base::ErrorKind kind)
{
    using enum base::ErrorKind;
    switch (kind) {
    // Not dns and tls: they say that something is set up wrong. Not the timeouts of a request that was sent: the
    // server may still be at work on it, and the user has waited long enough.
    case Refused:
    case ConnectTimeout:
    case Reset:
    case Truncated:
    case Network:
    case RateLimited:
    case Overloaded:
    case Server:
        return true;
    default:
        return false;
    }
}

std::optional<qint64> Retry::delayMs(const base::Error &error, int attemptsMade, bool contentReceived)
{
    if (contentReceived || attemptsMade >= m_policy.maxAttempts || !isTransient(error.kind))
        return std::nullopt;
    if (error.retryAfterMs) {
        if (*error.retryAfterMs > m_policy.maxRetryAfterMs)
            return std::nullopt;
        return std::max<qint64>(*error.retryAfterMs, 0);
    }
    const int doublings = std::clamp(attemptsMade - 1, 0, 20);
    const qint64 most = std::min<qint64>(qint64(m_policy.baseDelayMs) << doublings, m_policy.maxDelayMs);
    return most > 0 ? m_random.bounded(most + 1) : 0;
}

} // namespace talkbench::run
