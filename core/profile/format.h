#pragma once

#include "core/profile/runrecord.h"

namespace talkbench::profile {

/// How figures are written for people, everywhere: the window, the command line's numbers line, reports.
/// None of these depends on the system's locale, so that a figure reads the same in a screenshot and in a log.

/// "0.42 ms", "4.2 ms", "412 ms", "1.2 s", "42 s", "2 min 05 s".
QString formatMs(double ms);
/// Thousands set apart by a narrow no-break space: "1 204".
QString formatCount(qint64 count);
/// "6.2 tok/s", "62 tok/s".
QString formatRate(double tokensPerSecond);
/// "$0", "$0.0021", "$0.123", "$1.23"; "under $0.0001" for less than can be shown.
QString formatUsd(double usd);
/// "$0.0021 to $0.123", "up to $0.02" where the least is less than can be shown; one figure where both read the same.
QString formatUsdRange(double leastUsd, double mostUsd);
/// As an item of a receipt: "$0.0000123" where that is little.
QString formatUsdItem(double usd);
/// "+35 %", "−51 %", "±0 %".
QString formatDifference(double percent);
/// "41 kB", "61 MB", "1.2 GB".
QString formatMegabytes(double megabytes);
/// "12 kB" below a megabyte of 2^20 bytes, else as above.
QString formatBytes(qint64 bytes);
/// "just now", "12 s ago", "5 min ago", "2 h ago", "3 days ago".
QString formatAge(qint64 ms);
/// "from 3 days ago, saved 1.8 s and $0.012".
QString cacheHitText(const CacheHit &hit);
/// With '~' before it.
QString markEstimate(const QString &text, bool isEstimate);
/// A figure of the metric table by its unit: "ms", "tok/s", "USD", "%", "tok", "".
QString formatFigure(double value, QByteArrayView unit);

/// What the line under an answer says. What is unset is left out while the call runs.
struct Numbers {
    std::optional<double> beforeMs = {}; ///< what the user waited before this call was asked for
    std::optional<double> ttftMs;
    std::optional<double> tokensPerS;
    std::optional<qint64> outputTokens;
    /// The count is our own, not the server's: shown with '~', as is the rate that derives from it.
    bool tokensEstimated = false;
    std::optional<double> costUsd;
    /// False while the call runs: an unset cost then isn't known to be unknown yet.
    bool ended = false;
    bool cached = false;
    std::optional<CacheHit> cacheHit;
};

Numbers numbersOf(const RunRecord &record);
/// "412 ms to first token", "62 tok/s", "318 tok", "$0.0021": the parts, to be joined by " · ".
QStringList numbersParts(const Numbers &numbers);
/// The parts joined: "412 ms to first token · 62 tok/s · 318 tok · $0.0021".
QString numbersLine(const Numbers &numbers);

/// "12 of 60 requests left, full again in 8.0 s", one for each limit that a server told. `lowOnly`: only those of which a
/// tenth or less is left.
QStringList limitsParts(const llm::RateLimits &limits, bool lowOnly);

/// One line that can't steer a terminal, not even through a pager: for names that come from servers.
QString printable(QString text);

/// Indented JSON, for a person to read and copy.
QString jsonText(const QJsonObject &object);
/// JSON as a model wrote it, indented: every name and number stays as it is. What is no JSON is given back.
QString prettyJson(const QString &text);

} // namespace talkbench::profile
