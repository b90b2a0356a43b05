#include "core/profile/resourcesampler.h"

#include <QFile>

#include <unistd.h>

#include <utility>

namespace talkbench::profile {

namespace {

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// "VmRSS:\t  6012 kB" → 6012
std::optional<qint64> statusField(const QByteArray &status, QByteArrayView name)
{
    const QList<QByteArray> lines = status.split('\n');
    for (const QByteArray &line : lines) {
        if (!line.startsWith(name))
            continue;
        bool ok = false;
        const qint64 value = line.mid(name.size()).simplified().split(' ').constFirst().toLongLong(&ok);
        return ok ? std::optional(value) : std::nullopt;
    }
    return std::nullopt;
}

/// utime and stime of /proc/self/stat. The second field, the program's name, may hold spaces and brackets.
std::optional<qint64> cpuTicks(const QByteArray &stat)
{
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 13)
        return std::nullopt;
    return fields[11].toLongLong() + fields[12].toLongLong();
}

} // namespace

ResourceSampler::ResourceSampler(const base::Clock &clock) : ResourceSampler(clock, readFile, sysconf(_SC_CLK_TCK))
{
}

ResourceSampler::ResourceSampler(const base::Clock &clock, Reader reader, long ticksPerSecond)
    : m_clock(clock), m_reader(std::move(reader)), m_ticksPerSecond(ticksPerSecond)
{
}

ResourceSample ResourceSampler::sample()
{
    ResourceSample sample;
    sample.ns = m_clock.nowNs();
    const QByteArray status = m_reader(QStringLiteral("/proc/self/status"));
    if (const auto kilobytes = statusField(status, "VmRSS:"))
        sample.residentBytes = *kilobytes * 1024;
    if (const auto threads = statusField(status, "Threads:"))
        sample.threads = static_cast<int>(*threads);
    if (const auto ticks = cpuTicks(m_reader(QStringLiteral("/proc/self/stat"))))
        sample.cpuSeconds = static_cast<double>(*ticks) / static_cast<double>(m_ticksPerSecond);
    if (sample.cpuSeconds && m_last.cpuSeconds && sample.ns > m_last.ns) {
        const double elapsed = static_cast<double>(sample.ns - m_last.ns) / 1e9;
        sample.cpuPercent = (*sample.cpuSeconds - *m_last.cpuSeconds) / elapsed * 100;
    }
    m_last = sample;
    return sample;
}

} // namespace talkbench::profile
