#include "core/base/http.h"

#include <algorithm>
#include <array>

namespace talkbench::base {

QByteArray headerValue(const HttpHeaders &headers, QByteArrayView name)
{
    for (const auto &[key, value] : headers) {
        if (key.compare(name, Qt::CaseInsensitive) == 0)
            return value;
    }
    return {};
}

bool carriesKey(QByteArrayView name)
{
    constexpr std::array names { "authorization", "x-api-key", "api-key", "x-goog-api-key" };
    return std::any_of(names.begin(), names.end(),
                       [name](const char *known) { return name.compare(known, Qt::CaseInsensitive) == 0; });
}

} // namespace talkbench::base
