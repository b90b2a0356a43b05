#pragma once

#include "core/llm/message.h"

#include <QStringView>

namespace talkbench::cost {

/// About how many tokens a text is; always shown with '~'. Made for today's byte-pair vocabularies of 100–200 thousand
/// entries. Only the server knows the true number: on recorded answers even an exact tokenizer of another family is off
/// by 1–70 %.
qint64 estimateTokens(QStringView text);

/// Of streamed text that came in so many chunks: their number, where they are as short as tokens.
qint64 estimateStreamed(QStringView text, qsizetype chunks);

/// Of a whole prompt: its texts, and a few tokens a message for the template around them. Images aren't counted.
qint64 estimateTokens(const QList<llm::Message> &messages);

} // namespace talkbench::cost
