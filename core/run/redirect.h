#pragma once

#include "core/base/error.h"
#include "core/base/http.h"

#include <QUrl>

namespace talkbench::run {

/// A status 3xx in answer to `asked`: where to, and which base URL would lead there. Redirects are never followed: the key
/// and the prompt go where the user said.
base::Error redirectError(const base::HttpHead &head, const QUrl &asked, const QString &protocol);

} // namespace talkbench::run
