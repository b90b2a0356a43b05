#pragma once

#include <QJsonObject>

#include <optional>

namespace talkbench::llm {

/// What a server's headers say is left of the account's limits, as of the answer they came with.
struct RateLimits {
    struct Limit {
        std::optional<qint64> limit = {};
        std::optional<qint64> remaining = {};
        /// Milliseconds until it is full again.
        std::optional<qint64> resetMs = {};

        bool isEmpty() const { return !limit && !remaining && !resetMs; }
        bool operator==(const Limit &) const = default;
    };

    Limit requests = {};
    /// Input and output together, where the server counts them so.
    Limit tokens = {};
    Limit inputTokens = {};
    Limit outputTokens = {};

    bool isEmpty() const
    {
        return requests.isEmpty() && tokens.isEmpty() && inputTokens.isEmpty() && outputTokens.isEmpty();
    }
    bool operator==(const RateLimits &) const = default;
};

/// {"requests" | "tokens" | "input_tokens" | "output_tokens": {"limit", "remaining", "reset_ms"}}; what is unset is left out.
QJsonObject toJson(const RateLimits &limits);
RateLimits rateLimitsFromJson(const QJsonObject &object);

} // namespace talkbench::llm
