#include "core/cost/pricebook.h"
#include "core/cost/pricelayers.h"
#include "core/cost/rates.h"
#include "core/cost/tokenestimate.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>
#include <QTimeZone>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;

namespace {

PriceBook shippedBook()
{
    QFile file(QStringLiteral(SOURCE_DIR "/resources/prices.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const auto book = PriceBook::fromJson(file.readAll());
    return book ? *book : PriceBook();
}

PriceBook book(const QByteArray &rows)
{
    const auto result = PriceBook::fromJson(R"({"version":"v1","unpriced_providers":["ollama"],
            "same_prices":{"openai-responses":"openai"},"prices":[)"
                                            + rows + "]}");
    return result ? *result : PriceBook();
}

Price row(const QByteArray &json)
{
    const auto price = priceFromJson(QJsonDocument::fromJson(json).object());
    return price ? *price : Price();
}

Rates ratesOf(const QJsonValue &json)
{
    Rates rates { json["input"_L1].toDouble(), json["output"_L1].toDouble() };
    if (const QJsonValue read = json["cache_read"_L1]; read.isDouble())
        rates.cacheRead = read.toDouble();
    return rates;
}

/// What a form may hold, whether it can be or not.
Price unchecked(const QJsonObject &json)
{
    Price price;
    static_cast<Rates &>(price) = ratesOf(json);
    price.model = json["model"_L1].toString();
    for (const auto &tier : json["tiers"_L1].toArray())
        price.tiers.append({ tier["above"_L1].toInteger(), ratesOf(tier) });
    for (const auto &window : json["off_peak"_L1].toArray())
        price.offPeak.append({ QTime::fromString(window["from"_L1].toString(), u"hh:mm"_s),
                               QTime::fromString(window["until"_L1].toString(), u"hh:mm"_s),
                               window["factor"_L1].toDouble() });
    if (json.contains("batch"_L1))
        price.batch = ratesOf(json["batch"_L1]);
    if (json.contains("batch_factor"_L1))
        price.batchFactor = json["batch_factor"_L1].toDouble();
    price.from = QDate::fromString(json["from"_L1].toString(), Qt::ISODate);
    price.until = QDate::fromString(json["until"_L1].toString(), Qt::ISODate);
    return price;
}

const QDateTime today(QDate(2026, 11, 24), QTime(12, 0), QTimeZone::utc());

} // namespace

class TestPriceBook : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void finds_data()
    {
        QTest::addColumn<QString>("provider");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("row");
        QTest::newRow("exact") << u"openai"_s << u"gpt-4o"_s << u"gpt-4o"_s;
        QTest::newRow("dated") << u"openai"_s << u"gpt-4o-2031-08-06"_s << u"gpt-4o"_s;
        QTest::newRow("dated, a row of its own") << u"openai"_s << u"gpt-4o-2024-05-13"_s << u"gpt-4o-2024-05-13"_s;
        QTest::newRow("dated, and dearer") << u"openai"_s << u"gpt-3.5-turbo-1106"_s << u"gpt-3.5-turbo-1106"_s;
        QTest::newRow("dated, packed") << u"anthropic"_s << u"claude-haiku-4-5-20311001"_s << u"claude-haiku-4-5"_s;
        QTest::newRow("dated, short") << u"xai"_s << u"grok-4.3-0709"_s << u"grok-4.3"_s;
        QTest::newRow("not a prefix of another") << u"openai"_s << u"gpt-4o-unheard-of"_s << QString();
        QTest::newRow("the same prices") << u"openai-responses"_s << u"gpt-4o"_s << u"gpt-4o"_s;
        QTest::newRow("nobody knows what a proxy charges") << u"my-proxy"_s << u"gpt-4o"_s << QString();
        QTest::newRow("another country's prices") << u"moonshot-cn"_s << u"kimi-k2.6"_s << QString();
        QTest::newRow("demo") << u"simulator"_s << u"sim-anything"_s << u"sim-*"_s;
        QTest::newRow("demo, longest prefix") << u"simulator"_s << u"sim-large-2"_s << u"sim-large*"_s;
        QTest::newRow("a provider's own row") << u"groq"_s << u"openai/gpt-oss-20b"_s << u"openai/gpt-oss-20b"_s;
        QTest::newRow("another provider's row") << u"huggingface"_s << u"openai/gpt-oss-20b"_s << QString();
        QTest::newRow("local") << u"ollama"_s << u"sim-large-2"_s << QString();
        QTest::newRow("empty") << QString() << QString() << QString();
    }
    void finds()
    {
        QFETCH(QString, provider);
        QFETCH(QString, model);
        QFETCH(QString, row);
        const auto price = shippedBook().find(provider, model, today);
        QCOMPARE(price ? price->model : QString(), row);
    }

    void ownRowGoesFirst()
    {
        const PriceBook prices =
            book(R"({"model":"m","input":1,"output":1},{"model":"m","provider":"a","input":2,"output":2},
                                         {"model":"m","provider":"ollama","input":3,"output":3})");
        QCOMPARE(prices.find(u"a"_s, u"m"_s, today)->input, 2.0);
        QCOMPARE(prices.find(u"b"_s, u"m"_s, today)->input, 1.0);
        QCOMPARE(prices.find(u"ollama"_s, u"m"_s, today)->input, 3.0); // the user said so
    }

    void aProviderHasItsVendorsPrices()
    {
        PriceBook prices = book(R"({"model":"m","provider":"openai","input":1,"output":1})");
        QVERIFY(!prices.find(u"openai-2"_s, u"m"_s, today));
        prices.setVendors({ { u"openai-2"_s, u"openai"_s }, { u"work"_s, u"openai-responses"_s } });
        QCOMPARE(prices.find(u"openai-2"_s, u"m"_s, today)->input, 1.0);
        QCOMPARE(prices.find(u"work"_s, u"m"_s, today)->input, 1.0);
    }

    void layersGoInOrder()
    {
        PriceBook prices = book(R"({"model":"m","provider":"a","input":1,"output":1})");
        QCOMPARE(prices.version(), u"v1"_s);
        const QList<Price> reported { row(R"({"model":"m","provider":"a","input":2,"output":2})") };
        prices.setRows(PriceOrigin::Server, reported);
        QCOMPARE(prices.find(u"a"_s, u"m"_s, today)->input, 2.0);
        QCOMPARE(prices.find(u"a"_s, u"m"_s, today)->origin, PriceOrigin::Server);
        const QString version = prices.version();
        QVERIFY(version.startsWith("v1+"_L1));
        prices.setRows(PriceOrigin::User, { row(R"({"model":"m*","input":3,"output":3})") });
        QCOMPARE(prices.find(u"a"_s, u"m"_s, today)->input, 3.0); // even of a prefix: the user said so
        QVERIFY(prices.version() != version);
        prices.setRows(PriceOrigin::User, {});
        QCOMPARE(prices.version(), version);
        prices.setRows(PriceOrigin::Server, {});
        QCOMPARE(prices.version(), u"v1"_s);
        QCOMPARE(prices.prices().size(), 1);
    }

    void pricesHaveTheirTime()
    {
        const PriceBook prices = book(R"({"model":"m","input":1,"output":1,"until":"2026-02-28"},
            {"model":"m","input":2,"output":2,"from":"2026-03-01"},{"model":"m","input":3,"output":3,"from":"2026-06-01"})");
        const auto on = [&prices](const QString &time) {
            return prices.find({}, u"m"_s, QDateTime::fromString(time, Qt::ISODate))->input;
        };
        QCOMPARE(on(u"2020-01-01T00:00:00Z"_s), 1.0);
        QCOMPARE(on(u"2026-02-28T23:59:59Z"_s), 1.0);
        QCOMPARE(on(u"2026-03-01T00:00:00Z"_s), 2.0);
        QCOMPARE(on(u"2026-03-01T00:30:00+01:00"_s), 1.0); // in UTC it is yesterday
        QCOMPARE(on(u"2026-07-01T00:00:00Z"_s), 3.0);
    }

    void everyClassHasItsRate()
    {
        Rates rates { 1, 2 };
        double usd = 1;
        for (const TokenClass each : rateClasses)
            setRate(rates, each, usd++);
        QCOMPARE(rates, (Rates { 1, 2, 3, 4, 5, 6, 7 }));
        usd = 1;
        for (const TokenClass each : rateClasses)
            QCOMPARE(rateOf(rates, each), std::optional(usd++));
        QCOMPARE(rateOf({ 1, 2 }, TokenClass::Reasoning), std::nullopt); // as output, but it doesn't say so
        QVERIFY(!rateOf({ 1, 2 }, TokenClass::CacheWrite1h));
    }

    void nonsenseIsNoPrice_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("why");
        const auto add = [](const char *name, const QByteArray &rest, const QString &why) {
            QTest::newRow(name) << R"({"model":"m","input":1,"output":2)" + rest + '}' << why;
        };
        add("good", R"(,"tiers":[{"above":9,"input":2,"output":3}],"batch":{"input":1,"output":1})", {});
        QTest::newRow("no model") << QByteArray(R"({"input":1,"output":2})") << u"name it"_s;
        QTest::newRow("a star within") << QByteArray(R"({"model":"a*b","input":1,"output":2})")
                                       << u"a*b would fit no"_s;
        QTest::newRow("a star behind") << QByteArray(R"({"model":"a*","input":1,"output":2})") << QString();
        add("a token's price", R"(,"cache_read":1e6)", u"no price a million tokens"_s);
        add("no tier", R"(,"tiers":[{"above":0,"input":2,"output":3}])", u"more than 0"_s);
        add("tiers", R"(,"tiers":[{"above":9,"input":2,"output":3},{"above":9,"input":2,"output":3}])",
            u"one above the other"_s);
        add("factor", R"(,"off_peak":[{"from":"01:00","until":"02:00","factor":11}])", u"from 0 to 10, not by 11"_s);
        add("hours", R"(,"off_peak":[{"from":"25:00","until":"02:00","factor":1}])", u"16:30"_s);
        add("batch", R"(,"batch":{"input":-1,"output":1})", u"no price a million tokens"_s);
        add("share", R"(,"batch_factor":2)", u"from 0 to 1"_s);
        add("days", R"(,"from":"2026-02-01","until":"2026-01-01")", u"ends before it begins"_s);
    }
    void nonsenseIsNoPrice()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, why);
        const QJsonObject object = QJsonDocument::fromJson(json).object();
        const auto checked = checkPrice(unchecked(object));
        QCOMPARE(bool(checked), why.isEmpty());
        if (!checked)
            QVERIFY2(checked.error().message.contains(why), qPrintable(checked.error().message));
    }

    void rowsSurviveJson()
    {
        const Price price = row(R"({"model":"m","provider":"a","input":1,"output":2,"cache_read":0.1,"cache_write":1.25,
            "cache_write_1h":2,"reasoning":3,"image":1.5,"batch":{"input":0.5,"output":1},
            "tiers":[{"above":200000,"input":2,"output":3},{"above":500000,"input":4,"output":5,"cache_read":0.4}],
            "off_peak":[{"from":"16:30","until":"00:30","factor":0.5}],"from":"2026-01-01","until":"2026-12-31",
            "source":"list","date":"2026-01-02","origin":"user"})");
        QCOMPARE(price.tiers.size(), 2);
        QCOMPARE(*price.tiers[1].rates.cacheRead, 0.4);
        QCOMPARE(price.offPeak.constFirst().until, QTime(0, 30));
        QCOMPARE(price.batch->output, 1.0);
        QCOMPARE(price.origin, PriceOrigin::User);
        const auto again = priceFromJson(toJson(price));
        QVERIFY(again);
        QCOMPARE(*again, price);
    }

    void aChangeLeavesOtherRowsAlone()
    {
        const Price a = row(R"({"model":"a","input":1,"output":1,"origin":"user"})");
        const Price b = row(R"({"model":"b","provider":"p","input":1,"output":1,"origin":"user"})");
        const Price dearer = row(R"({"model":"a","input":2,"output":2,"origin":"user"})");
        const auto own = [](const QVariantMap &setting) {
            QStringList problems;
            return userPrices(setting, &problems);
        };
        const QVariantMap one = *withChange({}, settingOf(a));
        const QVariantMap two = *withChange(one, settingOf(b));
        QCOMPARE(own(two), (QList<Price> { a, b }));
        QCOMPARE(own(withChanges(two, own(one), { dearer })), (QList<Price> { b, dearer })); // b came meanwhile
        QCOMPARE(own(withChanges(two, own(one), {})), QList<Price> { b });
        QCOMPARE(own(*withChange(two, unsettingOf(u"p"_s, u"b"_s, {}))), QList<Price> { a });
        QVERIFY(!withChange(two, unsettingOf({}, u"b"_s, {})));
        QVERIFY(!withChange(two, unsettingOf(u"p"_s, u"b"_s, QDate(2026, 1, 1))));
        QVERIFY(!withChange(two, {}));
    }

    /// The picker asks for every model of a list of hundreds while it is typed in.
    void findIsFast()
    {
        const PriceBook prices = shippedBook();
        QBENCHMARK
        {
            for (const Price &price : prices.prices())
                prices.find(price.providerId, price.model, today);
        }
    }

    void refusesABadTable_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("no json") << QByteArray("nope");
        QTest::newRow("no output price") << QByteArray(R"({"prices":[{"model":"m","input":1}]})");
        QTest::newRow("negative") << QByteArray(R"({"prices":[{"model":"m","input":-1,"output":1}]})");
        QTest::newRow("no model") << QByteArray(R"({"prices":[{"input":1,"output":1}]})");
        const auto with = [](const QByteArray &more) {
            return R"({"prices":[{"model":"culprit","input":1,"output":1,)" + more + "}]}";
        };
        QTest::newRow("no rate") << with(R"("cache_read":"free")");
        QTest::newRow("no number") << with(R"("reasoning":1e300)");
        QTest::newRow("no context") << with(R"("context_tokens":-1)");
        QTest::newRow("no tier") << with(R"("tiers":[{"above":1000,"input":1}])");
        QTest::newRow("tiers in disorder")
            << with(R"("tiers":[{"above":2000,"input":1,"output":1},{"above":1000,"input":1,"output":1}])");
        QTest::newRow("a tier above nothing") << with(R"("tiers":[{"above":0,"input":1,"output":1}])");
        QTest::newRow("no window") << with(R"("off_peak":[{"from":"25:00","until":"00:30","factor":0.5}])");
        QTest::newRow("no factor") << with(R"("off_peak":[{"from":"16:30","until":"00:30"}])");
        QTest::newRow("no batch") << with(R"("batch":{"input":1})");
        QTest::newRow("no date") << with(R"("date":"yesterday")");
        QTest::newRow("ends before it begins") << with(R"("from":"2026-02-01","until":"2026-01-01")");
    }
    void refusesABadTable()
    {
        QFETCH(QByteArray, json);
        const auto result = PriceBook::fromJson(json);
        QVERIFY(!result);
        QCOMPARE(result.error().kind, base::ErrorKind::Config);
        if (json.contains("culprit"))
            QVERIFY2(result.error().detail.contains("culprit"_L1), qPrintable(result.error().detail));
    }

    void estimatesTokens_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("o200k"); // counted with the tokenizer of gpt-4o
        QTest::newRow("empty") << QString() << 0;
        QTest::newRow("word") << u"hello"_s << 1;
        QTest::newRow("english") << u"The quick brown fox jumps over the lazy dog."_s << 10;
        QTest::newRow("number") << u"1234567890"_s << 4;
    }
    void estimatesTokens()
    {
        QFETCH(QString, text);
        QFETCH(int, o200k);
        QCOMPARE(estimateTokens(QStringView(text)), o200k);
    }
};

QTEST_GUILESS_MAIN(TestPriceBook)
#include "tst_pricebook.moc"
