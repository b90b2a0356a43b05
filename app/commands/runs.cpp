#include "app/commands/runs.h"

#include "app/commands/commands.h"
#include "app/commands/terminal.h"
#include "app/resultjson.h"
#include "core/base/csv.h"
#include "core/config/datadir.h"
#include "core/profile/format.h"
#include "core/profile/metrictable.h"
#include "core/profile/operation.h"
#include "core/run/record.h"
#include "core/store/store.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

using profile::RunRecord;

/// What a run says of itself beside its metrics.
struct Column {
    const char *id;
    QString (*text)(const RunRecord &);
};

QString started(const RunRecord &record)
{
    return QDateTime::fromMSecsSinceEpoch(record.startedWallMs).toUTC().toString(Qt::ISODateWithMs);
}

QString result(const RunRecord &record)
{
    if (record.answer.error)
        return base::errorKindName(record.answer.error->kind);
    return record.ok() ? u"ok"_s : u"unfinished"_s;
}

/// Where the number of tokens came from, and so the speed and the cost.
QString usageSource(const RunRecord &record)
{
    return record.answer.usage ? llm::usageSourceName(record.answer.usage->source) : QString();
}

constexpr std::array columns {
    Column { "id", [](const RunRecord &record) { return record.id; } },
    Column { "conversation_id", [](const RunRecord &record) { return record.conversationId; } },
    Column { "started", started },
    Column { "provider", [](const RunRecord &record) { return record.providerId; } },
    Column { "protocol", [](const RunRecord &record) { return record.protocol; } },
    Column { "model", [](const RunRecord &record) { return record.model; } },
    Column { "result", result },
    Column { "usage_source", usageSource },
    Column { "operation", [](const RunRecord &record) { return profile::operationName(record.operation); } },
    Column { "cached", [](const RunRecord &record) { return record.cached ? u"true"_s : u"false"_s; } },
    Column { "price_version", [](const RunRecord &record) { return record.priceVersion; } },
};

constexpr std::array<const char *, 5> mainColumns { "started", "provider", "model", "result", "cached" };
constexpr std::array<const char *, 6> mainMetrics { "ttft_ms",      "tokens_per_s",  "response_ms",
                                                    "input_tokens", "output_tokens", "cost_usd" };

QString number(std::optional<double> value, int decimals)
{
    if (!value)
        return {};
    return decimals < 0 ? QString::number(*value, 'g', 12) : QString::number(*value, 'f', decimals);
}

struct Cell {
    QString text;
    bool right = false;
};

QList<Cell> tableHeader()
{
    QList<Cell> header;
    for (const char *id : mainColumns)
        header.append({ QString::fromLatin1(id) });
    for (const char *id : mainMetrics)
        header.append({ QString::fromLatin1(id), true });
    return header;
}

QList<Cell> tableRow(const RunRecord &record)
{
    QList<Cell> row;
    for (const char *id : mainColumns) {
        const auto column =
            std::find_if(columns.begin(), columns.end(), [&](const Column &c) { return QByteArrayView(c.id) == id; });
        row.append({ printable(column->text(record)) });
    }
    for (const char *id : mainMetrics) {
        const profile::Metric *metric = profile::metricById(id);
        const auto value = metric ? metric->compute(record) : std::nullopt;
        const QByteArrayView unit = metric ? metric->unit : "";
        const int decimals = unit == "USD" ? 6 : unit.isEmpty() || unit == "tok" ? 0 : 1;
        const QString text =
            value ? profile::markEstimate(number(value, decimals), profile::isEstimate(*metric, record)) : u"-"_s;
        row.append({ text, true });
    }
    return row;
}

QJsonObject jsonRow(const RunRecord &record)
{
    QJsonObject row;
    for (const Column &column : columns)
        row[QLatin1StringView(column.id)] = column.text(record);
    const auto &error = record.answer.error;
    row[u"error"_s] = error
        ? QJsonValue(QJsonObject { { u"kind"_s, base::errorKindName(error->kind) }, { u"message"_s, error->message } })
        : QJsonValue();
    row[u"cached"_s] = record.cached;
    row[u"attempts"_s] = record.attempts();
    row[u"attempt_log"_s] = attemptsJson(record);
    row[u"metrics"_s] = profile::metricsJson(record);
    return row;
}

struct Format {
    const char *name;
    QByteArray (*print)(const QList<RunRecord> &);
};

constexpr std::array formats { Format { "table", runsTable }, Format { "csv", runsCsv }, Format { "json", runsJson } };

int complain(const QString &message, int exitCode)
{
    std::fprintf(stderr, "talkbench runs: %s\n", qUtf8Printable(message));
    return exitCode;
}

struct Request {
    const Format *format = nullptr;
    int limit = 0;
    QString conversation;
};

base::Result<Request> parse(QCommandLineParser &parser, const QStringList &arguments)
{
    const auto wrong = [](const QString &message) {
        return base::Error {
            .kind = base::ErrorKind::Usage, .message = message, .detail = {}, .httpStatus = 0, .retryAfterMs = {}
        };
    };
    if (!parser.parse(QStringList { u"talkbench runs"_s } + arguments))
        return wrong(parser.errorText());
    if (!parser.positionalArguments().isEmpty())
        return wrong(u"'%1' is not an option."_s.arg(parser.positionalArguments().first()));
    Request request;
    const QString name = parser.value(u"format"_s);
    const auto format = std::find_if(formats.begin(), formats.end(),
                                     [&](const Format &f) { return name == QLatin1StringView(f.name); });
    if (format == formats.end())
        return wrong(u"There is no format '%1': table, csv or json."_s.arg(name));
    request.format = &*format;
    bool isNumber = false;
    request.limit = parser.value(u"limit"_s).toInt(&isNumber);
    if (!isNumber || request.limit < 0)
        return wrong(u"--limit takes a whole number, 0 for all."_s);
    request.conversation = parser.value(u"conversation"_s);
    return request;
}

} // namespace

base::Result<QList<RunRecord>> readRuns(const QString &dir, int limit, const QString &conversationId, qint64 sinceMs)
{
    if (!QFile::exists(store::Store::databasePath(dir))) // a look at nothing leaves nothing behind
        return QList<RunRecord>();
    store::Store store(dir);
    auto opened = store.open();
    opened.waitForFinished();
    if (!opened.result())
        return opened.result().error();
    if (const QString kept = opened.result()->keptAside; !kept.isEmpty())
        writeLine(stderr, u"talkbench: the database was unreadable and is kept as %1"_s.arg(kept));
    store.endInterrupted(run::interruptedRecord);
    auto records = store.runs(limit, conversationId, sinceMs);
    records.waitForFinished();
    return records.result();
}

QByteArray runsTable(const QList<RunRecord> &records)
{
    QList<QList<Cell>> rows { tableHeader() };
    for (const RunRecord &record : records)
        rows.append(tableRow(record));
    QList<qsizetype> widths(rows.first().size(), 0);
    for (const auto &row : std::as_const(rows)) {
        for (qsizetype i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths.at(i), row.at(i).text.size());
    }
    QString out;
    for (const auto &row : std::as_const(rows)) {
        QString line;
        for (qsizetype i = 0; i < row.size(); ++i) {
            const Cell &cell = row.at(i);
            line += (i > 0 ? u"  "_s : u""_s)
                + (cell.right ? cell.text.rightJustified(widths.at(i)) : cell.text.leftJustified(widths.at(i)));
        }
        out += line + u'\n';
    }
    return out.toUtf8();
}

QByteArray runsCsv(const QList<RunRecord> &records)
{
    QStringList header;
    for (const Column &column : columns)
        header.append(QString::fromLatin1(column.id));
    for (const profile::Metric &metric : profile::metricTable())
        header.append(QString::fromLatin1(metric.id));
    QString out = header.join(u',') + u"\r\n"_s;
    for (const RunRecord &record : records) {
        QStringList fields;
        for (const Column &column : columns)
            fields.append(base::csvField(column.text(record)));
        for (const profile::Metric &metric : profile::metricTable())
            fields.append(number(metric.compute(record), -1));
        out += fields.join(u',') + u"\r\n"_s;
    }
    return out.toUtf8();
}

QByteArray runsJson(const QList<RunRecord> &records)
{
    QJsonArray rows;
    for (const RunRecord &record : records)
        rows.append(jsonRow(record));
    return QJsonDocument(rows).toJson();
}

int runsCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Prints the kept runs, newest first."_s);
    parser.addOption({ u"format"_s, u"table (main figures), csv or json (all figures)."_s, u"format"_s, u"table"_s });
    parser.addOption({ u"limit"_s, u"At most so many; 0: all."_s, u"n"_s, u"100"_s });
    parser.addOption({ u"conversation"_s, u"Only those of this conversation."_s, u"id"_s });
    const QCommandLineOption help({ u"h"_s, u"help"_s }, u"Shows this."_s);
    parser.addOption(help);
    const auto request = parse(parser, arguments);
    if (parser.isSet(help))
        return printHelp(parser, "runs");
    if (!request)
        return complain(request.error().message, 2);
    const auto dataDir = config::prepareDataDir(options.dataDir);
    if (!dataDir)
        return complain(dataDir.error().message, 1);
    const auto records = readRuns(*dataDir, request->limit, request->conversation);
    if (!records)
        return complain(records.error().message, 1);
    if (records->isEmpty())
        complain(u"no runs are kept in %1 yet"_s.arg(*dataDir), 0);
    const bool onlyHeader = records->isEmpty() && request->format == formats.begin();
    const QByteArray out = onlyHeader ? QByteArray() : request->format->print(*records);
    return printed(write(stdout, QString::fromUtf8(out)), "runs");
}

} // namespace talkbench::app
