#include "core/bench/batchestimate.h"

#include "core/cost/tokencount.h"

#include <algorithm>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

/// The price that holds for calls of this plan; of a batch of the provider's `rule` says why.
std::optional<cost::Price> priceOf(const BatchTarget &target, const BatchPlan &plan, const cost::PriceBook &prices,
                                   const QDateTime &when, QString *rule)
{
    const auto price = prices.find(target.endpoint.providerId, target.model, when);
    if (!price)
        return prices.isUnpriced(target.endpoint.providerId) ? std::optional(cost::Price()) : std::nullopt;
    if (plan.way != BatchWay::Provider)
        return price;
    *rule = price->batchRule();
    return price->inBatch();
}

void add(std::optional<cost::CostRange> &sum, const cost::CostRange &usd)
{
    if (sum)
        sum = cost::CostRange { sum->minUsd + usd.minUsd, sum->maxUsd + usd.maxUsd };
}

} // namespace

QList<BatchCost> estimateBatch(const QList<BatchItem> &items, const BatchPlan &plan, const cost::PriceBook &prices,
                               const QDateTime &when)
{
    QList<std::optional<cost::Price>> priceOfTarget;
    QStringList rules;
    for (const BatchTarget &target : plan.targets) {
        QString rule;
        priceOfTarget.append(priceOf(target, plan, prices, when, &rule));
        rules.append(rule);
    }
    const int longest = plan.options.maxTokens.value_or(cost::usualLongestAnswer);
    QList<BatchCost> costs;
    for (const BatchItem &item : items) {
        const BatchTarget &target = plan.targets[item.target];
        const QString &provider = target.endpoint.providerId;
        auto row =
            std::find_if(costs.begin(), costs.end(), [&](const BatchCost &c) { return c.providerId == provider; });
        if (row == costs.end())
            row = costs.insert(costs.end(),
                               { provider, target.model, cost::CostRange(), cost::CostRange(), rules[item.target] });
        const auto &price = priceOfTarget[item.target];
        if (!price) {
            *row = { provider, target.model, std::nullopt, std::nullopt, rules[item.target] };
            continue;
        }
        const cost::TokenCount prompt = cost::roughCount(requestOf(item, plan).chat.messages);
        const cost::CostRange usd = cost::estimateCall(prompt.low, prompt.high, longest, *price, when);
        add(row->usd, usd);
        if (row->dearestCall && usd.maxUsd > row->dearestCall->maxUsd)
            row->dearestCall = usd;
    }
    return costs;
}

std::optional<cost::CostRange> totalOf(const QList<BatchCost> &costs)
{
    std::optional<cost::CostRange> total = cost::CostRange();
    for (const BatchCost &row : costs) {
        if (!row.usd)
            return std::nullopt;
        add(total, *row.usd);
    }
    return total;
}

cost::Verdict checkBudgets(const QList<cost::Budget> &budgets, const QList<cost::Spent> &spent,
                           const QList<BatchCost> &costs)
{
    QList<cost::Budget> ofCalls;
    QList<cost::Budget> ofAll;
    for (const cost::Budget &budget : budgets)
        (budget.scope == cost::BudgetScope::Call ? ofCalls : ofAll).append(budget);
    cost::Verdict worst;
    const auto take = [&worst](const cost::Verdict &verdict) {
        if (!verdict.action)
            return;
        const QString both = worst.reason.isEmpty() ? verdict.reason : worst.reason + u' ' + verdict.reason;
        worst = { worst.action ? std::max(*worst.action, *verdict.action) : *verdict.action, both };
    };
    for (const BatchCost &row : costs) {
        take(cost::check(ofCalls, spent, { row.providerId, row.model, row.dearestCall, u"the dearest call"_s }));
        take(cost::check(ofAll, spent, { row.providerId, row.model, row.usd, u"this batch"_s }));
    }
    return worst;
}

} // namespace talkbench::bench
