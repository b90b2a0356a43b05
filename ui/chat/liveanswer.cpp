#include "ui/chat/liveanswer.h"

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr qsizetype longestWord = 40;

/// What a cut answer is continued from: without the word that may be half, which the model writes anew.
QString withoutLastWord(const QString &text)
{
    qsizetype end = text.size();
    while (end > 0 && !text.at(end - 1).isSpace() && text.size() - end < longestWord)
        --end;
    return end > 0 && text.at(end - 1).isSpace() ? text.left(end) : text;
}

/// A turn of the user's own, which every protocol has; prefilled answers only some take.
const auto goOn = u"Your last message was cut off. Go on exactly where it stops: begin with the very next word, repeat "
                  "nothing, and don't comment on this."_s;

} // namespace

LiveAnswer goingOn(const llm::Message &answer, const profile::RunRecord *soFar)
{
    LiveAnswer live;
    if (soFar && !soFar->decision.isEmpty()) {
        live.decision = select::decisionFromJson(soFar->decision);
        live.decision->goesOnFrom = soFar->id;
    }
    live.before = answer;
    live.text = withoutLastWord(answer.text());
    live.seam = live.text.size();
    live.reasoning = answer.reasoning;
    live.savedLength = live.text.size() + live.reasoning.size();
    return live;
}

QString fitted(const QString &before, const QString &more)
{
    if (!before.endsWith(u' '))
        return more;
    qsizetype from = 0;
    while (from < more.size() && more.at(from) == u' ')
        ++from;
    return more.mid(from);
}

llm::Message endedMessage(const LiveAnswer &live, const llm::Answer &answer)
{
    const QString came = answer.text.isEmpty() ? answer.refusal : answer.text;
    const bool nothing = came.isEmpty() && live.text.size() == live.seam;
    llm::Message message = live.before.value_or(llm::Message());
    if (!nothing || !live.before) {
        const QString base = live.text.left(live.seam);
        message.parts =
            llm::Message::fromText(llm::Role::Assistant, came.isEmpty() ? live.text : base + fitted(base, came)).parts;
    }
    message.role = llm::Role::Assistant;
    message.reasoning += answer.reasoning;
    message.toolCalls += answer.toolCalls;
    // What is replayed goes with one call's answer, not with two that were joined.
    message.replay = live.before ? std::nullopt : answer.replay;
    return message;
}

Prompt promptFor(const store::Conversation &conversation, const ConversationTree &tree,
                 const store::StoredMessage &answer, const LiveAnswer &live)
{
    Prompt prompt { conversation.id, answer.providerId, {}, {}, conversation.pinned, {} };
    prompt.request.model = answer.model;
    prompt.request.options = conversation.options;
    const auto add = [&prompt](const QString &id, const llm::Message &message, const select::ModelRef &author = {}) {
        prompt.ids.append(id);
        prompt.authors.append(author);
        prompt.request.messages.append(message);
    };
    if (!conversation.systemPrompt.isEmpty())
        add({}, llm::Message::fromText(llm::Role::System, conversation.systemPrompt));
    QStringList before = tree.ancestors(answer.parentId);
    if (!answer.parentId.isEmpty())
        before.append(answer.parentId);
    for (qsizetype i = 0; i < before.size(); ++i) {
        const store::StoredMessage &stored = *tree.find(before.at(i));
        llm::Message message = stored.message;
        // A call without its result is refused by most servers.
        const bool used = i + 1 < before.size() && tree.find(before.at(i + 1))->message.role == llm::Role::Tool;
        if (!used && !message.toolCalls.isEmpty()) {
            message.toolCalls.clear();
            message.replay.reset();
        }
        if (message.role == llm::Role::Assistant && message.text().isEmpty() && message.toolCalls.isEmpty())
            continue;
        message.reasoning.clear();
        add(stored.id, message, { stored.providerId, stored.model });
    }
    if (live.before) {
        add(answer.id, llm::Message::fromText(llm::Role::Assistant, live.text));
        add({}, llm::Message::fromText(llm::Role::User, goOn));
    }
    return prompt;
}

} // namespace talkbench::ui
