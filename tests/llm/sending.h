#pragma once

#include "core/llm/provider.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace talkbench::llm {

inline Endpoint endpoint(const QString &protocol, const QJsonObject &quirks = {})
{
    Endpoint made;
    made.protocol = protocol;
    made.baseUrl = QUrl(QStringLiteral("https://example.org/v1"));
    made.quirks = quirks;
    return made;
}

inline ChatRequest chat(const QString &model, const ChatOptions &options)
{
    ChatRequest made;
    made.model = model;
    made.messages = { Message::fromText(Role::User, QStringLiteral("hi")) };
    made.options = options;
    return made;
}

struct Sent {
    QJsonObject body;
    QList<Unsent> unsent;

    bool isUnsent(const QString &option) const
    {
        return std::any_of(unsent.begin(), unsent.end(), [&](const Unsent &one) { return one.option == option; });
    }
};

inline Sent send(const QString &protocol, const QString &model, const ChatOptions &options,
                 const QJsonObject &quirks = {})
{
    const auto encoded = providerFor(protocol)->encode(chat(model, options), endpoint(protocol, quirks));
    if (!encoded)
        return {};
    return { QJsonDocument::fromJson(encoded->http.body).object(), encoded->unsent };
}

inline QJsonValue at(const QJsonObject &body, const QString &path)
{
    QJsonValue value = body;
    const QStringList steps = path.split(u'/');
    for (const QString &step : steps)
        value = step == QLatin1String("0") ? value[0] : value[step];
    return value;
}

} // namespace talkbench::llm
