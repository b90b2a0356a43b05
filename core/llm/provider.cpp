#include "core/llm/provider.h"

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
