#pragma once

#include <QJsonObject>
#include <QString>

#include <optional>

namespace talkbench::llm {

/// Where a token count came from, best first.
enum class UsageSource { Server, Tokenizer, Chunks };

QString usageSourceName(UsageSource source); // "usage", "tokenizer", "chunks"
std::optional<UsageSource> usageSourceFromName(const QString &name);

/// Token counts in disjoint classes: no token is counted in two of them.
struct Usage {
    qint64 input = 0; ///< fresh input, neither read from nor written to a cache
    qint64 image = 0; ///< the part of input that is pictures, where the server says so
    qint64 cacheRead = 0;
    qint64 cacheWrite = 0;
    qint64 cacheWrite1h = 0; ///< the part of cacheWrite that is kept an hour, and costs more
    qint64 output = 0; ///< output that is not reasoning
    qint64 reasoning = 0;
    UsageSource source = UsageSource::Server;
    /// Sent before the output was counted: `output` and `reasoning` are placeholders.
    bool outputPending = false;
    /// The provider's figures contradict each other; these are the likeliest reading of them.
    bool derived = false;
    /// The provider's own statement of the cost, USD.
    std::optional<double> reportedCostUsd;
    /// The provider's usage object as it was sent.
    QJsonObject raw;

    qint64 inputTotal() const { return input + cacheRead + cacheWrite; }
    qint64 outputTotal() const { return output + reasoning; }

    bool operator==(const Usage &) const = default;
};

/// Whether a provider's own totals can be counts of tokens: none is negative or astronomical.
bool isBelievable(const QJsonObject &raw);

/// {"input", "cache_read", "cache_write", "output", "reasoning", "input_total", "output_total", "source"} and, where
/// there are any, "image", "cache_write_1h", "derived", "reported_cost_usd", "raw".
QJsonObject toJson(const Usage &usage);
Usage usageFromJson(const QJsonObject &object);

} // namespace talkbench::llm
