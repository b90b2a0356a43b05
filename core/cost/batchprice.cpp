#include "core/cost/pricebook.h"

#include <utility>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

/// A class, and of what it is a part.
constexpr std::pair<std::optional<double> Rates::*, double Rates::*> parts[] {
    { &Rates::cacheRead, &Rates::input },    { &Rates::cacheWrite, &Rates::input },
    { &Rates::cacheWrite1h, &Rates::input }, { &Rates::reasoning, &Rates::output },
    { &Rates::image, &Rates::input },
};

Rates times(Rates rates, double factor)
{
    rates.input *= factor;
    rates.output *= factor;
    for (const auto &[part, whole] : parts) {
        if (auto &rate = rates.*part)
            *rate *= factor;
    }
    return rates;
}

/// `rate` in the proportion of `to` to `from`; of nothing there is none.
double inProportion(double rate, double from, double to)
{
    return from > 0 ? rate * to / from : rate;
}

/// A batch's rates of all classes that have a usual one.
Rates completed(Rates batch, const Rates &usual)
{
    for (const auto &[part, whole] : parts) {
        if (usual.*part && !(batch.*part))
            batch.*part = inProportion(*(usual.*part), usual.*whole, batch.*whole);
    }
    return batch;
}

/// A tier's rates, each in the proportion that its class has in `batch`.
Rates tierInBatch(Rates tier, const Rates &usual, const Rates &batch)
{
    tier.input = inProportion(tier.input, usual.input, batch.input);
    tier.output = inProportion(tier.output, usual.output, batch.output);
    for (const auto &[part, whole] : parts) {
        if (auto &rate = tier.*part)
            rate = inProportion(*rate, (usual.*part).value_or(usual.*whole), (batch.*part).value_or(batch.*whole));
    }
    return tier;
}

} // namespace

std::optional<Price> Price::inBatch() const
{
    if (!batch && !batchFactor)
        return std::nullopt;
    Price price = *this;
    static_cast<Rates &>(price) = batch ? completed(*batch, *this) : times(*this, *batchFactor);
    for (Tier &tier : price.tiers)
        tier.rates = batch ? tierInBatch(tier.rates, *this, price) : times(tier.rates, *batchFactor);
    return price;
}

QString Price::batchRule() const
{
    if (batch)
        return u"its own batch rates"_s;
    return batchFactor ? u"× %1: %2"_s.arg(*batchFactor).arg(batchSource) : u"no batch rates are known"_s;
}

} // namespace talkbench::cost
