#pragma once

#include "core/llm/message.h"

#include <QString>

namespace talkbench::cost {

struct TokenCount {
    qint64 tokens = 0;
    qint64 low = 0; ///< where the true number is expected; both are `tokens` if it is exact
    qint64 high = 0;
    bool exact = false;
    bool ownVocabulary = false; ///< counted with the model's own: only the template is not exact
    qsizetype imagesNotCounted = 0; ///< what a picture costs depends on how the server scales it
    QString why; ///< for a person: "o200k_base", "1.55 × o200k_base ± 12 %: …"
    /// In tokens of the vocabulary, before any factor: what can be learned from. 0 where there is more than text to it.
    qint64 counted = 0;

    bool operator==(const TokenCount &) const = default;
};

/// Without a vocabulary: what estimateTokens() says, and how far that may be off.
TokenCount roughCount(const QList<llm::Message> &messages);

} // namespace talkbench::cost
