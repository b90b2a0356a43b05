#include "core/cost/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace talkbench::cost {

namespace {

template <typename Word>
quint64 load(const char *at)
{
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Up to eight bytes, in loads of fixed sizes: these are fast. They may overlap.
quint64 wordOf(const char *at, std::size_t size)
{
    if (size >= sizeof(quint64))
        return load<quint64>(at);
    if (size >= sizeof(quint32))
        return load<quint32>(at) | load<quint32>(at + size - sizeof(quint32)) << 32;
    return load<quint8>(at) | load<quint8>(at + size / 2) << 8 | load<quint8>(at + size - 1) << 16;
}

/// A word at a time, multiplied and folded: the keys are short and come from our own list.
quint64 hash(QByteArrayView bytes)
{
    constexpr quint64 factor = 0x9e3779b97f4a7c15;
    const char *at = bytes.data();
    auto left = static_cast<std::size_t>(bytes.size());
    quint64 value = left * factor;
    while (left > 0) {
        const std::size_t taken = std::min(left, sizeof(quint64));
        value = (value ^ wordOf(at, left)) * factor;
        value ^= value >> 29;
        at += taken;
        left -= taken;
    }
    return value * factor;
}

quint32 checkOf(quint64 hash)
{
    return static_cast<quint32>(hash >> 32);
}

} // namespace

Vocabulary::Vocabulary(const QByteArray &data, qsizetype tokens)
    : m_bytes(data.sliced(tokens)), m_pairs(std::size_t(1) << 16, none),
      m_slots(std::bit_ceil(static_cast<std::size_t>(tokens) * 2))
{
    m_starts.reserve(static_cast<std::size_t>(tokens) + 1);
    m_starts.push_back(0);
    const std::size_t mask = m_slots.size() - 1;
    for (Rank rank = 0; rank < tokens; ++rank) {
        const auto length = static_cast<quint8>(data[rank]);
        m_starts.push_back(m_starts.back() + length);
        m_longest = std::max<qsizetype>(m_longest, length);
        if (length == 2)
            m_pairs[load<quint16>(bytes(rank).data())] = rank;
        const quint64 hashed = hash(bytes(rank));
        std::size_t at = hashed & mask;
        while (m_slots[at].rank != none)
            at = (at + 1) & mask;
        m_slots[at] = { checkOf(hashed), rank };
    }
}

Vocabulary::Rank Vocabulary::find(QByteArrayView bytes) const
{
    if (bytes.size() == 2)
        return m_pairs[load<quint16>(bytes.data())];
    if (bytes.size() > m_longest)
        return none;
    const quint64 hashed = hash(bytes);
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t at = hashed & mask; m_slots[at].rank != none; at = (at + 1) & mask) {
        if (m_slots[at].check == checkOf(hashed) && this->bytes(m_slots[at].rank) == bytes)
            return m_slots[at].rank;
    }
    return none;
}

} // namespace talkbench::cost
