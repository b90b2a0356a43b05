#pragma once

#include "core/profile/monitor.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <span>

namespace talkbench::profile {

/// A figure of a report, and whether there are enough calls behind it.
struct ReportValue {
    std::optional<double> value;
    /// Of a percentile: the calls that it lacks to mean something.
    quint64 missing = 0;
    /// Of a cost: some of its calls have no known price.
    bool atLeast = false;
};

/// One line of a report: the calls of one model, of one provider, for one purpose or all.
struct ReportRow {
    QString providerId; ///< empty: all
    QString model; ///< empty: all of the provider
    Tally tally;
    double seconds = 0; ///< that rates are over
    std::optional<Operation> operation = {}; ///< unset: all
};

/// One row a column; the window's table, the text and the start of the CSV follow.
struct ReportColumn {
    const char *id; ///< "error_rate"
    const char *title; ///< translatable in context "Report"
    const char *unit; ///< as of the metric table
    ReportValue (*of)(const ReportRow &row);
};

std::span<const ReportColumn> reportColumns();
/// "412 ms", "(412 ms)" where there are too few calls, "≥ $0.040" where there is more to it, "–" where unknown.
QString reportText(const ReportValue &value, QByteArrayView unit);

/// One row a statistic of a metric's figures; the window's table, JSON and the rest of the CSV follow.
struct ReportStatistic {
    const char *id; ///< "p95"
    const char *title; ///< translatable in context "Report"
    /// Only where the figures have a count; in the metric's unit, but for "count".
    ReportValue (*of)(const Figures &);
};

std::span<const ReportStatistic> reportStatistics();

struct Report {
    QString title; ///< "Since the start, 2 h 05 min"
    QList<ReportRow> rows;
    QString state = {}; ///< a line more, of the app's own; empty: none
};

/// Rows by provider and model, or by what the calls were for, each folded from its records' calls; `seconds` as of ReportRow.
/// With more than one, all of them together come first.
enum class ReportBy { Model, Provider, Operation };
QList<ReportRow> reportRows(const QList<RunRecord> &records, ReportBy by, double seconds);
/// Of a window, and of one operation where one is given; only of what was called.
QList<ReportRow> reportRows(const Monitor &monitor, Window window, ReportBy by = ReportBy::Model,
                            std::optional<Operation> operation = {});
/// The row of all, where there is more than one.
QList<ReportRow> withSum(QList<ReportRow> rows);

/// Aligned, for a terminal or a log; names can't steer it. The kinds of errors stand below.
QString toText(const Report &report);
/// {"title", "rows": [{"provider", "model", "operation", "seconds", "counts", "rates", "errors", "metrics": {id: {"count", "total", …}}}]}.
/// A percentile with too few calls is null.
QByteArray toJson(const Report &report);
/// RFC 4180: the columns, then count, total, min, mean, max and percentiles of every metric, then how many calls ended how and
/// the errors by kind ("rate_limited 2, timeout 1"); empty where unknown.
QByteArray toCsv(const Report &report);

} // namespace talkbench::profile
