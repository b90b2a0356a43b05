#include "core/llm/ratelimits.h"

#include <array>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

using Limit = RateLimits::Limit;

constexpr std::array kinds {
    std::pair { "requests", &RateLimits::requests },
    std::pair { "tokens", &RateLimits::tokens },
    std::pair { "input_tokens", &RateLimits::inputTokens },
    std::pair { "output_tokens", &RateLimits::outputTokens },
};
constexpr std::array fields {
    std::pair { "limit", &Limit::limit },
    std::pair { "remaining", &Limit::remaining },
    std::pair { "reset_ms", &Limit::resetMs },
};

} // namespace

QJsonObject toJson(const RateLimits &limits)
{
    QJsonObject object;
    for (const auto &[kind, limit] : kinds) {
        QJsonObject row;
        for (const auto &[name, field] : fields) {
            if (const auto &value = limits.*limit.*field)
                row.insert(QLatin1String(name), *value);
        }
        if (!row.isEmpty())
            object.insert(QLatin1String(kind), row);
    }
    return object;
}

RateLimits rateLimitsFromJson(const QJsonObject &object)
{
    RateLimits limits;
    for (const auto &[kind, limit] : kinds) {
        const QJsonObject row = object[QLatin1String(kind)].toObject();
        for (const auto &[name, field] : fields) {
            if (const QJsonValue value = row[QLatin1String(name)]; value.isDouble())
                limits.*limit.*field = value.toInteger();
        }
    }
    return limits;
}

} // namespace talkbench::llm
