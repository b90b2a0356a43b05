#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <vector>

namespace talkbench::cost {

/// The tokens of a byte-pair encoding, each with its rank: its place in the list, its id and, the lower the earlier, its
/// turn in merging.
class Vocabulary {
public:
    using Rank = quint32;
    static constexpr Rank none = ~Rank(0);

    /// A byte a token with its length, then the bytes of all, both by rank; the number is that of the lengths.
    Vocabulary(const QByteArray &data, qsizetype tokens);

    /// `none` if no token has these bytes.
    Rank find(QByteArrayView bytes) const;
    qsizetype size() const { return static_cast<qsizetype>(m_starts.size()) - 1; }
    QByteArrayView bytes(Rank rank) const
    {
        return QByteArrayView(m_bytes).sliced(m_starts[rank], m_starts[rank + 1] - m_starts[rank]);
    }

private:
    struct Slot {
        quint32 check = 0; ///< the hash's upper half, so that what isn't there is seldom compared
        Rank rank = none;
    };

    QByteArray m_bytes;
    std::vector<quint32> m_starts; ///< of each token in m_bytes, and the end
    std::vector<Rank> m_pairs; ///< by two bytes: half of all questions
    std::vector<Slot> m_slots; ///< open addressing; a power of two
    qsizetype m_longest = 0;
};

} // namespace talkbench::cost
