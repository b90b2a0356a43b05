#include "ui/profiler/pastcalls.h"

#include "core/store/store.h"
#include "ui/whenready.h"

#include <QDateTime>

#include <memory>

namespace talkbench::ui {

namespace {

constexpr qint64 dayMs = 24 * 3'600'000;
constexpr qint64 nsPerMs = 1'000'000;

qint64 endWallMs(const profile::RunRecord &record)
{
    const profile::Trace &trace = record.trace;
    return record.startedWallMs + (trace.endNs > 0 ? (trace.endNs - trace.submittedNs) / nsPerMs : 0);
}

QDate dayOf(qint64 wallMs)
{
    return QDateTime::fromMSecsSinceEpoch(wallMs).date();
}

} // namespace

QDate today(const base::Clock &clock)
{
    return dayOf(clock.wallMs());
}

void Spending::add(const profile::RunRecord &record)
{
    if (record.cached || dayOf(record.startedWallMs) != day)
        return;
    if (record.costUsd)
        usd += *record.costUsd;
    unpricedCalls += record.isUnpriced() ? 1 : 0;
}

void readPastCalls(QObject *context, store::Store &store, const base::Clock &clock, const Start &start,
                   const std::function<void(const PastCalls &)> &then)
{
    const auto past = std::make_shared<PastCalls>(PastCalls { profile::Monitor(clock), { .day = today(clock) } });
    const qint64 nowMs = clock.wallMs();
    const auto look = [past, start, nowMs](const profile::RunRecord &record) {
        const qint64 endMs = endWallMs(record);
        if (endMs > nowMs) // it ended since: whoever asks has heard of it
            return;
        past->today.add(record);
        if (record.startedWallMs < start.wallMs)
            past->earlier.addEarlier(record, start.ns + (endMs - start.wallMs) * nsPerMs);
    };
    whenReady(context, store.visitRuns({ .fromMs = nowMs - dayMs, .model = {} }, look),
              [past, then](const base::Result<void> &read) {
                  if (read)
                      then(*past);
              });
}

} // namespace talkbench::ui
