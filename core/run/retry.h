#pragma once

#include "core/base/error.h"
#include "core/run/limits.h"

#include <QRandomGenerator>

#include <optional>

namespace talkbench::run {

/// Whether and when a failed call is tried again.
class Retry {
public:
    explicit Retry(const RetryPolicy &policy);

    /// Milliseconds until the next attempt: exactly what the server asked for, else exponential backoff with full
    /// jitter. Nothing: leave it at that. Never after content was received, which could not be taken back.
    std::optional<qint64> delayMs(const base::Error &error, int attemptsMade, bool contentReceived);

    static bool isTransient(base::ErrorKind kind);

private:
    RetryPolicy m_policy;
    QRandomGenerator m_random;
};

} // namespace talkbench::run
