#pragma once

#include "app/commands/choiceoptions.h"
#include "app/commands/fitting.h"
#include "app/commands/target.h"
#include "core/llm/chatrequest.h"
#include "core/llm/validation.h"
#include "core/profile/cacheentry.h"

class QCommandLineParser;

namespace talkbench::app {

struct ChatCommandOptions {
    Target target;
    QString prompt;
    QString system;
    QList<llm::Message> before; ///< the conversation that the prompt goes on in
    QList<llm::ContentPart> images;
    llm::ChatOptions chat;
    llm::Validation validation;
    /// Of the whole answer; unset: as the settings say.
    std::optional<int> timeoutMs;
    /// Unset: as the settings say.
    std::optional<profile::CachePolicy> cache;
    std::optional<qint64> cacheTtlMs;
    FitOptions fit;
    ChoiceOptions choice;
    bool json = false;
    /// Print what the answer cost and why, and what it would have cost with the favourites.
    bool receipt = false;
    /// Send even where a budget says to ask first.
    bool overBudget = false;
};

void describeChat(QCommandLineParser &parser);
/// An error is of kind Usage.
base::Result<ChatCommandOptions> readChatOptions(const QCommandLineParser &parser);

} // namespace talkbench::app
