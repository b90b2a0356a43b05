#pragma once

#include "core/llm/provider.h"

#include <QByteArray>

namespace talkbench::run {

/// Everything that the answer to a request depends on, always in the same form: JSON with sorted keys. The request but for
/// the streaming flag, pictures and long texts as hashes; the endpoint, its headers in order of their names and without those that only
/// say who asks; of the API key its identity, a salted hash. Not for keeping: headers may hold secrets.
QByteArray canonicalRequest(const llm::ChatRequest &request, const llm::Endpoint &endpoint);

/// SHA-256 of it, 32 bytes.
QByteArray cacheKey(const llm::ChatRequest &request, const llm::Endpoint &endpoint);

} // namespace talkbench::run
