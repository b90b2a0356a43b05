#include "core/bench/batchexport.h"

#include "core/base/csv.h"
#include "core/bench/batchjournal.h"
#include "core/bench/batchplan.h"

#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <array>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

struct Column {
    const char *id;
    QJsonValue (*value)(const QJsonObject &row);
};

constexpr std::array columns {
    Column { "id", [](const QJsonObject &row) { return row["id"_L1]; } },
    Column { "prompt", [](const QJsonObject &row) { return row["prompt"_L1]; } },
    Column { "provider", [](const QJsonObject &row) { return row["provider"_L1]; } },
    Column { "model", [](const QJsonObject &row) { return row["model"_L1]; } },
    Column { "ok", [](const QJsonObject &row) { return row["ok"_L1]; } },
    Column { "finish_reason", [](const QJsonObject &row) { return row["finish_reason"_L1]; } },
    Column { "text", [](const QJsonObject &row) { return row["text"_L1]; } },
    Column { "valid",
             [](const QJsonObject &row) {
                 const QJsonArray verdicts = row["validation"_L1].toArray();
                 const auto passed = [](const auto &verdict) {
                     return verdict["outcome"_L1].toString() == "passed"_L1;
                 };
                 return verdicts.isEmpty() ? QJsonValue()
                                           : QJsonValue(std::all_of(verdicts.begin(), verdicts.end(), passed));
             } },
    Column { "error", [](const QJsonObject &row) { return QJsonValue(row["error"_L1]["message"_L1]); } },
    Column { "input_tokens", [](const QJsonObject &row) { return QJsonValue(row["usage"_L1]["input_total"_L1]); } },
    Column { "output_tokens", [](const QJsonObject &row) { return QJsonValue(row["usage"_L1]["output_total"_L1]); } },
    Column { "cost_usd", [](const QJsonObject &row) { return row["cost_usd"_L1]; } },
    Column { "ttft_ms", [](const QJsonObject &row) { return QJsonValue(row["metrics"_L1]["ttft_ms"_L1]); } },
    Column { "response_ms", [](const QJsonObject &row) { return QJsonValue(row["metrics"_L1]["response_ms"_L1]); } },
    Column { "cached", [](const QJsonObject &row) { return row["cached"_L1]; } },
};

QString textOf(const QJsonValue &value)
{
    if (value.isBool())
        return value.toBool() ? u"true"_s : u"false"_s;
    return value.isDouble() ? QString::number(value.toDouble(), 'g', 12) : base::csvField(value.toString());
}

/// Of files that don't exist QFileInfo's comparison knows no difference.
bool isSame(const QString &path, const QString &other)
{
    if (path.isEmpty() || other.isEmpty())
        return false;
    const QFileInfo one(path);
    const QFileInfo two(other);
    return one.absoluteFilePath() == two.absoluteFilePath() || (one.exists() && one == two);
}

} // namespace

base::Result<void> checkExport(const QString &path, const QString &prompts, const QString &results)
{
    if (!isSame(path, prompts) && !isSame(path, results))
        return {};
    return base::Error { base::ErrorKind::Usage,
                         u"The table can't be written over the %1."_s.arg(isSame(path, prompts) ? u"prompts"_s
                                                                                                : u"results"_s),
                         {},
                         0,
                         {} };
}

QByteArray batchCsv(const BatchJournal &journal, const QList<BatchPlace> &places)
{
    QStringList names;
    for (const Column &column : columns)
        names << QLatin1StringView(column.id);
    QByteArray csv = names.join(u',').toUtf8() + "\r\n";
    for (const BatchPlace &place : places) {
        const auto entry = journal.entries().constFind(place.key);
        if (entry == journal.entries().cend())
            continue;
        QJsonObject row = journal.row(*entry);
        row.insert("id"_L1, place.id); // it may have had another when it was asked
        QStringList fields;
        for (const Column &column : columns)
            fields << textOf(column.value(row));
        csv += fields.join(u',').toUtf8() + "\r\n";
    }
    return csv;
}

} // namespace talkbench::bench
