#pragma once

#include "core/base/result.h"
#include "core/llm/message.h"

namespace talkbench::llm {

/// "image/png", "image/jpeg", "image/gif" or "image/webp" by the first bytes, whatever the file is called; else empty.
QString imageType(const QByteArray &data);

/// A picture as a part of a message. Errors (Usage): empty, or no image of a known kind.
base::Result<ContentPart> imagePart(const QByteArray &data);

/// Why a protocol's servers would not take these pictures: their kind, or their size. Its limits are a table in images.cpp.
std::optional<base::Error> imageProblem(const QList<Message> &messages, const QString &protocol);

} // namespace talkbench::llm
