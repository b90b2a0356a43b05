#include "app/commands/batchsums.h"

#include "core/bench/batchplan.h"
#include "core/profile/format.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

QString counted(qsizetype count, const QString &one, const QString &more)
{
    return count == 1 ? one : more.arg(count);
}

QJsonArray failuresJson(const bench::BatchProgress &progress)
{
    QJsonArray rows;
    for (auto failure = progress.failures.begin(); failure != progress.failures.end(); ++failure)
        rows.append(QJsonObject {
            { u"kind"_s, failure.key() }, { u"count"_s, failure->count }, { u"message"_s, failure->message } });
    return rows;
}

} // namespace

QJsonObject batchSumsJson(const bench::BatchProgress &progress, double seconds, const QString &out)
{
    return { { u"total"_s, progress.total },
             { u"ok"_s, progress.ok },
             { u"failed"_s, progress.failed },
             { u"failures"_s, failuresJson(progress) },
             { u"invalid"_s, progress.invalid },
             { u"not_checked"_s, progress.unchecked },
             { u"from_before"_s, progress.fromBefore },
             { u"cost_usd"_s, progress.costUsd },
             { u"cost_before_usd"_s, progress.costBeforeUsd },
             { u"unpriced"_s, progress.unpriced },
             { u"unanswered"_s, progress.unanswered },
             { u"warning"_s, progress.warning.isEmpty() ? QJsonValue() : QJsonValue(progress.warning) },
             { u"seconds"_s, seconds },
             { u"out"_s, out } };
}

QString batchSums(const bench::BatchProgress &progress, double seconds, const QString &out)
{
    QStringList parts { u"%1 ok"_s.arg(progress.ok), u"%1 failed"_s.arg(progress.failed) };
    if (progress.invalid > 0)
        parts << u"%1 failed their checks"_s.arg(progress.invalid);
    if (progress.unchecked > 0)
        parts << u"%1 not checked"_s.arg(progress.unchecked);
    if (progress.fromBefore > 0)
        parts << u"%1 of them from before"_s.arg(progress.fromBefore);
    if (const qsizetype left = progress.total - progress.done(); left > 0)
        parts << u"%1 left"_s.arg(left);
    parts << profile::formatMs(seconds * 1000);
    if (progress.costUsd > 0)
        parts << profile::formatUsd(progress.costUsd);
    return parts.join(u" · "_s) + u" · "_s + out;
}

QStringList batchRemarks(const bench::BatchProgress &progress)
{
    QStringList remarks = bench::failuresInWords(progress);
    if (progress.failed + progress.invalid > 0)
        remarks << u"--retry-failed asks again what failed%1"_s.arg(progress.invalid > 0 ? u", or fails its checks"_s
                                                                                         : QString());
    if (progress.unjudged > 0)
        remarks << u"%1 not judged: a judge is asked with a new answer only"_s.arg(
            counted(progress.unjudged, u"1 answer from before is"_s, u"%1 answers from before are"_s));
    if (!progress.warning.isEmpty())
        remarks << progress.warning.simplified();
    if (progress.unanswered > 0)
        remarks << u"the provider's batch has ended without a result for %1; the same command asks again"_s.arg(
            counted(progress.unanswered, u"1 prompt"_s, u"%1 prompts"_s));
    return remarks;
}

} // namespace talkbench::app
