#include "app/commands/priceoptions.h"

#include "app/commands/options.h"
#include "core/cost/rates.h"

#include <QCommandLineParser>
#include <QDateTime>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

using cost::TokenClass;

struct RateOption {
    QLatin1StringView name;
    TokenClass tokenClass;
    const char *title;
};

constexpr RateOption rateOptions[] {
    { "input"_L1, TokenClass::Input, "USD a million tokens of input." },
    { "output"_L1, TokenClass::Output, "USD a million tokens of output." },
    { "cache-read"_L1, TokenClass::CacheRead, "Of input read from the provider's cache; else as input." },
    { "cache-write"_L1, TokenClass::CacheWrite, "Of input written to it; else as input." },
    { "cache-write-1h"_L1, TokenClass::CacheWrite1h, "Of input written to it for an hour; else as cache-write." },
    { "reasoning"_L1, TokenClass::Reasoning, "Of thoughts; else as output." },
    { "image"_L1, TokenClass::Image, "Of pictures; else as input." },
};

base::Result<double> numberIn(const QString &text, const QString &what, double most)
{
    bool isNumber = false;
    const double value = text.trimmed().toDouble(&isNumber);
    if (!isNumber || !(value >= 0 && value <= most))
        return usage(u"%1 takes a number from 0 to %2, not '%3'."_s.arg(what).arg(most).arg(text));
    return value;
}

/// An error where there is input without output, or the other way round, or neither.
base::Result<void> checkKnown(const QList<TokenClass> &told, const QString &what)
{
    const bool input = told.contains(TokenClass::Input);
    if (input && told.contains(TokenClass::Output))
        return {};
    return usage(u"%1%2 is missing: a price has both, input and output."_s.arg(what, input ? u"output"_s : u"input"_s));
}

/// "input=3,output=15,cache-read=0.3"
base::Result<cost::Rates> ratesIn(const QString &text, const QString &option)
{
    cost::Rates rates;
    QList<TokenClass> told;
    const QStringList parts = text.split(u',');
    for (const QString &part : parts) {
        const QString name = part.section(u'=', 0, 0).trimmed();
        const auto *row = std::find_if(std::begin(rateOptions), std::end(rateOptions),
                                       [&name](const RateOption &known) { return known.name == name; });
        if (row == std::end(rateOptions))
            return usage(u"%1 takes rates as input=3,output=15,cache-read=0.3, not '%2'."_s.arg(option, part));
        const auto usd = numberIn(part.section(u'=', 1), u"%1 of %2"_s.arg(name, option), cost::highestRate);
        if (!usd)
            return usd.error();
        cost::setRate(rates, row->tokenClass, *usd);
        told.append(row->tokenClass);
    }
    const auto known = checkKnown(told, option + u": "_s);
    return known ? base::Result<cost::Rates>(rates) : known.error();
}

base::Result<cost::Rates> usualRates(const QCommandLineParser &parser)
{
    cost::Rates rates;
    QList<TokenClass> told;
    for (const RateOption &rate : rateOptions) {
        const auto usd = number<double>(parser, rate.name, 0, cost::highestRate);
        if (!usd)
            return usd.error();
        if (!*usd)
            continue;
        cost::setRate(rates, rate.tokenClass, **usd);
        told.append(rate.tokenClass);
    }
    const auto known = checkKnown(told, u"--"_s);
    return known ? base::Result<cost::Rates>(rates) : known.error();
}

/// "200000:input=6,output=22.5"
base::Result<cost::Tier> tierIn(const QString &text)
{
    bool isNumber = false;
    const qint64 above = text.section(u':', 0, 0).trimmed().toLongLong(&isNumber);
    if (!isNumber || above <= 0)
        return usage(u"--tier takes tokens and rates as 200000:input=6,output=22.5, not '%1'."_s.arg(text));
    const auto rates = ratesIn(text.section(u':', 1), u"--tier"_s);
    return rates ? base::Result<cost::Tier>(cost::Tier { above, *rates }) : rates.error();
}

/// "16:30-00:30=0.5"
base::Result<cost::OffPeak> windowIn(const QString &text)
{
    const QString hours = text.section(u'=', 0, 0);
    const cost::OffPeak window { QTime::fromString(hours.section(u'-', 0, 0).trimmed(), u"hh:mm"_s),
                                 QTime::fromString(hours.section(u'-', 1).trimmed(), u"hh:mm"_s) };
    if (!window.from.isValid() || !window.until.isValid())
        return usage(u"--off-peak takes times and a factor as 16:30-00:30=0.5, not '%1'."_s.arg(text));
    const auto factor = numberIn(text.section(u'=', 1), u"The factor of --off-peak"_s, cost::highestFactor);
    if (!factor)
        return factor.error();
    return cost::OffPeak { window.from, window.until, *factor };
}

/// Tiers in their order, whatever that of the options is.
base::Result<void> readConditions(const QCommandLineParser &parser, cost::Price &price)
{
    const QStringList tiers = parser.values(u"tier"_s);
    for (const QString &text : tiers) {
        const auto tier = tierIn(text);
        if (!tier)
            return tier.error();
        price.tiers.append(*tier);
    }
    std::stable_sort(price.tiers.begin(), price.tiers.end(),
                     [](const cost::Tier &a, const cost::Tier &b) { return a.above < b.above; });
    const QStringList windows = parser.values(u"off-peak"_s);
    for (const QString &text : windows) {
        const auto window = windowIn(text);
        if (!window)
            return window.error();
        price.offPeak.append(*window);
    }
    return {};
}

base::Result<void> readBatch(const QCommandLineParser &parser, cost::Price &price)
{
    const auto factor = number<double>(parser, u"batch-factor"_s, 0, 1);
    if (!factor)
        return factor.error();
    price.batchFactor = *factor;
    if (price.batchFactor)
        price.batchSource = price.source;
    if (!parser.isSet(u"batch"_s))
        return {};
    if (price.batchFactor)
        return usage(u"--batch and --batch-factor exclude each other."_s);
    const auto rates = ratesIn(parser.value(u"batch"_s), u"--batch"_s);
    if (!rates)
        return rates.error();
    price.batch = *rates;
    return {};
}

} // namespace

void addPriceOptions(QCommandLineParser &parser)
{
    parser.addOption({ { u"p"_s, u"provider"_s }, u"Only where this provider serves it."_s, u"ID"_s });
    for (const RateOption &rate : rateOptions)
        parser.addOption({ QString(rate.name), QString::fromUtf8(rate.title), u"USD"_s });
    parser.addOptions({
        { u"tier"_s,
          u"What the whole call costs once its input passes so many tokens: 200000:input=6,output=22.5. May be "
          "repeated."_s,
          u"TIER"_s },
        { u"off-peak"_s,
          u"Hours of the day, UTC, at which every rate is multiplied: 16:30-00:30=0.5. May be repeated."_s,
          u"HOURS"_s },
        { u"batch"_s,
          u"What a provider's batch costs: input=1.5,output=7.5. Tiers and the rates that it doesn't name keep their "
          "proportion."_s,
          u"RATES"_s },
        { u"batch-factor"_s, u"Or the share of every rate that it costs, from 0 to 1."_s, u"F"_s },
        { u"from"_s, u"The first day it holds, UTC, 2026-11-24; else it always did."_s, u"DATE"_s },
        { u"until"_s, u"The last day; else it still does."_s, u"DATE"_s },
        { u"source"_s, u"Who says so."_s, u"TEXT"_s },
    });
}

base::Result<QString> modelOf(const QCommandLineParser &parser)
{
    const QStringList names = parser.positionalArguments();
    if (names.size() != 1 || names.constFirst().trimmed().isEmpty())
        return usage(names.isEmpty() ? u"There is no model."_s : u"Name one model."_s);
    return names.constFirst().trimmed();
}

base::Result<QDate> dayOf(const QCommandLineParser &parser, const QString &option)
{
    if (!parser.isSet(option))
        return QDate();
    const QDate day = QDate::fromString(parser.value(option), Qt::ISODate);
    if (!day.isValid())
        return usage(u"--%1 takes a day as 2026-11-24, not '%2'."_s.arg(option, parser.value(option)));
    return day;
}

base::Result<cost::Price> readPrice(const QCommandLineParser &parser)
{
    const auto model = modelOf(parser);
    const auto rates = usualRates(parser);
    const auto from = dayOf(parser, u"from"_s);
    const auto until = dayOf(parser, u"until"_s);
    if (!model || !rates)
        return model ? rates.error() : model.error();
    if (!from || !until)
        return from ? until.error() : from.error();
    cost::Price price;
    static_cast<cost::Rates &>(price) = *rates;
    price.model = *model;
    price.providerId = parser.value(u"provider"_s);
    price.from = *from;
    price.until = *until;
    price.source = parser.value(u"source"_s).simplified();
    if (price.source.isEmpty())
        price.source = u"your own"_s;
    price.date = QDateTime::currentDateTimeUtc().date();
    price.origin = cost::PriceOrigin::User;
    for (const auto &read : { readConditions(parser, price), readBatch(parser, price), cost::checkPrice(price) }) {
        if (!read)
            return usage(read.error().message);
    }
    return price;
}

} // namespace talkbench::app
