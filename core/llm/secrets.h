#pragma once

#include "core/llm/answer.h"
#include "core/llm/provider.h"

namespace talkbench::llm {

/// What may be shown and kept of an error that quotes its server: the endpoint's secrets and what looks like one are taken
/// out (some servers quote the key they refuse), and only then are its texts cut to a length for a person.
/// Secrets are the key, the proxy's password, and the values of the headers that the user has set.
base::Error withoutSecrets(base::Error error, const Endpoint &endpoint);

/// What may be kept of an answer: its error as above, and no secret in what the server says beside the text: ids, names,
/// its own counts and times.
Answer withoutSecrets(Answer answer, const Endpoint &endpoint);

} // namespace talkbench::llm
