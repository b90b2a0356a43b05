#pragma once

#include <QByteArray>
#include <QList>

namespace talkbench::bench {

class BatchJournal;
struct BatchPlace;

/// The results of these, as far as there are any, as CSV in their order: id, prompt (as it was sent), provider, model, ok, finish_reason, text, valid (whether all checks passed), error, input and
/// output tokens, cost in USD, time to first token and response time in ms. What is unknown is empty.
QByteArray batchCsv(const BatchJournal &journal, const QList<BatchPlace> &places);

} // namespace talkbench::bench
