#include "ui/compare/differences.h"

#include "core/base/csv.h"
#include "core/profile/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr std::array compared { "ttft_ms",       "ttfo_ms",          "thinking_ms", "response_ms",
                                "tokens_per_s",  "icl_max_ms",       "queue_ms",    "input_tokens",
                                "output_tokens", "reasoning_tokens", "cost_usd",    "cost_per_m_output_usd" };

qsizetype bestOf(const Difference &difference)
{
    if (difference.metric->better == profile::Better::Neither)
        return -1;
    const bool higher = difference.metric->better == profile::Better::Higher;
    qsizetype best = -1;
    int known = 0;
    bool differ = false;
    for (qsizetype i = 0; i < difference.values.size(); ++i) {
        const auto &value = difference.values.at(i);
        if (!value || !difference.whole.at(i))
            continue;
        ++known;
        if (best >= 0 && *value != *difference.values.at(best))
            differ = true;
        if (best < 0 || (higher ? *value > *difference.values.at(best) : *value < *difference.values.at(best)))
            best = i;
    }
    return known >= 2 && differ ? best : -1;
}

/// In a cell of a table: what a model is called can't end it.
QString markdownCell(QString text)
{
    return text.replace(u'\\', u"\\\\"_s).replace(u'|', u"\\|"_s).simplified();
}

QString markdownLine(const QStringList &cells)
{
    return u"| "_s + cells.join(u" | "_s) + u" |\n"_s;
}

} // namespace

QString Difference::text(qsizetype index) const
{
    if (const auto &value = values.at(index))
        return profile::markEstimate(profile::formatFigure(*value, metric->unit), estimated.at(index));
    return none.at(index) ? QCoreApplication::translate("Difference", "none")
                          : QCoreApplication::translate("Difference", "unknown");
}

std::optional<double> Difference::ratio(qsizetype index) const
{
    if (best < 0 || index == best || !whole.at(index) || !values.at(index) || *values.at(best) == 0)
        return {};
    return *values.at(index) / *values.at(best);
}

QList<Difference> differencesOf(const QList<profile::RunRecord> &records)
{
    QList<Difference> rows;
    for (const char *id : compared) {
        Difference row { profile::metricById(id), {}, {}, {}, {}, -1 };
        if (!row.metric)
            continue;
        for (const profile::RunRecord &record : records)
            row.values << row.metric->compute(record);
        // Where none is known or all are nothing there is no difference to tell.
        if (std::none_of(row.values.cbegin(), row.values.cend(),
                         [](const auto &value) { return value.value_or(0) != 0; }))
            continue;
        for (const profile::RunRecord &record : records) {
            row.whole << record.ok();
            row.estimated << profile::isEstimate(*row.metric, record);
            row.none << profile::isNone(*row.metric, record);
        }
        row.best = bestOf(row);
        rows << row;
    }
    return rows;
}

QString toCsv(const QList<Difference> &rows, const QStringList &titles)
{
    QStringList header { u"metric"_s, u"unit"_s };
    for (const QString &title : titles)
        header << base::csvField(title);
    QString out = header.join(u',') + u"\r\n"_s;
    for (const Difference &row : rows) {
        QStringList fields { QString::fromLatin1(row.metric->id), QString::fromLatin1(row.metric->unit) };
        for (const auto &value : row.values)
            fields << (value ? QString::number(*value, 'g', 12) : QString());
        out += fields.join(u',') + u"\r\n"_s;
    }
    return out;
}

QString toMarkdown(const QList<Difference> &rows, const QStringList &titles)
{
    QStringList header { u" "_s };
    QStringList rule { u"---"_s };
    for (const QString &title : titles) {
        header << markdownCell(title);
        rule << u"---:"_s;
    }
    QString out = markdownLine(header) + markdownLine(rule);
    for (const Difference &row : rows) {
        QStringList cells { markdownCell(QCoreApplication::translate("Metric", row.metric->title)) };
        for (qsizetype i = 0; i < row.values.size(); ++i)
            cells << (row.best == i ? u"**%1**"_s : u"%1"_s).arg(row.text(i));
        out += markdownLine(cells);
    }
    return out;
}

} // namespace talkbench::ui
