#pragma once

#include "core/cost/vocabulary.h"

#include <QList>

namespace talkbench::cost {

/// The tokens of a piece that isn't one itself: of all neighbours the pair of the lowest rank, the leftmost of equals, is
/// merged until none is in the vocabulary. `bytes` isn't empty; every single byte is a token.
/// Gives where each token begins, and the end.
QList<qsizetype> mergePairs(const Vocabulary &vocabulary, QByteArrayView bytes);

} // namespace talkbench::cost
