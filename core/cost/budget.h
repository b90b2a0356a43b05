#pragma once

#include "core/base/spent.h"
#include "core/cost/pricebook.h"
#include "core/cost/tokencount.h"
#include "core/llm/chatrequest.h"

#include <QDateTime>
#include <QHash>
#include <QStringList>
#include <QVariantMap>

namespace talkbench::cost {

enum class BudgetScope { Call, Conversation, Day, Month };
/// The later, the worse.
enum class BudgetAction { Warn, Ask, Refuse };

QString budgetScopeName(BudgetScope scope); // "call", "conversation", "day", "month"
QString budgetActionName(BudgetAction action); // "warn", "ask", "refuse"

struct Budget {
    BudgetScope scope = BudgetScope::Day;
    QString providerId; ///< empty: all providers together
    double limitUsd = 0;
    BudgetAction action = BudgetAction::Warn;

    bool operator==(const Budget &) const = default;
};

/// As the settings keep them: {"rows": [{scope, provider, limit_usd, action}]}. What can't be read is named in `problems`
/// and left out.
QList<Budget> budgetsFromSetting(const QVariantMap &setting, QStringList *problems = nullptr);
QVariantMap toSetting(const QList<Budget> &budgets);

/// When the calendar's day and month began where `now` is, as ms since the epoch.
struct PeriodStarts {
    qint64 dayMs = 0;
    qint64 monthMs = 0;

    bool operator==(const PeriodStarts &) const = default;
};
PeriodStarts periodStarts(const QDateTime &now);

using base::Spent;

/// USD that the tightest of the budgets has left, of those that hold for all providers or one of these; never below 0. Unset
/// where none does; a call's budget has nothing to be left.
std::optional<double> budgetLeft(const QList<Budget> &budgets, const QList<Spent> &spent, const QStringList &providers);

/// Providers that nothing can be asked any more, with why: a budget of theirs that refuses is used up.
QHash<QString, QString> usedUp(const QList<Budget> &budgets, const QList<Spent> &spent);

/// In sentences: the budgets that a call passed, now that its cost is known. `spent` is without it.
QStringList passedBy(double costUsd, const QString &providerId, const QList<Budget> &budgets,
                     const QList<Spent> &spent);

/// In sentences: the days' and months' budgets that were passed between `before` and `after`.
QStringList passedBetween(const QList<Budget> &budgets, const QList<Spent> &before, const QList<Spent> &after);

struct CostRange {
    double minUsd = 0;
    double maxUsd = 0;

    bool operator==(const CostRange &) const = default;
};

/// What a call may cost: at least its prompt, read from the cache where there is one, and no answer; at most all of the prompt
/// in its dearest class, and `maxOutput` tokens of the dearest kind. The tokens are estimates.
CostRange estimateCall(qint64 promptLow, qint64 promptHigh, qint64 maxOutput, const Price &price,
                       const QDateTime &when);

/// A call about to be sent.
struct PlannedCall {
    QString providerId;
    QString model;
    std::optional<CostRange> cost; ///< unset: its price is unknown
    QString what = QStringLiteral("this call"); ///< for a person, in a sentence
    QStringList unpriced = {}; ///< models that it may ask too, whose price is unknown
    bool elsewhere = false; ///< of one that is under way: in another conversation than the one that is asked for
};

/// The longest usual answer, in tokens, where none is bounded.
inline constexpr int usualLongestAnswer = 4096;

/// The longest answer to expect, in tokens: as the request bounds it, else as the model is bounded (PriceBook::limitsOf()), else the
/// longest usual.
qint64 longestAnswer(const QString &providerId, const QString &model, std::optional<int> maxTokens,
                     const PriceBook &prices, const QDateTime &when);

/// Of a prompt of so many tokens and pictures, from its count's low to its high. Unset: the price is unknown. Of a server of
/// the user's own: 0.
std::optional<CostRange> estimateCost(const QString &providerId, const QString &model, const TokenCount &prompt,
                                      qsizetype pictures, std::optional<int> maxTokens, const PriceBook &prices,
                                      const QDateTime &when);

/// With the longest answer to expect.
PlannedCall planCall(const QString &providerId, const llm::ChatRequest &request, const TokenCount &prompt,
                     const PriceBook &prices, const QDateTime &when);

struct Verdict {
    std::optional<BudgetAction> action; ///< unset: within every budget
    QString reason; ///< sentences for a person, the worst first
};

/// A budget that the call surely passes does what it says; where it may pass it, ask or refuse is to ask, and warn is nothing
/// (see passedBy()); no more than a warning either where the price is unknown. The worst action counts. A call that surely costs
/// nothing passes no budget.
Verdict check(const QList<Budget> &budgets, const QList<Spent> &spent, const PlannedCall &call);
/// Of calls that go out together: a budget of a call holds for each, the others for their sum and for those that are under way,
/// whose cost nobody knows yet.
Verdict check(const QList<Budget> &budgets, const QList<Spent> &spent, const QList<PlannedCall> &calls,
              const QList<PlannedCall> &underWay = {});

/// The budgets of the provider, or of all together, that are used up before any call.
Verdict usedUpFor(const QList<Budget> &budgets, const QList<Spent> &spent, const QString &providerId);

/// Whether a call may go out that nobody is asked about, one of a batch.
struct Leave {
    enum class May {
        Go,
        Wait, ///< with those that are under way it may cost more than is left; once their cost is known it may go
        Never, ///< it would pass a budget that refuses
    };
    May may = May::Go;
    QString why = {}; ///< a sentence for a person, where it may not go
};

/// By the budgets that refuse, without those of a conversation.
Leave leaveFor(const QList<Budget> &budgets, const QList<Spent> &spent, const PlannedCall &call,
               const QList<PlannedCall> &underWay);

} // namespace talkbench::cost
