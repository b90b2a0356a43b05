#include "core/select/replay.h"
#include "runs.h"

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

Candidate candidateOf(const ModelRef &ref)
{
    cost::Price price;
    price.input = 3;
    price.output = 15;
    price.cacheRead = 0.3;
    return { .ref = ref, .price = price };
}

Choice choose(qint64 nowMs)
{
    Choice choice;
    choice.candidates = { candidateOf(a), candidateOf(b) };
    choice.subject.tokens = 100;
    choice.nowMs = nowMs;
    return choice;
}

/// The run of a choice that could have been either, with the same odds.
profile::RunRecord chosenEvenly(const ModelRef &ref, const Choice &choice, const Measurements &measurements,
                                double ttftMs)
{
    Decision decision = decide(choice, measurements);
    decision.chosen = ref;
    for (DecisionRow &row : decision.rows)
        row.propensity = 0.5;
    profile::RunRecord record = answered(ref, choice.nowMs, ttftMs);
    record.decision = toJson(decision);
    return record;
}

/// Ten of each, a minute before `start`.
QList<profile::RunRecord> known(double aMs, double bMs)
{
    QList<profile::RunRecord> records;
    for (int i = 0; i < 10; ++i) {
        records << answered(a, start - minute + i * 1000, aMs);
        records << answered(b, start - minute + i * 1000, bMs);
    }
    return records;
}

Replay replayed(const QList<profile::RunRecord> &records, const QStringList &strategies)
{
    Replay replay(strategies, candidateOf);
    for (const profile::RunRecord &record : records)
        replay.add(record);
    return replay;
}

} // namespace

class TestReplay final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ratesWhatWasShared()
    {
        QList<profile::RunRecord> records;
        Measurements measurements;
        for (int i = 0; i < 400; ++i) {
            // Logged evenly, so that the truth is known: a takes 1.5 s, b 5 s.
            const bool isA = i % 2 == 0;
            records << chosenEvenly(isA ? a : b, choose(start + i * minute), measurements, isA ? 510 : 4010);
            measurements.add(records.constLast());
        }
        const auto rows = replayed(records, { u"fastest"_s, u"roundrobin"_s }).rows();
        QCOMPARE(rows[0].decisions, 400);
        QVERIFY(std::abs(*rows[0].snips - 0.15) < 0.02);
        QVERIFY(std::abs(rows[0].ips - 0.15) < 0.02);
        QVERIFY(rows[0].effective > 150);
        QVERIFY(*rows[1].snips > *rows[0].snips);
    }

    /// In a batch many calls are under way at each choice.
    void whatCameAfterAChoiceIsNotKnownThen()
    {
        QList<profile::RunRecord> records = known(500, 1000);
        for (int i = 0; i < 10; ++i)
            records << answered(a, start + i, 100'000); // which nobody knows for 100 s
        records << chosenEvenly(a, choose(start + 1000), {}, 500);
        const auto early = replayed(records, { u"fastest"_s }).rows();
        QCOMPARE(early[0].decisions, 1);
        QVERIFY(early[0].snips); // a was the fastest, as far as it was known
        records << chosenEvenly(b, choose(start + 5 * minute), {}, 1000);
        const auto later = replayed(records, { u"fastest"_s }).rows();
        QCOMPARE(later[0].decisions, 2);
        QCOMPARE(later[0].effective, 2.0); // and now is b
    }

    void whatOnlyGoesOnIsNoChoice()
    {
        QList<profile::RunRecord> records = known(500, 1000);
        records << chosenEvenly(a, choose(start + 1000), {}, 500);
        profile::RunRecord rest = chosenEvenly(a, choose(start + 2000), {}, 500);
        rest.decision.insert("goes_on_from"_L1, u"before"_s);
        records << rest;
        QCOMPARE(replayed(records, { u"fastest"_s }).rows().at(0).decisions, 1);
    }

    void aChoiceThatHadToStayStays()
    {
        QList<profile::RunRecord> records = known(500, 510);
        Choice choice = choose(start + minute);
        choice.weights = { 1, 1, 0 };
        choice.subject.tokens = 20'000;
        choice.incumbent = Incumbent { b, 19'000, start + minute - 1000 };
        const Decision decision = decide(choice, Measurements::of(records));
        QCOMPARE(decision.chosen, b);
        records << answered(b, choice.nowMs, 510);
        records.last().decision = toJson(decision);
        const auto rows = replayed(records, { u"measured"_s }).rows();
        QCOMPARE(rows[0].decisions, 1);
        QCOMPARE(rows[0].ips, *rows[0].snips); // its propensity is 1 again
    }

    void aLossIsByTheQualityThatWasWanted()
    {
        Choice choice = choose(start);
        choice.candidates = { candidateOf(a) };
        choice.candidates[0].quality = 0.5;
        choice.weights = { 0, 0, 1 };
        choice.subject.quality = Quality::High;
        profile::RunRecord record = answered(a, start, 500);
        record.decision = toJson(decide(choice, {}));
        QCOMPARE(replayed({ record }, { u"measured"_s }).rows()[0].ips, 10.0);
    }

    void whoCouldNotBeAskedThenIsNotAskedNow()
    {
        Choice choice = choose(start);
        choice.candidates[0].barred = u"its budget is used up"_s;
        QList<profile::RunRecord> records = known(500, 4000);
        records << answered(b, start, 4000);
        records.last().decision = toJson(decide(choice, Measurements::of(known(500, 4000))));
        QVERIFY(replayed(records, { u"fastest"_s }).rows()[0].snips);
    }

    void whatWasNotKeptIsLeftOut()
    {
        profile::RunRecord record = chosenEvenly(a, choose(start), {}, 500);
        record.decision.remove("quality"_L1);
        const Replay replay = replayed({ record }, { u"fastest"_s });
        QCOMPARE(replay.rows()[0].decisions, 0);
        QCOMPARE(replay.leftOut(), 1);
    }

    void aDecisionIsKeptWhole()
    {
        Choice choice = choose(start);
        choice.subject.quality = Quality::Low;
        choice.incumbent = Incumbent { a, 12, start - 5 };
        choice.fits = true;
        const Decision decision = decide(choice, {});
        QCOMPARE(decision.incumbent, choice.incumbent);
        const Decision kept = decisionFromJson(toJson(decision));
        QCOMPARE(kept.quality, std::optional(Quality::Low));
        QCOMPARE(kept.incumbent, choice.incumbent);
        QVERIFY(kept.fits);
    }
};

QTEST_GUILESS_MAIN(TestReplay)
#include "tst_replay.moc"
