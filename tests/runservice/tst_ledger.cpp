#include "core/run/ledger.h"
#include "tests/runservice/fakeservice.h"

#include <QPromise>
#include <QSignalSpy>

#include <cmath>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using cost::BudgetAction;
using cost::BudgetScope;
using cost::Leave;

/// What was spent and what is under way, for chats, comparisons and batches alike. A call of the test costs $0.003.
class TestLedger final : public FakeServiceTest {
    Q_OBJECT

private:
    using Spending = base::Result<QList<cost::Spent>>;

    void open(double limit, BudgetAction action = BudgetAction::Refuse)
    {
        makeService();
        m_budgets = { { BudgetScope::Day, {}, limit, action } };
        m_reads.clear();
        m_ledger = std::make_unique<Ledger>(*m_service, m_clock,
                                            Ledger::Sources { [this] { return m_budgets; },
                                                              [this](const QString &, const cost::PeriodStarts &) {
                                                                  auto promise = std::make_unique<QPromise<Spending>>();
                                                                  promise->start();
                                                                  m_reads.push_back(std::move(promise));
                                                                  return m_reads.back()->future();
                                                              },
                                                              m_prices });
    }
    void answerRead(const Spending &spending)
    {
        m_reads.back()->addResult(spending);
        m_reads.back()->finish();
        settle();
    }
    /// Read from a store that holds this.
    void know(const QList<cost::Spent> &stored)
    {
        m_ledger->read({}, this, [](const Spending &) {});
        answerRead(stored);
    }
    static RunRequest shortCall(const QString &conversationId = {})
    {
        RunRequest call = request();
        call.chat.options.maxTokens = 200;
        call.conversationId = conversationId;
        return call;
    }
    double today() { return m_ledger->spent()->constFirst().dayUsd; }
    static profile::RunRecord paid(double usd, qint64 startedMs)
    {
        profile::RunRecord record;
        record.id = u"paid"_s;
        record.providerId = u"p"_s;
        record.startedWallMs = startedMs;
        record.costUsd = usd;
        return record;
    }

    const cost::PriceBook m_prices = *cost::PriceBook::fromJson(
        R"({"version":"v1","prices":[{"model":"m","input":1,"output":10,"source":"test","date":"2026-01-01"}]})");
    QList<cost::Budget> m_budgets;
    std::vector<std::unique_ptr<QPromise<Spending>>> m_reads;
    std::unique_ptr<Ledger> m_ledger;

private Q_SLOTS:
    void cleanup()
    {
        m_ledger.reset();
        m_service.reset();
    }

    void aCallUnderWayIsReserved()
    {
        open(0.0035);
        know({ { u"p"_s, 0, 0, 0 } });
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Go);
        Observed first(m_service->start(shortCall()));
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Wait); // at once: nothing has happened in between
        answerWhole(0);
        QVERIFY(std::abs(today() - 0.003) < 1e-9);
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Go);
        Observed second(m_service->start(shortCall()));
        answerWhole(1);
        const Leave never = m_ledger->leaveFor(shortCall());
        QCOMPARE(never.may, Leave::May::Never);
        QVERIFY2(never.why.contains(u"is used up: $0.0060 spent"_s), qPrintable(never.why));
    }

    void chatsAreJudgedBesideIt()
    {
        open(0.0035);
        Observed first(m_service->start(shortCall(u"c"_s)));
        std::optional<Judged> judged;
        m_ledger->judge({ shortCall(u"d"_s) }, nullptr, this,
                        [&judged](const base::Result<Judged> &said) { judged = *said; });
        answerRead(QList<cost::Spent>());
        QTRY_VERIFY(judged); // when the cache has said that it holds no answer
        QCOMPARE(judged->verdict.action, std::optional(BudgetAction::Ask));
        QVERIFY(refusalOf(*judged, false));
        QVERIFY(!refusalOf(*judged, true));
        first.run->cancel();
        settle();
        judged.reset();
        m_ledger->judge({ shortCall(u"d"_s) }, nullptr, this,
                        [&judged](const base::Result<Judged> &said) { judged = *said; });
        answerRead(QList<cost::Spent>());
        QVERIFY(!judged->verdict.action); // what never went out costs nothing
    }

    void whatIsKeptCostsNothing()
    {
        open(0.0035);
        RunRequest kept = shortCall();
        kept.cache = profile::CachePolicy::Always;
        Observed first(m_service->start(kept));
        settle();
        answerWhole(0);
        QVERIFY(first.ended() && first.record().ok());
        m_budgets = { { BudgetScope::Day, {}, 0.001, BudgetAction::Refuse },
                      { BudgetScope::Call, {}, 1e-7, BudgetAction::Refuse } };
        RunRequest other = kept;
        other.chat.messages = { llm::Message::fromText(llm::Role::User, u"Anything new?"_s) };
        RunRequest anew = kept;
        anew.cacheAnew = true;
        std::optional<Judged> judged;
        const auto judge = [this, &judged](const QList<RunRequest> &requests) {
            judged.reset();
            m_ledger->judge(requests, nullptr, this, [&judged](const base::Result<Judged> &said) { judged = *said; });
            answerRead(QList<cost::Spent> { { u"p"_s, 0, 0.003, 0.003 } });
            QTRY_VERIFY(judged);
        };
        judge({ kept });
        QVERIFY(judged && !judged->verdict.action);
        QCOMPARE(judged->spent.size(), 1);
        for (const RunRequest &dear : { other, anew }) {
            judge({ dear });
            QCOMPARE(judged->verdict.action, std::optional(BudgetAction::Refuse));
        }
        m_budgets = { { BudgetScope::Day, {}, 0.003000001, BudgetAction::Refuse } };
        judge({ kept, other, kept });
        QVERIFY(judged->verdict.action);
        // Kept ones cost nothing; which of the three is left to pay is told.
        QVERIFY2(judged->verdict.reason.contains(u"the call to m at p costs"_s), qPrintable(judged->verdict.reason));
        RunRequest another = other;
        another.chat.model = u"n"_s;
        m_budgets = { { BudgetScope::Call, {}, 1e-7, BudgetAction::Ask } };
        judge({ other, another });
        QVERIFY2(judged->verdict.reason.contains(u"the call to m at p"_s), qPrintable(judged->verdict.reason));
        QVERIFY2(!judged->verdict.reason.contains(u"this call"_s), qPrintable(judged->verdict.reason));
        judge({ other });
        QVERIFY2(judged->verdict.reason.contains(u"this call costs"_s), qPrintable(judged->verdict.reason));
    }

    void nothingIsKnownBeforeTheStoreAnswers()
    {
        open(1);
        QVERIFY(!m_ledger->spent());
        QSignalSpy changed(m_ledger.get(), &Ledger::changed);
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Wait);
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Wait);
        QCOMPARE(m_reads.size(), std::size_t(1));
        answerRead(base::Error { base::ErrorKind::Storage, u"no disk"_s, {}, 0, {} });
        QCOMPARE(changed.size(), 1);
        const Leave leave = m_ledger->leaveFor(shortCall());
        QCOMPARE(leave.may, Leave::May::Never);
        QCOMPARE(leave.why, u"no disk"_s);
    }

    /// The answer can't hold what came after the question.
    void whatIsRecordedWhileTheStoreReadsCounts()
    {
        open(1);
        m_ledger->read({}, this, [](const Spending &) {});
        Q_EMIT m_service->recorded(paid(0.25, m_clock.wallMs()));
        answerRead(QList<cost::Spent> { { u"p"_s, 0, 0.5, 0.5 } });
        QCOMPARE(today(), 0.75);
        Q_EMIT m_service->recorded(paid(0.125, m_clock.wallMs()));
        QCOMPARE(today(), 0.875);
    }

    void aConversationHasItsOwnSum()
    {
        open(1);
        m_ledger->read(u"c"_s, this, [](const Spending &) {});
        answerRead(QList<cost::Spent> { { u"p"_s, 0.5, 0.5, 0.5 } });
        profile::RunRecord record = paid(0.25, m_clock.wallMs());
        record.conversationId = u"c"_s;
        Q_EMIT m_service->recorded(record);
        QCOMPARE(m_ledger->spent(u"c"_s)->constFirst().conversationUsd, 0.75);
        QCOMPARE(m_ledger->spent(u"d"_s)->constFirst().conversationUsd, 0.0);
        QCOMPARE(m_ledger->spent(u"d"_s)->constFirst().dayUsd, 0.75);
    }

    void aDayEndsAtMidnight()
    {
        open(1);
        know({ { u"p"_s, 0, 1, 2 } });
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Never);
        const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_clock.wallMs());
        const QDateTime midnight = now.date().addDays(1).startOfDay();
        const qint64 before = m_clock.wallMs();
        m_clock.advance(now.msecsTo(midnight));
        QCOMPARE(today(), 0.0);
        QCOMPARE(m_ledger->spent()->constFirst().monthUsd, 2.0); // the fake clock's day is in the month's middle
        Q_EMIT m_service->recorded(paid(0.25, before)); // it began on the day before
        QCOMPARE(today(), 0.0);
        QCOMPARE(m_ledger->spent()->constFirst().monthUsd, 2.25);
        QCOMPARE(m_ledger->leaveFor(shortCall()).may, Leave::May::Go);
    }

    void whoWasPaidIsCharged()
    {
        open(1);
        know({ { u"p"_s, 0, 0, 0 } });
        profile::RunRecord record = paid(0.75, m_clock.wallMs());
        profile::Attempt failed;
        failed.costUsd = 0.5;
        failed.providerId = u"q"_s;
        record.earlierAttempts = { failed };
        Q_EMIT m_service->recorded(record);
        const QList<cost::Spent> spent = *m_ledger->spent();
        QCOMPARE(spent.size(), 2);
        QCOMPARE(spent[0], (cost::Spent { u"p"_s, 0, 0.25, 0.25 }));
        QCOMPARE(spent[1], (cost::Spent { u"q"_s, 0, 0.5, 0.5 }));
    }
};

QTEST_GUILESS_MAIN(TestLedger)
#include "tst_ledger.moc"
