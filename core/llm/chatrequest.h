#pragma once

#include "core/llm/message.h"

#include <QStringList>

#include <optional>

namespace talkbench::llm {

/// Unset options are not sent.
struct ChatOptions {
    bool stream = true;
    std::optional<double> temperature;
    std::optional<double> topP;
    std::optional<int> maxTokens;
    std::optional<qint64> seed;
    QStringList stop;

    bool operator==(const ChatOptions &) const = default;
};

struct ChatRequest {
    QString model;
    QList<Message> messages;
    ChatOptions options;

    bool operator==(const ChatRequest &) const = default;
};

} // namespace talkbench::llm
