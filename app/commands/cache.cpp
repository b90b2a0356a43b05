#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "core/base/clock.h"
#include "core/config/datadir.h"
#include "core/config/settings.h"
#include "core/profile/format.h"
#include "core/store/cachestore.h"

#include <QCommandLineParser>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(u"The response cache: 'stats' says what it holds and has saved, 'clear' empties "
                                     u"it. A window that is open keeps "
                                     "what it has in memory."_s);
    parser.addOptions({
        { { u"m"_s, u"model"_s }, u"clear: only answers of this model."_s, u"M"_s },
        { u"conversation"_s, u"clear: only answers of the conversation with this id."_s, u"ID"_s },
        { u"json"_s, u"Print one JSON object."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    parser.addPositionalArgument(u"action"_s, u"stats or clear."_s, u"ACTION"_s);
}

template <typename T>
T wait(QFuture<T> future)
{
    future.waitForFinished();
    return future.result();
}

QString statsText(const profile::CacheStats &stats)
{
    const qint64 asked = stats.hits + stats.misses;
    const double rate = asked > 0 ? 100 * static_cast<double>(stats.hits) / static_cast<double>(asked) : 0;
    const QString hits = asked > 0
        ? u"%1 of %2 (%3 %)"_s.arg(profile::formatCount(stats.hits), profile::formatCount(asked)).arg(rate, 0, 'f', 1)
        : u"none asked for"_s;
    return u"answers  %1\nsize     %2\nhits     %3\nsaved    %4 and %5"_s.arg(
        profile::formatCount(stats.entries), profile::formatMegabytes(static_cast<double>(stats.bytes) / (1 << 20)),
        hits, profile::formatMs(stats.savedMs), profile::formatUsd(stats.savedUsd));
}

QString jsonLine(const QJsonObject &object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson());
}

/// Why these words can't be done; empty where they can. An empty value, as of a shell's variable that is not set, would name all.
QString problemOf(const QCommandLineParser &parser)
{
    const QStringList words = parser.positionalArguments();
    if (words != QStringList { u"stats"_s } && words != QStringList { u"clear"_s })
        return u"It takes 'stats' or 'clear'."_s;
    for (const QString &option : { u"model"_s, u"conversation"_s }) {
        if (parser.isSet(option) && parser.value(option).isEmpty())
            return u"--%1 is empty: name one, or leave it out to clear all."_s.arg(option);
    }
    return {};
}

/// Gives the exit code.
int clear(store::CacheStore &cache, const QString &dataDir, const profile::CacheFilter &filter, bool json)
{
    const auto gone = wait(cache.clear(filter));
    if (!gone)
        return failed("cache",
                      { base::ErrorKind::Storage,
                        u"The cache could not be cleared: %1 can't be opened or written."_s.arg(
                            store::CacheStore::filePath(dataDir)),
                        {},
                        0,
                        std::nullopt },
                      json);
    config::Settings settings(dataDir);
    const bool shared = settings.load() && !settings.value("cache/redis").toString().isEmpty();
    if (shared)
        writeLine(stderr, u"talkbench cache: the shared cache keeps its answers until they expire"_s);
    const QString said =
        *gone == 1 ? u"1 answer cleared\n"_s : u"%1 answers cleared\n"_s.arg(profile::formatCount(*gone));
    return printed(
        write(stdout, json ? jsonLine({ { u"cleared"_s, *gone }, { u"shared_cache_kept"_s, shared } }) : said),
        "cache");
}

} // namespace

int cacheCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench cache"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "cache");
    const bool json = arguments.contains(u"--json"_s);
    if (const QString problem = parsed ? problemOf(parser) : parser.errorText(); !problem.isEmpty())
        return misused("cache", problem, json);
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return failed("cache", dataDir.error(), json);
    const base::SystemClock clock;
    store::CacheStore cache(*dataDir, clock);
    if (parser.positionalArguments().constFirst() == u"stats"_s) {
        const profile::CacheStats stats = wait(cache.stats());
        return printed(write(stdout, json ? jsonLine(profile::toJson(stats)) : statsText(stats) + u'\n'), "cache");
    }
    return clear(cache, *dataDir, { parser.value(u"model"_s), parser.value(u"conversation"_s) }, json);
}

} // namespace talkbench::app
