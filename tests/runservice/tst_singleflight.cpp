#include "tests/runservice/cachedservice.h"

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using profile::CachePolicy;

/// A call that is in flight is joined.
class TestSingleFlight : public test::CachedServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeCachedService(); }
    void cleanup() { m_service.reset(); }

    void joinsACallInFlight()
    {
        const auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto joiner = ask(deterministic());
        QCOMPARE(started(), 1);
        QCOMPARE(joiner->text, u"Hel"_s); // all so far, at once
        answerBytes(0, delta("lo"));
        advance(16);
        QCOMPARE(joiner->text, u"Hello"_s);
        answerBytes(0, finish + usage + done);
        answerEnd(0);
        QVERIFY(leader->ended() && joiner->ended());
        QVERIFY(!leader->record().cached);
        QVERIFY(joiner->record().cached);
        QCOMPARE(joiner->record().answer.text, u"Hello"_s);
        QCOMPARE(*joiner->record().costUsd, 0.0);
        QCOMPARE(*joiner->record().cacheHit->savedUsd, 0.003);
        QCOMPARE(joiner->record().cacheHit->runId, leader->record().id);
        QCOMPARE(cacheDecisions(joiner->record()), QStringList { u"joined a call in flight"_s });
        QCOMPARE(m_shelf.saved, 1);
    }

    void othersDoNotJoin()
    {
        const auto leader = ask(deterministic());
        RunRequest off = deterministic();
        off.cache = CachePolicy::Off;
        const auto alone = ask(off);
        RunRequest anew = deterministic();
        anew.cache = CachePolicy::Refresh;
        const auto refresh = ask(anew);
        RunRequest different = deterministic();
        different.chat.model = u"n"_s;
        const auto other = ask(different);
        QCOMPARE(started(), 4);
    }

    void theJoinerStopsAlone()
    {
        const auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto joiner = ask(deterministic());
        joiner->run->cancel();
        settle();
        QVERIFY(joiner->ended() && joiner->record().cancelled());
        QCOMPARE(joiner->record().answer.text, u"Hel"_s);
        QCOMPARE(live(), std::size_t(1));
        answerBytes(0, delta("lo") + finish + usage + done);
        answerEnd(0);
        QVERIFY(leader->record().ok());
        QCOMPARE(joiner->records.size(), 1);
        QCOMPARE(joiner->text, u"Hel"_s);
    }

    void theCallGoesOnForTheJoiner()
    {
        auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto joiner = ask(deterministic());
        const auto second = ask(deterministic());
        leader->run->cancel();
        settle();
        QVERIFY(leader->ended() && leader->record().cancelled());
        QCOMPARE(leader->record().answer.text, u"Hel"_s);
        QCOMPARE(*leader->record().costUsd, 0.0);
        QCOMPARE(leader->updates.constLast().state, RunState::Ended);
        leader.reset(); // whose end cancels once more
        settle();
        QCOMPARE(live(), std::size_t(1));
        answerBytes(0, delta("lo") + finish + usage + done);
        answerEnd(0);
        QVERIFY(joiner->ended() && second->ended());
        // One of them pays, and has the true stamps.
        QVERIFY(joiner->record().ok() && !joiner->record().cached);
        QCOMPARE(joiner->record().id, joiner->run->id());
        QCOMPARE(*joiner->record().costUsd, 0.003);
        QCOMPARE(joiner->record().trace.httpStatus, 200);
        QVERIFY(!joiner->record().price.isEmpty()); // its receipt has the lines
        QCOMPARE(joiner->record().priceVersion, u"v1"_s);
        QCOMPARE(joiner->text, u"Hello"_s);
        QVERIFY(second->record().cached);
        QCOMPARE(started(), 1);
        QVERIFY(ask(deterministic())->ended()); // and it is kept
    }

    /// Its last update is due when it is gone.
    void theFrameAfterACallWithoutAnOwner()
    {
        int streamed = 0;
        connect(m_service.get(), &RunService::streamed, m_service.get(), [&streamed] { ++streamed; });
        const auto leader = ask(deterministic());
        const auto joiner = ask(deterministic());
        leader->run->cancel();
        settle();
        answerWhole(0);
        QVERIFY(joiner->ended());
        const int before = streamed;
        for (int i = 0; i < 3; ++i)
            advance(16);
        QCOMPARE(streamed, before);
        QVERIFY(ask(deterministic())->ended());
    }

    void whenAllHaveGoneItStops()
    {
        const auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto joiner = ask(deterministic());
        leader->run->cancel();
        settle();
        QCOMPARE(live(), std::size_t(1));
        joiner->run->cancel();
        settle();
        QCOMPARE(live(), std::size_t(0));
        QCOMPARE(leader->records.size(), 1);
        QCOMPARE(joiner->records.size(), 1);
        // The last to go pays for what had come.
        QCOMPARE(*leader->record().costUsd, 0.0);
        QVERIFY(joiner->record().cancelled() && !joiner->record().cached);
        QVERIFY(joiner->record().costUsd.value_or(0) > 0);
        QCOMPARE(joiner->record().answer.text, u"Hel"_s);
        QVERIFY(!joiner->record().price.isEmpty());
        QVERIFY(!ask(deterministic())->ended());
        QCOMPARE(started(), 2);
    }

    /// The one that asks again has the failed request on its bill, which is nobody else's.
    void whoTakesOverInheritsTheBill()
    {
        RunRequest once = deterministic();
        once.retries = false;
        const auto leader = ask(once);
        const auto first = ask(once);
        const auto second = ask(once);
        leader->run->cancel();
        settle();
        answerHead(0);
        answerEnd(0, base::Error { ErrorKind::Reset, u"gone"_s, {}, 0, std::nullopt });
        QVERIFY(!first->ended() && !second->ended());
        answerWhole(1);
        QCOMPARE(*leader->record().costUsd, 0.0);
        const profile::RunRecord &payer = first->record();
        QVERIFY(payer.ok() && !payer.cached);
        QCOMPARE(payer.earlierAttempts.size(), 1);
        QVERIFY(*payer.earlierAttempts[0].costUsd > 0);
        QCOMPARE(*payer.costUsd, 0.003 + *payer.earlierAttempts[0].costUsd);
        QCOMPARE(*second->record().costUsd, 0.0);
    }

    void closingPaysOnce()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, this,
                [&records](const profile::RunRecord &record) { records.append(record); });
        const auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto first = ask(deterministic());
        const auto second = ask(deterministic());
        m_service.reset(); // in any order
        QCOMPARE(records.size(), 3);
        QCOMPARE(std::count_if(records.cbegin(), records.cend(),
                               [](const profile::RunRecord &record) { return record.costUsd.value_or(0) > 0; }),
                 1);
    }

    void aWaiterTakesOver()
    {
        RunRequest once = deterministic();
        once.retries = false;
        const auto leader = ask(once);
        const auto first = ask(once);
        const auto second = ask(once);
        QCOMPARE(started(), 1);
        answerError(0, 503, R"({"error":{"message":"busy"}})");
        QVERIFY(leader->ended() && leader->record().answer.error);
        QVERIFY(!first->ended() && !second->ended());
        QCOMPARE(started(), 2); // one asks itself, the other waits for it
        answerWhole(1);
        QVERIFY(first->record().ok() && !first->record().cached);
        QVERIFY(second->record().ok() && second->record().cached);
        QCOMPARE(cacheDecisions(first->record()), (QStringList { u"joined a call in flight"_s, u"miss"_s }));
    }

    /// A refused key is refused again.
    void whatWouldFailAgainIsEverybodys()
    {
        const auto leader = ask(deterministic());
        const auto first = ask(deterministic());
        const auto second = ask(deterministic());
        answerError(0, 401, R"({"error":{"message":"no such key"}})");
        for (const auto &call : { leader.get(), first.get(), second.get() }) {
            QVERIFY(call->ended());
            QCOMPARE(call->errorKind(), ErrorKind::Auth);
        }
        QCOMPARE(started(), 1);
        QVERIFY(cacheDecisions(first->record()).constLast().contains(u"as this one would"_s));
        QCOMPARE(*first->record().costUsd, 0.0);
        QCOMPARE(m_shelf.hits, 0);
    }

    /// The call that somebody waits for leaves the batch's place.
    void joiningHurriesTheCallUp()
    {
        m_service->setLimits({ 1, { 1, 0, 0 } });
        const auto blocking = ask(request(u"p"_s, u"elsewhere"_s));
        RunRequest batch = deterministic();
        batch.priority = Priority::Batch;
        RunRequest before = batch;
        before.chat.messages = { llm::Message::fromText(llm::Role::User, u"the batch's first"_s) };
        const auto first = ask(before);
        const auto second = ask(batch);
        const auto joiner = ask(deterministic());
        answerWhole(0);
        QCOMPARE(started(), 2);
        answerWhole(1);
        QVERIFY(second->ended() && joiner->ended());
        QVERIFY(!first->ended());
    }

    void theJoinerWaitsForATurnAsLongAsItMay()
    {
        Limits limits { 1, { 1, 0, 0 } };
        limits.maxWaitMs = 5000;
        m_service->setLimits(limits);
        const auto blocking = ask(request());
        RunRequest batch = deterministic();
        batch.priority = Priority::Batch;
        const auto leader = ask(batch);
        const auto joiner = ask(deterministic());
        advance(4999);
        QVERIFY(!joiner->ended());
        advance(1);
        QVERIFY(joiner->ended());
        QCOMPARE(joiner->errorKind(), ErrorKind::Queue);
        QCOMPARE(joiner->record().answer.finishReason, llm::FinishReason::Error);
        QVERIFY(!leader->ended());
        answerWhole(0);
        answerWhole(1);
        QVERIFY(leader->record().ok());
    }

    void theJoinersTimeIsItsOwn()
    {
        RunRequest brief = deterministic();
        brief.limits.totalMs = 2000;
        const auto leader = ask(deterministic());
        const auto joiner = ask(brief);
        answerHead(0);
        answerBytes(0, delta("Hel"));
        advance(1000);
        const auto late = ask(brief);
        advance(1000);
        QVERIFY(joiner->ended() && !late->ended());
        QCOMPARE(joiner->errorKind(), ErrorKind::TotalTimeout);
        QCOMPARE(joiner->record().answer.text, u"Hel"_s);
        QCOMPARE(*joiner->record().costUsd, 0.0);
        advance(1000);
        QVERIFY(late->ended() && !leader->ended());
    }

    /// What it waited in the other's is its own.
    void whoTakesOverHasTheRestOfItsTime()
    {
        RunRequest brief = deterministic();
        brief.limits.totalMs = 2000;
        brief.retries = false;
        const auto leader = ask(brief);
        const auto joiner = ask(brief);
        advance(500);
        answerError(0, 503, R"({"error":{"message":"busy"}})");
        QVERIFY(!joiner->ended());
        inNetwork([](FakeTransport &transport) {
            QCOMPARE(transport.limits.size(), std::size_t(2));
            QVERIFY(transport.limits[1].totalMs <= 1500);
        });
    }

    void theLastOneWhoseTimeIsOverPays()
    {
        RunRequest brief = deterministic();
        brief.limits.totalMs = 2000;
        const auto leader = ask(deterministic());
        const auto joiner = ask(brief);
        answerHead(0);
        leader->run->cancel();
        advance(2000);
        QVERIFY(joiner->ended());
        QCOMPARE(joiner->errorKind(), ErrorKind::TotalTimeout);
        QVERIFY(joiner->record().costUsd.value_or(0) > 0);
        QCOMPARE(live(), std::size_t(0));
    }

    /// Shown words can't be taken back, as for a call of one's own.
    void aBrokenStreamIsEverybodys()
    {
        const auto leader = ask(deterministic());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        const auto joiner = ask(deterministic());
        answerEnd(0, base::Error { ErrorKind::Reset, u"gone"_s, {}, 0, std::nullopt });
        QVERIFY(leader->ended() && joiner->ended());
        QCOMPARE(joiner->errorKind(), ErrorKind::Reset);
        QVERIFY(cacheDecisions(joiner->record()).constLast().contains(u"broke off"_s));
        QCOMPARE(joiner->record().answer.text, u"Hel"_s);
        QCOMPARE(m_shelf.saved, 0);
        QCOMPARE(m_shelf.hits, 0);
    }

    void theServiceGoesWhileCallsAreJoined()
    {
        QList<profile::RunRecord> records;
        connect(m_service.get(), &RunService::recorded, this,
                [&records](const profile::RunRecord &record) { records.append(record); });
        const auto leader = ask(deterministic());
        const auto joiner = ask(deterministic());
        const auto second = ask(deterministic());
        m_service.reset();
        QCOMPARE(records.size(), 3);
        for (const profile::RunRecord &record : records)
            QVERIFY(record.cancelled());
    }
};

QTEST_GUILESS_MAIN(TestSingleFlight)
#include "tst_singleflight.moc"
