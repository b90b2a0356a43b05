#pragma once

#include <QJsonObject>
#include <QStringList>

namespace talkbench::bench {
struct BatchProgress;
}

namespace talkbench::app {

/// What `batch` says at its end. `out`: the file of results.
QJsonObject batchSumsJson(const bench::BatchProgress &progress, double seconds, const QString &out);
QString batchSums(const bench::BatchProgress &progress, double seconds, const QString &out);
/// What else there is to know of these: why calls failed, what was not checked or answered, and what can be done. Empty where all
/// is well.
QStringList batchRemarks(const bench::BatchProgress &progress);

} // namespace talkbench::app
