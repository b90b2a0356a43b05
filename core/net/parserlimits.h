#pragma once

#include "core/base/error.h"

namespace talkbench::net {

/// Bytes. What a server may make us hold before it ends a line or an event.
struct ParserLimits {
    qsizetype line = qsizetype(16) << 20;
    qsizetype event = qsizetype(32) << 20;
};

/// ErrorKind::TooLarge, with a sentence that names the part ("line", "event") and its limit.
base::Error tooLargeError(const QString &part, qsizetype limit);

} // namespace talkbench::net
