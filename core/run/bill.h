#pragma once

#include "core/cost/receipt.h"
#include "core/profile/runrecord.h"

namespace talkbench::run {

/// The receipt of a call's answer, of the price as it was then, whatever it is now.
cost::Receipt receiptOf(const profile::RunRecord &record);

/// What the answer alone cost; unset where nobody knows, and where it was not asked for.
std::optional<double> answerUsd(const profile::RunRecord &record);

/// What was paid for beside the answer.
struct Beside {
    enum class What { FailedAnswers, Judge };

    What what = What::FailedAnswers;
    QString model; ///< the judge's
    qsizetype count = 0; ///< answers that failed their checks, or judgements
    std::optional<double> usd; ///< unset: unknown

    bool operator==(const Beside &) const = default;
};

/// The answers that failed their checks, then the judges, each model once. With answerUsd() they add up to the record's cost.
QList<Beside> besidesOf(const profile::RunRecord &record);

/// There is something to pay for, known or not.
bool hasReceipt(const profile::RunRecord &record);

/// As cost::toJson() writes the answer's receipt, and "besides": [{"what": "failed_answers" | "judge", "count", "usd"} and of a judge
/// "model"], "total_usd"; null where there is none.
QJsonValue receiptJson(const profile::RunRecord &record);

/// What the answer's tokens would have cost there at that time. The model that was asked is left out; empty where nobody
/// counted the tokens.
QList<cost::Elsewhere> elsewhere(const profile::RunRecord &record, const QList<cost::ModelRef> &models,
                                 const cost::PriceBook &prices);

} // namespace talkbench::run
