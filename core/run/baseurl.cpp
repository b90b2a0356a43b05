#include "core/run/baseurl.h"

#include <QHostAddress>
#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

bool isNearby(const QString &host)
{
    const QHostAddress address(host);
    constexpr std::array subnets { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7" };
    const bool isPrivate = std::any_of(subnets.begin(), subnets.end(), [&address](const char *subnet) {
        return address.isInSubnet(QHostAddress::parseSubnet(QLatin1String(subnet)));
    });
    return isPrivate || host == u"localhost"_s || host.endsWith(u".local"_s) || host.endsWith(u".localhost"_s)
        || address.isLoopback() || address.isLinkLocal();
}

/// For an error: what was typed need not be an address at all, but may hold a password.
QString withoutUser(QString typed)
{
    static const QRegularExpression user(u"[^/]*@"_s);
    return typed.remove(user);
}

QString trimmedPath(QString path, const QString &protocol)
{
    const bool ollama = protocol == u"ollama"_s;
    QStringList surplus { u"/"_s, u"/chat/completions"_s, u"/responses"_s, u"/messages"_s, u"/models"_s };
    if (ollama)
        surplus += { u"/api/chat"_s, u"/api/tags"_s, u"/api/generate"_s, u"/api"_s, u"/v1"_s };
    for (bool changed = true; changed;) {
        changed = false;
        for (const QString &end : surplus) {
            if (path.endsWith(end)) {
                path.chop(end.size());
                changed = true;
            }
        }
    }
    return path.isEmpty() && protocol.startsWith(u"openai-"_s) ? u"/v1"_s : path;
}

} // namespace

base::Result<QUrl> baseUrlFromInput(const QString &typed, const QString &protocol)
{
    const QString text = typed.trimmed();
    QUrl url(text.contains(u"://"_s) ? text : u"http://"_s + text, QUrl::StrictMode);
    const bool usable = url.isValid() && !url.host().isEmpty() && !text.contains(u' ')
        && (url.scheme() == u"http"_s || url.scheme() == u"https"_s);
    if (!usable) {
        return base::Error {
            base::ErrorKind::Config,
            u"'%1' is no base URL. One looks like https://api.openai.com/v1 or http://127.0.0.1:11434."_s.arg(
                withoutUser(text)),
            url.errorString(), 0, std::nullopt
        };
    }
    if (!text.contains(u"://"_s) && !isNearby(url.host()))
        url.setScheme(u"https"_s);
    url.setPath(trimmedPath(url.path(), protocol));
    url.setFragment({});
    return url;
}

} // namespace talkbench::run
