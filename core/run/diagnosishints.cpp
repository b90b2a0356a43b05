#include "core/run/diagnosishints.h"

#include "core/net/networkerror.h"

#include <algorithm>
#include <array>

namespace talkbench::run {

using namespace Qt::StringLiterals;
using base::ErrorKind;

QString adviceFor(const base::Error &error, const llm::Endpoint &endpoint)
{
    switch (error.kind) {
    case ErrorKind::Dns:
        return u"Check the spelling of the base URL, and the network."_s;
    case ErrorKind::Refused:
        return u"Start the server, or check the port: nothing listens there."_s;
    case ErrorKind::ConnectTimeout:
        return u"Check the address, the network, and whether a firewall or a proxy stands between."_s
            + (endpoint.baseUrl.scheme() == "https"_L1
                   ? u" If the server speaks plain http, write http:// in the base URL."_s
                   : QString());
    case ErrorKind::Reset:
    case ErrorKind::Truncated:
        return endpoint.baseUrl.scheme() == "http"_L1 ? u"If the server speaks TLS, write https:// in the base URL."_s
                                                      : QString();
    case ErrorKind::Tls:
        if (net::speaksNoTls(error))
            return u"Write http:// in the base URL, if plain http is what you want: nothing is encrypted then."_s;
        return endpoint.baseUrl.port() > 0
            ? u"If the server speaks plain http, write http:// in the base URL; if its certificate is your own, trust "
              "it in the provider's settings."_s
            : u"If its certificate is your own, trust it in the provider's settings; else do not go on."_s;
    case ErrorKind::Proxy:
        return u"Check the proxy's address, user name and password in the settings."_s;
    case ErrorKind::FirstByteTimeout:
    case ErrorKind::IdleTimeout:
    case ErrorKind::TotalTimeout:
        return u"The server is there but does not answer: it may be loading a model or be overloaded."_s;
    case ErrorKind::Auth:
        return endpoint.apiKey.isEmpty() ? u"Enter the provider's key: none is set."_s
                                         : u"Check the key: it may be mistyped, revoked or another provider's."_s;
    case ErrorKind::Forbidden:
        return u"The key has no right to this, or the server does not serve your region."_s;
    case ErrorKind::Redirect:
        return u"The key is never sent on by itself: the base URL has to be the right one."_s;
    case ErrorKind::RateLimited:
    case ErrorKind::Overloaded:
        return u"Try again later."_s;
    case ErrorKind::Quota:
        return u"Check the account's credit with the provider."_s;
    case ErrorKind::NotFound:
    case ErrorKind::NotJson:
    case ErrorKind::BadEvent:
        return isAboutThePath(error) ? u"Check the path of the base URL."_s : QString();
    default:
        return {};
    }
}

bool isAboutThePath(const base::Error &error)
{
    if (error.httpStatus >= 100 && error.httpStatus < 200)
        return false;
    return error.kind == ErrorKind::NotFound || error.kind == ErrorKind::NotJson || error.kind == ErrorKind::BadEvent
        || error.httpStatus == 405 || error.httpStatus == 404;
}

QList<llm::Endpoint> otherAddresses(const llm::Endpoint &tried)
{
    struct Usual {
        const char *protocol;
        const char *path;
    };
    constexpr std::array usual { Usual { "", "/v1" },
                                 Usual { "", "" },
                                 Usual { "", "/api/v1" },
                                 Usual { "", "/openai/v1" },
                                 Usual { "", "/compatible-mode/v1" },
                                 Usual { "openai-chat", "/v1" },
                                 Usual { "ollama", "" } };
    QList<llm::Endpoint> others;
    const auto known = [&](const llm::Endpoint &endpoint) {
        const auto same = [&endpoint](const llm::Endpoint &other) {
            return other.protocol == endpoint.protocol && other.baseUrl == endpoint.baseUrl;
        };
        return same(tried) || std::any_of(others.cbegin(), others.cend(), same);
    };
    for (const Usual &row : usual) {
        llm::Endpoint endpoint = tried;
        if (*row.protocol != '\0' && tried.protocol != QLatin1StringView(row.protocol)) {
            endpoint.protocol = QLatin1StringView(row.protocol);
            endpoint.quirks = {};
        }
        endpoint.quirks.remove(u"models_path"_s);
        endpoint.baseUrl.setPath(QLatin1StringView(row.path));
        if (!known(endpoint))
            others.append(endpoint);
    }
    return others;
}

QString nearest(const QString &typed, const QList<llm::ModelInfo> &models)
{
    QString best;
    for (const llm::ModelInfo &model : models) {
        const bool close = model.id.contains(typed, Qt::CaseInsensitive)
            || typed.contains(model.id, Qt::CaseInsensitive)
            || model.id.section(u'/', -1).compare(typed, Qt::CaseInsensitive) == 0;
        if (close && (best.isEmpty() || model.id.size() < best.size()))
            best = model.id;
    }
    return best;
}

} // namespace talkbench::run
