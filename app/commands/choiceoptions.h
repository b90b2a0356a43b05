#pragma once

#include "core/base/result.h"
#include "core/cost/budget.h"
#include "core/select/chooser.h"
#include "core/store/store.h"

class QCommandLineParser;

namespace talkbench::app {

/// What is said of an automatic choice on the command line: --quality and --tag.
struct ChoiceOptions {
    std::optional<select::Quality> quality;
    QStringList tags;
};

void addChoiceOptions(QCommandLineParser &parser);
/// An error is of kind Usage.
base::Result<ChoiceOptions> readChoice(const QCommandLineParser &parser);

/// All that a choice rests on beside the settings, from the store of a data folder.
struct StoredChoice {
    QList<profile::RunRecord> runs; ///< the newest `measuredRuns`, newest first
    QList<store::ModelList> lists;
    QList<cost::Spent> spent;
    /// Of the conversation: itself, and its messages on the newest branch.
    std::optional<store::Conversation> conversation;
    QList<llm::Message> messages;
};

/// Waits for the store; nothing where there is none. An empty id: of no conversation. An error of kind Usage: there is no
/// such conversation.
base::Result<StoredChoice> readStored(const QString &dir, const QString &conversationId, qint64 nowMs);

/// Shows every kept run to `visit`, the oldest first, in another thread; waits for the end of it.
base::Result<void> visitStored(const QString &dir, const store::RunVisit &visit);

/// [{"role": "user", "content": "…" or [{"type": "text", "text": "…"}]}] or {"messages": […]}, as the chat APIs have them.
/// An error is of kind Usage.
base::Result<QList<llm::Message>> messagesFromFile(const QString &path);

} // namespace talkbench::app
