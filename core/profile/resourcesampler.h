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
    /// Of one core, over the last span of at least `cpuNs`; unset before the first has passed.
    std::optional<double> cpuPercent;
    std::optional<int> threads;
    /// User and system time since the process began, in seconds.
    std::optional<double> cpuSeconds;
    /// The proportional set: what is shared with other processes counts by its share. Up to `rareNs` old, as are sockets.
    std::optional<qint64> proportionalBytes;
    std::optional<int> sockets; ///< open ones, of any family
};

/// Reads /proc/self. Cheap enough for several times a second: what costs more is read rarely.
class ResourceSampler {
public:
    /// The content of a file, or what the links of a folder point to, one a line. Empty if it can't be read.
    using Reader = std::function<QByteArray(const QString &path)>;

    static constexpr qint64 rareNs = 10'000'000'000;
    static constexpr qint64 cpuNs = 1'000'000'000;

    explicit ResourceSampler(const base::Clock &clock);
    ResourceSampler(const base::Clock &clock, Reader reader, long ticksPerSecond);

    ResourceSample sample();

private:
    struct CpuTime {
        qint64 ns;
        double seconds;
    };

    void sampleCpu(ResourceSample &sample);
    void sampleRare(ResourceSample &sample);

    const base::Clock &m_clock;
    Reader m_reader;
    long m_ticksPerSecond;
    ResourceSample m_last;
    std::optional<CpuTime> m_cpuBase; ///< where the span of cpuPercent begins
    std::optional<qint64> m_rareAtNs;
};

} // namespace talkbench::profile
