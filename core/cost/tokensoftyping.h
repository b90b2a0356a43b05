#pragma once

#include "core/cost/tokenizer.h"

#include <vector>

namespace talkbench::cost {

/// The exact count of a text that is edited: only what stands around a change is counted again, between places where no
/// piece of the split pattern can cross. A text without such places (one word, a script without spaces and lines) is counted
/// whole.
class TokensOfTyping {
public:
    /// `tokenizer` outlives this.
    explicit TokensOfTyping(const Tokenizer &tokenizer) : m_tokenizer(tokenizer) { }

    /// The text as it is now.
    qint64 count(const QString &text);
    /// Of the last count().
    qsizetype charactersCounted() const { return m_charactersCounted; }

private:
    struct Chunk {
        qsizetype length;
        qint64 tokens;
    };

    void countChunks(QStringView text, std::vector<Chunk> &chunks);

    const Tokenizer &m_tokenizer;
    QString m_text;
    std::vector<Chunk> m_chunks;
    qsizetype m_charactersCounted = 0;
};

} // namespace talkbench::cost
