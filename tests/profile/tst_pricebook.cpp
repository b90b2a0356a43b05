#include "core/cost/pricebook.h"
#include "core/cost/tokenestimate.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

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
    const auto result =
        PriceBook::fromJson(R"({"version":"v1","unpriced_providers":["ollama"],"prices":[)" + rows + "]}");
    return result ? *result : PriceBook();
}

} // namespace

class TestPriceBook : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shippedTableIsWhole()
    {
        const PriceBook prices = shippedBook();
        QVERIFY(prices.prices().size() >= 60);
        QVERIFY(!prices.version().isEmpty());
        QSet<QString> seen;
        for (const Price &price : prices.prices()) {
            const QString key = price.providerId + u'|' + price.model;
            QVERIFY2(!seen.contains(key), qPrintable(key));
            seen.insert(key);
            QVERIFY2(price.date.isValid() && price.source.size() > 10, qPrintable(key));
            QVERIFY2(price.input >= 0 && price.input <= 200 && price.output >= price.input && price.output <= 1000,
                     qPrintable(key));
            QVERIFY2(!price.cacheRead || *price.cacheRead <= price.input, qPrintable(key));
            QVERIFY2(!price.above || price.above->rates.input >= price.input, qPrintable(key));
        }
    }

    void finds_data()
    {
        QTest::addColumn<QString>("provider");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("row");
        QTest::newRow("exact") << u"openai"_s << u"gpt-4o"_s << u"gpt-4o"_s;
        QTest::newRow("dated") << u"openai"_s << u"gpt-4o-2024-08-06"_s << u"gpt-4o"_s;
        QTest::newRow("dated, a row of its own") << u"openai"_s << u"gpt-4o-2024-05-13"_s << u"gpt-4o-2024-05-13"_s;
        QTest::newRow("dated, packed") << u"anthropic"_s << u"claude-haiku-4-5-20251001"_s << u"claude-haiku-4-5"_s;
        QTest::newRow("dated, vertex") << u"vertex"_s << u"claude-haiku-4-5@20251001"_s << u"claude-haiku-4-5"_s;
        QTest::newRow("dated, short") << u"xai"_s << u"grok-4-0709"_s << u"grok-4"_s;
        QTest::newRow("not a prefix of another") << u"openai"_s << u"gpt-4o-unheard-of"_s << QString();
        QTest::newRow("demo") << u"simulator"_s << u"sim-anything"_s << u"sim-*"_s;
        QTest::newRow("demo, longest prefix") << u"simulator"_s << u"sim-large-2"_s << u"sim-large*"_s;
        QTest::newRow("a provider's own row") << u"groq"_s << u"openai/gpt-oss-20b"_s << u"openai/gpt-oss-20b"_s;
        QTest::newRow("another provider's row") << u"together"_s << u"openai/gpt-oss-20b"_s << QString();
        QTest::newRow("local") << u"ollama"_s << u"gpt-4o"_s << QString();
        QTest::newRow("empty") << QString() << QString() << QString();
    }
    void finds()
    {
        QFETCH(QString, provider);
        QFETCH(QString, model);
        QFETCH(QString, row);
        const auto price = shippedBook().find(provider, model);
        QCOMPARE(price ? price->model : QString(), row);
    }

    void ownRowGoesFirst()
    {
        const PriceBook prices =
            book(R"({"model":"m","input":1,"output":1},{"model":"m","provider":"a","input":2,"output":2},
                                         {"model":"m","provider":"ollama","input":3,"output":3})");
        QCOMPARE(prices.find(u"a"_s, u"m"_s)->input, 2.0);
        QCOMPARE(prices.find(u"b"_s, u"m"_s)->input, 1.0);
        QCOMPARE(prices.find(u"ollama"_s, u"m"_s)->input, 3.0); // the user said so
    }

    void sumsDisjointClasses()
    {
        const auto price =
            book(R"({"model":"m","input":1,"output":10,"cache_read":0.1,"cache_write":1.25,"reasoning":20})")
                .find({}, u"m"_s);
        llm::Usage usage;
        usage.input = 100'000;
        usage.cacheRead = 1'000'000;
        usage.cacheWrite = 400'000;
        usage.output = 10'000;
        usage.reasoning = 5'000;
        QCOMPARE(costUsd(usage, *price), 0.1 + 0.1 + 0.5 + 0.1 + 0.1);
        usage.reportedCostUsd = 0.25;
        QCOMPARE(costUsd(usage, *price), 0.25);
    }

    void unsetClassesFallBack()
    {
        const auto price = book(R"({"model":"m","input":1,"output":10})").find({}, u"m"_s);
        llm::Usage usage;
        usage.cacheRead = 1'000'000;
        usage.cacheWrite = 1'000'000;
        usage.reasoning = 1'000'000;
        QCOMPARE(costUsd(usage, *price), 12.0);
    }

    void longPromptsSwitchTheWholeCall()
    {
        const auto price = shippedBook().find(u"gemini"_s, u"gemini-2.5-pro"_s);
        llm::Usage usage;
        usage.input = 150'000;
        usage.cacheRead = 50'000;
        QCOMPARE(costUsd(usage, *price), 0.15 * 1.25 + 0.05 * 0.125);
        usage.cacheRead += 1;
        QCOMPARE(costUsd(usage, *price), 0.15 * 2.5 + 0.050001 * 0.25);
    }

    void refusesABadTable_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("no json") << QByteArray("nope");
        QTest::newRow("no output price") << QByteArray(R"({"prices":[{"model":"m","input":1}]})");
        QTest::newRow("negative") << QByteArray(R"({"prices":[{"model":"m","input":-1,"output":1}]})");
        QTest::newRow("no model") << QByteArray(R"({"prices":[{"input":1,"output":1}]})");
    }
    void refusesABadTable()
    {
        QFETCH(QByteArray, json);
        const auto result = PriceBook::fromJson(json);
        QVERIFY(!result);
        QCOMPARE(result.error().kind, base::ErrorKind::Config);
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
