#include "core/bench/batchestimate.h"

#include "core/cost/tokencount.h"
#include "core/run/plannedcall.h"

#include <algorithm>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

constexpr auto goesOn = " Auto asks the other providers."_L1;
constexpr auto keptOnly = " Only kept answers are given."_L1;
constexpr auto withinIt = " Calls that would pass it are not sent."_L1;

/// As one of a batch of the provider's own, of which nothing is asked again; `rule` says why it costs that.
cost::PlannedCall plannedInBatch(const run::RunRequest &request, const cost::PriceBook &prices, const QDateTime &when,
                                 QString *rule)
{
    const QString &provider = request.endpoint.providerId;
    const cost::TokenCount prompt = cost::roughCount(request.chat.messages);
    const std::optional<cost::Price> price = prices.find(provider, request.chat.model, when);
    if (!price)
        return cost::planCall(provider, request.chat, prompt, prices, when);
    *rule = price->batchRule();
    cost::PlannedCall call { provider, request.chat.model, std::nullopt };
    const qint64 longest =
        cost::longestAnswer(provider, request.chat.model, request.chat.options.maxTokens, prices, when);
    if (const auto inBatch = price->inBatch())
        call.cost = cost::estimateCall(prompt.low, prompt.high, longest, *inBatch, when);
    return call;
}

/// What it costs with whichever model is chosen.
cost::PlannedCall plannedAutomatic(const BatchItem &item, const BatchPlan &plan, const cost::PriceBook &prices,
                                   const QDateTime &when)
{
    const BatchTarget &target = plan.targets[item.target];
    cost::PlannedCall widest { target.server, target.model, std::nullopt };
    for (const select::ModelRef &ref : plan.choice.models) {
        const auto endpoint = plan.choice.endpoints.constFind(ref.providerId);
        if (endpoint == plan.choice.endpoints.cend())
            continue;
        const auto call = run::plannedCall(requestOf(item, plan, *endpoint, ref.model), nullptr, prices, when);
        widest.unpriced += call.unpriced;
        if (!call.cost)
            widest.unpriced.append(ref.model);
        else if (!widest.cost)
            widest.cost = call.cost;
        else
            widest.cost = cost::CostRange { std::min(widest.cost->minUsd, call.cost->minUsd),
                                            std::max(widest.cost->maxUsd, call.cost->maxUsd) };
    }
    return widest;
}

cost::PlannedCall planned(const BatchItem &item, const BatchPlan &plan, const cost::PriceBook &prices,
                          const QDateTime &when, QString *rule)
{
    if (plan.targets[item.target].isAutomatic())
        return plannedAutomatic(item, plan, prices, when);
    const run::RunRequest request = requestOf(item, plan);
    return plan.way == BatchWay::Provider ? plannedInBatch(request, prices, when, rule)
                                          : run::plannedCall(request, nullptr, prices, when);
}

void take(cost::Verdict &worst, const cost::Verdict &verdict)
{
    if (!verdict.action)
        return;
    const QString both = worst.reason.isEmpty() ? verdict.reason : worst.reason + u' ' + verdict.reason;
    worst = { worst.action ? std::max(*worst.action, *verdict.action) : *verdict.action, both };
}

/// Of calls that go out one by one: each is judged again in its turn (cost::leaveFor()), where a kept answer passes. What
/// refuses there is a question here, and a warning where nothing can be spent at all.
cost::Verdict checkCalls(const QList<cost::Budget> &budgets, const QList<cost::Spent> &spent,
                         const cost::PlannedCall &call)
{
    QList<cost::Budget> now;
    QList<cost::Budget> inTurn;
    for (const cost::Budget &budget : budgets) {
        const bool again =
            budget.action == cost::BudgetAction::Refuse && budget.scope != cost::BudgetScope::Conversation;
        (again ? inTurn : now).append(budget);
    }
    cost::Verdict worst = cost::check(now, spent, call);
    cost::Verdict later = cost::check(inTurn, spent, call);
    if (later.action == cost::BudgetAction::Refuse)
        later = cost::usedUpFor(inTurn, spent, call.providerId).action
            ? cost::Verdict { cost::BudgetAction::Warn, later.reason + keptOnly }
            : cost::Verdict { cost::BudgetAction::Ask, later.reason + withinIt };
    take(worst, later);
    return worst;
}

/// Of the providers that may be chosen, as far as it can be known before.
cost::Verdict usedUpBefore(const BatchChoice &choice, const QList<cost::Budget> &budgets,
                           const QList<cost::Spent> &spent)
{
    QStringList providers = choice.endpoints.keys();
    providers.sort();
    QList<cost::Verdict> verdicts;
    for (const QString &provider : std::as_const(providers)) {
        QList<cost::Budget> own = budgets;
        own.removeIf([&provider](const cost::Budget &budget) { return budget.providerId != provider; });
        verdicts.append(cost::usedUpFor(own, spent, provider));
    }
    const auto refuses = [](const cost::Verdict &verdict) { return verdict.action == cost::BudgetAction::Refuse; };
    const bool all = std::all_of(verdicts.cbegin(), verdicts.cend(), refuses);
    cost::Verdict worst;
    for (const cost::Verdict &verdict : std::as_const(verdicts))
        take(worst,
             refuses(verdict) && !all ? cost::Verdict { cost::BudgetAction::Warn, verdict.reason + goesOn } : verdict);
    return worst;
}

void add(std::optional<cost::CostRange> &sum, const cost::CostRange &usd)
{
    if (sum)
        sum = cost::CostRange { sum->minUsd + usd.minUsd, sum->maxUsd + usd.maxUsd };
}

} // namespace

QList<BatchCost> estimateBatch(const QList<BatchItem> &items, const BatchPlan &plan, const cost::PriceBook &prices,
                               const QDateTime &when, const std::stop_token &stop)
{
    QList<BatchCost> costs;
    for (const BatchItem &item : items) {
        if (stop.stop_requested())
            break;
        QString rule;
        const cost::PlannedCall call = planned(item, plan, prices, when, &rule);
        auto row = std::find_if(costs.begin(), costs.end(),
                                [&](const BatchCost &c) { return c.providerId == call.providerId; });
        if (row == costs.end())
            row = costs.insert(costs.end(),
                               { call.providerId, call.model, cost::CostRange(), cost::CostRange(), {}, rule });
        row->unpriced += call.unpriced;
        row->unpriced.removeDuplicates();
        if (!call.cost) {
            row->model = call.model;
            row->rule = rule;
            row->usd.reset();
            row->dearestCall.reset();
            continue;
        }
        add(row->usd, *call.cost);
        row->known = { row->known.minUsd + call.cost->minUsd, row->known.maxUsd + call.cost->maxUsd };
        if (row->dearestCall && call.cost->maxUsd > row->dearestCall->maxUsd)
            row->dearestCall = call.cost;
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

cost::Verdict checkBudgets(const BatchPlan &plan, const QList<BatchCost> &costs, const QList<cost::Budget> &budgets,
                           const QList<cost::Spent> &spent)
{
    QList<cost::Budget> ofCalls;
    QList<cost::Budget> ofAll;
    for (const cost::Budget &budget : budgets)
        (budget.scope == cost::BudgetScope::Call ? ofCalls : ofAll).append(budget);
    cost::Verdict worst;
    for (const BatchCost &row : costs) {
        const bool isAutomatic = row.providerId == select::autoRef.providerId;
        const auto check = [&](const QList<cost::Budget> &some, const cost::PlannedCall &call) {
            take(worst,
                 plan.way == BatchWay::Calls && !isAutomatic ? checkCalls(some, spent, call)
                                                             : cost::check(some, spent, call));
        };
        check(ofCalls, { row.providerId, row.model, row.dearestCall, u"the dearest call"_s, row.unpriced });
        check(ofAll, { row.providerId, row.model, row.usd, u"this batch"_s, row.unpriced });
        if (isAutomatic)
            take(worst, usedUpBefore(plan.choice, ofAll, spent));
    }
    return worst;
}

} // namespace talkbench::bench
