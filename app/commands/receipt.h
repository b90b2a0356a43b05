#pragma once

#include "core/cost/receipt.h"
#include "core/profile/runrecord.h"

namespace talkbench::app {

/// What the call cost, a line a class of the answer's tokens and one for what was paid beside it, and what as many would have cost elsewhere. For a terminal.
QString receiptText(const profile::RunRecord &record, const QList<cost::Elsewhere> &elsewhere);

} // namespace talkbench::app
