#include "core/llm/provider.h"

#include <QStringList>

#include <span>

namespace talkbench::llm {

namespace {

/// The table of protocols.
std::span<const Provider *const> providers()
{
    return {};
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
