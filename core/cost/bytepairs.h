#pragma once

#include "core/cost/vocabulary.h"

#include <QVarLengthArray>

namespace talkbench::cost {

/// Longer ones are merged in n·log n.
constexpr qsizetype longestShortPiece = 128;
/// Without an allocation for a short piece.
using TokenStarts = QVarLengthArray<qsizetype, longestShortPiece + 1>;

/// The tokens of a piece that isn't one itself: of all neighbours the pair of the lowest rank, the leftmost of equals, is
/// merged until none is in the vocabulary. `bytes` isn't empty; every single byte is a token.
/// Gives where each token begins, and the end.
TokenStarts mergePairs(const Vocabulary &vocabulary, QByteArrayView bytes);

} // namespace talkbench::cost
