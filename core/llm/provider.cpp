#include "core/llm/provider.h"

#include "core/base/logging.h"
#include "core/llm/providers/anthropic.h"
#include "core/llm/providers/azure.h"
#include "core/llm/providers/gemini.h"
#include "core/llm/providers/ollama.h"
#include "core/llm/providers/openaichat.h"
#include "core/llm/providers/openairesponses.h"

#include <QStringList>

#include <array>
#include <span>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

/// Shorter ones would tear holes into ordinary words.
constexpr qsizetype shortestSecret = 6;

/// The table of protocols.
std::span<const Provider *const> providers()
{
    static const OpenAiChat openAiChat;
    static const OpenAiResponses openAiResponses;
    static const Azure azure;
    static const Anthropic anthropic;
    static const Gemini gemini;
    static const Ollama ollama;
    static const std::array<const Provider *, 6> table { &openAiChat, &openAiResponses, &azure,
                                                         &anthropic,  &gemini,          &ollama };
    return table;
}

} // namespace

base::Error withoutSecrets(base::Error error, const Endpoint &endpoint)
{
    const base::Proxy &proxy = endpoint.route.proxy;
    const QString basic = QString::fromLatin1((proxy.user + u':' + proxy.password).toUtf8().toBase64());
    for (QString *text : { &error.message, &error.detail }) {
        for (const QString &secret : { endpoint.apiKey, proxy.password, basic }) {
            if (secret.size() >= shortestSecret)
                text->replace(secret, u"•••"_s);
        }
        *text = base::redact(*text);
    }
    return error;
}

const Provider *providerFor(const QString &protocol)
{
    for (const Provider *provider : providers()) {
        if (provider->protocol() == protocol)
            return provider;
    }
    return nullptr;
}

QStringList protocolNames()
{
    QStringList names;
    for (const Provider *provider : providers())
        names.append(provider->protocol());
    return names;
}

} // namespace talkbench::llm
