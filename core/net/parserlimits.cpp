#include "core/net/parserlimits.h"

namespace talkbench::net {

using namespace Qt::StringLiterals;

base::Error tooLargeError(const QString &part, qsizetype limit)
{
    const bool whole = limit >= (1 << 20);
    const QString size = whole ? u"%1 MiB"_s.arg(limit >> 20) : u"%1 bytes"_s.arg(limit);
    const QString article = u"aeio"_s.contains(part.front()) ? u"an"_s : u"a"_s;
    return { .kind = base::ErrorKind::TooLarge,
             .message = u"The server sent %1 %2 of more than %3, which is more than Talkbench takes."_s.arg(article,
                                                                                                            part, size),
             .detail = {},
             .httpStatus = 0,
             .retryAfterMs = std::nullopt };
}

} // namespace talkbench::net
