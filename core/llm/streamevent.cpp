#include "core/llm/streamevent.h"

#include <array>

namespace talkbench::llm {

namespace {

using Row = std::pair<FinishReason, const char *>;

constexpr std::array names {
    Row { FinishReason::Stop, "stop" },
    Row { FinishReason::Length, "length" },
    Row { FinishReason::ToolCalls, "tool_calls" },
    Row { FinishReason::ContentFilter, "content_filter" },
    Row { FinishReason::Refusal, "refusal" },
    Row { FinishReason::Error, "error" },
    Row { FinishReason::Cancelled, "cancelled" },
};

} // namespace

QString finishReasonName(FinishReason reason)
{
    for (const auto &[known, name] : names) {
        if (known == reason)
            return QString::fromLatin1(name);
    }
    return {};
}

std::optional<FinishReason> finishReasonFromName(const QString &name)
{
    for (const auto &[reason, known] : names) {
        if (name == QLatin1String(known))
            return reason;
    }
    return std::nullopt;
}

} // namespace talkbench::llm
