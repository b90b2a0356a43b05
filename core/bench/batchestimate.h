#pragma once

#include "core/bench/batchplan.h"
#include "core/cost/budget.h"
#include "core/cost/pricebook.h"

#include <QDateTime>

#include <stop_token>

namespace talkbench::bench {

/// What a provider's part of a batch may cost. Its tokens are estimates.
struct BatchCost {
    QString providerId; ///< of calls whose model is chosen for each: an asterisk
    QString model; ///< one of those whose price is unknown, else any
    std::optional<cost::CostRange> usd; ///< unset: a price is unknown
    std::optional<cost::CostRange> dearestCall; ///< likewise
    QStringList unpriced = {}; ///< models that may be asked too, whose price is unknown
    QString rule = {}; ///< of a provider's batch, for a person: why it costs that
    cost::CostRange known = {}; ///< of the calls whose price is known
};

/// In the order in which the providers come up; as batches of the provider's own at the price of those. A stop leaves it half done.
QList<BatchCost> estimateBatch(const QList<BatchItem> &items, const BatchPlan &plan, const cost::PriceBook &prices,
                               const QDateTime &when, const std::stop_token &stop = {});

/// All of it. Unset: a price is unknown.
std::optional<cost::CostRange> totalOf(const QList<BatchCost> &costs);

/// What the budgets say before it starts: those of a call hold for its dearest one, the others for all of it. Of calls of one
/// model a budget that refuses asks, and warns where it is used up: kept answers pass it. Where models are chosen for each, also
/// whose budget is used up: providers that are left alone are no more than a warning, unless it is all.
cost::Verdict checkBudgets(const BatchPlan &plan, const QList<BatchCost> &costs, const QList<cost::Budget> &budgets,
                           const QList<cost::Spent> &spent);

} // namespace talkbench::bench
