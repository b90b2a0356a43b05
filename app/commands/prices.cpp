#include "app/commands/prices.h"

#include "app/commands/pricechanges.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(u"Lists what models cost, in USD a million tokens, and who says so: your own "
                                     u"prices, then what servers have reported, "
                                     "then the table. With a provider and models: the price that holds there now.\n\n"
                                     "prices set MODEL … sets a price of your own, prices unset MODEL takes it back, "
                                     "prices recompute puts today's prices on past calls; each has its --help."_s);
    parser.addOptions({
        { { u"p"_s, u"provider"_s }, u"Only of this provider."_s, u"ID"_s },
        { u"json"_s, u"Print a JSON array of rows as in prices.json, with origin: user, server or table."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    parser.addPositionalArgument(u"model"_s, u"With a provider: the model's id. Without: a part of it."_s,
                                 u"[MODEL…]"_s);
}

struct Found {
    QList<cost::Price> prices;
    QStringList unknown; ///< of what was asked for
};

/// The price that holds of each.
Found lookUp(const cost::PriceBook &book, const QString &provider, const QStringList &models, const QDateTime &now)
{
    Found found;
    for (const QString &model : models) {
        if (const auto price = book.find(provider, model, now))
            found.prices.append(*price);
        else
            found.unknown.append(model);
    }
    return found;
}

Found filtered(const cost::PriceBook &book, const QString &provider, const QStringList &parts)
{
    Found found { {}, parts };
    for (const cost::Price &price : book.prices()) {
        if (!provider.isEmpty() && price.providerId != provider)
            continue;
        const auto isIn = [&price](const QString &part) { return price.model.contains(part, Qt::CaseInsensitive); };
        if (parts.isEmpty() || std::any_of(parts.begin(), parts.end(), isIn))
            found.prices.append(price);
        found.unknown.removeIf(isIn);
    }
    return found;
}

/// Gives the exit code: a failure where there is nothing.
int print(const Found &found, const QString &provider, bool json)
{
    const QString where = provider.isEmpty() ? QString() : u" of %1"_s.arg(provider);
    const QString which = found.unknown.isEmpty() ? QString() : u" for %1"_s.arg(found.unknown.join(u", "_s));
    const QString said = u"There is no known price%1%2."_s.arg(which, where);
    if (found.prices.isEmpty())
        return failed("prices", { base::ErrorKind::NotFound, said, {}, 0, std::nullopt }, json);
    if (!found.unknown.isEmpty())
        writeLine(stderr, u"talkbench prices: "_s + said);
    return printPrices(found.prices, json);
}

/// What a row has beside its rates.
QString conditions(const cost::Price &price)
{
    QStringList parts;
    if (!price.tiers.isEmpty())
        parts.append(price.tiers.size() == 1 ? u"1 tier"_s : u"%1 tiers"_s.arg(price.tiers.size()));
    if (!price.offPeak.isEmpty())
        parts.append(u"off-peak"_s);
    if (price.batch || price.batchFactor)
        parts.append(u"batch"_s);
    if (price.from.isValid())
        parts.append(u"from "_s + price.from.toString(Qt::ISODate));
    if (price.until.isValid())
        parts.append(u"until "_s + price.until.toString(Qt::ISODate));
    return parts.isEmpty() ? QString() : u" ("_s + parts.join(u", "_s) + u')';
}

QString amount(std::optional<double> rate)
{
    return rate ? QString::number(*rate, 'g', 6) : u"-"_s;
}

} // namespace

int printPrices(const QList<cost::Price> &prices, bool json)
{
    QJsonArray rows;
    QString lines = u"%1  %2  %3  %4  %5  %6\n"_s.arg(u"provider"_s, -12)
                        .arg(u"model"_s, -48)
                        .arg(u"input"_s, 9)
                        .arg(u"output"_s, 9)
                        .arg(u"cached"_s, 9)
                        .arg(u"source"_s);
    for (const cost::Price &price : prices) {
        rows.append(cost::toJson(price));
        const QString source =
            price.date.isValid() ? u"%1, %2"_s.arg(price.source, price.date.toString(Qt::ISODate)) : price.source;
        lines += u"%1  %2  %3  %4  %5  %6\n"_s.arg(printable(price.providerId), -12)
                     .arg(printable(price.model), -48)
                     .arg(amount(price.input), 9)
                     .arg(amount(price.output), 9)
                     .arg(amount(price.cacheRead), 9)
                     .arg(printable(source) + conditions(price));
    }
    return printed(write(stdout, json ? QString::fromUtf8(QJsonDocument(rows).toJson()) : lines), "prices");
}

int pricesCommand(const QStringList &arguments, const GlobalOptions &options)
{
    constexpr std::pair<QLatin1StringView, int (*)(const QStringList &, const GlobalOptions &)> changes[] {
        { "set"_L1, setPrice }, { "unset"_L1, unsetPrice }, { "recompute"_L1, recomputeCosts }
    };
    for (const auto &[name, run] : changes) {
        if (!arguments.isEmpty() && arguments.constFirst() == name)
            return run(arguments.mid(1), options);
    }
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench prices"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "prices");
    const bool json = arguments.contains(u"--json"_s);
    if (!parsed)
        return misused("prices", parser.errorText(), json);
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("prices", opened.error(), json);
    const QString provider = parser.value(u"provider"_s);
    const QStringList models = parser.positionalArguments();
    const auto onLists = [&session, provider, models, json](const base::Result<QList<store::ModelList>> &) {
        const QDateTime now = QDateTime::fromMSecsSinceEpoch(session.clock().wallMs());
        const bool exact = !provider.isEmpty() && !models.isEmpty();
        const Found found =
            exact ? lookUp(session.prices(), provider, models, now) : filtered(session.prices(), provider, models);
        QCoreApplication::exit(print(found, provider, json));
    };
    // Answered after the session's own question, so that it knows what servers have reported.
    session.store().modelLists().then(&session, onLists);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
