#pragma once

#include "core/profile/runrecord.h"

#include <QList>
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

/// The calls that a record tells of, each with its own model, tokens and cost: the answer's, and one a judge.
QList<RunRecord> callsOf(const RunRecord &record);

} // namespace talkbench::profile
