#include "core/llm/providers/azure.h"

#include "core/llm/providers/modellist.h"
#include "core/llm/providers/openaichat.h"
#include "core/llm/providers/optionwriter.h"
#include "core/llm/providers/wire.h"

#include <QUrlQuery>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString keyHeader = u"api-key"_s;

/// The bare resource address: the classic interface, with a deployment in the path. Any other base is taken as it is.
bool isClassic(const QUrl &base)
{
    return base.path().isEmpty() || base.path() == "/"_L1 || base.path() == "/openai"_L1;
}

QString classicPath(const QUrl &base, const QString &path)
{
    return base.path() == "/openai"_L1 ? path : u"openai/"_s + path;
}

bool needsVersion(const QUrl &base)
{
    return !base.path().contains("/openai/v1"_L1);
}

void setVersion(QUrl &url, const Endpoint &endpoint)
{
    QUrlQuery query(url);
    if (query.hasQueryItem(u"api-version"_s))
        return;
    query.addQueryItem(u"api-version"_s, endpoint.quirks["api_version"_L1].toString(u"2024-12-01-preview"_s));
    url.setQuery(query);
}

} // namespace

QString Azure::protocol() const
{
    return u"azure"_s;
}

base::Result<EncodedRequest> Azure::encode(const ChatRequest &request, const Endpoint &endpoint) const
{
    if (const std::optional<base::Error> problem = encodeProblem(request, endpoint, protocol()))
        return *problem;
    Endpoint azure = endpoint;
    azure.protocol = protocol();
    const QUrl &base = azure.baseUrl;
    const QString path = isClassic(base) ? classicPath(base, u"deployments/%1/chat/completions"_s.arg(request.model))
                                         : u"chat/completions"_s;
    OptionWriter writer(request, azure, protocol());
    const QJsonObject body = OpenAiChat::body(writer, request, azure);
    EncodedRequest made = writer.request(path, body, keyHeader);
    if (needsVersion(base))
        setVersion(made.http.url, endpoint);
    return made;
}

std::unique_ptr<Decoder> Azure::decoder() const
{
    return OpenAiChat().decoder();
}

base::HttpRequest Azure::modelsRequest(const Endpoint &endpoint) const
{
    const QUrl &base = endpoint.baseUrl;
    const QString standard = isClassic(base) ? classicPath(base, u"models"_s) : u"models"_s;
    base::HttpRequest made = request(endpoint, "GET", endpoint.quirks["models_path"_L1].toString(standard), keyHeader);
    if (needsVersion(base))
        setVersion(made.url, endpoint);
    return made;
}

base::Result<QList<ModelInfo>> Azure::parseModels(const QByteArray &body) const
{
    return modelList(body);
}

} // namespace talkbench::llm
