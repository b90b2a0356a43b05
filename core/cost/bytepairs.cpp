#include "core/cost/bytepairs.h"

#include <algorithm>
#include <queue>
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
        for (qsizetype at = 0; at < bytes.size(); ++at)
            push(at);
    }

    TokenStarts starts()
    {
        while (!m_pairs.empty()) {
            const Pair pair = m_pairs.top();
            m_pairs.pop();
            if (link(pair.start).next != pair.middle || pairEnd(pair.start) != pair.end)
                continue; // one of its two has been merged since
            link(pair.start).next = pair.end;
            link(pair.middle).next = gone;
            link(pair.end).previous = pair.start;
            push(pair.start);
            if (const qsizetype previous = link(pair.start).previous; previous >= 0)
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
    struct Pair {
        Rank rank;
        qsizetype start;
        qsizetype middle;
        qsizetype end;

        bool operator<(const Pair &other) const // the heap's top is the greatest
        {
            return rank != other.rank ? rank > other.rank : start > other.start;
        }
    };
    static constexpr qsizetype gone = -1;

    Link &link(qsizetype at) { return m_links[static_cast<std::size_t>(at)]; }

    /// Beyond the bytes if the part has no right neighbour.
    qsizetype pairEnd(qsizetype start)
    {
        const qsizetype middle = link(start).next;
        return middle < m_bytes.size() ? link(middle).next : m_bytes.size() + 1;
    }

    void push(qsizetype start)
    {
        const qsizetype end = pairEnd(start);
        if (end > m_bytes.size())
            return;
        const Rank rank = m_vocabulary.find(m_bytes.sliced(start, end - start));
        if (rank != Vocabulary::none)
            m_pairs.push({ rank, start, link(start).next, end });
    }

    const Vocabulary &m_vocabulary;
    QByteArrayView m_bytes;
    std::vector<Link> m_links;
    std::priority_queue<Pair> m_pairs;
};

} // namespace

TokenStarts mergePairs(const Vocabulary &vocabulary, QByteArrayView bytes)
{
    return bytes.size() <= longestShortPiece ? mergeShort(vocabulary, bytes) : LongMerge(vocabulary, bytes).starts();
}

} // namespace talkbench::cost
