#include "core/llm/vendorhosts.h"

#include <QJsonArray>

#include <algorithm>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

bool sameServer(const QUrl &a, const QUrl &b)
{
    return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

bool isServerOf(const Vendor &vendor, const QUrl &url)
{
    if (sameServer(vendor.baseUrl, url))
        return true;
    constexpr int httpsPort = 443;
    if (url.scheme() != "https"_L1 || url.port(httpsPort) != httpsPort)
        return false;
    const QJsonArray hosts = vendor.quirks["hosts"_L1].toArray();
    return std::any_of(hosts.begin(), hosts.end(), [host = url.host()](const QJsonValue &parent) {
        return !parent.toString().isEmpty() && host.endsWith(u'.' + parent.toString());
    });
}

std::optional<base::Error> placeholderProblem(const QUrl &baseUrl)
{
    const QStringList labels = baseUrl.host().split(u'.');
    for (const QString &placeholder : { u"your-resource"_s, u"your-resource-name"_s }) {
        if (labels.contains(placeholder))
            return base::Error {
                base::ErrorKind::Config,
                u"The base URL %1 still holds %2: put the name of your own resource in its place."_s.arg(
                    baseUrl.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery), placeholder.toUpper()),
                {},
                0,
                std::nullopt
            };
    }
    return std::nullopt;
}

} // namespace talkbench::llm
