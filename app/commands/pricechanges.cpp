#include "app/commands/pricechanges.h"

#include "app/commands/options.h"
#include "app/commands/priceoptions.h"
#include "app/commands/prices.h"
#include "app/commands/session.h"
#include "app/commands/terminal.h"
#include "app/pricesetup.h"
#include "core/config/datadir.h"
#include "core/config/instancelock.h"
#include "core/config/settings.h"
#include "core/cost/pricelayers.h"
#include "core/profile/format.h"
#include "core/run/repricing.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>

#include <memory>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void addCommonOptions(QCommandLineParser &parser)
{
    parser.addOptions({ { u"json"_s, u"Print JSON."_s }, { { u"h"_s, u"help"_s }, u"Shows this."_s } });
}

base::Result<void> make(const GlobalOptions &options, const QJsonObject &change)
{
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return dataDir.error();
    return config::InstanceLock::make(*dataDir, change, [&dataDir](const QJsonObject &asked) {
        config::Settings settings(*dataDir);
        if (const auto loaded = settings.load(); !loaded)
            writeLine(stderr, u"talkbench prices: %1"_s.arg(loaded.error().message));
        return changeOwnPrices(settings, asked);
    });
}

struct Recomputing {
    store::RunFilter filter;
    bool dryRun = false;
    bool json = false;
};

/// A day where the user is; `days` later.
base::Result<qint64> dayStart(const QCommandLineParser &parser, const QString &option, int days, qint64 standard)
{
    if (!parser.isSet(option))
        return standard;
    const auto day = dayOf(parser, option);
    if (!day)
        return day.error();
    return day->addDays(days).startOfDay().toMSecsSinceEpoch();
}

base::Result<Recomputing> readRecomputing(const QCommandLineParser &parser)
{
    Recomputing wanted;
    const auto from = dayStart(parser, u"from"_s, 0, wanted.filter.fromMs);
    const auto until = dayStart(parser, u"to"_s, 1, wanted.filter.untilMs);
    if (!from || !until)
        return from ? until.error() : from.error();
    if (*until <= *from)
        return usage(u"--to is before --from."_s);
    if (!parser.positionalArguments().isEmpty())
        return usage(u"'%1' is not an option."_s.arg(parser.positionalArguments().constFirst()));
    wanted.filter = { *from, *until, parser.value(u"model"_s) };
    wanted.dryRun = parser.isSet(u"dry-run"_s);
    wanted.json = parser.isSet(u"json"_s);
    return wanted;
}

/// Gives the exit code.
int printSums(const run::Repricing::Sums &sums, const QString &version, const Recomputing &wanted)
{
    if (wanted.json) {
        const QJsonObject object { { u"calls"_s, sums.calls },       { u"changed"_s, sums.changed },
                                   { u"unpriced"_s, sums.unpriced }, { u"old_usd"_s, sums.oldUsd },
                                   { u"new_usd"_s, sums.newUsd },    { u"price_version"_s, version },
                                   { u"dry_run"_s, wanted.dryRun } };
        return printed(write(stdout, QString::fromUtf8(QJsonDocument(object).toJson())), "prices");
    }
    QString text = u"%1 of %2 calls %3 by the prices of %4\n"_s.arg(
        profile::formatCount(sums.changed), profile::formatCount(sums.calls),
        wanted.dryRun ? u"would be recomputed"_s : u"recomputed"_s, version);
    if (sums.unpriced > 0)
        text += u"%1 without a known price stay as they are\n"_s.arg(profile::formatCount(sums.unpriced));
    text += u"old sum  %1\nnew sum  %2\n"_s.arg(profile::formatUsd(sums.oldUsd), profile::formatUsd(sums.newUsd));
    return printed(write(stdout, text), "prices");
}

void recompute(Session &session, const Recomputing &wanted)
{
    const auto repricing = std::make_shared<run::Repricing>(
        session.prices(), QDateTime::fromMSecsSinceEpoch(session.clock().wallMs()).toUTC());
    const auto rewrite = [repricing, dryRun = wanted.dryRun](const profile::RunRecord &record) {
        const auto changed = (*repricing)(record);
        return dryRun ? std::nullopt : changed;
    };
    session.store()
        .rewriteRuns(wanted.filter, rewrite)
        .then(&session, [&session, wanted, repricing](const base::Result<void> &done) {
            QCoreApplication::exit(done ? printSums(repricing->sums(), session.prices().version(), wanted)
                                        : failed("prices", done.error(), wanted.json));
        });
}

} // namespace

int setPrice(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Sets a price of your own for a model; it goes before what servers report and before "
        "the table. What past calls cost stays as it was. One that begins on another day (--from) is a price beside it."_s);
    addPriceOptions(parser);
    addCommonOptions(parser);
    parser.addPositionalArgument(u"model"_s, u"The model's id, or the beginning of several: claude-*"_s, u"MODEL"_s);
    const bool parsed = parser.parse(QStringList { u"talkbench prices set"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "prices set");
    const bool json = arguments.contains(u"--json"_s);
    const auto price = parsed ? readPrice(parser) : usage(parser.errorText());
    if (!price)
        return misused("prices", price.error().message, json);
    const auto changed = make(options, cost::settingOf(*price));
    return changed ? printPrices({ *price }, json) : failed("prices", changed.error(), json);
}

int unsetPrice(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Takes a price of your own back: what servers report and the table hold again."_s);
    parser.addOptions({ { { u"p"_s, u"provider"_s }, u"The provider that it was set for."_s, u"ID"_s },
                        { u"from"_s, u"Only the one that begins on this day, 2026-11-24."_s, u"DATE"_s } });
    addCommonOptions(parser);
    parser.addPositionalArgument(u"model"_s, u"The model's id, as it was set."_s, u"MODEL"_s);
    const bool parsed = parser.parse(QStringList { u"talkbench prices unset"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "prices unset");
    const bool json = arguments.contains(u"--json"_s);
    const auto model = parsed ? modelOf(parser) : usage(parser.errorText());
    const auto from = dayOf(parser, u"from"_s);
    if (!model || !from)
        return misused("prices", (model ? from.error() : model.error()).message, json);
    const auto changed = make(options, cost::unsettingOf(parser.value(u"provider"_s), *model, *from));
    if (!changed)
        return failed("prices", changed.error(), json);
    return json ? printPrices({}, json)
                : printed(writeLine(stdout, u"There is no price of your own for %1 any more."_s.arg(printable(*model))),
                          "prices");
}

int recomputeCosts(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Puts the prices of today on past calls, which never happens by itself. What a server said that a call cost "
        "stays, as does what has no known price. Each changed call keeps a note of it."_s);
    parser.addOptions({ { u"from"_s, u"Only calls since this day, 2026-11-24."_s, u"DATE"_s },
                        { u"to"_s, u"Only calls until this day, which is included."_s, u"DATE"_s },
                        { { u"m"_s, u"model"_s }, u"Only calls of this model."_s, u"MODEL"_s },
                        { u"dry-run"_s, u"Only say what would change."_s } });
    addCommonOptions(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench prices recompute"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "prices recompute");
    const bool json = arguments.contains(u"--json"_s);
    const auto wanted = parsed ? readRecomputing(parser) : usage(parser.errorText());
    if (!wanted)
        return misused("prices", wanted.error().message, json);
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed("prices", opened.error(), json);
    // Answered after the session's own question, so that it knows what servers have reported.
    session.store().modelLists().then(&session,
                                      [&session, wanted = *wanted](const auto &) { recompute(session, wanted); });
    return QCoreApplication::exec();
}

} // namespace talkbench::app
