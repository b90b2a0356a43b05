#pragma once

#include "core/base/clock.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <optional>

namespace talkbench::profile {

/// What this process costs the machine. Unset where the system doesn't tell.
struct ResourceSample {
    qint64 ns = 0;
    std::optional<qint64> residentBytes;
    /// Of one core, since the sample before; unset in the first one.
    std::optional<double> cpuPercent;
    std::optional<int> threads;
    /// User and system time since the process began, in seconds.
    std::optional<double> cpuSeconds;
};

/// Reads /proc/self. Cheap enough for several times a second.
class ResourceSampler {
public:
    using Reader = std::function<QByteArray(const QString &path)>;

    explicit ResourceSampler(const base::Clock &clock);
    ResourceSampler(const base::Clock &clock, Reader reader, long ticksPerSecond);

    ResourceSample sample();

private:
    const base::Clock &m_clock;
    Reader m_reader;
    long m_ticksPerSecond;
    ResourceSample m_last;
};

} // namespace talkbench::profile
