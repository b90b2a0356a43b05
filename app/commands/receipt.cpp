#include "app/commands/receipt.h"

#include "core/profile/format.h"
#include "core/run/bill.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

using Row = std::pair<QString, QString>;

QString linesOf(const QList<Row> &rows)
{
    qsizetype width = 0;
    for (const auto &[name, value] : rows)
        width = std::max(width, name.size());
    QString lines;
    for (const auto &[name, value] : rows)
        lines += u"  %1  %2\n"_s.arg(name.leftJustified(width), value);
    return lines;
}

QString usdOrUnknown(const std::optional<double> &usd)
{
    return usd ? profile::formatUsdItem(*usd) : u"price unknown"_s;
}

Row besideRow(const run::Beside &beside)
{
    const QString count = profile::formatCount(beside.count);
    if (beside.what == run::Beside::What::FailedAnswers)
        return { beside.count == 1 ? u"1 failed answer"_s : u"%1 failed answers"_s.arg(count),
                 usdOrUnknown(beside.usd) };
    const QString judge = u"judge "_s + profile::printable(beside.model);
    return { beside.count == 1 ? judge : u"%1, %2 times"_s.arg(judge, count), usdOrUnknown(beside.usd) };
}

QList<Row> hereRows(const profile::RunRecord &record)
{
    const cost::Receipt receipt = run::receiptOf(record);
    QList<Row> rows;
    for (const cost::ReceiptLine &line : receipt.lines)
        rows.append({ tokenClassName(line.tokenClass),
                      u"%1 tok × %2 a million = %3"_s.arg(profile::formatCount(line.tokens),
                                                          profile::formatUsdItem(line.usdPerMillion),
                                                          profile::formatUsdItem(line.usd())) });
    if (receipt.tierAbove)
        rows.append({ u"tier"_s, u"above %1 tok of input"_s.arg(profile::formatCount(*receipt.tierAbove)) });
    if (receipt.offPeakFactor != 1)
        rows.append({ u"off-peak"_s, u"× %1"_s.arg(receipt.offPeakFactor) });
    if (receipt.batch)
        rows.append({ u"batch"_s, profile::printable(receipt.price->batchRule()) });
    if (receipt.reportedUsd)
        rows.append({ u"reported"_s, profile::formatUsdItem(*receipt.reportedUsd) });
    const QList<run::Beside> besides = run::besidesOf(record);
    for (const run::Beside &beside : besides)
        rows.append(besideRow(beside));
    rows.append({ u"this call"_s, record.cached ? u"$0, from the cache"_s : usdOrUnknown(record.costUsd) });
    if (receipt.price)
        rows.append({ u"price by"_s, profile::printable(receipt.price->source) });
    return rows;
}

} // namespace

QString receiptText(const profile::RunRecord &record, const QList<cost::Elsewhere> &elsewhere)
{
    QString text = u"cost\n"_s + linesOf(hereRows(record)) + u"the same turn elsewhere (as many tokens)\n"_s;
    if (elsewhere.isEmpty())
        return text + u"  no favourite models: star some in the window's list of models\n"_s;
    QList<Row> rows;
    for (const cost::Elsewhere &row : elsewhere) {
        const auto percent = row.differencePercent(run::answerUsd(record));
        const QString difference = percent ? u"  "_s + profile::formatDifference(*percent) : QString();
        rows.append(
            { profile::printable(row.where.providerId + u'/' + row.where.model), usdOrUnknown(row.usd) + difference });
    }
    return text + linesOf(rows);
}

} // namespace talkbench::app
