#include "core/cost/receipt.h"

#include <algorithm>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

struct ClassRow {
    TokenClass tokenClass;
    QLatin1StringView name;
    qint64 (*tokens)(const llm::Usage &usage);
    double (*rate)(const Rates &rates);
};

qint64 imagesIn(const llm::Usage &usage)
{
    return std::min(usage.image, usage.input);
}

qint64 anHourIn(const llm::Usage &usage)
{
    return std::min(usage.cacheWrite1h, usage.cacheWrite);
}

double cacheWriteRate(const Rates &rates)
{
    return rates.cacheWrite.value_or(rates.input);
}

/// Disjoint, and together inputTotal() and outputTotal().
constexpr ClassRow classRows[] {
    { TokenClass::Input, "input"_L1, [](const llm::Usage &usage) { return usage.input - imagesIn(usage); },
      [](const Rates &rates) { return rates.input; } },
    { TokenClass::Image, "image"_L1, imagesIn, [](const Rates &rates) { return rates.image.value_or(rates.input); } },
    { TokenClass::CacheRead, "cache_read"_L1, [](const llm::Usage &usage) { return usage.cacheRead; },
      [](const Rates &rates) { return rates.cacheRead.value_or(rates.input); } },
    { TokenClass::CacheWrite, "cache_write"_L1,
      [](const llm::Usage &usage) { return usage.cacheWrite - anHourIn(usage); }, cacheWriteRate },
    { TokenClass::CacheWrite1h, "cache_write_1h"_L1, anHourIn,
      [](const Rates &rates) { return rates.cacheWrite1h.value_or(cacheWriteRate(rates)); } },
    { TokenClass::Output, "output"_L1, [](const llm::Usage &usage) { return usage.output; },
      [](const Rates &rates) { return rates.output; } },
    { TokenClass::Reasoning, "reasoning"_L1, [](const llm::Usage &usage) { return usage.reasoning; },
      [](const Rates &rates) { return rates.reasoning.value_or(rates.output); } },
};

/// The rates that hold for the call; the receipt notes why these.
Rates ratesFor(const llm::Usage &usage, const Price &price, const Circumstances &circumstances, Receipt *receipt)
{
    const QTime time = circumstances.when.toUTC().time();
    for (const OffPeak &window : price.offPeak) {
        if (time.isValid() && window.contains(time))
            receipt->offPeakFactor = window.factor;
    }
    Rates rates = price;
    for (const Tier &tier : price.tiers) {
        if (usage.inputTotal() <= tier.above)
            break;
        receipt->tierAbove = tier.above;
        rates = tier.rates;
    }
    return rates;
}

QJsonValue orNull(const std::optional<double> &value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

} // namespace

QString tokenClassName(TokenClass tokenClass)
{
    return classRows[std::size_t(tokenClass)].name;
}

std::optional<double> Receipt::differenceUsd() const
{
    return reportedUsd && computedUsd ? std::optional(*reportedUsd - *computedUsd) : std::nullopt;
}

Receipt receiptOf(const llm::Usage &usage, const std::optional<Price> &price, const Circumstances &circumstances)
{
    Receipt receipt;
    receipt.reportedUsd = usage.reportedCostUsd;
    if (!price)
        return receipt;
    receipt.price = price;
    receipt.batch = circumstances.batch;
    const auto here = circumstances.batch ? price->inBatch() : price;
    if (!here)
        return receipt;
    const Rates rates = ratesFor(usage, *here, circumstances, &receipt);
    double sum = 0;
    for (const ClassRow &row : classRows) {
        const ReceiptLine line { row.tokenClass, row.tokens(usage), row.rate(rates) * receipt.offPeakFactor };
        if (line.tokens == 0)
            continue;
        receipt.lines.append(line);
        sum += line.usd();
    }
    receipt.computedUsd = sum;
    return receipt;
}

QJsonObject toJson(const Receipt &receipt)
{
    QJsonArray lines;
    for (const ReceiptLine &line : receipt.lines)
        lines.append(QJsonObject { { "class"_L1, tokenClassName(line.tokenClass) },
                                   { "tokens"_L1, line.tokens },
                                   { "usd_per_million"_L1, line.usdPerMillion },
                                   { "usd"_L1, line.usd() } });
    return {
        { "lines"_L1, lines },
        { "computed_usd"_L1, orNull(receipt.computedUsd) },
        { "reported_usd"_L1, orNull(receipt.reportedUsd) },
        { "difference_usd"_L1, orNull(receipt.differenceUsd()) },
        { "price"_L1, receipt.price ? QJsonValue(toJson(*receipt.price)) : QJsonValue() },
        { "tier_above"_L1, receipt.tierAbove ? QJsonValue(*receipt.tierAbove) : QJsonValue() },
        { "off_peak_factor"_L1, receipt.offPeakFactor },
        { "batch"_L1, receipt.batch },
    };
}

QList<Elsewhere> sameTurnElsewhere(const llm::Usage &usage, const QList<ModelRef> &models, const PriceBook &prices,
                                   const Circumstances &circumstances)
{
    QList<Elsewhere> result;
    for (const ModelRef &where : models) {
        const auto price = prices.find(where.providerId, where.model, circumstances.when);
        result.append({ where, receiptOf(usage, price, circumstances).computedUsd });
    }
    return result;
}

std::optional<double> Elsewhere::differencePercent(const std::optional<double> &hereUsd) const
{
    return usd && hereUsd && *hereUsd > 0 ? std::optional((*usd / *hereUsd - 1) * 100) : std::nullopt;
}

QJsonArray toJson(const QList<Elsewhere> &elsewhere, const std::optional<double> &hereUsd)
{
    QJsonArray rows;
    for (const Elsewhere &row : elsewhere)
        rows.append(QJsonObject { { "provider"_L1, row.where.providerId },
                                  { "model"_L1, row.where.model },
                                  { "usd"_L1, orNull(row.usd) },
                                  { "difference_percent"_L1, orNull(row.differencePercent(hereUsd)) } });
    return rows;
}

} // namespace talkbench::cost
