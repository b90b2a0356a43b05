#include "core/net/parserlimits.h"

namespace talkbench::net {

using namespace Qt::StringLiterals;

base::Error tooLargeError(const QString &part, qsizetype limit)
{
    const bool whole = limit >= (1 << 20);
    const QString size = whole ? u"%1 MiB"_s.arg(limit >> 20) : u"%1 bytes"_s.arg(limit);
    return { .kind = base::ErrorKind::TooLarge,
             .message = u"The server sent a %1 of more than %2, which is more than Talkbench takes."_s.arg(part, size),
             .detail = {},
             .httpStatus = 0,
             .retryAfterMs = std::nullopt };
}

} // namespace talkbench::net
