#include "core/cost/budget.h"
#include "core/cost/pricelayers.h"
#include "core/cost/receipt.h"

#include <QRandomGenerator>
#include <QTest>
#include <QTimeZone>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(talkbench::cost::BudgetScope)
Q_DECLARE_METATYPE(talkbench::cost::BudgetAction)

namespace {

const QDateTime noon(QDate(2026, 11, 24), QTime(12, 0), QTimeZone::utc());

Price price(double input, double output)
{
    Price price;
    price.model = u"m"_s;
    price.input = input;
    price.output = output;
    return price;
}

PlannedCall call(double least, double most)
{
    return { u"a"_s, u"m"_s, CostRange { least, most } };
}

/// 3 USD in the conversation, 5 today, 40 this month at a; 1, 2, 10 at b.
const QList<Spent> spent { { u"a"_s, 3, 5, 40 }, { u"b"_s, 1, 2, 10 } };

} // namespace

class TestBudget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTightestIsLeft()
    {
        using enum BudgetScope;
        const QStringList both { u"a"_s, u"b"_s };
        QVERIFY(!budgetLeft({}, spent, both));
        QVERIFY(!budgetLeft({ { Call, {}, 1, BudgetAction::Warn } }, spent, both)); // nothing of it is left over
        const QList<Budget> budgets { { Month, {}, 60, BudgetAction::Warn },
                                      { Day, {}, 12, BudgetAction::Ask },
                                      { Conversation, {}, 10, BudgetAction::Ask },
                                      { Day, u"b"_s, 3, BudgetAction::Refuse } };
        QCOMPARE(budgetLeft(budgets, spent, both), std::optional(1.0)); // b's own
        QCOMPARE(budgetLeft(budgets, spent, { u"a"_s }), std::optional(5.0)); // the day's
        QCOMPARE(budgetLeft({ { Month, {}, 20, BudgetAction::Warn } }, spent, both), std::optional(0.0));
    }

    void checks_data()
    {
        using enum BudgetScope;
        QTest::addColumn<BudgetScope>("scope");
        QTest::addColumn<QString>("provider");
        QTest::addColumn<double>("limit");
        QTest::addColumn<bool>("trips"); // for a call of 1 to 2 USD
        QTest::addColumn<bool>("mayTrip");
        const auto row = [](const char *name, BudgetScope scope, const QString &provider, double limit, bool trips,
                            bool may) { QTest::newRow(name) << scope << provider << limit << trips << may; };
        row("call, within", Call, {}, 2.0, false, false);
        row("call, may", Call, {}, 1.5, false, true);
        row("call, surely", Call, {}, 0.5, true, false);
        row("conversation, within", Conversation, {}, 6.0, false, false);
        row("conversation, may", Conversation, {}, 5.5, false, true);
        row("conversation, surely", Conversation, {}, 4.5, true, false);
        row("day, within", Day, {}, 9.0, false, false);
        row("day, may", Day, {}, 8.5, false, true);
        row("day, used up", Day, {}, 7.0, true, false);
        row("day, of the provider", Day, u"a"_s, 7.0, false, false);
        row("day, of the provider, surely", Day, u"a"_s, 5.5, true, false);
        row("day, of another provider", Day, u"b"_s, 0.0, false, false);
        row("month, within", Month, {}, 52.0, false, false);
        row("month, surely", Month, {}, 50.5, true, false);
        row("nothing at all", Month, {}, 0.0, true, false);
    }
    void checks()
    {
        QFETCH(BudgetScope, scope);
        QFETCH(QString, provider);
        QFETCH(double, limit);
        QFETCH(bool, trips);
        QFETCH(bool, mayTrip);
        using enum BudgetAction;
        const auto verdict = [&](BudgetAction action) {
            return check({ { scope, provider, limit, action } }, spent, call(1, 2)).action;
        };
        const auto expected = [&](BudgetAction action, std::optional<BudgetAction> gentler) {
            return trips ? std::optional(action) : mayTrip ? gentler : std::nullopt;
        };
        QCOMPARE(verdict(Refuse), expected(Refuse, Ask));
        QCOMPARE(verdict(Ask), expected(Ask, Ask));
        QCOMPARE(verdict(Warn), expected(Warn, std::nullopt));
    }

    void theWorstCounts()
    {
        using enum BudgetAction;
        const QList<Budget> budgets { { BudgetScope::Call, {}, 0.5, Warn },
                                      { BudgetScope::Day, {}, 1, Refuse },
                                      { BudgetScope::Month, {}, 1, Ask } };
        const Verdict verdict = check(budgets, spent, call(1, 2));
        QCOMPARE(verdict.action, std::optional(Refuse));
        QVERIFY2(verdict.reason.startsWith("The budget of $1.00 a day is used up: $7.00 spent."_L1),
                 qPrintable(verdict.reason));
        QVERIFY(verdict.reason.contains("a month"_L1) && verdict.reason.contains("$1.00 to $2.00"_L1));
    }

    void anUnknownPriceIsNoPrice()
    {
        using enum BudgetAction;
        const PlannedCall unknown { u"a"_s, u"m"_s, std::nullopt };
        const Verdict verdict = check({ { BudgetScope::Call, {}, 100, Refuse } }, spent, unknown);
        QCOMPARE(verdict.action, std::optional(Warn));
        QVERIFY(verdict.reason.contains("unknown"_L1));
        QCOMPARE(check({ { BudgetScope::Day, {}, 7, Refuse } }, spent, unknown).action, std::optional(Refuse));
        QVERIFY(!check({}, spent, unknown).action);
    }

    void callsTogetherAreSummed()
    {
        using enum BudgetAction;
        const PlannedCall other { u"b"_s, u"n"_s, CostRange { 1, 1 } };
        const auto verdict = [](const Budget &budget, const QList<PlannedCall> &calls) {
            return check({ budget }, spent, calls);
        };
        // 7 USD have been spent today, 5 of them at a.
        const Budget day { BudgetScope::Day, {}, 8.5, Refuse };
        QVERIFY(!verdict(day, { call(1, 1) }).action);
        const Verdict both = verdict(day, { call(1, 1), other });
        QCOMPARE(both.action, std::optional(Refuse));
        QVERIFY2(both.reason.contains("these 2 calls cost $2.00 together, and $1.50 is left"_L1),
                 qPrintable(both.reason));
        QCOMPARE(verdict(day, { call(0, 1), call(1, 1) }).action, std::optional(Ask));
        // A provider's budget holds for its own, a call's for each.
        QVERIFY(!verdict({ BudgetScope::Day, u"a"_s, 6.5, Refuse }, { call(1, 1), other }).action);
        QVERIFY(!verdict({ BudgetScope::Day, u"c"_s, 0, Refuse }, { call(1, 1), other }).action);
        QVERIFY(!verdict({ BudgetScope::Call, {}, 1, Refuse }, { call(1, 1), other, other }).action);
        const Verdict each = verdict({ BudgetScope::Call, {}, 0.5, Ask }, { other, other });
        QCOMPARE(each.action, std::optional(Ask));
        QCOMPARE(each.reason.count(u"this call costs"_s), 1);
        // What is known is summed, whatever else is not known.
        const PlannedCall unknown { u"a"_s, u"m"_s, std::nullopt };
        QCOMPARE(verdict(day, { unknown, call(1, 1), other }).action, std::optional(Refuse));
        QCOMPARE(verdict({ BudgetScope::Day, {}, 100, Refuse }, { unknown, other }).action, std::optional(Warn));
        QVERIFY(!verdict(day, {}).action);
    }

    /// A server of one's own is no matter of money.
    void whatCostsNothingPasses()
    {
        const Budget none { BudgetScope::Day, {}, 0, BudgetAction::Refuse };
        QVERIFY(!check({ none }, spent, call(0, 0)).action);
        QCOMPARE(leaveFor({ none }, spent, call(0, 0), {}).may, Leave::May::Go);
        QCOMPARE(check({ none }, spent, QList<PlannedCall> { call(0, 0), call(0, 1) }).action,
                 std::optional(BudgetAction::Refuse));
    }

    void callsUnderWayCount()
    {
        using enum BudgetAction;
        const Budget day { BudgetScope::Day, {}, 10, Refuse }; // 7 are spent
        const auto verdict = [&](const QList<PlannedCall> &underWay) {
            return check({ day }, spent, QList<PlannedCall> { call(1, 1) }, underWay);
        };
        QVERIFY(!verdict({}).action);
        QVERIFY(!verdict({ call(1, 2) }).action);
        const Verdict may = verdict({ call(1, 2), call(0, 1) });
        QCOMPARE(may.action, std::optional(Ask));
        QVERIFY2(may.reason.contains("$3.00 is left, of which calls under way cost $1.00 to $3.00"_L1),
                 qPrintable(may.reason));
        QCOMPARE(verdict({ call(2.5, 3) }).action, std::optional(Refuse));
        // Another conversation's are none of this one's.
        PlannedCall other = call(9, 9);
        other.elsewhere = true;
        const Budget talk { BudgetScope::Conversation, {}, 6, Refuse };
        QVERIFY(!check({ talk }, spent, QList<PlannedCall> { call(1, 1) }, { other }).action);
    }

    void nobodyIsAskedInABatch()
    {
        using enum Leave::May;
        const auto may = [](double limit, const QString &provider, const QList<PlannedCall> &underWay) {
            return leaveFor({ { BudgetScope::Day, provider, limit, BudgetAction::Refuse } }, spent, call(1, 2),
                            underWay)
                .may;
        };
        QCOMPARE(may(9, {}, {}), Go);
        QCOMPARE(may(8.5, {}, {}), Go); // nothing to wait for would tell more
        QCOMPARE(may(8.5, {}, { call(0, 1) }), Wait);
        QCOMPARE(may(10, {}, { call(0, 1) }), Go);
        QCOMPARE(may(7.5, {}, { call(0, 1) }), Never);
        QCOMPARE(may(7, {}, {}), Never);
        QCOMPARE(may(0, u"b"_s, { call(0, 1) }), Go);
        const PlannedCall ofB { u"b"_s, u"n"_s, CostRange { 1, 9 } };
        QCOMPARE(may(6.5, u"a"_s, { ofB }), Go);
        QCOMPARE(leaveFor({ { BudgetScope::Day, {}, 0, BudgetAction::Ask } }, spent, call(1, 2), {}).may, Go);
    }

    void anAnswerIsAsLongAsItsServerAllows()
    {
        PriceBook prices = *PriceBook::fromJson(
            R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
        QCOMPARE(longestAnswer(u"a"_s, u"m"_s, {}, prices, {}), qint64(usualLongestAnswer));
        prices.setOutputLimits({ { { u"a"_s, u"m"_s }, 100'000 } });
        QCOMPARE(longestAnswer(u"a"_s, u"m"_s, {}, prices, {}), qint64(100'000));
        QCOMPARE(longestAnswer(u"a"_s, u"m"_s, 50, prices, {}), qint64(50));
        QCOMPARE(longestAnswer(u"b"_s, u"m"_s, {}, prices, {}), qint64(usualLongestAnswer));
        QCOMPARE(estimateCost(u"a"_s, u"m"_s, TokenCount(), 0, {}, prices, noon)->maxUsd, 1.0);
    }

    void estimatesHoldTheTruth()
    {
        QRandomGenerator random(7);
        for (int i = 0; i < 5000; ++i) {
            Price known = price(random.bounded(10.0), random.bounded(50.0));
            if (random.bounded(2))
                known.cacheRead = known.input / 10;
            if (random.bounded(2))
                known.cacheWrite = known.input * 1.25;
            if (random.bounded(2))
                known.reasoning = random.bounded(80.0);
            if (random.bounded(2))
                known.tiers.append({ 50'000, Rates { known.input * 2, known.output * 2 } });
            const qint64 prompt = random.bounded(100'000);
            const qint64 most = random.bounded(10'000);
            llm::Usage usage;
            usage.cacheRead = random.bounded(int(prompt) + 1);
            usage.cacheWrite = random.bounded(int(prompt - usage.cacheRead) + 1);
            usage.input = prompt - usage.cacheRead - usage.cacheWrite;
            usage.output = random.bounded(int(most) + 1);
            usage.reasoning = random.bounded(int(most - usage.output) + 1);
            const CostRange range = estimateCall(prompt, prompt, most, known, noon);
            const double cost = *receiptOf(usage, known, { noon }).computedUsd;
            QVERIFY2(range.minUsd <= cost + 1e-12 && cost <= range.maxUsd + 1e-12,
                     qPrintable(u"%1 %2 %3"_s.arg(range.minUsd).arg(cost).arg(range.maxUsd)));
        }
        QCOMPARE(estimateCall(1'000'000, 2'000'000, 500'000, price(1, 10), noon), (CostRange { 1, 7 }));
    }

    void periodsAreLocal()
    {
        const QTimeZone berlin("Europe/Berlin");
        if (!berlin.isValid())
            QSKIP("no time zones here");
        const auto utc = [](const char *time) {
            return QDateTime::fromString(QString::fromLatin1(time), Qt::ISODate).toMSecsSinceEpoch();
        };
        // 23:30 of 31 October in UTC is November in Berlin.
        const auto starts = periodStarts(QDateTime(QDate(2026, 11, 1), QTime(0, 30), berlin));
        QCOMPARE(starts.dayMs, utc("2026-10-31T23:00:00Z"));
        QCOMPARE(starts.monthMs, utc("2026-10-31T23:00:00Z"));
        // The day on which the clocks change began in summer time.
        const auto change = periodStarts(QDateTime(QDate(2026, 10, 25), QTime(12, 0), berlin));
        QCOMPARE(change.dayMs, utc("2026-10-24T22:00:00Z"));
        QCOMPARE(change.monthMs, utc("2026-09-30T22:00:00Z"));
    }

    void whoseBudgetIsUsedUp()
    {
        const QList<Spent> spent { { u"a"_s, 0, 1, 5 }, { u"b"_s, 0, 2, 2 } };
        const auto barred = [&spent](const Budget &budget) { return usedUp({ budget }, spent); };
        const auto refused = barred({ BudgetScope::Day, u"a"_s, 1, BudgetAction::Refuse });
        QCOMPARE(refused.keys(), QStringList { u"a"_s });
        QCOMPARE(refused.value(u"a"_s), u"its budget of $1.00 a day is used up"_s);
        QVERIFY(barred({ BudgetScope::Day, u"a"_s, 1.01, BudgetAction::Refuse }).isEmpty());
        QVERIFY(!barred({ BudgetScope::Month, u"a"_s, 5, BudgetAction::Refuse }).isEmpty());
        QVERIFY(barred({ BudgetScope::Day, u"a"_s, 1, BudgetAction::Ask }).isEmpty());
        QVERIFY(barred({ BudgetScope::Day, {}, 1, BudgetAction::Refuse }).isEmpty()); // no other would be better
        QVERIFY(barred({ BudgetScope::Call, u"a"_s, 0, BudgetAction::Refuse }).isEmpty());
    }

    void whatWasPassedIsTold()
    {
        const QList<Budget> budgets { { BudgetScope::Call, {}, 0.001, BudgetAction::Warn },
                                      { BudgetScope::Day, u"a"_s, 0.05, BudgetAction::Warn },
                                      { BudgetScope::Day, u"b"_s, 0.01, BudgetAction::Warn },
                                      { BudgetScope::Month, {}, 0.02, BudgetAction::Refuse } };
        const QList<Spent> spent { { u"a"_s, 0, 0.02, 0.03 } };
        const QStringList passed = passedBy(0.04, u"a"_s, budgets, spent);
        QCOMPARE(passed.size(), 2); // the month's had been passed before
        QVERIFY2(passed[0].contains(u"$0.0010 a call was passed: this one cost $0.0400"), qPrintable(passed[0]));
        QVERIFY2(passed[1].contains(u"$0.0500 a day for a is passed now: $0.0600"), qPrintable(passed[1]));
        QVERIFY(passedBy(0.0005, u"b"_s, budgets, spent).isEmpty());
        const QList<Spent> later { { u"a"_s, 0, 0.06, 0.07 }, { u"b"_s, 0, 0.01, 0.01 } };
        QCOMPARE(passedBetween(budgets, spent, later), QStringList { passed[1] });
        QVERIFY(passedBetween(budgets, later, later).isEmpty());
        const Verdict used = usedUpFor(budgets, spent, u"a"_s);
        QCOMPARE(used.action, std::optional(BudgetAction::Refuse));
        QVERIFY2(used.reason.contains(u"$0.0200 a month is used up"), qPrintable(used.reason));
        QVERIFY(!usedUpFor({ budgets[1] }, spent, u"a"_s).action);
    }

    void settingsSurvive()
    {
        const QList<Budget> budgets { { BudgetScope::Conversation, u"a"_s, 0.25, BudgetAction::Ask },
                                      { BudgetScope::Month, {}, 20, BudgetAction::Refuse } };
        QStringList problems;
        QCOMPARE(budgetsFromSetting(toSetting(budgets), &problems), budgets);
        QVERIFY(problems.isEmpty());
        const QVariantMap good = toSetting(budgets)[u"rows"_s].toList().constFirst().toMap();
        for (const auto &[key, value] : { std::pair { u"scope"_s, QVariant(u"year"_s) },
                                          { u"action"_s, QVariant() },
                                          { u"limit_usd"_s, QVariant(-1) },
                                          { u"limit_usd"_s, QVariant(u"much"_s) } }) {
            QVariantMap bad = good;
            bad[key] = value;
            problems.clear();
            QCOMPARE(budgetsFromSetting({ { u"rows"_s, QVariantList { bad, good } } }, &problems).size(), 1);
            QCOMPARE(problems.size(), 1);
        }
    }

    void layersComeFromListsAndSettings()
    {
        const auto listed = [](const QString &id, std::optional<double> input, std::optional<double> output) {
            llm::ModelInfo model;
            model.id = id;
            model.inputPrice = input;
            model.outputPrice = output;
            model.cacheReadPrice = 0.1;
            return model;
        };
        const QList<llm::ModelInfo> models { listed(u"x"_s, 1, 2), listed(u"y"_s, 1, {}), listed(u"z"_s, -1e6, -1e6) };
        const auto reported = reportedPrices(u"a"_s, models, QDate(2026, 11, 24));
        QCOMPARE(reported.size(), 1);
        QCOMPARE(reported[0].origin, PriceOrigin::Server);
        QCOMPARE(reported[0].providerId, u"a"_s);
        QCOMPARE(*reported[0].cacheRead, 0.1);

        Price own = price(1, 2);
        own.origin = PriceOrigin::User;
        QStringList problems;
        QCOMPARE(userPrices(toSetting({ own }), &problems), QList { own });
        QVERIFY(problems.isEmpty());
        QVERIFY(userPrices({ { u"rows"_s, QVariantList { QVariantMap { { u"model"_s, u"m"_s } } } } }, &problems)
                    .isEmpty());
        QCOMPARE(problems.size(), 1);
    }

    void ownPricesComeAndGoOneByOne()
    {
        const QVariantMap unreadable { { u"model"_s, u"of a later version"_s } };
        const QVariantMap before { { u"rows"_s, QVariantList { unreadable } }, { u"more"_s, 1 } };
        Price own = price(1, 2);
        own.origin = PriceOrigin::User;
        Price elsewhere = own;
        elsewhere.providerId = u"p"_s;
        QVariantMap setting = withPrice(withPrice(before, own), elsewhere);
        own.input = 3;
        setting = withPrice(setting, own); // in place of the first
        QStringList problems;
        QCOMPARE(userPrices(setting, &problems), (QList { elsewhere, own }));
        QCOMPARE(problems.size(), 1);
        QVERIFY(!withoutPrice(setting, u"q"_s, own.model));
        const auto rest = withoutPrice(*withoutPrice(setting, {}, own.model), u"p"_s, own.model);
        QCOMPARE(*rest, before); // what can't be read stays
        QCOMPARE(withChanges(setting, { elsewhere, own }, {}), before);
    }

    void ownPricesOfSeveralDaysStandSideBySide()
    {
        Price now = price(1, 2);
        now.origin = PriceOrigin::User;
        Price later = now;
        later.input = 5;
        later.from = QDate(2027, 1, 1);
        const QVariantMap setting = withPrice(withPrice({}, now), later);
        QStringList problems;
        QCOMPARE(userPrices(setting, &problems), (QList { now, later }));
        later.input = 6;
        QCOMPARE(userPrices(withPrice(setting, later), &problems), (QList { now, later }));
        QVERIFY(!withoutPrice(setting, now.providerId, now.model, QDate(2027, 1, 2)));
        const auto first = withoutPrice(setting, now.providerId, now.model, later.from);
        QVERIFY(first);
        QCOMPARE(userPrices(*first, &problems), QList { now });
        QVERIFY(userPrices(*withoutPrice(setting, now.providerId, now.model), &problems).isEmpty());
        QVERIFY(problems.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestBudget)
#include "tst_budget.moc"
