#pragma once

#include "core/base/http.h"
#include "core/llm/ratelimits.h"

#include <QByteArray>

#include <optional>

namespace talkbench::llm {

/// "6ms", "130ms", "6s", "6m0s", "1h2m", "38.5s", "6 seconds"; a bare number is seconds. Milliseconds.
std::optional<qint64> durationMs(const QByteArray &text);

/// What the headers say is left: x-ratelimit-… of OpenAI, Groq, Azure, Mistral, Fireworks, Cerebras and kin,
/// anthropic-ratelimit-…, ratelimitbysize-…. Of several windows the shortest.
RateLimits rateLimitsFromHeaders(const base::HttpHeaders &headers);

} // namespace talkbench::llm
