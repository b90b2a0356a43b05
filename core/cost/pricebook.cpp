#include "core/cost/pricebook.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

std::optional<double> rate(const QJsonObject &object, QLatin1StringView name)
{
    const QJsonValue value = object[name];
    return value.isDouble() && value.toDouble() >= 0 ? std::optional(value.toDouble()) : std::nullopt;
}

std::optional<Rates> ratesFromJson(const QJsonObject &object)
{
    const auto input = rate(object, "input"_L1);
    const auto output = rate(object, "output"_L1);
    if (!input || !output)
        return std::nullopt;
    return Rates { *input,
                   *output,
                   rate(object, "cache_read"_L1),
                   rate(object, "cache_write"_L1),
                   rate(object, "cache_write_1h"_L1),
                   rate(object, "reasoning"_L1) };
}

base::Error bad(const QString &detail)
{
    return { base::ErrorKind::Config, u"The price table can't be read."_s, detail, 0, std::nullopt };
}

} // namespace

base::Result<PriceBook> PriceBook::fromJson(const QByteArray &json)
{
    QJsonParseError problem;
    const QJsonObject root = QJsonDocument::fromJson(json, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return bad(problem.errorString());
    PriceBook book;
    book.m_version = root["version"_L1].toString();
    const QJsonArray unpriced = root["unpriced_providers"_L1].toArray();
    for (const auto &provider : unpriced)
        book.m_unpricedProviders.append(provider.toString());
    const QJsonObject sources = root["sources"_L1].toObject();
    const QJsonArray rows = root["prices"_L1].toArray();
    for (const auto &value : rows) {
        const QJsonObject object = value.toObject();
        const auto rates = ratesFromJson(object);
        Price price;
        price.model = object["model"_L1].toString();
        if (!rates || price.model.isEmpty())
            return bad(u"A row without a model, an input or an output price: "_s
                       + QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
        static_cast<Rates &>(price) = *rates;
        price.providerId = object["provider"_L1].toString();
        const QJsonObject above = object["above"_L1].toObject();
        if (const auto aboveRates = ratesFromJson(above))
            price.above = Price::Above { above["input_tokens"_L1].toInteger(), *aboveRates };
        const QString source = object["source"_L1].toString();
        price.source = sources[source].toString(source);
        price.date = QDate::fromString(object["date"_L1].toString(), Qt::ISODate);
        book.m_prices.append(price);
    }
    return book;
}

const Price *PriceBook::row(const QString &providerId, const QString &model) const
{
    const Price *best = nullptr;
    qsizetype bestScore = -1;
    for (const Price &price : m_prices) {
        const bool own = price.providerId == providerId && !providerId.isEmpty();
        if (!own && (!price.providerId.isEmpty() || m_unpricedProviders.contains(providerId)))
            continue;
        const bool prefix = price.model.endsWith(u'*');
        const QStringView stem = QStringView(price.model).chopped(prefix ? 1 : 0);
        if (prefix ? !model.startsWith(stem) : model != stem)
            continue;
        // Exact beats every prefix, a longer prefix a shorter one, and then the provider's own row.
        const qsizetype score = (prefix ? stem.size() : model.size() + 1) * 2 + (own ? 1 : 0);
        if (score > bestScore) {
            best = &price;
            bestScore = score;
        }
    }
    return best;
}

std::optional<Price> PriceBook::find(const QString &providerId, const QString &model) const
{
    static const QRegularExpression date(u"[-@](\\d{4}-\\d{2}-\\d{2}|\\d{8}|\\d{4})$"_s);
    const Price *found = row(providerId, model);
    if (!found || found->model.endsWith(u'*')) {
        QString undated = model;
        undated.remove(date);
        const Price *exact = undated != model ? row(providerId, undated) : nullptr;
        if (exact && !exact->model.endsWith(u'*'))
            found = exact;
    }
    return found ? std::optional(*found) : std::nullopt;
}

double costUsd(const llm::Usage &usage, const Price &price)
{
    if (usage.reportedCostUsd)
        return *usage.reportedCostUsd;
    const bool above = price.above && usage.inputTotal() > price.above->inputTokens;
    const Rates &rates = above ? price.above->rates : static_cast<const Rates &>(price);
    const auto times = [](qint64 tokens, double perMillion) { return static_cast<double>(tokens) * perMillion / 1e6; };
    const double cacheWrite = rates.cacheWrite.value_or(rates.input);
    const qint64 anHour = std::min(usage.cacheWrite1h, usage.cacheWrite);
    return times(usage.input, rates.input) + times(usage.cacheRead, rates.cacheRead.value_or(rates.input))
        + times(usage.cacheWrite - anHour, cacheWrite) + times(anHour, rates.cacheWrite1h.value_or(cacheWrite))
        + times(usage.output, rates.output) + times(usage.reasoning, rates.reasoning.value_or(rates.output));
}

} // namespace talkbench::cost
