#include "core/base/error.h"

#include <array>
#include <utility>

namespace talkbench::base {

namespace {

using Row = std::pair<ErrorKind, const char *>;

constexpr std::array kinds {
    Row { ErrorKind::Dns, "dns" },
    Row { ErrorKind::Refused, "refused" },
    Row { ErrorKind::Tls, "tls" },
    Row { ErrorKind::Proxy, "proxy" },
    Row { ErrorKind::ConnectTimeout, "connect_timeout" },
    Row { ErrorKind::FirstByteTimeout, "first_byte_timeout" },
    Row { ErrorKind::IdleTimeout, "idle_timeout" },
    Row { ErrorKind::TotalTimeout, "total_timeout" },
    Row { ErrorKind::Reset, "reset" },
    Row { ErrorKind::Truncated, "truncated" },
    Row { ErrorKind::Network, "network" },
    Row { ErrorKind::Auth, "auth" },
    Row { ErrorKind::Forbidden, "forbidden" },
    Row { ErrorKind::NotFound, "not_found" },
    Row { ErrorKind::InvalidRequest, "invalid_request" },
    Row { ErrorKind::ContextTooLong, "context_too_long" },
    Row { ErrorKind::RateLimited, "rate_limited" },
    Row { ErrorKind::Quota, "quota" },
    Row { ErrorKind::Overloaded, "overloaded" },
    Row { ErrorKind::Server, "server" },
    Row { ErrorKind::Redirect, "redirect" },
    Row { ErrorKind::Filtered, "filtered" },
    Row { ErrorKind::Refusal, "refusal" },
    Row { ErrorKind::NotJson, "not_json" },
    Row { ErrorKind::BadEvent, "bad_event" },
    Row { ErrorKind::TooLarge, "too_large" },
    Row { ErrorKind::Cancelled, "cancelled" },
    Row { ErrorKind::Interrupted, "interrupted" },
    Row { ErrorKind::Budget, "budget" },
    Row { ErrorKind::Queue, "queue" },
    Row { ErrorKind::Storage, "storage" },
    Row { ErrorKind::Config, "config" },
    Row { ErrorKind::Usage, "usage" },
};

} // namespace

QString errorKindName(ErrorKind kind)
{
    for (const auto &[k, name] : kinds) {
        if (k == kind)
            return QString::fromLatin1(name);
    }
    return {};
}

std::optional<ErrorKind> errorKindFromName(const QString &name)
{
    for (const auto &[kind, known] : kinds) {
        if (name == QLatin1String(known))
            return kind;
    }
    return std::nullopt;
}

} // namespace talkbench::base
