#include "app/resultjson.h"

#include "core/profile/metrictable.h"
#include "core/profile/phases.h"
#include "core/select/handoverwords.h"
#include "core/validate/validators.h"

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

QJsonValue finishReason(const llm::Answer &answer)
{
    if (answer.error) {
        const bool cancelled = answer.error->kind == base::ErrorKind::Cancelled;
        return llm::finishReasonName(cancelled ? llm::FinishReason::Cancelled : llm::FinishReason::Error);
    }
    return answer.finishReason ? llm::finishReasonName(*answer.finishReason) : QJsonValue();
}

QJsonValue usageJson(const std::optional<llm::Usage> &usage)
{
    if (!usage)
        return {};
    QJsonObject object = llm::toJson(*usage);
    object.remove(u"raw"_s);
    return object;
}

QJsonValue errorJson(const std::optional<base::Error> &error)
{
    if (!error)
        return {};
    QJsonObject object { { u"kind"_s, base::errorKindName(error->kind) }, { u"message"_s, error->message } };
    if (!error->detail.isEmpty())
        object.insert("detail"_L1, error->detail);
    if (error->httpStatus != 0)
        object.insert("http_status"_L1, error->httpStatus);
    if (error->retryAfterMs)
        object.insert("retry_after_ms"_L1, *error->retryAfterMs);
    return object;
}

/// Null where nothing was checked, or not all could be and the rest passed.
QJsonValue passedJson(const QList<profile::Verdict> &verdicts)
{
    using Outcome = profile::Verdict::Outcome;
    const Outcome outcome = validate::outcomeOf(verdicts);
    return outcome == Outcome::NotChecked ? QJsonValue() : QJsonValue(outcome == Outcome::Passed);
}

/// What the user had set and the request did not carry, one sentence each.
QJsonArray unsentJson(const profile::Trace &trace)
{
    QJsonArray array;
    for (const profile::Decision &decision : trace.decisions) {
        if (decision.stage == "options"_L1)
            array.append(decision.reason);
    }
    return array;
}

/// Why other models were asked, in turn.
QJsonArray fallbacksJson(const profile::Trace &trace)
{
    QJsonArray array;
    for (const profile::Decision &decision : trace.decisions) {
        if (!select::isHandover(decision))
            continue;
        QJsonObject row { { u"stage"_s, decision.stage }, { u"reason"_s, select::inWords(decision) } };
        if (const auto &handover = decision.handover) {
            row["from"_L1] = handover->from;
            row["to"_L1] = handover->to.isEmpty() ? QJsonValue() : QJsonValue(handover->to);
            row["error"_L1] = handover->error ? QJsonValue(base::errorKindName(*handover->error)) : QJsonValue();
        }
        array.append(row);
    }
    return array;
}

} // namespace

QJsonArray attemptsJson(const profile::RunRecord &record)
{
    QList<profile::Attempt> attempts = record.earlierAttempts;
    if (record.trace.dispatchedNs != 0)
        attempts.append({ record.trace, record.answer.error, {}, {}, record.validation });
    QJsonArray rows;
    for (const profile::Attempt &attempt : std::as_const(attempts)) {
        const auto sinceSubmittedMs = [&attempt](qint64 ns) {
            return ns != 0 ? QJsonValue(static_cast<double>(ns - attempt.trace.submittedNs) / 1e6) : QJsonValue();
        };
        rows.append(QJsonObject {
            { u"started_ms"_s, sinceSubmittedMs(attempt.trace.dispatchedNs) },
            { u"ended_ms"_s, sinceSubmittedMs(attempt.trace.endNs) },
            { u"http_status"_s, attempt.trace.httpStatus != 0 ? QJsonValue(attempt.trace.httpStatus) : QJsonValue() },
            { u"error"_s, errorJson(attempt.error) },
            { u"validation"_s, profile::toJson(attempt.validation) },
        });
    }
    return rows;
}

QJsonObject resultJson(const profile::RunRecord &record)
{
    const llm::Answer &answer = record.answer;
    return {
        { u"provider"_s, record.providerId },
        { u"model"_s, answer.servedModel.isEmpty() ? record.model : answer.servedModel },
        { u"text"_s, answer.text },
        { u"reasoning"_s, answer.reasoning },
        { u"refusal"_s, answer.refusal },
        { u"finish_reason"_s, finishReason(answer) },
        { u"finish_reason_raw"_s, answer.finishReasonRaw.isEmpty() ? QJsonValue() : answer.finishReasonRaw },
        { u"tool_calls"_s, llm::toJson(answer.toolCalls) },
        { u"usage"_s, usageJson(answer.usage) },
        { u"cost_usd"_s, record.costUsd ? QJsonValue(*record.costUsd) : QJsonValue() },
        { u"metrics"_s, profile::metricsJson(record) },
        { u"phases"_s, profile::phasesJson(record.trace) },
        { u"server_timings"_s, answer.serverTimings },
        { u"rate_limits"_s, llm::toJson(answer.rateLimits) },
        { u"unsent"_s, unsentJson(record.trace) },
        { u"decision"_s, record.decision.isEmpty() ? QJsonValue() : record.decision },
        { u"fallbacks"_s, fallbacksJson(record.trace) },
        { u"attempts"_s, record.attempts() },
        { u"attempt_log"_s, attemptsJson(record) },
        { u"validation"_s, profile::toJson(record.validation) },
        { u"validation_passed"_s, passedJson(record.validation) },
        { u"cached"_s, record.cached },
        { u"cache"_s, profile::toJson(record)["cache_hit"_L1] },
        { u"error"_s, errorJson(answer.error) },
    };
}

} // namespace talkbench::app
