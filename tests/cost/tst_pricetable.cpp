#include "core/cost/pricelayers.h"
#include "core/llm/vendors.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace talkbench;
using namespace talkbench::cost;
using namespace Qt::StringLiterals;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray resource(const char *name)
{
    return contents(QStringLiteral(SOURCE_DIR "/resources/") + QLatin1String(name));
}

/// How LiteLLM's table names the models of our vendors: with one of these before the id.
const QHash<QString, QStringList> theirPrefixes {
    { u"openai"_s, { {} } },
    { u"azure"_s, { u"azure/"_s } },
    { u"anthropic"_s, { {} } },
    { u"gemini"_s, { u"gemini/"_s, {} } },
    { u"openrouter"_s, { u"openrouter/"_s } },
    { u"groq"_s, { u"groq/"_s } },
    { u"mistral"_s, { u"mistral/"_s } },
    { u"xai"_s, { u"xai/"_s } },
    { u"deepseek"_s, { u"deepseek/"_s, {} } },
    { u"together"_s, { u"together_ai/"_s } },
    { u"fireworks"_s, { u"fireworks_ai/"_s } },
    { u"cerebras"_s, { u"cerebras/"_s } },
    { u"perplexity"_s, { u"perplexity/"_s } },
    { u"dashscope"_s, { u"dashscope/"_s } },
    { u"zai"_s, { u"zai/"_s } },
    { u"minimax"_s, { u"minimax/"_s } },
    { u"moonshot"_s, { u"moonshot/"_s } },
    { u"volcengine"_s, { u"volcengine/"_s } },
};

QString problemOf(const Rates &rates)
{
    if (rates.input > 200 || rates.output > 1000)
        return u"too dear"_s;
    if (rates.cacheRead.value_or(0) > rates.input)
        return u"a cache that costs more than it saves"_s;
    if (rates.cacheWrite && rates.cacheWrite1h && *rates.cacheWrite1h < *rates.cacheWrite)
        return u"an hour costs less than five minutes"_s;
    return {};
}

/// Theirs are USD a token.
bool agrees(const QJsonValue &theirs, std::optional<double> ours)
{
    return !ours || (theirs.isDouble() && qAbs(theirs.toDouble() * 1e6 - *ours) < 1e-9);
}

/// The first rate that differs, of the row itself or of a tier of theirs ("_above_200k_tokens").
QString difference(const Rates &ours, const QJsonObject &theirs, const QString &suffix = {})
{
    const auto value = [&](const char *name) { return theirs[QLatin1String(name) + suffix]; };
    const QJsonValue read = value("cache_read_input_token_cost");
    if (!agrees(value("input_cost_per_token"), ours.input))
        return u"input"_s;
    if (!agrees(value("output_cost_per_token"), ours.output))
        return u"output"_s;
    if (!agrees(read.isDouble() ? read : value("input_cost_per_token_cache_hit"), ours.cacheRead))
        return u"cache_read"_s;
    if (!agrees(value("cache_creation_input_token_cost"), ours.cacheWrite))
        return u"cache_write"_s;
    if (!agrees(theirs[u"cache_creation_input_token_cost_above_1hr"_s + suffix], ours.cacheWrite1h))
        return u"cache_write_1h"_s;
    return agrees(value("output_cost_per_reasoning_token"), ours.reasoning) ? QString() : u"reasoning"_s;
}

QString tierDifference(const Price &price, const QJsonObject &theirs)
{
    for (const Tier &tier : price.tiers) {
        const QString found = difference(tier.rates, theirs, u"_above_%1k_tokens"_s.arg(tier.above / 1000));
        if (!found.isEmpty())
            return u"%1 above %2"_s.arg(found).arg(tier.above);
    }
    return {};
}

/// Of rows whose tiers they list: [{range: [0, 32000], …}].
QString listedDifference(const Price &price, const QJsonArray &theirs)
{
    if (theirs.size() != price.tiers.size() + 1)
        return u"number of tiers"_s;
    for (const auto &value : theirs) {
        const auto above = qint64(value["range"_L1][0].toDouble());
        const auto tier = std::find_if(price.tiers.begin(), price.tiers.end(),
                                       [above](const Tier &row) { return row.above == above; });
        if (above != 0 && tier == price.tiers.end())
            return u"tier above %1"_s.arg(above);
        const QString found =
            difference(above == 0 ? static_cast<const Rates &>(price) : tier->rates, value.toObject());
        if (!found.isEmpty())
            return u"%1 above %2"_s.arg(found).arg(above);
    }
    return {};
}

} // namespace

class TestPriceTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        auto book = PriceBook::fromJson(resource("prices.json"));
        QVERIFY2(book, book ? "" : qPrintable(book.error().detail));
        m_book = *std::move(book);
    }

    void isConsistent()
    {
        const auto vendors = llm::vendorsFromJson(resource("providers.json"));
        QVERIFY(vendors);
        QSet<QString> known { QString() };
        for (const llm::Vendor &vendor : *vendors)
            known.insert(vendor.id);
        QVERIFY(m_book.prices().size() >= 300);
        QVERIFY(QDate::fromString(m_book.version(), Qt::ISODate).isValid());
        QSet<QString> seen;
        for (const Price &price : m_book.prices()) {
            const QByteArray name = (price.providerId + u'|' + price.model).toUtf8();
            const QString key = QString::fromUtf8(name) + price.from.toString(Qt::ISODate);
            QVERIFY2(!seen.contains(key), name.constData());
            seen.insert(key);
            QVERIFY2(known.contains(price.providerId), name.constData());
            QVERIFY2(price.date.isValid() && price.source.size() > 10, name.constData());
            QString problem = problemOf(price);
            for (const Tier &tier : price.tiers)
                problem += problemOf(tier.rates);
            QVERIFY2(problem.isEmpty(), (name + ": " + problem.toUtf8()).constData());
            QVERIFY2(!price.batch || (price.batch->input <= price.input && price.batch->output <= price.output),
                     name.constData());
        }
    }

    void samePricesAreOfKnownProviders()
    {
        const QJsonObject same = QJsonDocument::fromJson(resource("prices.json"))["same_prices"_L1].toObject();
        const auto vendors = llm::vendorsFromJson(resource("providers.json"));
        QVERIFY(vendors && !same.isEmpty());
        QSet<QString> known;
        for (const llm::Vendor &vendor : *vendors)
            known.insert(vendor.id);
        for (auto row = same.begin(); row != same.end(); ++row)
            QVERIFY2(known.contains(row.key()) && known.contains(row.value().toString()), qPrintable(row.key()));
    }

    void batchesAreHalfWhereTheProviderSaysSo_data()
    {
        QTest::addColumn<QString>("provider");
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("known");
        QTest::newRow("gpt-5.1") << u"openai"_s << u"gpt-5.1"_s << true;
        QTest::newRow("its date") << u"openai"_s << u"gpt-5-2025-08-07"_s << true;
        QTest::newRow("responses") << u"openai-responses"_s << u"o3"_s << true;
        QTest::newRow("gpt-4.1") << u"openai"_s << u"gpt-4.1"_s << true;
        QTest::newRow("tiers") << u"openai"_s << u"gpt-5.4"_s << true;
        QTest::newRow("own row") << u"gemini"_s << u"gemini-3.1-pro-preview"_s << true;
        QTest::newRow("claude") << u"anthropic"_s << u"claude-opus-4-6"_s << true;
        QTest::newRow("not offered") << u"openai"_s << u"gpt-5-codex"_s << false;
        QTest::newRow("not said") << u"groq"_s << u"llama-3.3-70b-versatile"_s << false;
    }

    void batchesAreHalfWhereTheProviderSaysSo()
    {
        QFETCH(QString, provider);
        QFETCH(QString, model);
        const auto price = m_book.find(provider, model, QDateTime::currentDateTimeUtc());
        QVERIFY(price);
        const auto batch = price->inBatch();
        QTEST(batch.has_value(), "known");
        if (!batch)
            return;
        QCOMPARE(batch->input, price->input / 2);
        QCOMPARE(batch->output, price->output / 2);
        QCOMPARE(batch->cacheRead.has_value(), price->cacheRead.has_value());
        QCOMPARE(batch->cacheRead.value_or(0), price->cacheRead.value_or(0) / 2);
        QCOMPARE(batch->tiers.size(), price->tiers.size());
        for (qsizetype i = 0; i < price->tiers.size(); ++i) {
            QCOMPARE(batch->tiers[i].above, price->tiers[i].above);
            QCOMPARE(batch->tiers[i].rates.input, price->tiers[i].rates.input / 2);
            QCOMPARE(batch->tiers[i].rates.output, price->tiers[i].rates.output / 2);
        }
        QVERIFY(!price->batchRule().isEmpty());
    }

    void howMuchAModelTakes_data()
    {
        QTest::addColumn<QString>("provider");
        QTest::addColumn<QString>("model");
        QTest::addColumn<qint64>("context"); // 0: unknown
        QTest::addColumn<qint64>("output");
        const auto add = [](const char *name, const QString &provider, const QString &model, qint64 context,
                            qint64 output) { QTest::newRow(name) << provider << model << context << output; };
        add("exact", u"openai"_s, u"gpt-4o"_s, 128'000, 16'384);
        add("dated", u"openai"_s, u"gpt-4o-2031-08-06"_s, 128'000, 16'384);
        add("dated, packed", u"anthropic"_s, u"claude-haiku-4-5-20311001"_s, 200'000, 64'000);
        add("the same vendor's other protocol", u"openai-responses"_s, u"gpt-4.1"_s, 1'047'576, 32'768);
        add("configured", u"work"_s, u"gpt-4.1"_s, 1'047'576, 32'768);
        add("another provider", u"my-proxy"_s, u"gpt-4o"_s, 0, 0);
        add("unheard of", u"openai"_s, u"gpt-unheard-of"_s, 0, 0);
        add("the simulator tells its own", u"simulator"_s, u"sim-small"_s, 0, 0);
    }

    void howMuchAModelTakes()
    {
        QFETCH(QString, provider);
        QFETCH(QString, model);
        QFETCH(qint64, context);
        QFETCH(qint64, output);
        PriceBook book = m_book;
        book.setVendors({ { u"work"_s, u"openai"_s } });
        Price own;
        own.model = model;
        own.providerId = provider;
        book.setRows(PriceOrigin::User, { own }); // says nothing of it
        const ModelLimits limits = book.limitsOf(provider, model, QDateTime::currentDateTimeUtc());
        QCOMPARE(limits.contextTokens.value_or(0), context);
        QCOMPARE(limits.maxOutputTokens.value_or(0), output);
        const auto known = withLimits(std::nullopt, limits);
        QCOMPARE(known.has_value(), context > 0);
        // The server's own word goes first.
        const auto told = withLimits(llm::ModelInfo { model, {}, 1'000 }, limits);
        QCOMPARE(told->contextTokens, std::optional<qint64>(1'000));
        QCOMPARE(told->maxOutputTokens.value_or(0), output);
    }

    void agreesWithLiteLlm()
    {
        const QByteArray json = contents(QStringLiteral(FIXTURES_DIR "/../model_prices.json"));
        if (json.isEmpty())
            QSKIP("no table to compare with");
        const QJsonObject theirs = QJsonDocument::fromJson(json).object();
        int compared = 0;
        for (const Price &price : m_book.prices()) {
            const QStringList prefixes = theirPrefixes.value(price.providerId);
            const auto prefix = std::find_if(prefixes.begin(), prefixes.end(), [&](const QString &candidate) {
                return theirs.contains(candidate + price.model);
            });
            if (prefix == prefixes.end())
                continue;
            ++compared;
            const QJsonObject row = theirs[*prefix + price.model].toObject();
            const QJsonArray listed = row["tiered_pricing"_L1].toArray();
            const QString found = !listed.isEmpty() ? listedDifference(price, listed)
                                                    : difference(price, row) + tierDifference(price, row);
            QVERIFY2(found.isEmpty(), qPrintable(price.providerId + u'/' + price.model + u": "_s + found));
            if (price.model.startsWith(u"gpt-5.4-mini"_s) || price.model.startsWith(u"gpt-5.4-nano"_s))
                continue; // theirs is the large model's; OpenAI states 400,000
            const ModelLimits &limits = price.limits;
            QVERIFY2(limits.contextTokens.value_or(0) == row["max_input_tokens"_L1].toInteger()
                         || !limits.contextTokens,
                     qPrintable(price.model));
            QVERIFY2(limits.maxOutputTokens.value_or(0) == row["max_output_tokens"_L1].toInteger()
                         || !limits.maxOutputTokens,
                     qPrintable(price.model));
        }
        QVERIFY2(compared >= 300, qPrintable(QString::number(compared)));
    }

private:
    PriceBook m_book;
};

QTEST_GUILESS_MAIN(TestPriceTable)
#include "tst_pricetable.moc"
