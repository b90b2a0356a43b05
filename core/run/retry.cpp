#include "core/run/retry.h"

#include <algorithm>

namespace talkbench::run {

Retry::Retry(const RetryPolicy &policy)
    : m_policy(policy), m_random(policy.seed != 0 ? QRandomGenerator(policy.seed) : QRandomGenerator::securelySeeded())
{
}

bool Retry::isTransient(const base::Error &error)
{
    using enum base::ErrorKind;
    constexpr int conflict = 409;
    constexpr int notImplemented = 501;
    switch (error.kind) {
    case Refused:
    case ConnectTimeout:
    case Reset:
    case Truncated:
    case Network:
    case RateLimited:
    case Overloaded:
        return true;
    case Server: // 408 and 499 are among them
        return error.httpStatus != notImplemented;
    case InvalidRequest:
        return error.httpStatus == conflict;
    // Set up wrong, until a person changes it.
    case Dns:
    case Proxy:
    case Tls:
    case Auth:
    case Forbidden:
    case NotFound:
    case ContextTooLong:
    case Quota:
    case Redirect:
    case NotJson:
    case BadEvent:
    case TooLarge:
    case Config:
    case Usage:
    // The answer itself.
    case Filtered:
    case Refusal:
    // The server may still be at work on what was sent, and the user has waited long enough.
    case FirstByteTimeout:
    case IdleTimeout:
    case TotalTimeout:
    // Not the server's doing.
    case Cancelled:
    case Interrupted:
    case Queue:
    case Budget:
    case Storage:
        return false;
    }
    return false;
}

std::optional<qint64> Retry::delayMs(const Failure &failure)
{
    const base::Error &error = failure.error;
    if (failure.contentReceived || failure.attemptsMade >= m_policy.maxAttempts
        || error.kind == base::ErrorKind::Cancelled || !failure.serverSays.value_or(isTransient(error)))
        return std::nullopt;
    qint64 delay = 0;
    if (error.retryAfterMs && *error.retryAfterMs > m_policy.maxRetryAfterMs)
        return std::nullopt;
    if (error.retryAfterMs && *error.retryAfterMs > 0) {
        delay = *error.retryAfterMs;
    } else {
        const int doublings = std::clamp(failure.attemptsMade - 1, 0, 20);
        const qint64 most = std::min<qint64>(qint64(m_policy.baseDelayMs) << doublings, m_policy.maxDelayMs);
        delay = most > 0 ? m_random.bounded(most + 1) : 0;
    }
    if (failure.elapsedMs + delay > m_policy.maxTotalMs)
        return std::nullopt;
    return delay;
}

} // namespace talkbench::run
