#pragma once

#include "core/base/error.h"
#include "core/llm/providerlimits.h"

#include <QHash>
#include <QString>

namespace talkbench::run {

/// How much may be asked at a time; the rest waits in our own queue, in order.
struct Limits {
    int overall = 32; ///< calls in flight, over all providers
    /// Stands in for each number that a provider leaves at 0.
    llm::ProviderLimits standard { 8, 0, 0 };
    QHash<QString, llm::ProviderLimits> providers = {}; ///< by provider id
    /// An interactive call that has waited so long for its turn ends with ErrorKind::Queue; 0: it waits for ever.
    qint64 maxWaitMs = 0;

    llm::ProviderLimits of(const QString &providerId) const;
};

/// Somebody waits for an interactive call: it goes before any of a batch.
enum class Priority { Interactive, Batch };

/// What a queued call waits for.
enum class WaitReason {
    None,
    Overall, ///< calls in flight, over all providers
    Provider, ///< calls in flight at its provider
    Connection, ///< a free connection to its host
    RequestRate, ///< its provider's requests a minute
    TokenRate, ///< its provider's tokens a minute
};

/// What it waits for, as the end of a sentence: "the requests a minute".
QString waitReasonText(WaitReason reason);

/// Of a call that waited for its turn as long as it may; `what` as the text above.
base::Error waitedTooLong(qint64 maxWaitMs, const QString &what);

/// Where a queued call stands.
struct Wait {
    WaitReason reason = WaitReason::None;
    /// Monotonic ns from which on it may go; 0 where that depends on other calls.
    qint64 untilNs = 0;
    /// Calls that go before it.
    int ahead = 0;
    /// RequestRate, TokenRate: how many a minute.
    int perMinute = 0;

    bool operator==(const Wait &) const = default;
};

struct RetryPolicy {
    int maxAttempts = 3;
    int baseDelayMs = 500;
    int maxDelayMs = 30'000;
    /// A Retry-After longer than this is not waited for.
    int maxRetryAfterMs = 120'000;
    /// From the first dispatch to the last: no attempt starts later.
    int maxTotalMs = 300'000;
    /// Of the jitter; 0: the system's randomness.
    quint32 seed = 0;
};

} // namespace talkbench::run
