#pragma once

#include "core/base/error.h"
#include "core/run/limits.h"

#include <QRandomGenerator>

#include <optional>

namespace talkbench::run {

/// Whether and when a failed call is tried again.
class Retry {
public:
    struct Failure {
        base::Error error;
        int attemptsMade = 1;
        bool contentReceived = false; ///< it could not be taken back: never again
        qint64 elapsedMs = 0; ///< since the first dispatch
        std::optional<bool> serverSays = {}; ///< x-should-retry
    };

    explicit Retry(const RetryPolicy &policy);

    /// Milliseconds until the next attempt: exactly what the server asked for; where that is nothing, exponential backoff
    /// with full jitter. Nothing: leave it at that.
    std::optional<qint64> delayMs(const Failure &failure);

    /// Whether another attempt may end better, by the table of kinds.
    static bool isTransient(const base::Error &error);

private:
    RetryPolicy m_policy;
    QRandomGenerator m_random;
};

} // namespace talkbench::run
