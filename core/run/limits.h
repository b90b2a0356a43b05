#pragma once

#include <QtGlobal>

namespace talkbench::run {

/// How many calls may be in flight; the rest wait in our own queue, in order.
struct ConcurrencyLimits {
    int perProvider = 8;
    int overall = 32;
};

struct RetryPolicy {
    int maxAttempts = 3;
    int baseDelayMs = 500;
    int maxDelayMs = 30'000;
    /// A Retry-After longer than this is not waited for.
    int maxRetryAfterMs = 120'000;
    /// Of the jitter; 0: the system's randomness.
    quint32 seed = 0;
};

} // namespace talkbench::run
