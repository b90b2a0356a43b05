#include "app/commands/target.h"

#include "core/llm/provider.h"

#include <QCommandLineParser>

using namespace Qt::StringLiterals;

namespace talkbench::app {

void addTargetOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { { u"p"_s, u"provider"_s }, u"A provider of the settings, or a vendor such as openai or ollama."_s, u"P"_s },
        { u"base-url"_s, u"A server's address, with or without /v1."_s, u"URL"_s },
        { u"protocol"_s, u"What it speaks: %1."_s.arg(llm::protocolNames().join(u", "_s)), u"NAME"_s },
    });
}

base::Result<Target> readTarget(const QCommandLineParser &parser)
{
    Target target;
    target.provider = parser.value(u"provider"_s);
    target.protocol = parser.value(u"protocol"_s);
    target.baseUrl = parser.value(u"base-url"_s);
    return target;
}

} // namespace talkbench::app
