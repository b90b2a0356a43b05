#pragma once

#include "core/cost/receipt.h"
#include "core/profile/runrecord.h"

namespace talkbench::run {

/// The receipt of a call's answer, of the price as it was then, whatever it is now.
cost::Receipt receiptOf(const profile::RunRecord &record);

/// What the answer alone cost; unset where nobody knows, and where it was not asked for.
std::optional<double> answerUsd(const profile::RunRecord &record);

/// What the answer's tokens would have cost there at that time. The model that was asked is left out; empty where nobody
/// counted the tokens.
QList<cost::Elsewhere> elsewhere(const profile::RunRecord &record, const QList<cost::ModelRef> &models,
                                 const cost::PriceBook &prices);

} // namespace talkbench::run
