#include "core/profile/report.h"
#include "app/commands/commands.h"
#include "app/commands/runs.h"
#include "app/commands/terminal.h"
#include "core/config/datadir.h"
#include "core/profile/operation.h"

#include <QCommandLineParser>
#include <QDateTime>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

struct Period {
    const char *name;
    qint64 ms;
    const char *title;
};

constexpr qint64 hourMs = 3'600'000;
constexpr std::array periods {
    Period { "1h", hourMs, "The last hour" },
    Period { "24h", 24 * hourMs, "The last 24 hours" },
    Period { "7d", 7 * 24 * hourMs, "The last 7 days" },
    Period { "all", std::numeric_limits<qint64>::max(), "All kept calls" },
};

/// From the first call, or the period's begin if that is later, to now.
double secondsOf(const QList<profile::RunRecord> &records, const Period &period, qint64 nowMs)
{
    qint64 firstMs = nowMs;
    for (const profile::RunRecord &record : records)
        firstMs = std::min(firstMs, record.startedWallMs);
    return static_cast<double>(std::min(period.ms, nowMs - firstMs)) / 1000;
}

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Sums up the kept runs: rates, times, speed and cost. Rates per second are over the "
        "period, from its first call on. A percentile with too few calls behind it is in "
        "brackets in the text, and left out of JSON and CSV."_s);
    parser.addOption({ u"since"_s, u"1h, 24h, 7d or all."_s, u"period"_s, u"24h"_s });
    parser.addOption({ u"by"_s,
                       u"One line a model, a provider or an operation (chat, compare, batch, judge, summary, test)."_s,
                       u"what"_s, u"model"_s });
    parser.addOption({ u"operation"_s, u"Only the calls of this operation."_s, u"what"_s });
    parser.addOption({ u"json"_s, u"As JSON, with every metric."_s });
    parser.addOption({ u"csv"_s, u"As CSV, with every metric."_s });
}

std::optional<profile::ReportBy> groupFrom(const QString &name)
{
    using enum profile::ReportBy;
    constexpr std::array groups { std::pair { "model", Model }, std::pair { "provider", Provider },
                                  std::pair { "operation", Operation } };
    for (const auto &[known, by] : groups) {
        if (name == QLatin1StringView(known))
            return by;
    }
    return {};
}

QByteArray print(const QCommandLineParser &parser, const profile::Report &report)
{
    if (parser.isSet(u"json"_s))
        return toJson(report);
    return parser.isSet(u"csv"_s) ? toCsv(report) : toText(report).toUtf8();
}

} // namespace

int reportCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    addOptions(parser);
    const QCommandLineOption help({ u"h"_s, u"help"_s }, u"Shows this."_s);
    parser.addOption(help);
    const bool understood = parser.parse(QStringList { u"talkbench report"_s } + arguments);
    const bool json = parser.isSet(u"json"_s);
    if (!understood)
        return misused("report", parser.errorText(), json);
    if (parser.isSet(help))
        return printHelp(parser, "report");
    if (!parser.positionalArguments().isEmpty())
        return misused("report", u"'%1' is not an option."_s.arg(parser.positionalArguments().first()), json);
    if (json && parser.isSet(u"csv"_s))
        return misused("report", u"--json and --csv exclude each other."_s, json);
    const QString since = parser.value(u"since"_s);
    const auto period = std::find_if(periods.begin(), periods.end(),
                                     [&](const Period &row) { return since == QLatin1StringView(row.name); });
    if (period == periods.end())
        return misused("report", u"--since takes 1h, 24h, 7d or all, not '%1'."_s.arg(since), json);
    const auto by = groupFrom(parser.value(u"by"_s));
    if (!by)
        return misused("report", u"--by takes model, provider or operation, not '%1'."_s.arg(parser.value(u"by"_s)),
                       json);
    const QString only = parser.value(u"operation"_s);
    const auto operation = profile::operationFromName(only);
    if (!only.isEmpty() && !operation)
        return misused("report", u"There is no operation '%1'."_s.arg(only), json);
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return failed("report", dataDir.error(), json);
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    const auto records = readRuns(*dataDir, 0, {}, std::max<qint64>(nowMs - period->ms, 0));
    if (!records)
        return failed("report", records.error(), json);
    QList<profile::RunRecord> calls;
    for (const profile::RunRecord &record : *records)
        calls.append(profile::callsOf(record));
    if (operation)
        calls.removeIf([&](const profile::RunRecord &call) { return call.operation != *operation; });
    const profile::Report report { QString::fromUtf8(period->title),
                                   profile::reportRows(calls, *by, secondsOf(calls, *period, nowMs)) };
    if (report.rows.isEmpty())
        writeLine(stderr, u"talkbench report: no calls are kept of that time in %1"_s.arg(*dataDir));
    return printed(write(stdout, QString::fromUtf8(print(parser, report))), "report");
}

} // namespace talkbench::app
