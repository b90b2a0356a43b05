#pragma once

#include "core/profile/runrecord.h"

#include <QByteArray>

#include <optional>

namespace talkbench::profile {

/// When an answer may come from the cache, and is kept there.
enum class CachePolicy {
    Off,
    Deterministic, ///< only where the same answer was asked for: temperature 0 or a seed
    Always,
    Refresh, ///< asks anew, and keeps the new answer in place of the old one
};

QString cachePolicyName(CachePolicy policy); // "off", "deterministic", "always", "refresh"
std::optional<CachePolicy> cachePolicyFromName(const QString &name);

/// A kept answer: the record of the call that asked for it.
struct CacheEntry {
    RunRecord original;
    qint64 storedMs = 0; ///< wall clock
    qint64 expiresMs = 0; ///< wall clock; 0: never

    /// A clock that was set back makes nothing old.
    qint64 ageMs(qint64 nowMs) const { return qMax<qint64>(nowMs - storedMs, 0); }
    bool expired(qint64 nowMs) const { return expiresMs != 0 && nowMs >= expiresMs; }
};

/// What of a record is worth keeping: not what was true only of that moment (rate limits, the server's own timings, earlier
/// attempts, decisions but the one on the answer's own tokens).
CacheEntry cacheEntryOf(const RunRecord &record, qint64 nowMs, qint64 expiresMs);
/// What it takes in memory, about.
qint64 bytesOf(const CacheEntry &entry);
/// Milliseconds from the dispatch to the end of the call that is spared; unset where its stamps don't tell.
std::optional<double> durationMs(const CacheEntry &entry);

/// Which entries are meant; what is empty restricts nothing.
struct CacheFilter {
    QString model = {};
    QString conversationId = {};

    bool matches(const CacheEntry &entry) const;
};

/// Since the cache was begun.
struct CacheStats {
    qint64 entries = 0;
    qint64 bytes = 0; ///< of the entries
    qint64 hits = 0;
    qint64 misses = 0;
    double savedMs = 0;
    double savedUsd = 0;

    bool operator==(const CacheStats &) const = default;
};

/// {"entries", "bytes", "hits", "misses", "hit_rate" (null before the first), "saved_ms", "saved_usd"}
QJsonObject toJson(const CacheStats &stats);

} // namespace talkbench::profile
