#include "core/run/limits.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

llm::ProviderLimits Limits::of(const QString &providerId) const
{
    const llm::ProviderLimits own = providers.value(providerId);
    return { own.concurrent > 0 ? own.concurrent : standard.concurrent,
             own.requestsPerMinute > 0 ? own.requestsPerMinute : standard.requestsPerMinute,
             own.tokensPerMinute > 0 ? own.tokensPerMinute : standard.tokensPerMinute };
}

QString waitReasonText(WaitReason reason)
{
    switch (reason) {
    case WaitReason::None:
        return u"its turn"_s;
    case WaitReason::Overall:
        return u"the calls in flight, over all providers"_s;
    case WaitReason::Provider:
        return u"the calls in flight at this provider"_s;
    case WaitReason::Connection:
        return u"a free connection"_s;
    case WaitReason::RequestRate:
        return u"the requests a minute"_s;
    case WaitReason::TokenRate:
        return u"the tokens a minute"_s;
    }
    return {};
}

base::Error waitedTooLong(qint64 maxWaitMs, const QString &what)
{
    return { base::ErrorKind::Queue,
             u"The call waited %1 s for %2, which is the limit."_s.arg(maxWaitMs / 1000).arg(what),
             {},
             0,
             std::nullopt };
}

} // namespace talkbench::run
