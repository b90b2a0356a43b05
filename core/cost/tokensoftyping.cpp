#include "core/cost/tokensoftyping.h"

#include <algorithm>
#include <numeric>

namespace talkbench::cost {

namespace {

constexpr qsizetype chunkSize = 2'048;

qsizetype commonPrefix(QStringView a, QStringView b)
{
    const qsizetype size = std::min(a.size(), b.size());
    return std::mismatch(a.begin(), a.begin() + size, b.begin()).first - a.begin();
}

qsizetype commonSuffix(QStringView a, QStringView b)
{
    const qsizetype size = std::min(a.size(), b.size());
    return std::mismatch(a.rbegin(), a.rbegin() + size, b.rbegin()).first - a.rbegin();
}

} // namespace

qint64 TokensOfTyping::count(const QString &text)
{
    const qsizetype prefix = commonPrefix(m_text, text);
    const qsizetype suffix = commonSuffix(QStringView(m_text).sliced(prefix), QStringView(text).sliced(prefix));
    // A border hangs on the characters at its two sides: a chunk stays if both stay at both of its ends.
    auto first = m_chunks.begin();
    qsizetype begin = 0;
    while (first != m_chunks.end() && begin + first->length < prefix)
        begin += (first++)->length;
    auto last = m_chunks.end();
    qsizetype kept = 0;
    while (last != first && kept + (last - 1)->length < suffix)
        kept += (--last)->length;

    std::vector<Chunk> chunks(m_chunks.begin(), first);
    m_charactersCounted = text.size() - kept - begin;
    countChunks(QStringView(text).sliced(begin, m_charactersCounted), chunks);
    chunks.insert(chunks.end(), last, m_chunks.end());
    m_chunks = std::move(chunks);
    m_text = text;
    const auto add = [](qint64 tokens, const Chunk &chunk) { return tokens + chunk.tokens; };
    return std::accumulate(m_chunks.begin(), m_chunks.end(), qint64(0), add);
}

void TokensOfTyping::countChunks(QStringView text, std::vector<Chunk> &chunks)
{
    while (!text.isEmpty()) {
        qsizetype end = std::min(chunkSize, text.size());
        while (end < text.size() && !m_tokenizer.isBorder(text, end))
            ++end;
        chunks.push_back({ end, m_tokenizer.count(text.first(end)) });
        text = text.sliced(end);
    }
}

} // namespace talkbench::cost
