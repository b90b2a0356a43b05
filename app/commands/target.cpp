#include "app/commands/target.h"

#include "app/commands/options.h"
#include "core/llm/provider.h"
#include "core/select/policy.h"

#include <QCommandLineParser>
#include <QFileInfo>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

using Proxying = config::ProviderNetwork::Proxying;

base::Result<void> readProxy(const QString &text, Target &target)
{
    config::ProviderNetwork &network = target.network;
    target.proxyPassword = qEnvironmentVariable("TALKBENCH_PROXY_PASSWORD");
    if (text.isEmpty())
        return {};
    if (text == u"system"_s || text == u"none"_s) {
        network.proxying = text == u"none"_s ? Proxying::None : Proxying::System;
        return {};
    }
    auto proxy = base::proxyFromUrl(text);
    if (!proxy)
        return usage(u"--proxy takes system, none, http://HOST:PORT or socks5://HOST:PORT."_s);
    if (const QString password = std::exchange(proxy->password, {}); !password.isEmpty())
        target.proxyPassword = password;
    network.proxying = Proxying::Manual;
    network.proxy = *proxy;
    return {};
}

} // namespace

bool Target::isAutomatic() const
{
    return model == select::autoRef.model && provider.isEmpty() && baseUrl.isEmpty();
}

void addTargetOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { { u"p"_s, u"provider"_s }, u"A provider of the settings, or a vendor such as openai or ollama."_s, u"P"_s },
        { u"base-url"_s, u"A server's address, with or without /v1."_s, u"URL"_s },
        { u"protocol"_s, u"What it speaks: %1."_s.arg(llm::protocolNames().join(u", "_s)), u"NAME"_s },
        { u"proxy"_s,
          u"The way there: system, none, http://USER@HOST:PORT or socks5://USER@HOST:PORT. The password comes from "
          "TALKBENCH_PROXY_PASSWORD."_s,
          u"URL"_s },
        { u"ca"_s, u"Trust the authorities of a PEM file, too."_s, u"FILE"_s },
        { u"pin"_s, u"Trust the server's certificate with this SHA-256, and no other."_s, u"SHA256"_s },
    });
}

base::Result<Target> readTarget(const QCommandLineParser &parser)
{
    Target target;
    target.provider = parser.value(u"provider"_s);
    target.protocol = parser.value(u"protocol"_s);
    target.baseUrl = parser.value(u"base-url"_s);
    if (const auto proxy = readProxy(parser.value(u"proxy"_s), target); !proxy)
        return proxy.error();
    if (parser.isSet(u"ca"_s)) {
        const QFileInfo file(parser.value(u"ca"_s));
        if (!file.isFile())
            return usage(u"There is no file %1, which --ca names."_s.arg(file.filePath()));
        target.network.caFile = file.absoluteFilePath();
    }
    if (const QString text = parser.value(u"pin"_s); !text.isEmpty()) {
        const auto pin = base::fingerprintFrom(text);
        if (!pin)
            return usage(u"--pin takes the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons."_s);
        target.network.pin = *pin;
    }
    return target;
}

} // namespace talkbench::app
