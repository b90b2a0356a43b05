#pragma once

#include "core/select/selector.h"

#include <QRandomGenerator>

#include <span>

namespace talkbench::select {

/// What a strategy looks at. Rows of candidates that can't be chosen are not among them.
struct Field {
    const Choice &choice;
    const Measurements &measurements;
    QList<Candidate> candidates;
    QList<DecisionRow> rows; ///< one a candidate
};

/// What a strategy says: a share for each candidate, which the choice is then drawn from. They are the propensities, exactly.
struct Shares {
    QList<double> shares;
    QString why; ///< the end of a sentence, where there is more to say than the strategy's title
};

struct Strategy {
    const char *id;
    const char *title;
    Shares (*share)(const Field &field, QRandomGenerator &random);
};

/// Adding a strategy is adding a row. The first is the standard one.
std::span<const Strategy> strategies();
const Strategy *strategyById(const QString &id);

/// A candidate's numbers at this prompt, by the measurements: all but its propensity.
DecisionRow predict(const Candidate &candidate, const Choice &choice, const Measurements &measurements);
/// Their utilities: a price that isn't known is taken for the highest known one, a quality for balanced.
void weigh(QList<DecisionRow> &rows, const Choice &choice);
/// The user's weights, with the quality that the prompt wants.
Weights weightsFor(const Choice &choice);

} // namespace talkbench::select
