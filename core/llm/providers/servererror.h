#pragma once

#include "core/base/error.h"
#include "core/base/http.h"

#include <QJsonObject>

namespace talkbench::llm {

// Errors quote the server, secrets and all, at a length that is too long to show: llm::withoutSecrets() makes them fit to be
// shown and kept.

/// The start of a body as an error's detail: text, or how many bytes are none.
QString detailOf(const QByteArray &body);

/// The error behind an HTTP status that is no success, from the status, the headers and the body, whatever its shape:
/// the vendors' JSON, a proxy's HTML, nothing at all.
base::Error httpError(const base::HttpHead &head, const QByteArray &body);

/// A key that was refused, where none was sent: says so, with what the server said behind it.
base::Error withoutKey(base::Error error);

/// Whether an object inside a stream, or a body with status 200, says that something failed. `name`: the SSE event's.
bool isServerError(const QJsonObject &object, QByteArrayView name = {});

/// The error such an object describes.
base::Error serverError(const QJsonObject &object);

/// A body with status 200 that is not JSON: usually a proxy's or a login page.
base::Error notJsonError(const QByteArray &body);

/// The wait the headers ask for: retry-after-ms, retry-after (seconds or a date), else the reset of an exhausted limit.
std::optional<qint64> retryAfterMs(const base::HttpHeaders &headers);

} // namespace talkbench::llm
