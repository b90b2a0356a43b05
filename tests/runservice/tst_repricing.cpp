#include "core/run/bill.h"
#include "core/run/repricing.h"

#include <QTest>
#include <QTimeZone>

using namespace talkbench;
using namespace talkbench::run;
using namespace Qt::StringLiterals;

namespace {

const QDateTime now(QDate(2026, 11, 24), QTime(12, 0), QTimeZone::utc());

cost::PriceBook book(const QByteArray &version, const QByteArray &rows)
{
    return *cost::PriceBook::fromJson(R"({"version":")" + version + R"(","prices":[)" + rows + "]}");
}

const QByteArray cheap = R"({"model":"m","input":1,"output":10,"source":"then"})";
const QByteArray dear = R"({"model":"m","input":2,"output":10,"source":"now"})";

/// A million tokens in, a tenth out, as it was recorded by `prices`.
profile::RunRecord recorded(const cost::PriceBook &prices)
{
    profile::RunRecord record;
    record.id = u"r"_s;
    record.providerId = u"p"_s;
    record.model = u"m"_s;
    record.startedWallMs = now.addDays(-30).toMSecsSinceEpoch();
    llm::Usage usage;
    usage.input = 1'000'000;
    usage.output = 100'000;
    record.answer.usage = usage;
    record.priceVersion = prices.version();
    if (const auto price = prices.find(u"p"_s, u"m"_s, now)) {
        record.price = cost::toJson(*price);
        record.costUsd = cost::receiptOf(usage, price, { now }).totalUsd();
    }
    return record;
}

} // namespace

class TestRepricing final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aNewPriceAndANoteOfIt()
    {
        const profile::RunRecord then = recorded(book("v1", cheap));
        QCOMPARE(then.costUsd, std::optional(2.0));
        Repricing repricing(book("v2", dear), now);
        const auto changed = repricing(then);
        QVERIFY(changed);
        QCOMPARE(changed->costUsd, std::optional(3.0));
        QCOMPARE(changed->priceVersion, u"v2"_s);
        QCOMPARE(receiptOf(*changed).computedUsd, std::optional(3.0)); // the receipt is of the new price
        const profile::Decision note = changed->trace.decisions.constLast();
        QCOMPARE(note.stage, u"cost"_s);
        QCOMPARE(note.reason,
                 u"recomputed on 2026-11-24 by the prices of v2: $3.00 in place of $2.00 by the prices of v1"_s);
        QCOMPARE(repricing.sums(), (Repricing::Sums { 1, 1, 0, 2, 3 }));
        QVERIFY(!repricing(*changed)); // once is enough
        QCOMPARE(repricing.sums(), (Repricing::Sums { 2, 1, 0, 5, 6 }));
    }

    void thePriceOfItsDay()
    {
        Repricing repricing(book("v2",
                                 R"({"model":"m","input":5,"output":10,"from":"2026-11-20","source":"s"},)"
                                 R"({"model":"m","input":4,"output":10,"until":"2026-11-19","source":"s"})"),
                            now);
        QCOMPARE(repricing(recorded(book("v1", cheap)))->costUsd, std::optional(5.0));
    }

    void whatWasUnknownIsKnown()
    {
        const profile::RunRecord then = recorded(book("v1", {}));
        QVERIFY(!then.costUsd);
        Repricing repricing(book("v2", dear), now);
        const auto changed = repricing(then);
        QCOMPARE(changed->costUsd, std::optional(3.0));
        QVERIFY(changed->trace.decisions.constLast().reason.endsWith(u"in place of an unknown cost"_s));
    }

    void whatIsUnknownTodayStays()
    {
        Repricing repricing(book("v2", {}), now);
        QVERIFY(!repricing(recorded(book("v1", cheap))));
        QCOMPARE(repricing.sums(), (Repricing::Sums { 1, 0, 1, 2, 2 }));
    }

    void whatNobodyPaidHereStays()
    {
        Repricing repricing(book("v2", dear), now);
        profile::RunRecord cached = recorded(book("v1", cheap));
        cached.cached = true;
        cached.costUsd = 0;
        QVERIFY(!repricing(cached));
        profile::RunRecord joined = recorded(book("v1", cheap));
        joined.costUsd = 0; // the call that had joined it pays
        QVERIFY(!repricing(joined));
        profile::RunRecord refused;
        refused.providerId = u"p"_s;
        refused.model = u"m"_s;
        QVERIFY(!repricing(refused));
        QCOMPARE(repricing.sums(), (Repricing::Sums { 3, 0, 0, 0, 0 }));
    }

    void aFreeCallMayCostNow()
    {
        Repricing repricing(book("v2", dear), now);
        const auto changed = repricing(recorded(book("v1", R"({"model":"m","input":0,"output":0,"source":"s"})")));
        QCOMPARE(changed->costUsd, std::optional(3.0));
    }

    void theServersOwnFigureStays()
    {
        profile::RunRecord record = recorded(book("v1", cheap));
        record.answer.usage->reportedCostUsd = 1.25;
        record.costUsd = 1.25;
        Repricing repricing(book("v2", dear), now);
        QVERIFY(!repricing(record));
    }

    void answersBeforeAndJudgesCount()
    {
        profile::RunRecord record = recorded(book("v1", cheap));
        profile::Attempt failed;
        failed.model = u"m"_s;
        failed.usage = record.answer.usage;
        failed.costUsd = 2;
        profile::Attempt judge = failed;
        judge.model = u"judge"_s;
        judge.costUsd = 7;
        record.earlierAttempts = { failed, profile::Attempt() }; // one had cost nothing
        record.judgements = { judge };
        record.costUsd = 11;
        const QByteArray judgePrice = R"(,{"model":"judge","input":10,"output":0,"source":"s"})";
        Repricing repricing(book("v2", dear + judgePrice), now);
        const auto changed = repricing(record);
        QCOMPARE(changed->costUsd, std::optional(16.0));
        QCOMPARE(changed->earlierAttempts[0].costUsd, std::optional(3.0));
        QVERIFY(!changed->earlierAttempts[1].costUsd);
        QCOMPARE(changed->judgements[0].costUsd, std::optional(10.0));
        Repricing blind(book("v2", dear), now);
        QVERIFY(!blind(record)); // the judge's price is unknown: so is the sum
    }

    /// An answer that failed its checks was another provider's.
    void whoWasPaidHasItsPrice()
    {
        profile::RunRecord record = recorded(book("v1", cheap));
        profile::Attempt failed;
        failed.model = u"m"_s;
        failed.providerId = u"q"_s;
        failed.usage = record.answer.usage;
        failed.costUsd = 2;
        record.earlierAttempts = { failed };
        const QByteArray ofQ = R"(,{"model":"m","provider":"q","input":10,"output":0,"source":"s"})";
        Repricing repricing(book("v2", dear + ofQ), now);
        QCOMPARE(repricing(record)->earlierAttempts[0].costUsd, std::optional(10.0));
    }

    void theSameTurnElsewhere()
    {
        const auto prices = book("v2", dear + R"(,{"model":"half","input":1,"output":5,"source":"s"})");
        const profile::RunRecord record = recorded(prices);
        const auto rows = elsewhere(record, { { u"p"_s, u"m"_s }, { u"p"_s, u"half"_s }, { u"p"_s, u"?"_s } }, prices);
        QCOMPARE(rows.size(), 2); // not the model itself
        QCOMPARE(rows[0].usd, std::optional(1.5));
        QCOMPARE(rows[0].differencePercent(answerUsd(record)), std::optional(-50.0));
        QVERIFY(!rows[1].usd);
        QVERIFY(!rows[1].differencePercent(answerUsd(record)));
        const QJsonArray json = toJson(rows, answerUsd(record));
        QCOMPARE(json[0][u"difference_percent"_s].toDouble(), -50.0);
        QVERIFY(json[1][u"usd"_s].isNull());
        profile::RunRecord cached = record;
        cached.cached = true;
        cached.costUsd = 0;
        QVERIFY(!rows[0].differencePercent(answerUsd(cached))); // nothing was paid: no percent of it
        QVERIFY(elsewhere(profile::RunRecord(), { { u"p"_s, u"m"_s } }, prices).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestRepricing)
#include "tst_repricing.moc"
