#pragma once

#include "core/llm/message.h"
#include "core/llm/streamevent.h"

namespace talkbench::llm {

/// What a call has received: the fold of its StreamEvents.
struct Answer
{
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
    QJsonObject serverTimings;
    std::optional<base::Error> error;

    void apply(const StreamEvent &event);
    /// What a reader can see: neither text, refusal nor tool call yet means no output.
    bool hasOutput() const { return !text.isEmpty() || !refusal.isEmpty() || !toolCalls.isEmpty(); }
};

} // namespace talkbench::llm
