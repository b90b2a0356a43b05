#include "core/cost/rates.h"

#include <QLocale>

#include <algorithm>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

base::Error wrong(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

QString number(double value)
{
    return QLocale::c().toString(value, 'f', QLocale::FloatingPointShortest);
}

bool isWithin(double value, double most)
{
    return value >= 0 && value <= most; // not of NaN
}

base::Result<void> checkRates(const Rates &rates)
{
    for (const TokenClass each : rateClasses) {
        const double rate = rateOf(rates, each).value_or(0);
        if (!isWithin(rate, highestRate))
            return wrong(
                u"%1 is no price a million tokens: one is from 0 to %2."_s.arg(number(rate), number(highestRate)));
    }
    return {};
}

base::Result<void> checkTiers(const QList<Tier> &tiers)
{
    qint64 last = 0;
    for (const Tier &tier : tiers) {
        if (tier.above <= 0)
            return wrong(u"A tier begins above a number of tokens that is more than 0."_s);
        if (tier.above <= last)
            return wrong(
                u"Tiers begin one above the other: %1 tokens do not come after %2."_s.arg(tier.above).arg(last));
        last = tier.above;
        if (const auto rates = checkRates(tier.rates); !rates)
            return rates;
    }
    return {};
}

base::Result<void> checkWindows(const QList<OffPeak> &windows)
{
    for (const OffPeak &window : windows) {
        if (!window.from.isValid() || !window.until.isValid())
            return wrong(u"Hours go from a time to a time, as 16:30 and 00:30."_s);
        if (!isWithin(window.factor, highestFactor))
            return wrong(u"Hours multiply the price by a number from 0 to %1, not by %2."_s.arg(number(highestFactor),
                                                                                                number(window.factor)));
    }
    return {};
}

} // namespace

std::optional<double> rateOf(const Rates &rates, TokenClass tokenClass)
{
    switch (tokenClass) {
    case TokenClass::Input:
        return rates.input;
    case TokenClass::Output:
        return rates.output;
    case TokenClass::CacheRead:
        return rates.cacheRead;
    case TokenClass::CacheWrite:
        return rates.cacheWrite;
    case TokenClass::CacheWrite1h:
        return rates.cacheWrite1h;
    case TokenClass::Reasoning:
        return rates.reasoning;
    case TokenClass::Image:
        return rates.image;
    }
    return std::nullopt;
}

void setRate(Rates &rates, TokenClass tokenClass, double usd)
{
    switch (tokenClass) {
    case TokenClass::Input:
        rates.input = usd;
        break;
    case TokenClass::Output:
        rates.output = usd;
        break;
    case TokenClass::CacheRead:
        rates.cacheRead = usd;
        break;
    case TokenClass::CacheWrite:
        rates.cacheWrite = usd;
        break;
    case TokenClass::CacheWrite1h:
        rates.cacheWrite1h = usd;
        break;
    case TokenClass::Reasoning:
        rates.reasoning = usd;
        break;
    case TokenClass::Image:
        rates.image = usd;
        break;
    }
}

base::Result<void> checkPrice(const Price &price)
{
    if (price.model.isEmpty())
        return wrong(u"A price is of a model: name it."_s);
    if (price.model.chopped(1).contains(u'*'))
        return wrong(u"A * stands for the rest of a name: %1 would fit no model."_s.arg(price.model));
    for (const auto &checked : { checkRates(price), checkTiers(price.tiers), checkWindows(price.offPeak),
                                 checkRates(price.batch.value_or(Rates())) }) {
        if (!checked)
            return checked;
    }
    if (!isWithin(price.batchFactor.value_or(1), 1))
        return wrong(u"A batch costs a share of every rate, from 0 to 1."_s);
    if (price.from.isValid() && price.until.isValid() && price.until < price.from)
        return wrong(u"The price ends before it begins."_s);
    return {};
}

} // namespace talkbench::cost
