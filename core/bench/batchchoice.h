#pragma once

#include "core/cost/budget.h"
#include "core/llm/provider.h"
#include "core/select/chooser.h"

namespace talkbench::bench {

/// What Auto has to know in a batch: a model is chosen for each prompt when its turn comes.
struct BatchChoice {
    QList<select::ModelRef> models; ///< that it may choose
    QHash<QString, llm::Endpoint> endpoints; ///< of their providers, by id
    QHash<QString, QString> unreachable; ///< the other providers, with why
    QStringList tags;
    select::Quality quality = select::Quality::Balanced;

    /// What is asked of the chooser for a call.
    select::Question questionFor(const llm::ChatRequest &chat, const QList<cost::Budget> &budgets,
                                 const QList<cost::Spent> &spent, qint64 nowMs) const;
};

} // namespace talkbench::bench
