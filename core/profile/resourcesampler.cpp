#include "core/profile/resourcesampler.h"

#include <QDirIterator>
#include <QFile>
#include <QFileInfo>

#include <unistd.h>

#include <utility>

namespace talkbench::profile {

namespace {

QByteArray readProc(const QString &path)
{
    if (QFileInfo(path).isDir()) {
        QByteArray targets;
        for (QDirIterator links(path); links.hasNext();)
            targets += QFile::symLinkTarget(links.next()).toUtf8() + '\n';
        return targets;
    }
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

ResourceSampler::ResourceSampler(const base::Clock &clock) : ResourceSampler(clock, readProc, sysconf(_SC_CLK_TCK))
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
    sampleCpu(sample);
    sampleRare(sample);
    m_last = sample;
    return sample;
}

/// The system counts in ticks of 10 ms or so: over a few ms there would be none or far too many.
void ResourceSampler::sampleCpu(ResourceSample &sample)
{
    sample.cpuPercent = m_last.cpuPercent;
    if (!sample.cpuSeconds || (m_cpuBase && sample.ns - m_cpuBase->ns < cpuNs))
        return;
    if (m_cpuBase) {
        const double elapsed = static_cast<double>(sample.ns - m_cpuBase->ns) / 1e9;
        sample.cpuPercent = (*sample.cpuSeconds - m_cpuBase->seconds) / elapsed * 100;
    }
    m_cpuBase = CpuTime { sample.ns, *sample.cpuSeconds };
}

void ResourceSampler::sampleRare(ResourceSample &sample)
{
    sample.proportionalBytes = m_last.proportionalBytes;
    sample.sockets = m_last.sockets;
    if (m_rareAtNs && sample.ns - *m_rareAtNs < rareNs)
        return;
    m_rareAtNs = sample.ns;
    sample.proportionalBytes.reset();
    if (const auto kilobytes = statusField(m_reader(QStringLiteral("/proc/self/smaps_rollup")), "Pss:"))
        sample.proportionalBytes = *kilobytes * 1024;
    const QByteArray links = m_reader(QStringLiteral("/proc/self/fd"));
    sample.sockets = links.isEmpty() ? std::nullopt : std::optional(static_cast<int>(links.count("socket:[")));
}

} // namespace talkbench::profile
