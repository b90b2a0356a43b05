#pragma once

#include <QByteArray>

namespace talkbench::bench {

class BatchJournal;

/// A batch's results as CSV, in the order of the journal: id, provider, model, ok, finish_reason, text, valid (whether all checks passed), error, input and
/// output tokens, cost in USD, time to first token and response time in ms. What is unknown is empty.
QByteArray batchCsv(const BatchJournal &journal);

} // namespace talkbench::bench
