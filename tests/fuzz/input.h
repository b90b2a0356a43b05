#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QRandomGenerator>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace talkbench::fuzz {

/// A property that does not hold is a finding, like a crash.
inline void require(bool holds, const char *property)
{
    if (holds)
        return;
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
}

/// JSON has no other numbers; an infinite one would be stored as null.
inline bool finite(const QJsonObject &object)
{
    return std::all_of(object.begin(), object.end(),
                       [](const QJsonValue &value) { return !value.isDouble() || std::isfinite(value.toDouble()); });
}

/// What the fuzzer made: some bytes that choose, then the body.
class Input final {
public:
    Input(const std::uint8_t *data, std::size_t size)
        : m_bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size))
    {
    }

    /// From 0 to `count` - 1; 0 where there are no bytes left.
    int choice(int count)
    {
        if (m_at == m_bytes.size())
            return 0;
        return static_cast<std::uint8_t>(m_bytes[m_at++]) % count;
    }
    QByteArray rest() const { return m_bytes.sliced(m_at); }

private:
    QByteArray m_bytes;
    qsizetype m_at = 0;
};

/// Hands the body on in pieces: whole for seed 0, byte by byte for 1, else at places that the seed gives.
template <typename Take>
void inPieces(const QByteArray &body, int seed, Take take)
{
    QRandomGenerator random(static_cast<quint32>(seed));
    for (qsizetype start = 0; start < body.size();) {
        const qsizetype most = seed == 0 ? body.size() : seed == 1 ? 1 : random.bounded(1, 64);
        const qsizetype size = qMin(most, body.size() - start);
        take(QByteArrayView(body).sliced(start, size));
        start += size;
    }
}

} // namespace talkbench::fuzz
