#pragma once

#include "core/profile/alerts.h"
#include "core/profile/monitor.h"
#include "core/profile/report.h"
#include "core/profile/resourcesampler.h"

#include <optional>

namespace talkbench::profile {

/// What the program is at, at one moment. Unset where the system doesn't tell.
struct Activity {
    int queued = 0;
    int inFlight = 0;
    std::optional<double> residentMb = {};
    std::optional<double> proportionalMb = {};
    std::optional<double> cpuPercent = {}; ///< of one core
    std::optional<int> threads = {};
    std::optional<int> sockets = {};

    void setResources(const ResourceSample &used);
};

/// A share of fewer calls is no rate.
inline constexpr quint64 callsForRate = 10;

/// Of alertSignals() all that the activity and the calls tell.
SignalValues signalValues(const Activity &activity, const Monitor &calls);

/// The periodic report: every call since the start, by model, and what the program is at.
Report reportSinceStart(const Activity &activity, const Monitor &calls);

} // namespace talkbench::profile
