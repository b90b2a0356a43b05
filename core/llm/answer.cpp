#include "core/llm/answer.h"

#include <QJsonArray>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

/// Far above what any answer holds; a hostile position must not cost memory.
constexpr int maxToolCalls = 1024;

class Fold final {
public:
    explicit Fold(Answer &answer) : m_answer(answer) { }

    void operator()(const TextDelta &delta) { m_answer.text += delta.text; }
    void operator()(const ReasoningDelta &delta) { m_answer.reasoning += delta.text; }
    void operator()(const RefusalDelta &delta) { m_answer.refusal += delta.text; }
    void operator()(const ToolCallDelta &delta)
    {
        if (delta.position < 0 || delta.position >= maxToolCalls)
            return;
        while (m_answer.toolCalls.size() <= delta.position)
            m_answer.toolCalls.append(ToolCall {});
        ToolCall &call = m_answer.toolCalls[delta.position];
        if (!delta.id.isEmpty())
            call.id = delta.id;
        if (!delta.name.isEmpty())
            call.name = delta.name;
        call.arguments += delta.arguments;
    }
    void operator()(const UsageReport &report)
    {
        if (isBelievable(report.usage.raw))
            m_answer.usage = report.usage;
    }
    void operator()(const ServerInfo &info)
    {
        if (!info.responseId.isEmpty())
            m_answer.responseId = info.responseId;
        if (!info.model.isEmpty())
            m_answer.servedModel = info.model;
        for (auto it = info.timings.begin(); it != info.timings.end(); ++it)
            m_answer.serverTimings.insert(it.key(), it.value());
        if (!info.limits.isEmpty())
            m_answer.rateLimits = info.limits;
    }
    void operator()(const Replay &replay) { m_answer.replay = replay; }
    void operator()(const Finish &finish)
    {
        m_answer.finished = true;
        if (finish.reason)
            m_answer.finishReason = finish.reason;
        if (!finish.raw.isEmpty())
            m_answer.finishReasonRaw = finish.raw;
    }
    void operator()(const Failure &failure)
    {
        if (!m_answer.error)
            m_answer.error = failure.error;
    }

private:
    Answer &m_answer;
};

} // namespace

QJsonObject toJson(const base::Error &error)
{
    QJsonObject object { { u"kind"_s, base::errorKindName(error.kind) },
                         { u"message"_s, error.message },
                         { u"detail"_s, error.detail },
                         { u"http_status"_s, error.httpStatus } };
    if (error.retryAfterMs)
        object.insert("retry_after_ms"_L1, *error.retryAfterMs);
    return object;
}

base::Error errorFromJson(const QJsonObject &object)
{
    base::Error error;
    error.kind = base::errorKindFromName(object["kind"_L1].toString()).value_or(base::ErrorKind::Network);
    error.message = object["message"_L1].toString();
    error.detail = object["detail"_L1].toString();
    error.httpStatus = object["http_status"_L1].toInt();
    if (const QJsonValue wait = object["retry_after_ms"_L1]; wait.isDouble())
        error.retryAfterMs = wait.toInteger();
    return error;
}

void Answer::apply(const StreamEvent &event)
{
    std::visit(Fold(*this), event);
}

QJsonObject toJson(const Answer &answer)
{
    QJsonObject object { { u"finished"_s, answer.finished } };
    const auto insertText = [&object](QLatin1String key, const QString &text) {
        if (!text.isEmpty())
            object.insert(key, text);
    };
    insertText("text"_L1, answer.text);
    insertText("reasoning"_L1, answer.reasoning);
    insertText("refusal"_L1, answer.refusal);
    insertText("finish_reason_raw"_L1, answer.finishReasonRaw);
    insertText("served_model"_L1, answer.servedModel);
    insertText("response_id"_L1, answer.responseId);
    if (!answer.toolCalls.isEmpty())
        object.insert("tool_calls"_L1, toJson(answer.toolCalls));
    if (answer.usage)
        object.insert("usage"_L1, toJson(*answer.usage));
    if (answer.finishReason)
        object.insert("finish_reason"_L1, finishReasonName(*answer.finishReason));
    if (!answer.serverTimings.isEmpty())
        object.insert("server_timings"_L1, answer.serverTimings);
    if (!answer.rateLimits.isEmpty())
        object.insert("rate_limits"_L1, toJson(answer.rateLimits));
    if (answer.replay)
        object.insert("replay"_L1, toJson(*answer.replay));
    if (answer.error)
        object.insert("error"_L1, toJson(*answer.error));
    return object;
}

Answer answerFromJson(const QJsonObject &object)
{
    Answer answer;
    answer.text = object["text"_L1].toString();
    answer.reasoning = object["reasoning"_L1].toString();
    answer.refusal = object["refusal"_L1].toString();
    answer.toolCalls = toolCallsFromJson(object["tool_calls"_L1].toArray());
    if (const QJsonValue usage = object["usage"_L1]; usage.isObject())
        answer.usage = usageFromJson(usage.toObject());
    answer.finishReason = finishReasonFromName(object["finish_reason"_L1].toString());
    answer.finishReasonRaw = object["finish_reason_raw"_L1].toString();
    answer.finished = object["finished"_L1].toBool();
    answer.servedModel = object["served_model"_L1].toString();
    answer.responseId = object["response_id"_L1].toString();
    answer.serverTimings = object["server_timings"_L1].toObject();
    answer.rateLimits = rateLimitsFromJson(object["rate_limits"_L1].toObject());
    answer.replay = replayFromJson(object["replay"_L1]);
    if (const QJsonValue error = object["error"_L1]; error.isObject())
        answer.error = errorFromJson(error.toObject());
    return answer;
}

} // namespace talkbench::llm
