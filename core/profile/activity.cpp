#include "core/profile/activity.h"

#include "core/profile/format.h"
#include "core/profile/metrictable.h"

using namespace Qt::StringLiterals;

namespace talkbench::profile {

namespace {

constexpr double megabyte = 1e6;

template <typename T>
void insert(SignalValues &values, const QString &id, const std::optional<T> &value)
{
    if (value)
        values.insert(id, static_cast<double>(*value));
}

std::optional<double> p95(const Tally &tally, QByteArrayView metricId)
{
    const Metric *metric = metricById(metricId);
    const auto found = metric ? tally.figures(*metric) : Figures();
    return found.count > 0 && found.p95.missing == 0 ? std::optional(found.p95.value) : std::nullopt;
}

std::optional<double> megabytes(const std::optional<qint64> &bytes)
{
    return bytes ? std::optional(static_cast<double>(*bytes) / megabyte) : std::nullopt;
}

} // namespace

void Activity::setResources(const ResourceSample &used)
{
    residentMb = megabytes(used.residentBytes);
    proportionalMb = megabytes(used.proportionalBytes);
    cpuPercent = used.cpuPercent;
    threads = used.threads;
    sockets = used.sockets;
}

SignalValues signalValues(const Activity &activity, const Monitor &calls)
{
    SignalValues values;
    insert(values, u"resident_mb"_s, activity.residentMb);
    insert(values, u"pss_mb"_s, activity.proportionalMb);
    insert(values, u"cpu_percent"_s, activity.cpuPercent);
    insert(values, u"threads"_s, activity.threads);
    insert(values, u"sockets"_s, activity.sockets);
    values.insert(u"queued"_s, activity.queued);
    values.insert(u"in_flight"_s, activity.inFlight);
    const Tally hour = calls.tally(Window::Hour);
    const Counts &counts = hour.counts();
    if (counts.ok + counts.failed >= callsForRate)
        insert(values, u"error_rate"_s, counts.errorRate());
    if (counts.sent >= callsForRate)
        insert(values, u"retry_rate"_s, counts.retryRate());
    insert(values, u"ttft_p95_ms"_s, p95(hour, "ttft_ms"));
    insert(values, u"response_p95_ms"_s, p95(hour, "response_ms"));
    return values;
}

Report reportSinceStart(const Activity &activity, const Monitor &calls)
{
    const LevelSeries::Figures queued = calls.queued(Window::Start);
    QStringList state {
        u"queue %1 (mean %2, max %3)"_s.arg(activity.queued).arg(queued.mean, 0, 'f', 1).arg(queued.max),
        u"in flight %1"_s.arg(activity.inFlight)
    };
    if (activity.residentMb)
        state << u"app "_s + formatMegabytes(*activity.residentMb);
    if (activity.proportionalMb)
        state << u"PSS "_s + formatMegabytes(*activity.proportionalMb);
    if (activity.cpuPercent)
        state << u"CPU %1 %"_s.arg(*activity.cpuPercent, 0, 'f', 1);
    if (activity.threads)
        state << u"threads %1"_s.arg(*activity.threads);
    if (activity.sockets)
        state << u"sockets %1"_s.arg(*activity.sockets);
    return { u"since the start, %1"_s.arg(formatMs(calls.seconds(Window::Start) * 1000)),
             reportRows(calls, Window::Start), state.join(u" · "_s) };
}

} // namespace talkbench::profile
