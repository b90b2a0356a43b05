#pragma once

#include "core/llm/chatoptions.h"
#include "core/llm/message.h"

namespace talkbench::llm {

struct ChatRequest {
    QString model;
    QList<Message> messages;
    ChatOptions options;

    bool operator==(const ChatRequest &) const = default;
};

} // namespace talkbench::llm
