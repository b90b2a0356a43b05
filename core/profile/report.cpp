#include "core/profile/report.h"

#include "core/base/csv.h"
#include "core/profile/format.h"
#include "core/profile/operation.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::profile {

namespace {

enum class Statistic { Mean, P50, P95 };

template <const char *id, Statistic statistic>
ReportValue metricValue(const ReportRow &row)
{
    const Metric *metric = metricById(id);
    const Figures figures = metric ? row.tally.figures(*metric) : Figures();
    if (figures.count == 0)
        return {};
    if (statistic == Statistic::Mean)
        return { figures.mean, 0 };
    const Figures::Percentile &found = statistic == Statistic::P50 ? figures.p50 : figures.p95;
    return { found.value, found.missing };
}

ReportValue perSecond(double amount, double seconds)
{
    return seconds > 0 ? ReportValue { amount / seconds, 0 } : ReportValue {};
}

template <auto count>
ReportValue countOf(const ReportRow &row)
{
    return { static_cast<double>(row.tally.counts().*count), 0 };
}

template <auto rate>
ReportValue rateOf(const ReportRow &row)
{
    return { (row.tally.counts().*rate)(), 0 };
}

constexpr char ttft[] = "ttft_ms";
constexpr char response[] = "response_ms";
constexpr char pace[] = "tokens_per_s";

#define TITLE(text) QT_TRANSLATE_NOOP("Report", text)

constexpr std::array columnTable {
    ReportColumn { "calls", TITLE("Calls"), "", countOf<&Counts::calls> },
    ReportColumn { "error_rate", TITLE("Errors"), "%", rateOf<&Counts::errorRate> },
    ReportColumn { "retry_rate", TITLE("Retries"), "%", rateOf<&Counts::retryRate> },
    ReportColumn { "cache_hit_rate", TITLE("Cache"), "%", rateOf<&Counts::cacheHitRate> },
    ReportColumn { "validation_pass_rate", TITLE("Valid"), "%",
                   [](const ReportRow &row) {
                       return ReportValue { row.tally.validationPassRate(), 0 };
                   } },
    ReportColumn { "ttft_mean_ms", TITLE("TTFT mean"), "ms", metricValue<ttft, Statistic::Mean> },
    ReportColumn { "ttft_p50_ms", TITLE("TTFT p50"), "ms", metricValue<ttft, Statistic::P50> },
    ReportColumn { "ttft_p95_ms", TITLE("TTFT p95"), "ms", metricValue<ttft, Statistic::P95> },
    ReportColumn { "response_p95_ms", TITLE("Response p95"), "ms", metricValue<response, Statistic::P95> },
    ReportColumn { "tokens_per_s_p50", TITLE("Speed p50"), "tok/s", metricValue<pace, Statistic::P50> },
    ReportColumn {
        "requests_per_s", TITLE("Requests/s"), "",
        [](const ReportRow &row) { return perSecond(static_cast<double>(row.tally.counts().ok), row.seconds); } },
    ReportColumn { "system_tokens_per_s", TITLE("System"), "tok/s",
                   [](const ReportRow &row) { return perSecond(row.tally.counts().outputTokens, row.seconds); } },
    ReportColumn { "cost_usd", TITLE("Cost"), "USD",
                   [](const ReportRow &row) {
                       const Counts &counts = row.tally.counts();
                       return ReportValue { counts.cost(), 0, counts.unpriced > 0 };
                   } },
};

template <auto member>
ReportValue figureOf(const Figures &figures)
{
    return { static_cast<double>(figures.*member), 0 };
}

template <auto member>
ReportValue percentileOf(const Figures &figures)
{
    return { (figures.*member).value, (figures.*member).missing };
}

constexpr std::array statisticTable {
    ReportStatistic { "count", TITLE("Count"), figureOf<&Figures::count> },
    ReportStatistic { "total", TITLE("Total"), figureOf<&Figures::total> },
    ReportStatistic { "min", TITLE("Min"), figureOf<&Figures::min> },
    ReportStatistic { "mean", TITLE("Mean"), figureOf<&Figures::mean> },
    ReportStatistic { "max", TITLE("Max"), figureOf<&Figures::max> },
    ReportStatistic { "p50", TITLE("p50"), percentileOf<&Figures::p50> },
    ReportStatistic { "p90", TITLE("p90"), percentileOf<&Figures::p90> },
    ReportStatistic { "p95", TITLE("p95"), percentileOf<&Figures::p95> },
    ReportStatistic { "p99", TITLE("p99"), percentileOf<&Figures::p99> },
};

#undef TITLE

constexpr std::array<std::pair<const char *, quint64 Counts::*>, 5> outcomes { {
    { "ok", &Counts::ok },
    { "failed", &Counts::failed },
    { "cancelled", &Counts::cancelled },
    { "cached", &Counts::cached },
    { "unpriced", &Counts::unpriced },
} };

QString name(const ReportRow &row)
{
    if (row.providerId.isEmpty())
        return row.operation ? operationName(*row.operation) : u"all"_s;
    return printable(row.model.isEmpty() ? row.providerId : row.providerId + u" / "_s + row.model);
}

/// "rate_limited 2, timeout 1"
QString errorsText(const Tally &tally)
{
    QStringList parts;
    for (const auto &[kind, count] : tally.errors())
        parts << base::errorKindName(kind) + u' ' + QString::number(count);
    return parts.join(u", "_s);
}

QString errorsLine(const ReportRow &row)
{
    const QString errors = errorsText(row.tally);
    return errors.isEmpty() ? QString() : u"errors of %1: %2\n"_s.arg(name(row), errors);
}

QString unpricedLine(const ReportRow &row)
{
    const quint64 calls = row.tally.counts().unpriced;
    if (calls == 0)
        return {};
    return u"no known price in %1: %2\n"_s.arg(name(row), calls == 1 ? u"1 call"_s : u"%1 calls"_s.arg(calls));
}

QJsonValue jsonValue(const ReportValue &value)
{
    return value.value && value.missing == 0 ? QJsonValue(*value.value) : QJsonValue();
}

QString csvValue(const ReportValue &value)
{
    return value.value && value.missing == 0 ? QString::number(*value.value, 'g', 12) : QString();
}

QJsonObject figuresJson(const Figures &figures)
{
    QJsonObject object;
    for (const ReportStatistic &statistic : statisticTable)
        object[QLatin1StringView(statistic.id)] = jsonValue(statistic.of(figures));
    return object;
}

QJsonObject rowJson(const ReportRow &row)
{
    QJsonObject object { { u"provider"_s, row.providerId }, { u"model"_s, row.model }, { u"seconds"_s, row.seconds } };
    object[u"operation"_s] = row.operation ? QJsonValue(operationName(*row.operation)) : QJsonValue();
    for (const ReportColumn &column : columnTable)
        object[QLatin1StringView(column.id)] = jsonValue(column.of(row));
    for (const auto &[id, count] : outcomes)
        object[QLatin1StringView(id)] = static_cast<qint64>(row.tally.counts().*count);
    QJsonObject errors;
    for (const auto &[kind, count] : row.tally.errors())
        errors[base::errorKindName(kind)] = static_cast<qint64>(count);
    object[u"errors"_s] = errors;
    QJsonObject metrics;
    for (const Metric &metric : metricTable()) {
        if (const Figures figures = row.tally.figures(metric); figures.count > 0)
            metrics[QLatin1StringView(metric.id)] = figuresJson(figures);
    }
    object[u"metrics"_s] = metrics;
    return object;
}

/// What a call of this series is summed up with.
Series keyOf(const Series &series, ReportBy by)
{
    switch (by) {
    case ReportBy::Model:
        return { series.providerId, series.model, {} };
    case ReportBy::Provider:
        return { series.providerId, {}, {} };
    case ReportBy::Operation:
        return { {}, {}, series.operation };
    }
    return {};
}

QList<ReportRow> rowsOf(const std::map<Series, Tally> &tallies, double seconds)
{
    QList<ReportRow> rows;
    for (const auto &[key, tally] : tallies)
        rows.append({ key.providerId, key.model, tally, seconds, key.operation });
    return withSum(rows);
}

QStringList csvHeader()
{
    QStringList header { u"provider"_s, u"model"_s, u"operation"_s, u"seconds"_s };
    for (const ReportColumn &column : columnTable)
        header << QString::fromLatin1(column.id);
    for (const Metric &metric : metricTable()) {
        for (const ReportStatistic &statistic : statisticTable)
            header << u"%1.%2"_s.arg(QString::fromLatin1(metric.id), QString::fromLatin1(statistic.id));
    }
    for (const auto &outcome : outcomes)
        header << QString::fromLatin1(outcome.first);
    return header << u"errors"_s;
}

QStringList csvRow(const ReportRow &row)
{
    QStringList fields { base::csvField(row.providerId), base::csvField(row.model),
                         row.operation ? operationName(*row.operation) : QString(),
                         QString::number(row.seconds, 'f', 1) };
    for (const ReportColumn &column : columnTable)
        fields << csvValue(column.of(row));
    for (const Metric &metric : metricTable()) {
        const Figures figures = row.tally.figures(metric);
        for (const ReportStatistic &statistic : statisticTable)
            fields << (figures.count > 0 ? csvValue(statistic.of(figures)) : QString());
    }
    for (const auto &[id, count] : outcomes)
        fields << QString::number(row.tally.counts().*count);
    return fields << base::csvField(errorsText(row.tally));
}

} // namespace

std::span<const ReportColumn> reportColumns()
{
    return columnTable;
}

std::span<const ReportStatistic> reportStatistics()
{
    return statisticTable;
}

QString reportText(const ReportValue &value, QByteArrayView unit)
{
    if (!value.value)
        return u"–"_s;
    const QString text = formatFigure(*value.value, unit);
    if (value.atLeast)
        return u"≥ "_s + text;
    return value.missing > 0 ? u"("_s + text + u')' : text;
}

QList<ReportRow> withSum(QList<ReportRow> rows)
{
    if (rows.size() < 2)
        return rows;
    ReportRow sum;
    for (const ReportRow &row : std::as_const(rows)) {
        sum.tally.merge(row.tally);
        sum.seconds = std::max(sum.seconds, row.seconds);
    }
    rows.prepend(sum);
    return rows;
}

QList<ReportRow> reportRows(const QList<RunRecord> &records, ReportBy by, double seconds)
{
    std::map<Series, Tally> tallies;
    for (const RunRecord &record : records) {
        const QList<RunRecord> calls = callsOf(record);
        for (const RunRecord &call : calls)
            tallies[keyOf({ call.providerId, call.model, call.operation }, by)].add(call);
    }
    return rowsOf(tallies, seconds);
}

QList<ReportRow> reportRows(const Monitor &monitor, Window window, ReportBy by, std::optional<Operation> operation)
{
    std::map<Series, Tally> tallies;
    const auto all = monitor.series();
    for (const Series &series : all) {
        if (operation && series.operation != operation)
            continue;
        const Tally tally = monitor.tally(window, series);
        if (tally.counts().calls == 0)
            continue;
        Series key = keyOf(series, by);
        if (operation)
            key.operation = operation;
        tallies[key].merge(tally);
    }
    return rowsOf(tallies, monitor.seconds(window));
}

QString toText(const Report &report)
{
    bool lacking = false;
    QList<QStringList> lines { { QString() } };
    for (const ReportColumn &column : columnTable)
        lines.first() << QString::fromUtf8(column.title);
    for (const ReportRow &row : report.rows) {
        QStringList cells { name(row) };
        for (const ReportColumn &column : columnTable) {
            const ReportValue value = column.of(row);
            lacking = lacking || value.missing > 0;
            cells << reportText(value, column.unit);
        }
        lines << cells;
    }
    QList<qsizetype> widths(lines.first().size(), 0);
    for (const QStringList &cells : std::as_const(lines)) {
        for (qsizetype i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths.at(i), cells.at(i).size());
    }
    QString text = report.title + u'\n';
    if (!report.state.isEmpty())
        text += report.state + u'\n';
    for (const QStringList &cells : std::as_const(lines)) {
        QString line = cells.first().leftJustified(widths.first());
        for (qsizetype i = 1; i < cells.size(); ++i)
            line += u"  "_s + cells.at(i).rightJustified(widths.at(i));
        text += line + u'\n';
    }
    for (const ReportRow &row : report.rows)
        text += errorsLine(row) + unpricedLine(row);
    if (lacking)
        text += u"(…): too few calls for a percentile\n"_s;
    return text;
}

QByteArray toJson(const Report &report)
{
    QJsonArray rows;
    for (const ReportRow &row : report.rows)
        rows.append(rowJson(row));
    return QJsonDocument(QJsonObject { { u"title"_s, report.title }, { u"rows"_s, rows } }).toJson();
}

QByteArray toCsv(const Report &report)
{
    QString out = csvHeader().join(u',') + u"\r\n"_s;
    for (const ReportRow &row : report.rows)
        out += csvRow(row).join(u',') + u"\r\n"_s;
    return out.toUtf8();
}

} // namespace talkbench::profile
