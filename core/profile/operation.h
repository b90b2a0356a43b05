#pragma once

#include "core/profile/runrecord.h"

#include <QList>
#include <QMap>
#include <QString>

#include <optional>
#include <span>

namespace talkbench::profile {

/// One row an operation: what a call was for.
struct OperationRow {
    Operation operation;
    const char *id; ///< "chat"
    const char *title; ///< translatable in context "Operation"
};

std::span<const OperationRow> operationTable();
QString operationName(Operation operation);
/// For a person.
QString operationTitle(Operation operation);
std::optional<Operation> operationFromName(const QString &name);

/// Who was paid for it.
QString payeeOf(const Attempt &attempt, const RunRecord &record);

/// What the call cost, by who was paid for its answers and judges; nothing where its cost is unknown.
QMap<QString, double> usdByProvider(const RunRecord &record);

/// The calls that a record tells of, each with its own model, tokens and cost: the answer's, and one a judge.
QList<RunRecord> callsOf(const RunRecord &record);

} // namespace talkbench::profile
