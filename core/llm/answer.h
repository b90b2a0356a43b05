#pragma once

#include "core/llm/message.h"
#include "core/llm/streamevent.h"

namespace talkbench::llm {

/// What a call has received: the fold of its StreamEvents.
struct Answer {
    QString text;
    QString reasoning;
    QString refusal;
    QList<ToolCall> toolCalls;
    std::optional<Usage> usage;
    /// Set by the terminal event only.
    std::optional<FinishReason> finishReason;
    QString finishReasonRaw;
    bool finished = false;
    QString servedModel;
    QString responseId;
    /// See ServerInfo::timings.
    QJsonObject serverTimings;
    RateLimits rateLimits;
    /// To be kept in the message this answer becomes.
    std::optional<Replay> replay;
    /// The first one: what follows is its consequence.
    std::optional<base::Error> error;

    void apply(const StreamEvent &event);
    /// What a reader can see: neither text, refusal nor tool call yet means no output.
    bool hasOutput() const { return !text.isEmpty() || !refusal.isEmpty() || !toolCalls.isEmpty(); }
};

/// All of an answer, for storage: {"text", "reasoning", "refusal", "tool_calls", "usage", "finish_reason",
/// "finish_reason_raw", "finished", "served_model", "response_id", "server_timings", "rate_limits", "replay", "error"};
/// what is unset is left out.
QJsonObject toJson(const Answer &answer);
Answer answerFromJson(const QJsonObject &object);

/// {"kind", "message", "detail", "http_status"} and, where the server asked to wait, "retry_after_ms".
QJsonObject toJson(const base::Error &error);
base::Error errorFromJson(const QJsonObject &object);

} // namespace talkbench::llm
