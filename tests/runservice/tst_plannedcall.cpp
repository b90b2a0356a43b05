#include "core/run/plannedcall.h"

#include "core/run/run.h"

#include <QTest>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;
using OnFailure = llm::Validation::OnFailure;

/// What a call may cost with all that its checks may add.
class TestPlannedCall : public QObject {
    Q_OBJECT

private:
    static constexpr int longest = 100;
    const QDateTime m_now = QDateTime::currentDateTime();
    const cost::PriceBook m_prices = *cost::PriceBook::fromJson(
        R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"},
        {"model":"dear","input":100,"output":1000,"source":"test","date":"2026-01-01"}]})");

    static RunRequest asking(OnFailure onFailure = OnFailure::Mark)
    {
        RunRequest request;
        request.endpoint.providerId = u"p"_s;
        request.chat.model = u"m"_s;
        request.chat.options.maxTokens = longest;
        request.chat.messages = { llm::Message::fromText(llm::Role::User, u"Hello there"_s) };
        request.promptTokens = cost::TokenCount { 1000, 1000, 1000, true, true, 0, {}, 1000 };
        request.validation.validators = { { u"not-empty"_s, {} } };
        request.validation.onFailure = onFailure;
        return request;
    }
    cost::PlannedCall planned(const RunRequest &request) const
    {
        return plannedCall(request, nullptr, m_prices, m_now);
    }
    double most(const RunRequest &request) const { return planned(request).cost->maxUsd; }

private Q_SLOTS:
    void aCheckThatOnlyMarksAddsNothing()
    {
        const cost::PlannedCall call = planned(asking());
        QCOMPARE(call.cost->minUsd, 0.001);
        QCOMPARE(call.cost->maxUsd, 0.002); // 1000 × $1 and 100 × $10 a million
        QCOMPARE(call.providerId, u"p"_s);
    }

    /// Each time with the answer that failed, and what is wrong with it.
    void everyRetryIsPaid()
    {
        RunRequest request = asking(OnFailure::Retry);
        request.validation.retries = 3;
        QVERIFY2(most(request) > 0.002 + 3 * (0.002 + longest / 1e6),
                 qPrintable(QString::number(most(request), 'g', 9)));
        QVERIFY(most(request) < 0.002 + 3 * (0.002 + 10 * longest / 1e6));
        QCOMPARE(planned(request).cost->minUsd, 0.001);
    }

    void everyOtherModelIsPaid()
    {
        RunRequest request = asking(OnFailure::FallBack);
        request.fallbacks = { { request.endpoint, u"dear"_s }, { request.endpoint, u"m"_s } };
        QCOMPARE(most(request), 0.002 + 0.2 + 0.002);
    }

    void everyAnswerIsJudged()
    {
        RunRequest request = asking();
        const double without = most(request);
        request.validation.validators.append(
            { u"judge"_s, { { u"model"_s, u"dear"_s }, { u"prompt"_s, u"Is it good?"_s } } });
        const double judged = most(request) - without;
        QVERIFY(judged > cost::usualLongestAnswer * 1000 / 1e6); // no limit is told to a judge
        request.validation.onFailure = OnFailure::Retry;
        request.validation.retries = 2;
        RunRequest unjudged = request;
        unjudged.validation.validators.removeLast();
        QCOMPARE(most(request) - most(unjudged), 3 * judged);
    }

    void noLimitIsTheModelsOwn()
    {
        cost::PriceBook prices = m_prices;
        prices.setOutputLimits({ { { u"p"_s, u"m"_s }, 100'000 } });
        RunRequest request = asking();
        request.chat.options.maxTokens.reset();
        QCOMPARE(plannedCall(request, nullptr, prices, m_now).cost->maxUsd, 1.001);
    }

    void whatHasNoPriceIsNamed()
    {
        RunRequest request = asking(OnFailure::FallBack);
        request.fallbacks = { { request.endpoint, u"nobody"_s } };
        const cost::PlannedCall call = planned(request);
        QCOMPARE(call.cost->maxUsd, 0.002); // what is known still counts
        QCOMPARE(call.unpriced, QStringList { u"nobody"_s });
        const QList<cost::Budget> budgets { { cost::BudgetScope::Call, {}, 1, cost::BudgetAction::Refuse } };
        const cost::Verdict verdict = cost::check(budgets, {}, call);
        QCOMPARE(verdict.action, std::optional(cost::BudgetAction::Warn));
        QVERIFY(verdict.reason.contains(u"nobody"_s));
    }
};

QTEST_GUILESS_MAIN(TestPlannedCall)
#include "tst_plannedcall.moc"
