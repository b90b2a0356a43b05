#pragma once

#include "core/base/http.h"

#include <QJsonObject>

namespace talkbench::llm {

/// The server's own timings in the shape of ServerInfo::timings; empty where it sent none.

/// A chunk or answer of an OpenAI-compatible server: llama.cpp, vLLM, Groq, Cerebras, Azure, GPUStack, LM Studio.
QJsonObject timingsFromOpenAi(const QJsonObject &chunk);
/// The last line of an Ollama answer.
QJsonObject timingsFromOllama(const QJsonObject &line);
/// Response headers: openai-processing-ms and kin.
QJsonObject timingsFromHeaders(const base::HttpHeaders &headers);

} // namespace talkbench::llm
