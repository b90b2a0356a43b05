#pragma once

#include <QtGlobal>

namespace talkbench::base {

/// Time, injectable. Intervals come from nowNs(); wallMs() is for display and storage only.
class Clock {
public:
    virtual ~Clock() = default;
    /// Monotonic nanoseconds (CLOCK_MONOTONIC), comparable between processes of one machine.
    virtual qint64 nowNs() const = 0;
    /// Milliseconds since the Unix epoch, UTC.
    virtual qint64 wallMs() const = 0;
};

class SystemClock final : public Clock {
public:
    qint64 nowNs() const override;
    qint64 wallMs() const override;
};

} // namespace talkbench::base
