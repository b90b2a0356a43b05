#pragma once

#include "core/llm/usage.h"

namespace talkbench::llm {

/// Vendors nest their counts differently; these make disjoint classes of them, once, with the raw object beside.

/// Chat completions and Responses: cached and reasoning tokens are parts of their totals, with the known exceptions.
/// `timings`: llama.cpp's, which say how much of the prompt was cached where the usage doesn't, and all where there is none.
Usage usageFromOpenAi(const QJsonObject &raw, const QJsonObject &timings = {});
/// Anthropic: cached input comes on top of input_tokens; thinking is part of the output.
Usage usageFromAnthropic(const QJsonObject &raw);
/// Gemini: cached tokens are part of the prompt, thoughts come on top of the candidates.
Usage usageFromGemini(const QJsonObject &raw);
/// Ollama's prompt_eval_count and eval_count; unset where neither was sent.
std::optional<Usage> usageFromOllama(const QJsonObject &line);

} // namespace talkbench::llm
