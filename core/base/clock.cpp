#include "core/base/clock.h"

#include <QDateTime>

#include <chrono>

namespace talkbench::base {

qint64 SystemClock::nowNs() const
{
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

qint64 SystemClock::wallMs() const
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace talkbench::base
