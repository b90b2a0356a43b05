#include "core/profile/operation.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <utility>

namespace talkbench::profile {

using namespace Qt::StringLiterals;

namespace {

#define TITLE(text) QT_TRANSLATE_NOOP("Operation", text)

constexpr std::array table {
    OperationRow { Operation::Chat, "chat", TITLE("Chat") },
    OperationRow { Operation::Compare, "compare", TITLE("Compare") },
    OperationRow { Operation::Batch, "batch", TITLE("Batch") },
    OperationRow { Operation::Judge, "judge", TITLE("Judging answers") },
    OperationRow { Operation::Summary, "summary", TITLE("Summaries") },
    OperationRow { Operation::Test, "test", TITLE("Tests") },
    OperationRow { Operation::Unknown, "unknown", TITLE("Not recorded") },
};

#undef TITLE

const OperationRow &rowOf(Operation operation)
{
    return *std::find_if(table.begin(), table.end(),
                         [&](const OperationRow &row) { return row.operation == operation; });
}

RunRecord judgeCall(const RunRecord &record, const Attempt &judgement)
{
    RunRecord call;
    call.conversationId = record.conversationId;
    call.providerId = payeeOf(judgement, record);
    call.protocol = record.protocol;
    call.model = judgement.model;
    call.startedWallMs = record.startedWallMs;
    call.streamed = record.streamed;
    call.operation = Operation::Judge;
    call.trace = judgement.trace;
    call.answer.finished = !judgement.error;
    call.answer.error = judgement.error;
    call.answer.usage = judgement.usage;
    call.costUsd = judgement.costUsd;
    return call;
}

} // namespace

std::span<const OperationRow> operationTable()
{
    return table;
}

QString operationName(Operation operation)
{
    return QString::fromLatin1(rowOf(operation).id);
}

QString operationTitle(Operation operation)
{
    return QCoreApplication::translate("Operation", rowOf(operation).title);
}

std::optional<Operation> operationFromName(const QString &name)
{
    const auto row = std::find_if(table.begin(), table.end(),
                                  [&](const OperationRow &r) { return name == QLatin1StringView(r.id); });
    return row == table.end() ? std::nullopt : std::optional(row->operation);
}

QString payeeOf(const Attempt &attempt, const RunRecord &record)
{
    return attempt.providerId.isEmpty() ? record.providerId : attempt.providerId;
}

QMap<QString, double> usdByProvider(const RunRecord &record)
{
    if (record.cached || !record.costUsd)
        return {};
    QMap<QString, double> usd { { record.providerId, *record.costUsd } };
    for (const auto &attempts : { record.earlierAttempts, record.judgements }) {
        for (const Attempt &attempt : attempts) {
            const QString payee = payeeOf(attempt, record);
            if (payee == record.providerId || !attempt.costUsd)
                continue;
            const double share =
                std::min(*attempt.costUsd, usd[record.providerId]); // a call that another paid for cost 0
            usd[record.providerId] -= share;
            usd[payee] += share;
        }
    }
    return usd;
}

QList<RunRecord> callsOf(const RunRecord &record)
{
    if (record.judgements.isEmpty())
        return { record };
    QList<RunRecord> calls { record };
    for (const Attempt &judgement : std::exchange(calls.first().judgements, {})) {
        calls.append(judgeCall(record, judgement));
        if (auto &cost = calls.first().costUsd; cost && judgement.costUsd)
            *cost = std::max(*cost - *judgement.costUsd, 0.0);
    }
    return calls;
}

} // namespace talkbench::profile
