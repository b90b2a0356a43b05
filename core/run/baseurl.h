#pragma once

#include "core/base/result.h"

#include <QUrl>

namespace talkbench::run {

/// A base URL as people type it: the scheme may be missing (http for this machine and private addresses, https
/// elsewhere), a slash at the end or a method's path too much ("/v1/chat/completions"), the "/v1" of OpenAI's protocols
/// missing or that of another API there (Ollama's native one begins at the root).
base::Result<QUrl> baseUrlFromInput(const QString &typed, const QString &protocol);

} // namespace talkbench::run
