#include "core/profile/metrictable.h"
#include "tests/runservice/cachedservice.h"

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using profile::CachePolicy;

class TestResponseCache : public test::CachedServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeCachedService(); }
    void cleanup() { m_service.reset(); }

    void aHitAsksNobody()
    {
        const auto first = ask(deterministic());
        answerSlowly(0);
        QVERIFY(first->ended());
        QVERIFY(!first->record().cached);
        QCOMPARE(cacheDecisions(first->record()), QStringList { u"miss"_s });
        advance(3 * 24 * 3600 * 1000);

        m_service->setLimits({ 1, { 1, 0, 0 } });
        RunRequest other = deterministic();
        other.conversationId = u"c"_s;
        other.messageId = u"m"_s;
        const auto blocking = ask(request(u"q"_s)); // the only slot is taken: a hit takes none
        const auto second = ask(other);
        QVERIFY(second->ended());
        QCOMPARE(started(), 2);
        QCOMPARE(second->text, u"Hello"_s);
        const profile::RunRecord &record = second->record();
        QVERIFY(record.ok() && record.cached);
        QCOMPARE(record.id, second->run->id());
        QCOMPARE(record.conversationId, u"c"_s);
        QCOMPARE(record.messageId, u"m"_s);
        QCOMPARE(record.answer.text, u"Hello"_s);
        QCOMPARE(*record.costUsd, 0.0);
        QCOMPARE(record.attempts(), 0);
        QVERIFY(record.cacheHit);
        QCOMPARE(record.cacheHit->runId, first->record().id);
        QCOMPARE(record.cacheHit->ageMs, 3 * 24 * 3600 * 1000);
        QCOMPARE(*record.cacheHit->savedUsd, 0.003);
        QCOMPARE(*record.cacheHit->savedMs, 1013.0);
        QCOMPARE(cacheDecisions(record), QStringList { u"hit, from 3 days ago"_s });
        QCOMPARE(m_shelf.hits, 1);
        QCOMPARE(m_shelf.misses, 1);
        QCOMPARE(m_shelf.asked, 1); // memory knew
    }

    /// An estimate stays one.
    void aHitMarksEstimatedThinking()
    {
        const auto first = ask(deterministic());
        answerHead(0);
        const QByteArray thought = R"(data: {"choices":[{"index":0,"delta":{"reasoning_content":"one two three"}}]})"
                                   "\n\n";
        answerBytes(0, thought + delta("four") + finish + usage + done);
        answerEnd(0);
        const auto second = ask(deterministic());
        QVERIFY(second->ended() && second->record().cached);
        const profile::Metric &reasoning = *profile::metricById("reasoning_tokens");
        QVERIFY(profile::isEstimate(reasoning, first->record()));
        QVERIFY(profile::isEstimate(reasoning, second->record()));
        QCOMPARE(cacheDecisions(second->record()).size(), 1); // and of the first call's way nothing is told
    }

    void policies_data()
    {
        QTest::addColumn<CachePolicy>("policy");
        QTest::addColumn<bool>("deterministic");
        QTest::addColumn<bool>("cached");
        QTest::addColumn<QString>("reason");
        const QString off = u"off: the request is not deterministic"_s;
        QTest::newRow("off") << CachePolicy::Off << true << false << u"off"_s;
        QTest::newRow("deterministic, is not") << CachePolicy::Deterministic << false << false << off;
        QTest::newRow("deterministic, is") << CachePolicy::Deterministic << true << true << u"hit, from just now"_s;
        QTest::newRow("always") << CachePolicy::Always << false << true << u"hit, from just now"_s;
        QTest::newRow("refresh") << CachePolicy::Refresh << true << false << u"asks anew, and keeps the answer"_s;
    }
    void policies()
    {
        QFETCH(CachePolicy, policy);
        QFETCH(bool, deterministic);
        QFETCH(bool, cached);
        QFETCH(QString, reason);
        RunRequest asked = request();
        if (deterministic)
            asked.chat.options.seed = 7;
        asked.cache = policy;
        const auto first = ask(asked);
        answerWhole(0);
        const auto second = ask(asked);
        QCOMPARE(second->ended(), cached);
        QCOMPARE(started(), cached ? 1 : 2);
        if (!cached)
            answerWhole(1);
        QCOMPARE(second->record().cached, cached);
        QCOMPARE(cacheDecisions(second->record()), QStringList { reason });
    }

    /// A model that takes no temperature does not answer the same again.
    void anOptionThatIsNotSentMakesNothingDeterministic()
    {
        RunRequest asked = deterministic();
        asked.chat.model = u"o3"_s;
        asked.endpoint.providerId = u"openai"_s;
        const auto call = ask(asked);
        answerWhole(0);
        const auto &decisions = call->record().trace.decisions;
        const bool sent = std::none_of(decisions.begin(), decisions.end(), [](const profile::Decision &decision) {
            return decision.stage == u"options"_s && decision.reason.contains(u"temperature"_s);
        });
        QCOMPARE(cacheDecisions(call->record()),
                 QStringList { sent ? u"miss"_s : u"off: the request is not deterministic"_s });
        QVERIFY(!sent);
    }

    void refreshReplaces()
    {
        const auto first = ask(deterministic());
        answerWhole(0);
        RunRequest anew = deterministic();
        anew.cache = CachePolicy::Refresh;
        const auto second = ask(anew);
        answerHead(1);
        answerBytes(1, delta("New") + finish + usage + done);
        answerEnd(1);
        const auto third = ask(deterministic());
        QCOMPARE(third->text, u"New"_s);
        QCOMPARE(third->record().cacheHit->runId, second->record().id);
    }

    /// "Ask again": the policy stays what it is.
    void anewReplacesAsFarAsThePolicyKeeps()
    {
        const auto first = ask(deterministic());
        answerWhole(0);
        RunRequest anew = deterministic();
        anew.cacheAnew = true;
        const auto second = ask(anew);
        QCOMPARE(started(), 2);
        answerWhole(1);
        QCOMPARE(m_shelf.saved, 2);
        anew.cache = CachePolicy::Off;
        const auto third = ask(anew);
        answerWhole(2);
        QCOMPARE(m_shelf.saved, 2);
        QCOMPARE(ask(deterministic())->record().cacheHit->runId, second->record().id);
    }

    void onlyWholeAnswersAreKept_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<bool>("kept");
        const auto finished = [](const QByteArray &reason) {
            return delta("Hi") + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason
                + "\"}]}\n\n" + usage + done;
        };
        QTest::newRow("stop") << finished("stop") << true;
        QTest::newRow("tool calls") << finished("tool_calls") << true;
        QTest::newRow("length") << finished("length") << false;
        QTest::newRow("filtered") << finished("content_filter") << false;
        QTest::newRow("truncated") << delta("Hi") << false;
        QTest::newRow("error") << delta("Hi") + "data: {\"error\":{\"message\":\"no\"}}\n\n" << false;
        QTest::newRow("nothing said") << finish + usage + done << false;
        QTest::newRow("refused") << QByteArray("data: {\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"No\"}}]}\n\n")
                + finish + usage
                + done << false;
    }
    void onlyWholeAnswersAreKept()
    {
        QFETCH(QByteArray, body);
        QFETCH(bool, kept);
        const auto first = ask(deterministic());
        answerHead(0);
        answerBytes(0, body);
        answerEnd(0);
        QCOMPARE(m_shelf.saved, kept ? 1 : 0);
        const auto second = ask(deterministic());
        QCOMPARE(second->ended(), kept);
    }

    void entriesGetOld()
    {
        set({ .policy = CachePolicy::Always, .ttlMs = 10'000, .providerTtlMs = { { u"brief"_s, 1000 } } });
        for (const QString &provider : { u"p"_s, u"brief"_s }) {
            const auto call = ask(request(provider));
            answerWhole(static_cast<std::size_t>(started()) - 1);
        }
        advance(2000);
        QVERIFY(ask(request())->ended());
        const auto brief = ask(request(u"brief"_s));
        QVERIFY(!brief->ended());
        RunRequest fresh = request();
        fresh.cacheTtlMs = 500; // this call wants nothing older
        const auto choosy = ask(fresh);
        QVERIFY(!choosy->ended());
        answerWhole(2);
        answerWhole(3); // kept for 500 ms only
        QVERIFY(choosy->ended());
        advance(600);
        QVERIFY(!ask(request())->ended());
        advance(20'000);
        QVERIFY(!ask(request(u"other"_s))->ended());
    }

    void memoryIsBounded()
    {
        set({ .policy = CachePolicy::Always, .memoryBytes = 20 * 1024 });
        for (int i = 0; i < 40; ++i) {
            RunRequest asked = request();
            asked.chat.options.seed = i;
            const auto first = ask(asked);
            answerWhole(static_cast<std::size_t>(i));
        }
        QCOMPARE(m_shelf.saved, 40);
        const int before = m_shelf.asked;
        RunRequest newest = request();
        newest.chat.options.seed = 39;
        QVERIFY(ask(newest)->ended());
        QCOMPARE(m_shelf.asked, before);
        RunRequest oldest = request();
        oldest.chat.options.seed = 0;
        QVERIFY(ask(oldest)->ended());
        QCOMPARE(m_shelf.asked, before + 1); // gone from memory, not from the storage
        QVERIFY(ask(oldest)->ended());
        QCOMPARE(m_shelf.asked, before + 1); // and back
    }

    void clearing()
    {
        const auto fill = [this](const QString &model, const QString &conversation) {
            RunRequest asked = deterministic();
            asked.chat.model = model;
            asked.conversationId = conversation;
            const auto call = ask(asked);
            if (!call->ended())
                answerWhole(static_cast<std::size_t>(started()) - 1);
            return call->record().cached;
        };
        QVERIFY(!fill(u"a"_s, u"1"_s) && !fill(u"b"_s, u"2"_s));
        m_service->clearCache({ .model = u"a"_s });
        QVERIFY(fill(u"b"_s, u"2"_s));
        QVERIFY(!fill(u"a"_s, u"1"_s));
        m_service->clearCache({ .model = {}, .conversationId = u"2"_s });
        QVERIFY(fill(u"a"_s, u"1"_s));
        QVERIFY(!fill(u"b"_s, u"2"_s));
        m_service->clearCache({});
        QVERIFY(!fill(u"a"_s, u"1"_s) && !fill(u"b"_s, u"2"_s));
    }

    void aSlowDiskHoldsNothingUp()
    {
        m_shelf.slow = true;
        const auto call = ask(deterministic());
        QCOMPARE(started(), 0);
        advance(ResponseCache::patienceMs);
        QCOMPARE(started(), 1);
        answerWhole(0);
        QVERIFY(call->record().ok());
    }

    void stoppedWhileItLooks()
    {
        m_shelf.slow = true;
        const auto call = ask(deterministic());
        call->run->cancel();
        settle();
        QVERIFY(call->ended() && call->record().cancelled());
        advance(ResponseCache::patienceMs);
        QCOMPARE(started(), 0);
        m_shelf.slow = false;
        const auto second = ask(deterministic());
        QCOMPARE(started(), 1); // it joins nothing that is over
    }

    void recordedPace()
    {
        set({ .policy = CachePolicy::Always, .pace = CachePace::Recorded });
        const auto first = ask(request());
        answerSlowly(0);
        const auto second = ask(request());
        QVERIFY(!second->ended());
        QCOMPARE(second->text, QString());
        advance(100);
        QCOMPARE(second->text, u"Hel"_s);
        QCOMPARE(second->updates.constLast().state, RunState::Streaming);
        advance(800);
        QVERIFY(!second->ended());
        advance(200);
        QVERIFY(second->ended());
        QCOMPARE(second->text, u"Hello"_s);

        const auto stopped = ask(request());
        advance(100);
        stopped->run->cancel();
        settle();
        QVERIFY(stopped->ended());
        QVERIFY(stopped->record().cancelled() && stopped->record().cached);
        QCOMPARE(stopped->record().answer.text, u"Hel"_s);
        advance(5000);
        QCOMPARE(stopped->text, u"Hel"_s);
    }

    void aLongPauseIsShortened()
    {
        set({ .policy = CachePolicy::Always, .pace = CachePace::Recorded });
        const auto first = ask(request());
        answerHead(0);
        answerBytes(0, delta("Hel"));
        advance(100'000);
        answerBytes(0, delta("l"));
        advance(1000);
        answerBytes(0, delta("o") + finish + usage + done);
        answerEnd(0);
        QVERIFY(first->ended());
        const auto second = ask(request());
        advance(100);
        QCOMPARE(second->text, u"Hel"_s);
        advance(59'000);
        QCOMPARE(second->text, u"Hel"_s);
        advance(1100);
        QCOMPARE(second->text, u"Hell"_s);
        advance(1100);
        QVERIFY(second->ended());
        QCOMPARE(second->text, u"Hello"_s);
    }

    // The same call in flight

    /// "Hi" is what is answered.
    void aPassedAnswerIsKeptWhereItMightHaveBeenAskedAgain()
    {
        const RunRequest asked = checked(u"Hi"_s);
        const auto first = ask(asked);
        const auto beside = ask(asked);
        QCOMPARE(started(), 2); // neither joins the other: what it shows may be taken back
        answerWhole(0);
        answerWhole(1);
        QVERIFY(first->record().ok() && beside->record().ok());
        const auto hit = ask(asked);
        QCOMPARE(started(), 2);
        QVERIFY(hit->ended() && hit->record().cached);
        QCOMPARE(hit->text, u"Hi"_s);
        QCOMPARE(hit->record().validation.size(), 1);
        QCOMPARE(hit->record().validation[0].outcome, profile::Verdict::Outcome::Passed);
    }

    void stoppedWhileAKeptAnswerIsChecked()
    {
        const auto first = ask(checked(u"Hel"_s));
        answerSlowly(0);
        QVERIFY(first->record().ok());
        inNetwork([this](FakeTransport &) { m_scheduler->holdsWork = true; });
        const auto second = ask(checked(u"Hel"_s));
        QVERIFY(!second->ended());
        second->run->cancel();
        settle();
        QVERIFY(second->ended() && second->record().cancelled());
        inNetwork([this](FakeTransport &) { m_scheduler->workAside(); });
        settle();
        QCOMPARE(second->records.size(), 1);
        QCOMPARE(started(), 1);
    }

    void aKeptAnswerThatFailsIsAskedForAnew()
    {
        const auto plain = ask(deterministic());
        answerWhole(0);
        const auto call = ask(checked(u"Bye"_s));
        QCOMPARE(started(), 2); // as if it were the first
        answerWhole(1);
        QCOMPARE(started(), 3); // told what is wrong
        answerHead(2);
        answerBytes(2, delta("Bye") + finish + usage + done);
        answerEnd(2);
        QVERIFY(call->ended() && call->record().ok() && !call->record().cached);
        QCOMPARE(call->record().answer.text, u"Bye"_s);
        QCOMPARE(cacheDecisions(call->record().earlierAttempts.constFirst()),
                 (QStringList { u"the kept answer fails the checks"_s, u"miss"_s }));
        QCOMPARE(m_shelf.saved, 1); // the plain one: an answer to other words is none to keep
        const auto again = ask(deterministic());
        QCOMPARE(again->text, u"Hi"_s);
    }
};

QTEST_GUILESS_MAIN(TestResponseCache)
#include "tst_responsecache.moc"
