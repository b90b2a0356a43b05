#include "tests/batch/batchrunnertest.h"

using namespace talkbench;
using namespace talkbench::bench;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

/// What a batch may spend beside others, and whom it asks in turn.
class TestBatchBudgets final : public BatchRunnerTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void aBudgetThatIsUsedUpEndsIt()
    {
        m_budgets = { { cost::BudgetScope::Day, {}, 0.006, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 4; // one after the other: any may cost all that is left
        Batch batch(*this, prompts(4));
        batch.runner.endInput();
        QTRY_COMPARE(started(), 1);
        QCOMPARE(batch.runner.progress().waiting.first(), 3);
        answerWhole(0);
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_COMPARE(batch.finished.size(), 1);
        QCOMPARE(started(), 2);
        const auto error = batch.finished[0][0].value<std::optional<base::Error>>();
        QVERIFY(error && error->kind == base::ErrorKind::Budget);
        QVERIFY2(error->message.contains(u"2 prompts were not sent to p. "_s), qPrintable(error->message));
        QCOMPARE(batch.runner.progress().done(), 2);
        QCOMPARE(batch.journal.entries().size(), 2); // the others are asked the next time
    }

    void whatIsKeptIsAnsweredNevertheless()
    {
        m_service->setCacheSettings({ .policy = profile::CachePolicy::Always });
        m_budgets = { { cost::BudgetScope::Day, {}, 0.003, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 1;
        const QString same = u"the same"_s;
        Batch batch(*this, { { u"1"_s, same }, { u"2"_s, same }, { u"3"_s, u"another"_s }, { u"4"_s, same } });
        batch.runner.endInput();
        QTRY_COMPARE(started(), 1);
        answerWhole(0);
        QTRY_COMPARE(batch.finished.size(), 1);
        QCOMPARE(started(), 1);
        QCOMPARE(batch.runner.progress().ok, 3);
        QCOMPARE(batch.journal.entries().size(), 3);
        const auto error = batch.finished[0][0].value<std::optional<base::Error>>();
        QVERIFY(error && error->message.contains(u"1 prompt was not sent to p. "_s));
    }

    void asManyAtOnceAsTheBudgetHolds()
    {
        m_plan.options.maxTokens = 200; // $0.002, and something for the prompt
        m_plan.concurrency = 4;
        m_budgets = { { cost::BudgetScope::Day, {}, 0.005, cost::BudgetAction::Refuse } };
        Batch batch(*this, prompts(4));
        QTRY_COMPARE(started(), 2);
        batch.runner.cancel();
        settle();
    }

    /// Another provider's budget is none of theirs.
    void theOthersGoOn()
    {
        m_plan.targets.append({ request(u"q"_s, u"q"_s).endpoint, u"m"_s, u"q"_s });
        m_budgets = { { cost::BudgetScope::Day, u"p"_s, 0, cost::BudgetAction::Refuse } };
        Batch batch(*this, prompts(3));
        batch.runner.endInput();
        for (const int index : { 0, 1, 2 }) {
            QTRY_VERIFY(started() > index);
            answerWhole(static_cast<std::size_t>(index));
        }
        QTRY_COMPARE(batch.finished.size(), 1);
        QCOMPARE(batch.runner.progress().ok, 3);
        for (const auto &entry : batch.journal.entries())
            QCOMPARE(batch.journal.row(entry)["provider"_L1].toString(), u"q"_s);
        const auto error = batch.finished[0][0].value<std::optional<base::Error>>();
        QVERIFY(error && error->message.contains(u"3 prompts were not sent to p. "_s));
    }

    void whatIsSpentBesideItCounts()
    {
        m_budgets = { { cost::BudgetScope::Day, {}, 0.1, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 1;
        Batch batch(*this, prompts(2));
        batch.runner.endInput();
        QTRY_COMPARE(started(), 1);
        profile::RunRecord chat;
        chat.id = u"chat"_s;
        chat.providerId = u"q"_s;
        chat.startedWallMs = m_clock.wallMs();
        chat.costUsd = 0.1;
        Q_EMIT m_service->recorded(chat);
        answerWhole(0);
        QTRY_COMPARE(batch.finished.size(), 1);
        QCOMPARE(started(), 1);
    }

    void whatUsedNoTokensNeedsNoPrice()
    {
        m_plan.targets.first().model = u"nobody's"_s;
        m_plan.concurrency = 1;
        {
            Batch batch(*this, prompts(2));
            batch.runner.endInput();
            settle();
            answerError(0, 400, R"({"error":{"message":"bad temperature"}})");
            answerWhole(1);
            QTRY_COMPARE(batch.finished.size(), 1);
            QCOMPARE(batch.runner.progress().failed, 1);
            QCOMPARE(batch.runner.progress().unpriced, 1);
        }
        const Batch again(*this, prompts(2));
        QCOMPARE(again.runner.progress().fromBefore, 2);
        QCOMPARE(again.runner.progress().unpriced, 1);
    }

    /// However many begin at once.
    void inTurnIsInTurn()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        select::Policy policy = m_chooser.policy();
        policy.strategy = u"roundrobin"_s;
        m_chooser.setPolicy(policy);
        m_plan.concurrency = 6;
        Batch batch(*this, prompts(6));
        settle();
        QStringList hosts;
        inNetwork([&hosts](FakeTransport &transport) {
            for (const auto &[index, transfer] : transport.live)
                hosts << transfer->request.url.host();
        });
        QCOMPARE(hosts, (QStringList { u"p"_s, u"q"_s, u"p"_s, u"q"_s, u"p"_s, u"q"_s }));
        batch.runner.cancel();
        settle();
    }

    void oneProbeIsOneCall()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        m_chooser.load({});
        for (int i = 0; i < select::Measurements::failuresToOpen; ++i) {
            profile::RunRecord failed;
            failed.id = QString::number(i);
            failed.providerId = u"p"_s;
            failed.model = u"m"_s;
            failed.startedWallMs = m_clock.wallMs();
            failed.answer.error = base::Error { ErrorKind::Server, u"down"_s, {}, 503, std::nullopt };
            m_chooser.learn(failed);
        }
        m_clock.advance(2 * select::Measurements::firstPauseMs); // half-open
        m_plan.concurrency = 4;
        Batch batch(*this, prompts(4));
        settle();
        qsizetype probes = 0;
        inNetwork([&probes](FakeTransport &transport) {
            for (const auto &[index, transfer] : transport.live)
                probes += transfer->request.url.host() == u"p"_s ? 1 : 0;
        });
        QCOMPARE(probes, 1);
        batch.runner.cancel();
        settle();
    }

    void whoTakesOverIsWithinItsBudget()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        m_budgets = { { cost::BudgetScope::Day, u"q"_s, 1e-7,
                        cost::BudgetAction::Refuse } }; // less than the prompt costs
        select::Policy policy = m_chooser.policy();
        policy.candidates = { { u"p"_s, u"m"_s } };
        policy.fallbacks = { { { u"p"_s, u"m"_s }, { { u"q"_s, u"m"_s } } } };
        m_chooser.setPolicy(policy);
        run::RetryPolicy once;
        once.maxAttempts = 1;
        m_service->setRetryPolicy(once);
        Batch batch(*this, prompts(1));
        QTRY_COMPARE(started(), 1);
        answerError(0, 503, "{}");
        QTRY_COMPARE(batch.runner.progress().failed, 1);
        QCOMPARE(started(), 1);
    }

    /// The batch itself uses the budget up.
    void whoseBudgetIsUsedUpIsChosenNoMore()
    {
        chooseAmong({ { u"p"_s, u"m"_s }, { u"q"_s, u"m"_s } });
        m_budgets = { { cost::BudgetScope::Day, u"p"_s, 0.003, cost::BudgetAction::Refuse } };
        m_plan.concurrency = 1;
        Batch batch(*this, prompts(2));
        QTRY_COMPARE(started(), 1);
        answerWhole(0);
        QTRY_COMPARE(started(), 2);
        answerWhole(1);
        QTRY_COMPARE(batch.journal.entries().size(), 2);
        QStringList providers;
        for (const auto &entry : batch.journal.entries())
            providers << batch.journal.row(entry)["provider"_L1].toString();
        std::sort(providers.begin(), providers.end());
        QCOMPARE(providers, (QStringList { u"p"_s, u"q"_s }));
    }
};

QTEST_GUILESS_MAIN(TestBatchBudgets)

#include "tst_batchbudgets.moc"
