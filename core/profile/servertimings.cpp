#include "core/profile/servertimings.h"

#include <QCoreApplication>

#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::profile {

namespace {

using Stretch = std::optional<double> (*)(const Trace &);

std::optional<double> between(qint64 fromNs, qint64 toNs)
{
    return fromNs != 0 && toNs >= fromNs ? std::optional(static_cast<double>(toNs - fromNs) / 1e6) : std::nullopt;
}

std::optional<double> number(const QJsonObject &timings, QLatin1StringView key)
{
    const QJsonValue value = timings[key];
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

struct Row {
    QLatin1StringView key;
    const char *title;
    Stretch client;
};

constexpr std::array rows {
    Row { "queue_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Waiting for its turn"), nullptr },
    Row { "load_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Loading the model"), nullptr },
    Row { "prefill_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Reading the prompt"), nullptr },
    Row { "processing_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Until it answered"),
          [](const Trace &t) { return between(t.dispatchedNs, t.headersNs); } },
    Row { "ttft_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "To first token"),
          [](const Trace &t) { return between(t.dispatchedNs, t.firstContentNs); } },
    Row { "decode_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Writing the answer"),
          [](const Trace &t) { return between(t.firstContentNs, t.lastContentNs); } },
    Row { "total_ms"_L1, QT_TRANSLATE_NOOP("ServerTiming", "Altogether"),
          [](const Trace &t) { return between(t.dispatchedNs, t.endNs); } },
};

/// Servers that don't say it say the parts: the queue, the loading and the prompt end where the first token begins.
std::optional<double> firstTokenOf(const QJsonObject &timings)
{
    const auto prefill = number(timings, "prefill_ms"_L1);
    if (!prefill)
        return std::nullopt;
    return *prefill + number(timings, "queue_ms"_L1).value_or(0) + number(timings, "load_ms"_L1).value_or(0);
}

} // namespace

QList<ServerTiming> serverTimings(const RunRecord &record)
{
    QList<ServerTiming> timings;
    for (const Row &row : rows) {
        auto server = number(record.answer.serverTimings, row.key);
        if (!server && row.key == "ttft_ms"_L1)
            server = firstTokenOf(record.answer.serverTimings);
        if (server)
            timings.append({ row.title, *server, row.client ? row.client(record.trace) : std::nullopt });
    }
    return timings;
}

} // namespace talkbench::profile
