#include "core/bench/batchestimate.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::bench;
using namespace Qt::StringLiterals;
using cost::Budget;
using cost::BudgetAction;
using cost::BudgetScope;

namespace {

/// Auto may choose of these providers; a has spent $1 today.
cost::Verdict check(const QStringList &providers, const QList<Budget> &budgets, const QList<BatchCost> &costs)
{
    BatchPlan plan;
    for (const QString &provider : providers)
        plan.choice.endpoints.insert(provider, {});
    return checkBudgets(plan, costs, budgets, { { u"a"_s, 0, 1, 1 } });
}

Budget ofA(BudgetAction action, double limit = 1)
{
    return { BudgetScope::Day, u"a"_s, limit, action };
}

} // namespace

/// What is said before a batch starts.
class TestBatchEstimate final : public QObject {
    Q_OBJECT

private:
    const QList<BatchCost> m_auto { { select::autoRef.providerId, select::autoRef.model, cost::CostRange(),
                                      cost::CostRange() } };

private Q_SLOTS:
    void aUsedUpBudgetOfAutosIsTold_data()
    {
        QTest::addColumn<int>("budget");
        QTest::addColumn<int>("says");
        QTest::newRow("refuse") << int(BudgetAction::Refuse) << int(BudgetAction::Warn); // it is left alone
        QTest::newRow("ask") << int(BudgetAction::Ask) << int(BudgetAction::Ask);
        QTest::newRow("warn") << int(BudgetAction::Warn) << int(BudgetAction::Warn);
    }
    void aUsedUpBudgetOfAutosIsTold()
    {
        QFETCH(int, budget);
        QFETCH(int, says);
        const auto verdict = check({ u"a"_s, u"b"_s }, { ofA(BudgetAction(budget)) }, m_auto);
        QCOMPARE(verdict.action, BudgetAction(says));
        QVERIFY2(verdict.reason.contains(u"for a is used up: $1.00 spent"_s), qPrintable(verdict.reason));
        const bool passedOver = BudgetAction(budget) == BudgetAction::Refuse;
        QCOMPARE(verdict.reason.contains(u"asks the other providers"_s), passedOver);
    }

    void whereAllRefuseNothingIsSent()
    {
        const auto verdict = check({ u"a"_s }, { ofA(BudgetAction::Refuse) }, m_auto);
        QCOMPARE(verdict.action, BudgetAction::Refuse);
    }

    void nothingElseIsSaid()
    {
        QVERIFY(!check({ u"a"_s, u"b"_s }, { ofA(BudgetAction::Refuse, 2) }, m_auto).action);
        QVERIFY(!check({ u"b"_s }, { ofA(BudgetAction::Refuse) }, m_auto).action);
        const QList<BatchCost> plain { { u"b"_s, u"m"_s, cost::CostRange(), cost::CostRange() } };
        QVERIFY(!check({ u"a"_s, u"b"_s }, { ofA(BudgetAction::Refuse) }, plain).action);
    }

    /// The runner holds back what has to be paid, and lets kept answers pass.
    void aRefusalWaitsForEachCall()
    {
        const QList<BatchCost> plain { { u"a"_s, u"m"_s, cost::CostRange { 0.3, 0.5 }, cost::CostRange { 0.3, 0.5 } } };
        const auto usedUp = check({}, { ofA(BudgetAction::Refuse) }, plain);
        QCOMPARE(usedUp.action, BudgetAction::Warn);
        QVERIFY2(usedUp.reason.endsWith(u"is used up: $1.00 spent. Only kept answers are given."_s),
                 qPrintable(usedUp.reason));
        const auto passed = check({}, { ofA(BudgetAction::Refuse, 1.2) }, plain);
        QCOMPARE(passed.action, BudgetAction::Ask);
        QVERIFY2(passed.reason.endsWith(u"Calls that would pass it are not sent."_s), qPrintable(passed.reason));
        QCOMPARE(check({}, { ofA(BudgetAction::Refuse), ofA(BudgetAction::Ask) }, plain).action, BudgetAction::Ask);
    }

    /// Nobody judges its calls later.
    void aRefusalStopsABatchOfTheProviders()
    {
        BatchPlan plan;
        plan.way = BatchWay::Provider;
        const QList<BatchCost> costs { { u"a"_s, u"m"_s, cost::CostRange { 0.3, 0.5 }, cost::CostRange { 0.3, 0.5 } } };
        const auto verdict = checkBudgets(plan, costs, { ofA(BudgetAction::Refuse) }, { { u"a"_s, 0, 1, 1 } });
        QCOMPARE(verdict.action, BudgetAction::Refuse);
    }

    void anAskIsNotLostBehindARefusal()
    {
        const QList<Budget> budgets { ofA(BudgetAction::Refuse), { BudgetScope::Day, u"b"_s, 0, BudgetAction::Ask } };
        QCOMPARE(check({ u"a"_s, u"b"_s, u"c"_s }, budgets, m_auto).action, BudgetAction::Ask);
    }
};

QTEST_GUILESS_MAIN(TestBatchEstimate)
#include "tst_batchestimate.moc"
