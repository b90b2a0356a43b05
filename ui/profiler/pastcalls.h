#pragma once

#include "core/base/clock.h"
#include "core/profile/monitor.h"

#include <QDate>

#include <functional>

class QObject;

namespace talkbench::store {
class Store;
}

namespace talkbench::ui {

/// What has been spent on one day, earlier starts of the program included.
struct Spending {
    QDate day; ///< where the user is
    double usd = 0;
    int unpricedCalls = 0;

    /// What the call has cost, if it began on that day.
    void add(const profile::RunRecord &record);
};

/// What the store knows of the last day's calls.
struct PastCalls {
    profile::Monitor earlier; ///< that began before this start of the program
    Spending today; ///< by all that have ended
};

/// This start of the program, by both clocks.
struct Start {
    qint64 ns;
    qint64 wallMs;
};

/// Where the user is.
QDate today(const base::Clock &clock);

/// Reads them a few hundred at a time, and sums them up in the store's thread; `then` is called unless `context` has gone.
void readPastCalls(QObject *context, store::Store &store, const base::Clock &clock, const Start &start,
                   const std::function<void(const PastCalls &)> &then);

} // namespace talkbench::ui
