#pragma once

#include "ui/chat/answercall.h"
#include "ui/chat/conversationtree.h"
#include "ui/chat/promptfitting.h"

#include <memory>
#include <optional>

namespace talkbench::ui {

/// An answer that is being made.
struct LiveAnswer {
    std::unique_ptr<AnswerCall> call;
    /// How its model was chosen; unset where a person did.
    std::optional<select::Decision> decision;
    QString text;
    QString reasoning;
    /// The newest state; its text, reasoning and chunks are the last piece only.
    run::RunUpdate last;
    QList<profile::ChunkStamp> chunks;
    /// How often it was asked for again because it failed its checks, and what failed last.
    int askedAgain = 0;
    QList<profile::Verdict> failed;
    qsizetype savedLength = 0;
    /// The answer that this call goes on with, as it was. `text` and `reasoning` begin with it; of the text only
    /// `seam` characters are kept.
    std::optional<llm::Message> before;
    qsizetype seam = 0;
    /// A kept answer won't do.
    bool anew = false;
};

/// For a call that goes on where this answer stopped, by the choice of the call that made it, null where that isn't known.
LiveAnswer goingOn(const llm::Message &answer, const profile::RunRecord *soFar);
/// What comes first of such a call, as it fits what stands before it.
QString fitted(const QString &before, const QString &more);
/// What a call has made of its message when it has ended.
llm::Message endedMessage(const LiveAnswer &live, const llm::Answer &answer);
/// What is sent to get `answer`: the options of its conversation and the messages before it. For its model madeFor() it.
Prompt promptFor(const store::Conversation &conversation, const ConversationTree &tree,
                 const store::StoredMessage &answer, const LiveAnswer &live);

} // namespace talkbench::ui
