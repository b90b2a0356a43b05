#pragma once

#include "core/profile/runrecord.h"

namespace talkbench::profile {

/// A stretch of a call as the server timed it, by its clock, beside what was seen here.
struct ServerTiming {
    const char *title; ///< "To first token"; for QCoreApplication::translate("ServerTiming")
    double serverMs = 0;
    /// Unset where nothing here corresponds.
    std::optional<double> clientMs = {};

    /// What the network, and whatever stands in it, added.
    std::optional<double> addedMs() const { return clientMs ? std::optional(*clientMs - serverMs) : std::nullopt; }
};

/// Empty where the server told nothing. The client's figures start where the request left our queue.
QList<ServerTiming> serverTimings(const RunRecord &record);

} // namespace talkbench::profile
