#pragma once

#include "core/base/error.h"
#include "core/llm/message.h"
#include "core/llm/ratelimits.h"
#include "core/llm/usage.h"

#include <QList>

#include <variant>

namespace talkbench::llm {

enum class FinishReason { Stop, Length, ToolCalls, ContentFilter, Refusal, Error, Cancelled };

QString finishReasonName(FinishReason reason); // "stop", "length", "tool_calls", …
std::optional<FinishReason> finishReasonFromName(const QString &name);

struct TextDelta {
    QString text;
};
struct ReasoningDelta {
    QString text;
};
struct RefusalDelta {
    QString text;
};

/// `position` says which call of the answer this continues, counted from 0. Empty id or name: unchanged.
struct ToolCallDelta {
    int position = 0;
    QString id;
    QString name;
    QString arguments;
};

/// The newest word on usage: replaces what came before.
struct UsageReport {
    Usage usage;
};

/// What the server says beside the answer: the model that served it, its own timings, what is left of the account's
/// limits. Empty: nothing new.
struct ServerInfo {
    QString responseId;
    QString model;
    /// The server's clock, not ours. "source" says whose words these are ("ollama", "llama.cpp", "groq", …); milliseconds
    /// under "queue_ms", "load_ms", "prefill_ms", "ttft_ms", "decode_ms", "total_ms", "processing_ms"; counts under
    /// "prefill_tokens", "cached_tokens", "decode_tokens"; rates under "prefill_tokens_per_s", "decode_tokens_per_s"; the
    /// server's own object under "raw".
    QJsonObject timings;
    RateLimits limits = {};
};

/// The provider's terminal event. Without one a call has not ended well, whatever the socket says.
/// A later one with a reason replaces an earlier one.
struct Finish {
    std::optional<FinishReason> reason;
    QString raw;
};

/// An error the server sent inside the stream or as its body.
struct Failure {
    base::Error error;
};

/// A Replay is the answer's whole one, and comes once, at the end.
using StreamEvent = std::variant<TextDelta, ReasoningDelta, RefusalDelta, ToolCallDelta, UsageReport, ServerInfo,
                                 Replay, Finish, Failure>;
using StreamEvents = QList<StreamEvent>;

} // namespace talkbench::llm
