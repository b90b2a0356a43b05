#include "core/run/redirect.h"

#include "core/run/baseurl.h"

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

constexpr auto shown = QUrl::RemoveUserInfo | QUrl::RemoveQuery;

/// The method's path has to go from it; where that is not known, there is no telling.
std::optional<QUrl> baseUrlOf(const QUrl &target, const QUrl &asked, const QString &protocol)
{
    const auto url = baseUrlFromInput(target.toString(shown), protocol);
    const bool sameMethod = target.fileName() == asked.fileName();
    if (!url || (sameMethod && url->path() == target.path()))
        return std::nullopt;
    return *url;
}

} // namespace

base::Error redirectError(const base::HttpHead &head, const QUrl &asked, const QString &protocol)
{
    const QString location = QString::fromUtf8(base::headerValue(head.headers, "location"));
    base::Error error;
    error.kind = base::ErrorKind::Redirect;
    error.httpStatus = head.status;
    if (location.isEmpty()) {
        error.message = u"The server redirects, without saying where to."_s;
        return error;
    }
    const QUrl target = asked.resolved(QUrl(location));
    error.detail = target.toDisplayString(QUrl::RemoveUserInfo);
    error.message =
        u"The server redirects to %1. The key and the prompt were not sent there."_s.arg(target.toDisplayString(shown));
    if (const std::optional<QUrl> url = baseUrlOf(target, asked, protocol))
        error.message +=
            u" If it is the right address, make %1 the provider's base URL."_s.arg(url->toDisplayString(shown));
    return error;
}

} // namespace talkbench::run
