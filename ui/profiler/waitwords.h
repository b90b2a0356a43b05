#pragma once

#include "core/run/limits.h"

namespace talkbench::ui {

/// What a queued call waits for, as the end of a sentence, and for how much longer where that is known: "this provider's limit
/// of 3 requests a minute · 12 s". `nowNs` is monotonic.
QString waitWords(const run::Wait &wait, qint64 nowNs);
/// The seconds until a moment, the one that runs included.
int secondsUntil(qint64 thenNs, qint64 nowNs);

} // namespace talkbench::ui
