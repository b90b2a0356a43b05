#include "ui/settings/protocoltitle.h"

#include <QCoreApplication>

namespace talkbench::ui {

QString protocolTitle(const QString &protocol)
{
    static constexpr std::pair<const char *, const char *> titles[] = {
        { "openai-chat", QT_TRANSLATE_NOOP("Protocol", "OpenAI chat completions") },
        { "openai-responses", QT_TRANSLATE_NOOP("Protocol", "OpenAI Responses") },
        { "azure", QT_TRANSLATE_NOOP("Protocol", "Azure OpenAI") },
        { "anthropic", QT_TRANSLATE_NOOP("Protocol", "Anthropic Messages") },
        { "gemini", QT_TRANSLATE_NOOP("Protocol", "Google Gemini") },
        { "ollama", QT_TRANSLATE_NOOP("Protocol", "Ollama") },
    };
    for (const auto &[name, title] : titles) {
        if (protocol == QLatin1StringView(name))
            return QCoreApplication::translate("Protocol", title);
    }
    return protocol;
}

} // namespace talkbench::ui
