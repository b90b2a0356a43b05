#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QList>

namespace talkbench::bench {

class BatchJournal;
struct BatchPlace;

/// An error where such a table would take the place of the prompts or of the results themselves.
base::Result<void> checkExport(const QString &path, const QString &prompts, const QString &results);

/// The results of these, as far as there are any, as CSV in their order: id, prompt (as it was sent), provider, model, ok, finish_reason, text, valid (whether all checks passed), error, input and
/// output tokens, cost in USD, time to first token and response time in ms. What is unknown is empty.
QByteArray batchCsv(const BatchJournal &journal, const QList<BatchPlace> &places);

} // namespace talkbench::bench
