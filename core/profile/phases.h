#pragma once

#include "core/profile/trace.h"

#include <QJsonObject>

namespace talkbench::profile {

/// A stretch of an attempt's time.
struct PhaseSpan {
    const char *id; ///< "queue": stable, its JSON name is id + "_ms"
    const char *title; ///< translatable in context "Phase"
    qint64 startNs = 0;
    qint64 endNs = 0;

    double ms() const { return static_cast<double>(endNs - startNs) / 1e6; }
};

/// The attempt cut into phases, one beginning where the one before it ended: retry, queue, connect, tls, send, wait,
/// first_content, stream, end. A phase that did not happen is left out, as connect and tls are on a reused connection.
/// Qt does not say when TCP is connected: over TLS `connect` is left out and `tls` is TCP and TLS together; in clear,
/// `connect` ends with the request sent and there is no `send`.
QList<PhaseSpan> phaseSpans(const Trace &trace);

/// {"reused_connection": bool, "queue_ms": …, one member a phase that happened}
QJsonObject phasesJson(const Trace &trace);

} // namespace talkbench::profile
