#include "ui/profiler/waitwords.h"

#include "core/profile/format.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Wait", text);
}

QString reasonWords(const run::Wait &wait)
{
    const QString limit = profile::formatCount(wait.perMinute);
    switch (wait.reason) {
    case run::WaitReason::RequestRate:
        return wait.perMinute == 1 ? tr("this provider's limit of 1 request a minute")
                                   : tr("this provider's limit of %1 requests a minute").arg(limit);
    case run::WaitReason::TokenRate:
        return wait.perMinute == 1 ? tr("this provider's limit of 1 token a minute")
                                   : tr("this provider's limit of %1 tokens a minute").arg(limit);
    default:
        return run::waitReasonText(wait.reason);
    }
}

} // namespace

int secondsUntil(qint64 thenNs, qint64 nowNs)
{
    constexpr qint64 secondNs = 1'000'000'000;
    return static_cast<int>((std::max<qint64>(thenNs - nowNs, 0) + secondNs - 1) / secondNs);
}

QString waitWords(const run::Wait &wait, qint64 nowNs)
{
    const QString words = reasonWords(wait);
    return wait.untilNs == 0 ? words : tr("%1 · %2 s").arg(words).arg(secondsUntil(wait.untilNs, nowNs));
}

} // namespace talkbench::ui
