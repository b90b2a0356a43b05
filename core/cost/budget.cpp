#include "core/cost/budget.h"

#include "core/cost/receipt.h"

#include <QStringList>
#include <QTimeZone>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mostTokensOfPicture = 3000;

bool isPicture(const llm::ContentPart &part)
{
    return part.kind == llm::ContentPart::Kind::Image;
}

constexpr QLatin1StringView scopeNames[] { "call"_L1, "conversation"_L1, "day"_L1, "month"_L1 };
constexpr QLatin1StringView actionNames[] { "warn"_L1, "ask"_L1, "refuse"_L1 };

template <typename T, std::size_t N>
std::optional<T> fromName(const QLatin1StringView (&names)[N], const QString &name)
{
    const auto *found = std::find(std::begin(names), std::end(names), name);
    return found == std::end(names) ? std::nullopt : std::optional(T(found - std::begin(names)));
}

std::optional<Budget> budgetFrom(const QVariantMap &row)
{
    const auto scope = fromName<BudgetScope>(scopeNames, row[u"scope"_s].toString());
    const auto action = fromName<BudgetAction>(actionNames, row[u"action"_s].toString());
    bool isNumber = false;
    const double limit = row[u"limit_usd"_s].toDouble(&isNumber);
    if (!scope || !action || !isNumber || !std::isfinite(limit) || limit < 0)
        return std::nullopt;
    return Budget { *scope, row[u"provider"_s].toString(), limit, *action };
}

QString usd(double amount)
{
    if (amount > 0 && amount < 0.0001)
        return u"under $0.0001"_s;
    return u"$%1"_s.arg(amount, 0, 'f', amount == 0 || amount >= 0.1 ? 2 : 4);
}

double soFar(const Budget &budget, const QList<Spent> &spent)
{
    double sum = 0;
    for (const Spent &row : spent) {
        if (!budget.providerId.isEmpty() && budget.providerId != row.providerId)
            continue;
        switch (budget.scope) {
        case BudgetScope::Call:
            break;
        case BudgetScope::Conversation:
            sum += row.conversationUsd;
            break;
        case BudgetScope::Day:
            sum += row.dayUsd;
            break;
        case BudgetScope::Month:
            sum += row.monthUsd;
            break;
        }
    }
    return sum;
}

/// "of $2.00 a day"
QString sumOf(const Budget &budget)
{
    return u"of %1 a %2"_s.arg(usd(budget.limitUsd), budgetScopeName(budget.scope));
}

QString titleOf(const Budget &budget)
{
    const QString title = u"The budget "_s + sumOf(budget);
    return budget.providerId.isEmpty() ? title : u"%1 for %2"_s.arg(title, budget.providerId);
}

/// Of a budget that may be passed. A warning would come before nearly every call: it comes once the budget is passed.
std::optional<BudgetAction> gentler(BudgetAction action)
{
    return action == BudgetAction::Warn ? std::nullopt : std::optional(BudgetAction::Ask);
}

QString rangeText(const CostRange &cost)
{
    return cost.maxUsd > cost.minUsd ? u"%1 to %2"_s.arg(usd(cost.minUsd), usd(cost.maxUsd)) : usd(cost.maxUsd);
}

bool costsNothing(const PlannedCall &call)
{
    return call.cost && call.cost->maxUsd == 0 && call.unpriced.isEmpty();
}

QList<PlannedCall> heldBy(const Budget &budget, const QList<PlannedCall> &calls)
{
    QList<PlannedCall> held;
    std::copy_if(calls.begin(), calls.end(), std::back_inserter(held), [&budget](const PlannedCall &call) {
        const bool elsewhere = call.elsewhere && budget.scope == BudgetScope::Conversation;
        return (budget.providerId.isEmpty() || budget.providerId == call.providerId) && !elsewhere
            && !costsNothing(call);
    });
    return held;
}

CostRange costOf(const QList<PlannedCall> &calls)
{
    CostRange sum;
    for (const PlannedCall &call : calls) {
        sum.minUsd += call.cost.value_or(CostRange()).minUsd;
        sum.maxUsd += call.cost.value_or(CostRange()).maxUsd;
    }
    return sum;
}

QStringList unpricedOf(const QList<PlannedCall> &calls)
{
    QStringList unpriced;
    for (const PlannedCall &call : calls) {
        unpriced += call.unpriced;
        if (!call.cost)
            unpriced.append(call.model);
    }
    unpriced.removeDuplicates();
    return unpriced;
}

Verdict usedUpVerdict(const Budget &budget, double spent)
{
    return { budget.action, u"%1 is used up: %2 spent."_s.arg(titleOf(budget), usd(spent)) };
}

// Sums of floating point figures: a limit that is met exactly is kept.
double mostOf(const Budget &budget)
{
    return budget.limitUsd * (1 + 1e-9);
}

bool isPassed(const Budget &budget, double before, double after)
{
    return before <= mostOf(budget) && after > mostOf(budget);
}

QString passedNow(const Budget &budget, double spent)
{
    return u"%1 is passed now: %2 spent."_s.arg(titleOf(budget), usd(spent));
}

/// Of one budget that holds for each of the calls. `underWay`: what others that it holds for may still cost.
Verdict checkOne(const Budget &budget, double spent, const QList<PlannedCall> &calls, const CostRange &underWay)
{
    const double limit = mostOf(budget);
    const bool perCall = budget.scope == BudgetScope::Call;
    if (!perCall && spent >= budget.limitUsd)
        return usedUpVerdict(budget, spent);
    const CostRange cost = costOf(calls);
    const QStringList unpriced = unpricedOf(calls);
    const QString what = calls.size() == 1
        ? u"%1 costs %2"_s.arg(calls.first().what, rangeText(cost))
        : u"these %1 calls cost %2 together"_s.arg(calls.size()).arg(rangeText(cost));
    QString left = perCall ? QString() : u", and %1 is left"_s.arg(usd(budget.limitUsd - spent));
    if (underWay.maxUsd > 0)
        left += u", of which calls under way cost %1"_s.arg(rangeText(underWay));
    if (spent + underWay.minUsd + cost.minUsd > limit)
        return { budget.action, u"%1 would be passed: %2%3."_s.arg(titleOf(budget), what, left) };
    if (const auto action = gentler(budget.action); action && spent + underWay.maxUsd + cost.maxUsd > limit)
        return { action, u"%1 may be passed: %2%3."_s.arg(titleOf(budget), what, left) };
    if (!unpriced.isEmpty())
        return { BudgetAction::Warn,
                 u"%1 can't be checked: the price of %2 is unknown."_s.arg(titleOf(budget),
                                                                           unpriced.join(u" and "_s)) };
    return {};
}

QList<Verdict> verdictsOf(const Budget &budget, const QList<Spent> &spent, const QList<PlannedCall> &calls,
                          const QList<PlannedCall> &underWay)
{
    const QList<PlannedCall> held = heldBy(budget, calls);
    if (held.isEmpty())
        return {};
    if (budget.scope != BudgetScope::Call)
        return { checkOne(budget, soFar(budget, spent), held, costOf(heldBy(budget, underWay))) };
    QList<Verdict> verdicts;
    for (const PlannedCall &call : held)
        verdicts.append(checkOne(budget, 0, { call }, {}));
    return verdicts;
}

/// The worst action, and all that was said, the worst first.
Verdict worstOf(QList<Verdict> verdicts)
{
    verdicts.removeIf([](const Verdict &verdict) { return !verdict.action; });
    std::stable_sort(verdicts.begin(), verdicts.end(),
                     [](const Verdict &a, const Verdict &b) { return *a.action > *b.action; });
    Verdict worst = verdicts.isEmpty() ? Verdict() : verdicts.constFirst();
    QStringList reasons;
    for (const Verdict &verdict : std::as_const(verdicts)) {
        if (!reasons.contains(verdict.reason))
            reasons.append(verdict.reason);
    }
    worst.reason = reasons.join(u' ');
    return worst;
}

} // namespace

QString budgetScopeName(BudgetScope scope)
{
    return scopeNames[std::size_t(scope)];
}

QString budgetActionName(BudgetAction action)
{
    return actionNames[std::size_t(action)];
}

QList<Budget> budgetsFromSetting(const QVariantMap &setting, QStringList *problems)
{
    QList<Budget> budgets;
    const QVariantList rows = setting.value(u"rows"_s).toList();
    for (qsizetype i = 0; i < rows.size(); ++i) {
        if (const auto budget = budgetFrom(rows.at(i).toMap()))
            budgets.append(*budget);
        else if (problems)
            problems->append(u"Budget %1 can't be read."_s.arg(i + 1));
    }
    return budgets;
}

QVariantMap toSetting(const QList<Budget> &budgets)
{
    QVariantList rows;
    for (const Budget &budget : budgets)
        rows.append(QVariantMap { { u"scope"_s, budgetScopeName(budget.scope) },
                                  { u"provider"_s, budget.providerId },
                                  { u"limit_usd"_s, budget.limitUsd },
                                  { u"action"_s, budgetActionName(budget.action) } });
    return { { u"rows"_s, rows } };
}

PeriodStarts periodStarts(const QDateTime &now)
{
    const QTimeZone zone = now.timeZone();
    const QDate day = now.date();
    const QDate month(day.year(), day.month(), 1);
    return { day.startOfDay(zone).toMSecsSinceEpoch(), month.startOfDay(zone).toMSecsSinceEpoch() };
}

std::optional<double> budgetLeft(const QList<Budget> &budgets, const QList<Spent> &spent, const QStringList &providers)
{
    std::optional<double> least;
    for (const Budget &budget : budgets) {
        const bool holds = budget.providerId.isEmpty() || providers.contains(budget.providerId);
        if (budget.scope == BudgetScope::Call || !holds)
            continue;
        const double left = std::max(budget.limitUsd - soFar(budget, spent), 0.0);
        least = least ? std::min(*least, left) : left;
    }
    return least;
}

QStringList passedBy(double costUsd, const QString &providerId, const QList<Budget> &budgets, const QList<Spent> &spent)
{
    QStringList passed;
    for (const Budget &budget : budgets) {
        if (!budget.providerId.isEmpty() && budget.providerId != providerId)
            continue;
        const double before = soFar(budget, spent);
        if (isPassed(budget, before, before + costUsd))
            passed.append(budget.scope == BudgetScope::Call
                              ? u"%1 was passed: this one cost %2."_s.arg(titleOf(budget), usd(costUsd))
                              : passedNow(budget, before + costUsd));
    }
    return passed;
}

QStringList passedBetween(const QList<Budget> &budgets, const QList<Spent> &before, const QList<Spent> &after)
{
    QStringList passed;
    for (const Budget &budget : budgets) {
        const bool counts = budget.scope == BudgetScope::Day || budget.scope == BudgetScope::Month;
        if (const double sum = soFar(budget, after); counts && isPassed(budget, soFar(budget, before), sum))
            passed.append(passedNow(budget, sum));
    }
    return passed;
}

QHash<QString, QString> usedUp(const QList<Budget> &budgets, const QList<Spent> &spent)
{
    QHash<QString, QString> barred;
    for (const Budget &budget : budgets) {
        const bool counts = budget.scope != BudgetScope::Call && budget.action == BudgetAction::Refuse;
        if (counts && !budget.providerId.isEmpty() && soFar(budget, spent) >= budget.limitUsd)
            barred.insert(budget.providerId, u"its budget %1 is used up"_s.arg(sumOf(budget)));
    }
    return barred;
}

CostRange estimateCall(qint64 promptLow, qint64 promptHigh, qint64 maxOutput, const Price &price, const QDateTime &when)
{
    const auto cost = [&](const llm::Usage &usage) { return *receiptOf(usage, price, { when }).computedUsd; };
    llm::Usage cached;
    cached.cacheRead = promptLow;
    llm::Usage fresh;
    fresh.input = promptLow;
    double most = 0;
    for (const auto prompt : { &llm::Usage::input, &llm::Usage::cacheRead, &llm::Usage::cacheWrite }) {
        for (const auto answer : { &llm::Usage::output, &llm::Usage::reasoning }) {
            llm::Usage usage;
            usage.*prompt = promptHigh;
            usage.*answer = maxOutput;
            most = std::max(most, cost(usage));
        }
    }
    return { std::min(cost(cached), cost(fresh)), most };
}

qint64 longestAnswer(const QString &providerId, const QString &model, std::optional<int> maxTokens,
                     const PriceBook &prices, const QDateTime &when)
{
    if (maxTokens)
        return *maxTokens;
    return prices.limitsOf(providerId, model, when).maxOutputTokens.value_or(usualLongestAnswer);
}

std::optional<CostRange> estimateCost(const QString &providerId, const QString &model, const TokenCount &prompt,
                                      qsizetype pictures, std::optional<int> maxTokens, const PriceBook &prices,
                                      const QDateTime &when)
{
    if (const auto price = prices.find(providerId, model, when))
        return estimateCall(prompt.low, prompt.high + pictures * mostTokensOfPicture,
                            longestAnswer(providerId, model, maxTokens, prices, when), *price, when);
    return prices.isUnpriced(providerId) ? std::optional(CostRange()) : std::nullopt;
}

PlannedCall planCall(const QString &providerId, const llm::ChatRequest &request, const TokenCount &prompt,
                     const PriceBook &prices, const QDateTime &when)
{
    qsizetype pictures = 0;
    for (const llm::Message &message : request.messages)
        pictures += std::count_if(message.parts.begin(), message.parts.end(), isPicture);
    return { providerId, request.model,
             estimateCost(providerId, request.model, prompt, pictures, request.options.maxTokens, prices, when) };
}

Verdict check(const QList<Budget> &budgets, const QList<Spent> &spent, const PlannedCall &call)
{
    return check(budgets, spent, QList<PlannedCall> { call });
}

Verdict check(const QList<Budget> &budgets, const QList<Spent> &spent, const QList<PlannedCall> &calls,
              const QList<PlannedCall> &underWay)
{
    QList<Verdict> verdicts;
    for (const Budget &budget : budgets)
        verdicts.append(verdictsOf(budget, spent, calls, underWay));
    return worstOf(verdicts);
}

Verdict usedUpFor(const QList<Budget> &budgets, const QList<Spent> &spent, const QString &providerId)
{
    QList<Verdict> verdicts;
    for (const Budget &budget : budgets) {
        const bool holds =
            budget.scope != BudgetScope::Call && (budget.providerId.isEmpty() || budget.providerId == providerId);
        if (const double sum = soFar(budget, spent); holds && sum >= budget.limitUsd)
            verdicts.append(usedUpVerdict(budget, sum));
    }
    return worstOf(verdicts);
}

Leave leaveFor(const QList<Budget> &budgets, const QList<Spent> &spent, const PlannedCall &call,
               const QList<PlannedCall> &underWay)
{
    Leave leave;
    for (const Budget &budget : budgets) {
        if (budget.action != BudgetAction::Refuse || budget.scope == BudgetScope::Conversation)
            continue;
        const Verdict alone = worstOf(verdictsOf(budget, spent, { call }, {}));
        if (alone.action == BudgetAction::Refuse)
            return { Leave::May::Never, alone.reason };
        const bool isShared = budget.scope != BudgetScope::Call && costOf(heldBy(budget, underWay)).maxUsd > 0;
        const Verdict together = isShared ? worstOf(verdictsOf(budget, spent, { call }, underWay)) : Verdict();
        if (together.action && *together.action >= BudgetAction::Ask)
            leave = { Leave::May::Wait, together.reason };
    }
    return leave;
}

} // namespace talkbench::cost
