#include "core/select/fallback.h"
#include "core/select/qualities.h"
#include "core/select/strategies.h"
#include "runs.h"

#include <QFile>
#include <QTest>

using namespace talkbench;
using namespace talkbench::select;
using namespace talkbench::test;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 start = 1'700'000'000'000;
constexpr qint64 minute = 60'000;
const ModelRef a { u"p"_s, u"a"_s };
const ModelRef b { u"q"_s, u"b"_s };

Choice choose(qint64 nowMs, const QString &strategy = {})
{
    Choice choice;
    choice.strategy = strategy;
    choice.candidates = { { a }, { b } };
    choice.subject.tokens = 100;
    choice.nowMs = nowMs;
    return choice;
}

const DecisionRow &rowOf(const Decision &decision, const ModelRef &ref)
{
    return decision.rows.at(decision.rows.at(0).ref == ref ? 0 : 1);
}

Measurements fastAndSlow(double aMs = 200, double bMs = 8000)
{
    Measurements measurements;
    for (int i = 0; i < 20; ++i) {
        measurements.add(answered(a, start + i * 1000, aMs));
        measurements.add(answered(b, start + i * 1000, bMs));
    }
    return measurements;
}

cost::Price price(double input, double output)
{
    cost::Price row;
    row.input = input;
    row.output = output;
    row.cacheRead = input / 10;
    return row;
}

} // namespace

class TestSelector final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void propensitiesAreOne()
    {
        const Measurements measurements = fastAndSlow(500, 700);
        for (const Strategy &strategy : strategies()) {
            for (quint32 seed = 1; seed < 30; ++seed) {
                Choice choice = choose(start + minute, QString::fromLatin1(strategy.id));
                choice.seed = seed;
                const Decision decision = decide(choice, measurements);
                double sum = 0;
                for (const DecisionRow &row : decision.rows)
                    sum += row.propensity;
                QVERIFY2(std::abs(sum - 1) < 1e-9, strategy.id);
                QVERIFY(rowOf(decision, *decision.chosen).propensity > 0);
                QCOMPARE(decide(choice, measurements), decision); // the seed is all the randomness there is
                QCOMPARE(decisionFromJson(toJson(decision)), decision);
            }
        }
    }

    void chosenAsOftenAsItsPropensitySays()
    {
        const Measurements measurements = fastAndSlow(500, 520);
        double expected = 0;
        int chosen = 0;
        constexpr int tries = 400;
        for (quint32 seed = 1; seed <= tries; ++seed) {
            Choice choice = choose(start + minute);
            choice.seed = seed * 7919;
            const Decision decision = decide(choice, measurements);
            expected += rowOf(decision, a).propensity;
            chosen += decision.chosen == a ? 1 : 0;
        }
        QVERIFY2(std::abs(chosen - expected) < 60, qPrintable(u"%1 of %2"_s.arg(chosen).arg(expected)));
    }

    void goodModelsAreKnownByTheirNames_data()
    {
        QTest::addColumn<std::optional<Quality>>("quality");
        using enum Quality;
        for (const char *high :
             { "gpt-5.2", "claude-opus-4-6", "google/gemini-3-pro-preview", "o3", "o1-pro", "grok-4" })
            QTest::newRow(high) << std::optional(High);
        for (const char *balanced :
             { "gpt-5-mini", "claude-sonnet-4-5", "gemini-2.5-flash", "gpt-4o", "gpt-4.1", "o4-mini" })
            QTest::newRow(balanced) << std::optional(Balanced);
        for (const char *low :
             { "gpt-5-nano", "claude-haiku-4-5", "gemini-2.5-flash-lite", "gpt-4o-mini", "Llama-3.1-8B-Instruct" })
            QTest::newRow(low) << std::optional(Low);
        QTest::newRow("my-own-model") << std::optional<Quality>();
    }

    void goodModelsAreKnownByTheirNames()
    {
        QFile file(u":/qualities.json"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto qualities = Qualities::fromJson(file.readAll());
        QVERIFY(qualities);
        QTEST(qualities->find(QString::fromLatin1(QTest::currentDataTag())), "quality");
        QVERIFY(!Qualities::fromJson(R"({"models":[{"match":"a","quality":"best"}]})"));
    }

    void theWeightOfGoodCounts()
    {
        const Measurements measurements = fastAndSlow(500, 700);
        Choice choice = choose(start + minute);
        choice.weights = { .fast = 1, .cheap = 0, .good = 1 };
        choice.candidates[0].quality = scoreOf(Quality::Low);
        const Decision decision = decide(choice, measurements); // b is not known, so balanced
        QVERIFY(rowOf(decision, b).utility > rowOf(decision, a).utility + 1);
        QVERIFY2(decision.reason.contains(u"quality"_s), qPrintable(decision.reason));
        choice.weights.good = 0;
        QVERIFY(rowOf(decide(choice, measurements), a).utility > rowOf(decide(choice, measurements), b).utility);
    }

    void slowYesterdayIsTriedAgain()
    {
        Measurements measurements = fastAndSlow();
        QVERIFY(rowOf(decide(choose(start + minute), measurements), b).propensity < 0.05);
        const qint64 tomorrow = start + 24 * 60 * minute;
        for (int i = 0; i < 20; ++i) // slow, too, but not as b was
            measurements.add(answered(a, tomorrow - minute + i * 1000, 6500));
        QVERIFY(rowOf(decide(choose(tomorrow), measurements), b).propensity > 0.2);
    }

    void promptLengthHasItsOwnEvidence()
    {
        Measurements measurements;
        for (int i = 0; i < 20; ++i) {
            measurements.add(answered(a, start + i, 100, 10, 100));
            measurements.add(answered(a, start + i, 9000, 10, 30'000));
            measurements.add(answered(b, start + i, 1000, 10, 100));
            measurements.add(answered(b, start + i, 1500, 10, 30'000));
        }
        Choice choice = choose(start + minute, u"fastest"_s);
        QCOMPARE(decide(choice, measurements).chosen, a);
        choice.subject.tokens = 30'000;
        QCOMPARE(decide(choice, measurements).chosen, b);
    }

    void anOpenCircuitIsProbedOnce()
    {
        Measurements measurements = fastAndSlow();
        qint64 now = start + minute;
        for (int i = 0; i < Measurements::failuresToOpen; ++i)
            measurements.add(failed(a, now));
        now += 2000;
        QCOMPARE(measurements.circuit(a, now), Circuit::Open);
        QCOMPARE(decide(choose(now, u"fixed"_s), measurements).chosen, b);
        QVERIFY(!rowOf(decide(choose(now), measurements), a).excluded.isEmpty());
        now += Measurements::firstPauseMs;
        QCOMPARE(measurements.circuit(a, now), Circuit::HalfOpen);
        QCOMPARE(decide(choose(now, u"fixed"_s), measurements).chosen, a);
        measurements.sent(a, now);
        QCOMPARE(decide(choose(now + 1, u"fixed"_s), measurements).chosen, b);
        measurements.add(failed(a, now)); // the probe
        now += 2000;
        QCOMPARE(measurements.circuit(a, now + Measurements::firstPauseMs), Circuit::Open); // twice as long
        now += 2 * Measurements::firstPauseMs;
        QCOMPARE(measurements.circuit(a, now), Circuit::HalfOpen);
        measurements.add(answered(a, now, 100));
        QCOMPARE(measurements.circuit(a, now + 2000), Circuit::Closed);
    }

    void whenAllAreOpenTheFirstToCloseIsAsked()
    {
        Measurements measurements;
        for (int i = 0; i < Measurements::failuresToOpen; ++i) {
            measurements.add(failed(b, start));
            measurements.add(failed(a, start + 5000));
        }
        QCOMPARE(decide(choose(start + 7000), measurements).chosen, b);
    }

    void whatTheUserDidIsNoFailure()
    {
        Measurements measurements;
        for (const auto kind : { base::ErrorKind::Cancelled, base::ErrorKind::InvalidRequest,
                                 base::ErrorKind::ContextTooLong, base::ErrorKind::Filtered })
            measurements.add(failed(a, start, kind));
        profile::RunRecord cached = answered(a, start, 1);
        cached.cached = true;
        measurements.add(cached);
        QVERIFY(!measurements.find(a));
    }

    void tooShortAContextIsNeverChosen()
    {
        Choice choice = choose(start);
        choice.candidates[0].contextTokens = 50;
        QCOMPARE(decide(choice, {}).chosen, b);
        choice.candidates[1].contextTokens = 50;
        const Decision none = decide(choice, {});
        QVERIFY(!none.chosen);
        QVERIFY(none.reason.contains(u"too short"_s));
        choice.candidates.clear();
        QVERIFY(!decide(choice, {}).chosen);
        QVERIFY(!decide(choose(start, u"nonsense"_s), {}).chosen);
    }

    void staysWhileThePromptCacheIsWarm()
    {
        const Measurements measurements = fastAndSlow(500, 510);
        Choice choice = choose(start + minute);
        choice.weights = { 1, 1, 0 };
        choice.subject.tokens = 20'000;
        choice.candidates[0].price = price(3, 15);
        choice.candidates[1].price = price(3, 15);
        choice.incumbent = Incumbent { b, 19'000, start + minute - 1000 };
        const Decision warm = decide(choice, measurements);
        QCOMPARE(warm.chosen, b);
        QCOMPARE(rowOf(warm, b).propensity, 1.0);
        QVERIFY(*rowOf(warm, b).predictedUsd < *rowOf(warm, a).predictedUsd / 2);
        choice.incumbent->usedMs = start - 10 * minute; // gone by now
        QVERIFY(rowOf(decide(choice, measurements), b).propensity < 1);
    }

    void weightsAreMonotone()
    {
        const Measurements measurements = fastAndSlow(300, 3000);
        Choice choice = choose(start + minute);
        choice.candidates[0].price = price(30, 150);
        choice.candidates[1].price = price(0.3, 1.5);
        double before = -1e9;
        for (double cheap = 0; cheap <= 4; cheap += 0.25) {
            choice.weights = { 1, cheap, 0 };
            const Decision decision = decide(choice, measurements);
            const double edge = rowOf(decision, b).utility - rowOf(decision, a).utility;
            QVERIFY(edge >= before);
            before = edge;
        }
        QVERIFY(before > 0);
        choice.weights = { 1, 0, 0 };
        QCOMPARE(decide(choice, measurements).chosen, a);
    }

    void anUnknownPriceIsNotFree()
    {
        Choice choice = choose(start, u"cheapest"_s);
        choice.candidates[1].price = price(3, 15);
        const Decision decision = decide(choice, {});
        QCOMPARE(decision.chosen, b);
        QVERIFY(!rowOf(decision, a).predictedUsd);
    }

    void roundRobinTakesTurns()
    {
        Measurements measurements;
        QList<ModelRef> order;
        for (int i = 1; i <= 4; ++i) {
            order.append(*decide(choose(start + i, u"roundrobin"_s), measurements).chosen);
            measurements.sent(order.constLast(), start + i);
        }
        QCOMPARE(order, (QList<ModelRef> { a, b, a, b }));
    }

    void fallbacks()
    {
        const auto error = [](base::ErrorKind kind) { return base::Error { kind, {}, {}, 0, {} }; };
        const ModelRef sameAccount { u"p"_s, u"c"_s };
        const QList<Candidate> order { { a, {}, 1000 }, { sameAccount, {}, 1000 }, { b, {}, 8000 } };
        const auto plan = [&order](qint64 tokens, bool fits = false) { return FallbackPlan { order, tokens, fits }; };
        using enum base::ErrorKind;
        for (const auto kind : { RateLimited, Overloaded, Server, Refused, Truncated })
            QCOMPARE(nextAfter(error(kind), a, plan(500), { a }), sameAccount);
        for (const auto kind : { Quota, Auth })
            QCOMPARE(nextAfter(error(kind), a, plan(500), { a }), b);
        QCOMPARE(nextAfter(error(ContextTooLong), a, plan(900), { a }), b);
        QVERIFY(!nextAfter(error(ContextTooLong), b, plan(5000), { b }));
        QVERIFY(!nextAfter(error(RateLimited), b, plan(500), { a, b, sameAccount }));
        for (const auto kind : { Cancelled, InvalidRequest, Filtered, Config })
            QVERIFY(!nextAfter(error(kind), a, plan(500), { a }));
    }

    void aListedContextThatAServerDeniesSaysNothing()
    {
        const base::Error tooLong { base::ErrorKind::ContextTooLong, {}, {}, 0, {} };
        QCOMPARE(nextAfter(tooLong, a, { { { a, {}, 8000 }, { b, {}, 8000 } }, 60 }, { a }), b);
        QCOMPARE(nextAfter(tooLong, a, { { { a, {}, 8000 }, { b, {}, 50 } }, 60 }, { a }), std::nullopt);
        QCOMPARE(nextAfter(tooLong, a, { { { a, {}, 8000 }, { b } }, 7000 }, { a }), b); // nobody knows b's
    }

    void aRefusedKeyBarsItsProvider()
    {
        const ModelRef sibling { a.providerId, u"sibling"_s };
        Measurements measurements;
        measurements.add(failed(a, start - 1000, base::ErrorKind::Auth));
        for (const ModelRef &ref : { a, sibling })
            QCOMPARE(measurements.circuit(ref, start), Circuit::Open);
        QCOMPARE(measurements.circuit(b, start), Circuit::Closed);
        for (quint32 seed = 1; seed < 30; ++seed) {
            Choice choice = choose(start);
            choice.seed = seed;
            const Decision decision = decide(choice, measurements);
            QCOMPARE(decision.chosen, b);
            QVERIFY(rowOf(decision, a).excluded.startsWith(u"its provider refused the key"_s));
        }
        Choice alone = choose(start);
        alone.candidates = { alone.candidates.constFirst() };
        QCOMPARE(decide(alone, measurements).chosen, a); // there is nobody else
        const qint64 later = start + Measurements::firstPauseMs;
        QCOMPARE(measurements.circuit(sibling, later), Circuit::HalfOpen);
        measurements.sent(sibling, later);
        QVERIFY(measurements.probing(a, later)); // one call for all of them
        measurements.add(answered(sibling, later, 500));
        QCOMPARE(measurements.circuit(a, later + 2000), Circuit::Closed);
    }

    void whatIsMadeToFitMayGoAnywhere()
    {
        const base::Error overloaded { base::ErrorKind::Overloaded, {}, {}, 0, {} };
        const base::Error tooLong { base::ErrorKind::ContextTooLong, {}, {}, 0, {} };
        const QList<Candidate> order { { b, {}, 8000 }, { a, {}, 1000 } };
        QVERIFY(!nextAfter(overloaded, b, { order, 5000, false }, { b }));
        QCOMPARE(nextAfter(overloaded, b, { order, 5000, true }, { b }), a);
        QVERIFY(!nextAfter(tooLong, b, { order, 5000, true }, { b })); // only a longer one helps
        QCOMPARE(nextAfter(tooLong, a, { order, 5000, true }, { a }), b);
    }

    void whereNoneIsLongEnoughTheLongestIsFilled()
    {
        Choice choice = choose(start, u"fixed"_s);
        choice.candidates[0].contextTokens = 50;
        choice.candidates[1].contextTokens = 80;
        choice.fits = true;
        QCOMPARE(decide(choice, {}).chosen, b);
        choice.candidates[0].contextTokens = 200; // enough
        const Decision enough = decide(choice, {});
        QCOMPARE(enough.chosen, a);
        QVERIFY(!rowOf(enough, b).excluded.isEmpty());
        choice.candidates[0].barred = u"gone"_s;
        QCOMPARE(decide(choice, {}).chosen, b);
    }

    void hedgesOnlyOnEvidence()
    {
        QVERIFY(!hedgeDelayMs({}, a, 2));
        const Measurements measurements = fastAndSlow(500, 1000);
        QCOMPARE(hedgeDelayMs(measurements, a, 2), std::optional<qint64>(1000));
        QCOMPARE(hedgeDelayMs(measurements, a, 0.1), std::optional<qint64>(300));
    }
};

QTEST_GUILESS_MAIN(TestSelector)
#include "tst_selector.moc"
