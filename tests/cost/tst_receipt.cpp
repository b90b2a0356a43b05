#include "core/cost/receipt.h"

#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTest>
#include <QTimeZone>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;

namespace {

const QDateTime noon(QDate(2026, 11, 24), QTime(12, 0), QTimeZone::utc());

Price price(const QByteArray &rates)
{
    const auto read = priceFromJson(QJsonDocument::fromJson(R"({"model":"m",)" + rates + "}").object());
    return read ? *read : Price();
}

double costUsd(const llm::Usage &usage, const Price &price, const Circumstances &circumstances = { noon })
{
    return *receiptOf(usage, price, circumstances).computedUsd;
}

qint64 tokensOf(const Receipt &receipt, const QList<TokenClass> &classes)
{
    qint64 tokens = 0;
    for (const ReceiptLine &line : receipt.lines)
        tokens += classes.contains(line.tokenClass) ? line.tokens : 0;
    return tokens;
}

/// As many classes as it likes at nought, and parts that claim more than their whole.
llm::Usage randomUsage(QRandomGenerator &random)
{
    const auto tokens = [&random]() -> qint64 { return random.bounded(3) == 0 ? 0 : random.bounded(2'000'000); };
    llm::Usage usage;
    usage.input = tokens();
    usage.image = tokens();
    usage.cacheRead = tokens();
    usage.cacheWrite = tokens();
    usage.cacheWrite1h = tokens();
    usage.output = tokens();
    usage.reasoning = tokens();
    if (random.bounded(4) == 0)
        usage.reportedCostUsd = random.generateDouble();
    return usage;
}

Price randomPrice(QRandomGenerator &random)
{
    const auto rates = [&random] {
        const auto maybe = [&random] {
            return random.bounded(2) == 0 ? std::optional<double>() : random.bounded(20.0);
        };
        return Rates { random.bounded(20.0), random.bounded(90.0), maybe(), maybe(), maybe(), maybe(), maybe() };
    };
    Price price;
    static_cast<Rates &>(price) = rates();
    for (qint64 above = 200'000; random.bounded(2) == 0; above *= 2)
        price.tiers.append({ above, rates() });
    if (random.bounded(2) == 0)
        price.offPeak.append({ QTime(random.bounded(24), 0), QTime(random.bounded(24), 30), random.bounded(1.0) });
    if (random.bounded(2) == 0)
        price.batch = rates();
    return price;
}

} // namespace

class TestReceipt : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTokenIsOnOneLine()
    {
        QRandomGenerator random(20261124);
        for (int i = 0; i < 20'000; ++i) {
            const llm::Usage usage = randomUsage(random);
            const Price price = randomPrice(random);
            const Circumstances circumstances { noon.addSecs(random.bounded(86'400)),
                                                random.bounded(2) == 0 && price.batch };
            const Receipt receipt = receiptOf(usage, price, circumstances);
            using enum TokenClass;
            QCOMPARE(tokensOf(receipt, { Input, Image, CacheRead, CacheWrite, CacheWrite1h }), usage.inputTotal());
            QCOMPARE(tokensOf(receipt, { Output, Reasoning }), usage.outputTotal());
            double sum = 0;
            QSet<TokenClass> seen;
            for (const ReceiptLine &line : receipt.lines) {
                QVERIFY(line.tokens > 0 && line.usdPerMillion >= 0);
                QVERIFY(!seen.contains(line.tokenClass));
                seen.insert(line.tokenClass);
                sum += line.usd();
            }
            QCOMPARE(*receipt.computedUsd, sum);
            QCOMPARE(receipt.totalUsd(), usage.reportedCostUsd ? usage.reportedCostUsd : receipt.computedUsd);
            QCOMPARE(receipt.differenceUsd().has_value(), usage.reportedCostUsd.has_value());
        }
    }

    void sumsDisjointClasses()
    {
        llm::Usage usage;
        usage.input = 100'000;
        usage.cacheRead = 1'000'000;
        usage.cacheWrite = 400'000;
        usage.output = 10'000;
        usage.reasoning = 5'000;
        const Price known = price(R"("input":1,"output":10,"cache_read":0.1,"cache_write":1.25,"reasoning":20)");
        QCOMPARE(costUsd(usage, known), 0.1 + 0.1 + 0.5 + 0.1 + 0.1);
        usage.reportedCostUsd = 1.25;
        const Receipt receipt = receiptOf(usage, known, { noon });
        QCOMPARE(*receipt.totalUsd(), 1.25);
        QCOMPARE(*receipt.computedUsd, 0.9);
        QCOMPARE(*receipt.differenceUsd(), 0.35);
    }

    void unsetClassesFallBack()
    {
        llm::Usage usage;
        usage.input = usage.image = 1'000'000;
        usage.cacheRead = 1'000'000;
        usage.cacheWrite = 1'000'000;
        usage.reasoning = 1'000'000;
        QCOMPARE(costUsd(usage, price(R"("input":1,"output":10)")), 13.0);
        usage.cacheWrite1h = 400'000;
        QCOMPARE(costUsd(usage, price(R"("input":1,"output":10,"cache_write":2,"image":5)")), 18.0);
        QCOMPARE(costUsd(usage, price(R"("input":1,"output":10,"cache_write":2,"cache_write_1h":4)")), 14.8);
    }

    void longPromptsSwitchTheWholeCall()
    {
        const Price tiered = price(R"("input":1,"output":1,"tiers":[{"above":32000,"input":2,"output":2},
            {"above":128000,"input":4,"output":4}])");
        llm::Usage usage;
        usage.input = 30'000;
        usage.cacheRead = 2'000;
        const auto perToken = [&] { return costUsd(usage, tiered) / double(usage.inputTotal()) * 1e6; };
        QCOMPARE(perToken(), 1.0);
        QVERIFY(!receiptOf(usage, tiered, { noon }).tierAbove);
        usage.cacheRead += 1;
        QCOMPARE(perToken(), 2.0);
        usage.input = 1'000'000;
        QCOMPARE(perToken(), 4.0);
        QCOMPARE(*receiptOf(usage, tiered, { noon }).tierAbove, 128'000);
    }

    void offPeak_data()
    {
        QTest::addColumn<QByteArray>("window");
        QTest::addColumn<QTime>("time");
        QTest::addColumn<bool>("cheap");
        const QByteArray night = R"("from":"16:30","until":"00:30")";
        const QByteArray day = R"("from":"09:00","until":"17:00")";
        QTest::newRow("before") << night << QTime(16, 29, 59) << false;
        QTest::newRow("begins") << night << QTime(16, 30) << true;
        QTest::newRow("before midnight") << night << QTime(23, 59, 59) << true;
        QTest::newRow("midnight") << night << QTime(0, 0) << true;
        QTest::newRow("ended") << night << QTime(0, 30) << false;
        QTest::newRow("by day") << day << QTime(9, 0) << true;
        QTest::newRow("by day, ended") << day << QTime(17, 0) << false;
        QTest::newRow("by day, before") << day << QTime(0, 0) << false;
        QTest::newRow("always") << QByteArray(R"("from":"00:00","until":"00:00")") << QTime(12, 0) << true;
    }
    void offPeak()
    {
        QFETCH(QByteArray, window);
        QFETCH(QTime, time);
        QFETCH(bool, cheap);
        llm::Usage usage;
        usage.output = 1'000'000;
        const Price cheaper = price(R"("input":1,"output":10,"off_peak":[{"factor":0.25,)" + window + "}]");
        const QDateTime utc(QDate(2026, 11, 24), time, QTimeZone::utc());
        QCOMPARE(costUsd(usage, cheaper, { utc }), cheap ? 2.5 : 10.0);
        QCOMPARE(costUsd(usage, cheaper, { utc.toOffsetFromUtc(3600 * 5) }), cheap ? 2.5 : 10.0);
    }

    void batch()
    {
        llm::Usage usage;
        usage.output = 1'000'000;
        const Price known = price(R"("input":1,"output":10,"batch":{"input":0.5,"output":5})");
        QCOMPARE(costUsd(usage, known, { noon, true }), 5.0);
        QCOMPARE(costUsd(usage, known, { noon, false }), 10.0);
        const Receipt unknown = receiptOf(usage, price(R"("input":1,"output":10)"), { noon, true });
        QVERIFY(!unknown.totalUsd() && unknown.lines.isEmpty());
    }

    /// What a batch's rates don't name keeps its proportion.
    void aBatchHasTiersAndClasses()
    {
        const Price known =
            price(R"("input":2,"output":10,"cache_read":0.2,"reasoning":20,"batch":{"input":1,"output":6},
            "tiers":[{"above":500000,"input":4,"output":15,"cache_read":0.4}],
            "off_peak":[{"from":"16:30","until":"00:30","factor":0.5}])");
        llm::Usage usage;
        usage.input = usage.cacheRead = 200'000;
        usage.output = usage.reasoning = 100'000;
        QCOMPARE(costUsd(usage, known, { noon, true }), 0.2 + 0.02 + 0.6 + 1.2);
        QCOMPARE(costUsd(usage, known, { noon.addSecs(5 * 3600), true }), (0.2 + 0.02 + 0.6 + 1.2) / 2);
        usage.input = 400'000;
        const Receipt receipt = receiptOf(usage, known, { noon, true });
        QCOMPARE(receipt.tierAbove, std::optional<qint64>(500'000));
        QCOMPARE(*receipt.computedUsd, 0.8 + 0.04 + 0.9 + 0.9);
        // Said at half of all, or of what all is part of: the same.
        for (const QByteArray batch : { R"("batch":{"input":1,"output":5})", R"("batch_factor":0.5)" }) {
            const Price half = price(R"("input":2,"output":10,"cache_read":0.2,"reasoning":20,
                "tiers":[{"above":500000,"input":4,"output":15,"cache_read":0.4}],)"
                                     + batch);
            QCOMPARE(costUsd(usage, half, { noon, true }), costUsd(usage, half, { noon, false }) / 2);
        }
    }

    void whatIsFreeHasNoProportion()
    {
        const Price free = price(R"("input":0,"output":10,"cache_read":1,"batch":{"input":0,"output":5})");
        llm::Usage usage;
        usage.input = usage.cacheRead = usage.output = 1'000'000;
        QCOMPARE(costUsd(usage, free, { noon, true }), 6.0);
    }

    void aBatchAtAShareOfEveryRate()
    {
        llm::Usage usage;
        usage.output = usage.cacheRead = 1'000'000;
        const Price half = price(R"("input":2,"output":10,"cache_read":1,"batch_factor":0.5,"batch_source":"a rule",
            "tiers":[{"above":500000,"input":4,"output":20,"cache_read":2}])");
        QCOMPARE(costUsd(usage, half, { noon, true }), 11.0);
        QCOMPARE(half.batchRule(), u"× 0.5: a rule"_s);
        QCOMPARE(*priceFromJson(toJson(half)), half);
    }

    void unknownIsUnknown()
    {
        llm::Usage usage;
        usage.input = 1000;
        const Receipt receipt = receiptOf(usage, std::nullopt, { noon });
        QVERIFY(!receipt.totalUsd() && !receipt.computedUsd && receipt.lines.isEmpty());
        QVERIFY(toJson(receipt)["computed_usd"_L1].isNull());
        usage.reportedCostUsd = 0.5;
        QCOMPARE(*receiptOf(usage, std::nullopt, { noon }).totalUsd(), 0.5);
    }

    void theSameTurnElsewhere()
    {
        const auto book = PriceBook::fromJson(R"({"version":"v1","prices":[
            {"model":"m","provider":"a","input":1,"output":10},{"model":"m","provider":"b","input":2,"output":20}]})");
        QVERIFY(book);
        llm::Usage usage;
        usage.input = usage.output = 1'000'000;
        usage.reportedCostUsd = 77; // what it cost here is no price of theirs
        const auto elsewhere =
            sameTurnElsewhere(usage, { { u"b"_s, u"m"_s }, { u"c"_s, u"m"_s }, { u"a"_s, u"m"_s } }, *book, { noon });
        QCOMPARE(elsewhere.size(), 3);
        QCOMPARE(elsewhere[0].usd, std::optional(22.0));
        QVERIFY(!elsewhere[1].usd);
        QCOMPARE(elsewhere[2].usd, std::optional(11.0));
    }
};

QTEST_GUILESS_MAIN(TestReceipt)
#include "tst_receipt.moc"
