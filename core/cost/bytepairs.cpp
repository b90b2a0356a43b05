#include "core/cost/bytepairs.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace talkbench::cost {

namespace {

using Rank = Vocabulary::Rank;

/// A token so far; `rank` is that of the pair with its right neighbour.
struct Part {
    qsizetype start;
    Rank rank;
};

/// Looks through all pairs for each merge: quadratic, and the fastest for words.
TokenStarts mergeShort(const Vocabulary &vocabulary, QByteArrayView bytes)
{
    QVarLengthArray<Part, longestShortPiece + 1> parts;
    const auto pairRank = [&](qsizetype at) {
        if (at + 2 >= parts.size())
            return Vocabulary::none;
        return vocabulary.find(bytes.sliced(parts[at].start, parts[at + 2].start - parts[at].start));
    };
    for (qsizetype start = 0; start <= bytes.size(); ++start)
        parts.push_back({ start, Vocabulary::none });
    for (qsizetype at = 0; at < parts.size(); ++at)
        parts[at].rank = pairRank(at);
    const auto lowerRank = [](const Part &a, const Part &b) { return a.rank < b.rank; };
    for (;;) {
        const auto lowest = std::min_element(parts.begin(), parts.end(), lowerRank);
        if (lowest->rank == Vocabulary::none)
            break;
        const qsizetype at = lowest - parts.begin();
        parts.erase(lowest + 1);
        parts[at].rank = pairRank(at);
        if (at > 0)
            parts[at - 1].rank = pairRank(at - 1);
    }
    TokenStarts starts;
    for (const Part &part : parts)
        starts.append(part.start);
    return starts;
}

/// Keeps the pairs in a heap and the parts in a list: n·log n, for what somebody made to be slow.
class LongMerge {
public:
    LongMerge(const Vocabulary &vocabulary, QByteArrayView bytes)
        : m_vocabulary(vocabulary), m_bytes(bytes), m_links(static_cast<std::size_t>(bytes.size()) + 1)
    {
        for (qsizetype at = 0; at <= bytes.size(); ++at)
            m_links[static_cast<std::size_t>(at)] = { at - 1, at + 1 };
        std::vector<Pair> pairs;
        pairs.reserve(m_links.size());
        for (qsizetype at = 0; at < bytes.size(); ++at) {
            if (const auto pair = pairAt(at))
                pairs.push_back(*pair);
        }
        m_pairs = Heap(std::greater<>(), std::move(pairs));
    }

    TokenStarts starts()
    {
        while (!m_pairs.empty()) {
            const Pair pair = m_pairs.top();
            m_pairs.pop();
            const auto start = static_cast<qsizetype>(pair >> lengthBits & ((Pair(1) << startBits) - 1));
            const qsizetype end = start + static_cast<qsizetype>(pair & ((Pair(1) << lengthBits) - 1));
            if (link(start).next == gone || pairEnd(start) != end)
                continue; // one of its two has been merged since
            const qsizetype middle = std::exchange(link(start).next, end);
            link(middle).next = gone;
            link(end).previous = start;
            push(start);
            if (const qsizetype previous = link(start).previous; previous >= 0)
                push(previous);
        }
        TokenStarts found;
        for (qsizetype at = 0; at <= m_bytes.size(); at = link(at).next)
            found.append(at);
        return found;
    }

private:
    struct Link {
        qsizetype previous;
        qsizetype next;
    };
    /// Rank, start and length in one word, the rank uppermost: small, and compared at once. A token has under 256 bytes, a
    /// vocabulary under 2^18 tokens.
    using Pair = quint64;
    using Heap = std::priority_queue<Pair, std::vector<Pair>, std::greater<>>;
    static constexpr int lengthBits = 8;
    static constexpr int startBits = 38;
    static constexpr qsizetype gone = -1;

    Link &link(qsizetype at) { return m_links[static_cast<std::size_t>(at)]; }

    /// Beyond the bytes if the part has no right neighbour.
    qsizetype pairEnd(qsizetype start)
    {
        const qsizetype middle = link(start).next;
        return middle < m_bytes.size() ? link(middle).next : m_bytes.size() + 1;
    }

    std::optional<Pair> pairAt(qsizetype start)
    {
        const qsizetype end = pairEnd(start);
        if (end > m_bytes.size())
            return std::nullopt;
        const Rank rank = m_vocabulary.find(m_bytes.sliced(start, end - start));
        if (rank == Vocabulary::none)
            return std::nullopt;
        return Pair(rank) << (startBits + lengthBits) | static_cast<Pair>(start) << lengthBits
            | static_cast<Pair>(end - start);
    }

    void push(qsizetype start)
    {
        if (const auto pair = pairAt(start))
            m_pairs.push(*pair);
    }

    const Vocabulary &m_vocabulary;
    QByteArrayView m_bytes;
    std::vector<Link> m_links;
    Heap m_pairs;
};

} // namespace

TokenStarts mergePairs(const Vocabulary &vocabulary, QByteArrayView bytes)
{
    return bytes.size() <= longestShortPiece ? mergeShort(vocabulary, bytes) : LongMerge(vocabulary, bytes).starts();
}

} // namespace talkbench::cost
