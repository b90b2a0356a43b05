#include "core/cost/tokenestimate.h"
#include "core/run/record.h"
#include "tests/runservice/fakeservice.h"

#include <QSignalSpy>

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;
using profile::RunRecord;

/// What a call would leave if the program ended now.
class TestBegunRecords final : public FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        makeService();
        m_begun.clear();
        connect(m_service.get(), &RunService::begun, this, [this](const RunRecord &record) { m_begun.append(record); });
    }
    void cleanup() { m_service.reset(); }

    void aCallThatIsSentCostsItsPrompt()
    {
        RunRequest asked = request();
        asked.operation = profile::Operation::Compare;
        asked.conversationId = u"c"_s;
        asked.messageId = u"m"_s;
        Observed call(m_service->start(asked));
        settle();
        QCOMPARE(m_begun.size(), 1);
        const RunRecord &begun = m_begun.first();
        QCOMPARE(begun.id, call.run->id());
        QVERIFY(begun.interrupted() && !begun.ok() && !begun.cancelled());
        QCOMPARE(begun.operation, profile::Operation::Compare);
        QCOMPARE(begun.conversationId, u"c"_s);
        QCOMPARE(begun.messageId, u"m"_s);
        QCOMPARE(begun.priceVersion, u"v1"_s);
        QCOMPARE(begun.attempts(), 1);
        QVERIFY(begun.answer.usage);
        QCOMPARE(begun.answer.usage->source, llm::UsageSource::Chunks);
        QCOMPARE(begun.answer.usage->outputTotal(), 0);
        QCOMPARE(begun.answer.usage->inputTotal(), promptTokens());
        QCOMPARE(*begun.costUsd, promptUsd());
        QCOMPARE(profile::toJson(profile::runRecordFromJson(profile::toJson(begun))), profile::toJson(begun));
        answerWhole(0);
        QCOMPARE(m_begun.size(), 1);
        QCOMPARE(call.record().id, begun.id);
    }

    void oneThatWaitsOrIsAnsweredAlreadyCostsNothing()
    {
        run::Limits limits;
        limits.standard.concurrent = 1;
        m_service->setLimits(limits);
        Observed first(m_service->start(request()));
        Observed waits(m_service->start(request()));
        settle();
        QCOMPARE(m_begun.size(), 1);
        answerWhole(0);
        QCOMPARE(m_begun.size(), 2);
        QCOMPARE(m_begun.last().id, waits.run->id());
    }

    void whileItWaitsToRetryNothingIsAsked()
    {
        Observed call(m_service->start(request()));
        settle();
        answerError(0, 429, rateLimited);
        QCOMPARE(m_begun.size(), 2);
        QVERIFY(!m_begun.last().answer.usage && !m_begun.last().costUsd);
        QCOMPARE(m_begun.last().earlierAttempts.size(), 1);
        advance(60'000);
        QCOMPARE(m_begun.size(), 3);
        QCOMPARE(*m_begun.last().costUsd, promptUsd());
        QCOMPARE(m_begun.last().attempts(), 2);
        answerWhole(1);
        QVERIFY(call.record().ok());
    }

    /// Each answer costs 0.003.
    void answersThatFailedAreOnTheBill()
    {
        RunRequest asked = request();
        asked.validation.validators = { { u"regex"_s, { { u"pattern"_s, u"^\\d+$"_s } } } };
        asked.validation.onFailure = llm::Validation::OnFailure::Retry;
        Observed call(m_service->start(asked));
        settle();
        answerWhole(0);
        QCOMPARE(m_begun.size(), 3); // sent, failed, sent again
        QCOMPARE(*m_begun[1].costUsd, 0.003);
        QVERIFY(*m_begun[2].costUsd > 0.003 + promptUsd()); // it tells the failure, too
        QVERIFY(*m_begun[2].costUsd < 0.004);
        QCOMPARE(m_begun[2].earlierAttempts.first().text, u"Hi"_s);
    }

    void anAnswerThatIsBeingJudgedIsOnTheBill()
    {
        RunRequest asked = request();
        asked.validation.validators = { { u"judge"_s, { { u"prompt"_s, u"It is polite."_s } } } };
        Observed call(m_service->start(asked));
        settle();
        answerWhole(0);
        QCOMPARE(m_begun.size(), 3);
        for (const RunRecord &begun : { m_begun[1], m_begun[2] }) {
            QVERIFY(begun.interrupted());
            QCOMPARE(begun.answer.text, u"Hi"_s);
            QCOMPARE(begun.answer.usage->source, llm::UsageSource::Server);
            QCOMPARE(begun.judgements.size(), 1);
            QCOMPARE(profile::toJson(interruptedRecord(begun)), profile::toJson(begun)); // it is whole
        }
        QCOMPARE(*m_begun[1].costUsd, 0.003);
        const auto &judge = m_begun[2].judgements.first();
        QVERIFY(judge.costUsd.value_or(0) > 0);
        QCOMPARE(*m_begun[2].costUsd, 0.003 + *judge.costUsd);
    }

    void whatHasComeIsToldOnceASecond()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("One") + delta(" two"));
        answerBytes(0, delta(" three"));
        advance(998);
        QCOMPARE(m_begun.size(), 1);
        advance(1);
        QCOMPARE(m_begun.size(), 2);
        const RunRecord &come = m_begun.last();
        QCOMPARE(come.id, call.run->id());
        QVERIFY(come.interrupted());
        QCOMPARE(come.answer.usage->outputTotal(), 3);
        QCOMPARE(come.answer.usage->source, llm::UsageSource::Chunks);
        QCOMPARE(*come.costUsd, promptUsd() + 3 * 10e-6);
        QVERIFY(come.answer.text.isEmpty() && come.trace.chunks.isEmpty());
        advance(60'000); // nothing new
        QCOMPARE(m_begun.size(), 2);
        answerBytes(0, delta(" four"));
        advance(1000);
        QCOMPARE(m_begun.size(), 3);
        QCOMPARE(m_begun.last().answer.usage->outputTotal(), 4);
        answerBytes(0, delta(" five") + finish + usage + done);
        answerEnd(0);
        QVERIFY(call.record().ok());
        QCOMPARE(call.record().answer.text, u"One two three four five"_s);
        advance(60'000);
        QCOMPARE(m_begun.size(), 3);
    }

    void whatAJudgeHasSaidIsToldToo()
    {
        RunRequest asked = request();
        asked.validation.validators = { { u"judge"_s, { { u"prompt"_s, u"It is polite."_s } } } };
        Observed call(m_service->start(asked));
        settle();
        answerWhole(0);
        const double before = *m_begun.last().costUsd;
        answerHead(1);
        answerBytes(1, delta("PASS") + delta(": yes"));
        advance(1000);
        const RunRecord &begun = m_begun.last();
        QCOMPARE(begun.answer.text, u"Hi"_s); // it is whole
        QCOMPARE(begun.judgements.first().usage->outputTotal(), 2);
        QVERIFY(std::abs(*begun.costUsd - before - 2 * 10e-6) < 1e-12);
    }

    void theGreaterOfWhatWasToldAndKeptCounts()
    {
        Observed call(m_service->start(request()));
        settle();
        answerHead(0);
        answerBytes(0, delta("One") + delta(" two") + delta(" three"));
        advance(1000);
        RunRecord begun = m_begun.last();
        begun.answer.text = u"One"_s;
        QCOMPARE(profile::toJson(interruptedRecord(begun)), profile::toJson(begun));
        begun.answer.text = u"One two three four five"_s;
        const RunRecord ended = interruptedRecord(begun);
        QCOMPARE(ended.answer.usage->outputTotal(), cost::estimateTokens(begun.answer.text));
        QVERIFY(std::abs(*ended.costUsd - promptUsd() - double(ended.answer.usage->outputTotal()) * 10e-6) < 1e-12);
    }

    void whatWasKeptOfTheAnswerIsPricedToo()
    {
        Observed call(m_service->start(request()));
        settle();
        RunRecord begun = m_begun.first();
        QCOMPARE(profile::toJson(interruptedRecord(begun)), profile::toJson(begun)); // nothing was
        *begun.costUsd += 1; // of an answer before
        begun.answer.text = u"Lighthouses are towers that emit light."_s;
        begun.answer.reasoning = u"What are they?"_s;
        const RunRecord ended = interruptedRecord(begun);
        const qint64 output = cost::estimateTokens(begun.answer.text);
        const qint64 reasoning = cost::estimateTokens(begun.answer.reasoning);
        QVERIFY(output > 4 && reasoning > 2);
        QCOMPARE(ended.answer.usage->output, output);
        QCOMPARE(ended.answer.usage->reasoning, reasoning);
        QVERIFY(ended.interrupted());
        QVERIFY(std::abs(*ended.costUsd - 1 - promptUsd() - double(output + reasoning) * 10e-6) < 1e-12);
    }

    void whoPaysForACallWithoutAnOwnerIsTold()
    {
        RunRequest asked = request();
        asked.cache = profile::CachePolicy::Always;
        Observed owner(m_service->start(asked));
        settle();
        Observed first(m_service->start(asked));
        settle();
        Observed second(m_service->start(asked));
        settle();
        answerHead(0);
        answerBytes(0, delta("One") + delta(" two"));
        QCOMPARE(m_begun.last().id, owner.run->id());
        owner.run->cancel();
        settle();
        QVERIFY(owner.ended() && !owner.record().costUsd.value_or(0));
        const auto owed = [this](const Observed &who, int tokens) {
            const RunRecord &begun = m_begun.last();
            return begun.id == who.run->id() && begun.interrupted() && !begun.cached
                && std::abs(*begun.costUsd - promptUsd() - tokens * 10e-6) < 1e-12;
        };
        QVERIFY(owed(first, 2));
        answerBytes(0, delta(" three"));
        advance(1000);
        QVERIFY(owed(first, 3));
        first.run->cancel(); // the next one pays
        settle();
        answerBytes(0, delta(" four"));
        advance(1000);
        QVERIFY(owed(second, 4));
        answerBytes(0, finish + usage + done);
        answerEnd(0);
        QVERIFY(second.ended());
        QCOMPARE(*second.record().costUsd, 0.003);
    }

    void whereNoPriceIsKnownTheCostIsNot()
    {
        RunRequest asked = request();
        asked.chat.model = u"unheard-of"_s;
        Observed call(m_service->start(asked));
        settle();
        RunRecord begun = m_begun.first();
        QVERIFY(!begun.costUsd);
        begun.answer.text = u"Something"_s;
        QVERIFY(!interruptedRecord(begun).costUsd);
        QVERIFY(interruptedRecord(begun).answer.usage->output > 0);
    }

private:
    static qint64 promptTokens() { return cost::estimateTokens(request().chat.messages); }
    static double promptUsd() { return double(promptTokens()) * 1e-6; }

    QList<RunRecord> m_begun;
};

QTEST_GUILESS_MAIN(TestBegunRecords)
#include "tst_begunrecords.moc"
