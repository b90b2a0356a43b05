#include "ui/profiler/charttable.h"

#include "core/profile/metrictable.h"
#include "ui/profiler/activitymonitor.h"

#include <QCoreApplication>

namespace talkbench::ui {

namespace {

using Value = std::optional<double>;
using enum SeriesSpec::Kind;

#define TEXT(text) QT_TRANSLATE_NOOP("Chart", text)

Value metric(const EndedCall &call, const char *id)
{
    const profile::Metric *row = profile::metricById(id);
    return row ? row->compute(call.record) : Value();
}

/// Only whole answers of the provider's enter a statistic.
Value ofSuccess(const EndedCall &call, const char *id)
{
    return call.record.ok() && !call.record.cached ? metric(call, id) : Value();
}

Value firstToken(const EndedCall &call)
{
    return ofSuccess(call, "ttft_ms");
}

Value response(const EndedCall &call)
{
    return ofSuccess(call, "response_ms");
}

Value failed(const EndedCall &call)
{
    return call.record.ok() || call.record.cutShort() ? Value() : metric(call, "response_ms");
}

Value stopped(const EndedCall &call)
{
    return call.record.cancelled() ? metric(call, "response_ms") : Value();
}

Value rate(const EndedCall &call)
{
    return ofSuccess(call, "tokens_per_s");
}

Value outputTokens(const EndedCall &call)
{
    return call.record.cached ? Value() : metric(call, "output_tokens");
}

Value inputTokens(const EndedCall &call)
{
    return call.record.cached ? Value() : metric(call, "input_tokens");
}

Value cost(const EndedCall &call)
{
    return call.record.cached ? Value() : call.record.costUsd;
}

Value totalCost(const EndedCall &call)
{
    return call.record.costUsd ? Value(call.totalUsd) : Value();
}

Value tokensNow(const ActivitySample &sample)
{
    return sample.tokensPerS;
}

Value resident(const ActivitySample &sample)
{
    return sample.residentMb;
}

Value stall(const ActivitySample &sample)
{
    return sample.stallMs;
}

constexpr SeriesRow latencySeries[] = {
    { .name = TEXT("first token"), .kind = Points, .colour = 0, .ofCall = firstToken },
    { .name = TEXT("response"), .kind = Points, .colour = 1, .ofCall = response },
    { .name = TEXT("failed"), .kind = Failures, .colour = 0, .ofCall = failed },
    { .name = TEXT("stopped"), .kind = Stops, .colour = 0, .ofCall = stopped },
};
constexpr SeriesRow rateSeries[] = {
    { .name = TEXT("all calls, now"), .kind = Area, .colour = 2, .ofSample = tokensNow },
    { .name = TEXT("a call"), .kind = Dots, .colour = 1, .ofCall = rate },
};
constexpr SeriesRow tokenSeries[] = {
    { .name = TEXT("output"), .kind = Points, .colour = 2, .ofCall = outputTokens },
    { .name = TEXT("input"), .kind = Points, .colour = 5, .ofCall = inputTokens },
};
constexpr SeriesRow costSeries[] = {
    { .name = TEXT("a call"), .kind = Points, .colour = 0, .ofCall = cost },
    { .name = TEXT("total"), .kind = Area, .colour = 4, .rightAxis = true, .ofCall = totalCost },
};
constexpr SeriesRow memorySeries[] = {
    { .name = TEXT("resident"), .kind = Area, .colour = 3, .ofSample = resident },
};
constexpr SeriesRow stallSeries[] = {
    { .name = TEXT("longest in half a second"), .kind = Line, .colour = 1, .ofSample = stall },
};

using enum ChartSpec::XAxis;

constexpr ChartRow table[] = {
    { "latency", TEXT("Latency"), "ms", Calls, latencySeries,
      TEXT("Send a message: each answer adds its time to first token and its response time.") },
    { "rate", TEXT("Tokens per second"), "tok/s", Seconds, rateSeries,
      TEXT("Send a message: the speed of the stream shows here.") },
    { "tokens", TEXT("Tokens a call"), "tok", Calls, tokenSeries,
      TEXT("Send a message: each answer adds the tokens it took.") },
    { "cost", TEXT("Cost"), "USD", Calls, costSeries,
      TEXT("No call with a known price yet. Choose a model whose price is known.") },
    { "memory", TEXT("Memory of this app"), "MB", Seconds, memorySeries,
      TEXT("This system does not tell how much memory the app uses.") },
    { "stall", TEXT("Window stalls"), "ms", Seconds, stallSeries,
      TEXT("Send a message: while it streams, the window measures how long it was busy."), false },
};

#undef TEXT

QString text(const char *source)
{
    return QCoreApplication::translate("Chart", source);
}

} // namespace

std::span<const ChartRow> chartTable()
{
    return table;
}

ChartSpec specOf(const ChartRow &row)
{
    ChartSpec spec { QString::fromLatin1(row.id), text(row.title), QString::fromLatin1(row.unit), row.x, {},
                     text(row.emptyText) };
    for (const SeriesRow &series : row.series)
        spec.series << SeriesSpec { text(series.name), series.kind, series.colour, series.rightAxis };
    return spec;
}

} // namespace talkbench::ui
