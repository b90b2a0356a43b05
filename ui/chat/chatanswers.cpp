/// ChatController: prompts and the calls that answer them.

#include "ui/chat/chatcontroller.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

#include <QUuid>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int titleLength = 60;

QString newId()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

QString titleFor(const QString &prompt)
{
    QString title = prompt.simplified().left(titleLength + 1);
    if (title.size() > titleLength) {
        title.truncate(std::max<qsizetype>(title.lastIndexOf(u' '), titleLength / 2));
        title += u'…';
    }
    return title;
}

} // namespace

QString ChatController::addUserMessage(Chat &chat, const QString &parentId, const QString &text,
                                       const QList<llm::ContentPart> &pictures)
{
    store::StoredMessage message;
    message.id = newId();
    message.conversationId = chat.conversation.id;
    message.parentId = parentId;
    message.message.role = llm::Role::User;
    message.message.parts = pictures;
    if (!text.isEmpty())
        message.message.parts.append({ llm::ContentPart::Kind::Text, text, {}, {} });
    message.createdMs = m_context.clock.wallMs();
    chat.tree.insert(message);
    watch(m_context.store.saveMessage(message));
    return message.id;
}

void ChatController::send(const QString &text, const QList<llm::ContentPart> &pictures)
{
    if (text.trimmed().isEmpty() && pictures.isEmpty())
        return;
    if (m_currentId.isEmpty()) {
        Chat fresh = std::move(currentChat());
        fresh.conversation.providerId =
            fresh.conversation.providerId.isEmpty() ? m_providerId : fresh.conversation.providerId;
        fresh.conversation.model = model();
        fresh.conversation.id = newId();
        fresh.conversation.title = text.trimmed().isEmpty() ? tr("A picture") : titleFor(text);
        fresh.conversation.createdMs = m_context.clock.wallMs();
        m_currentId = fresh.conversation.id;
        m_budgets.setConversation(m_currentId);
        m_chats.emplace(m_currentId, std::move(fresh));
        m_chats[QString()] = Chat();
        touch(currentChat());
        Q_EMIT currentChanged();
    } else {
        touch(currentChat());
    }
    Chat &chat = currentChat();
    answerTo(chat, addUserMessage(chat, chat.tree.leaf(), text, pictures));
}

void ChatController::editAndResend(const QString &messageId, const QString &text)
{
    stop(); // nobody waits for the answer to what is taken back
    Chat &chat = currentChat();
    const store::StoredMessage *edited = chat.tree.find(messageId);
    if (!edited || text.trimmed().isEmpty())
        return;
    touch(chat);
    QList<llm::ContentPart> pictures = edited->message.parts;
    pictures.removeIf([](const llm::ContentPart &part) { return part.kind != llm::ContentPart::Kind::Image; });
    answerTo(chat, addUserMessage(chat, edited->parentId, text, pictures));
}

void ChatController::regenerate(const QString &messageId)
{
    Chat &chat = currentChat();
    const store::StoredMessage *answer = chat.tree.find(messageId);
    if (!answer || answer->message.role != llm::Role::Assistant || live(messageId))
        return;
    LiveAnswer live;
    live.anew = true;
    if (!answer->message.text().isEmpty()) {
        answerTo(chat, answer->parentId, std::move(live));
        return;
    }
    // Nothing came: the same message is tried again, no branch is worth keeping.
    store::StoredMessage again = *answer;
    again.providerId = providerId();
    again.model = model();
    chat.tree.insert(again);
    chat.records.remove(messageId);
    begin(chat.conversation.id, messageId, std::move(live));
}

void ChatController::overrule(const QString &messageId, const select::ModelRef &with)
{
    Chat &chat = currentChat();
    const store::StoredMessage *answer = chat.tree.find(messageId);
    const profile::RunRecord *chosen = record(messageId);
    if (!answer || !chosen || live(messageId))
        return;
    const auto before = select::decisionFromJson(chosen->decision);
    LiveAnswer live;
    live.anew = true;
    live.decision = select::Decision { .strategy = {},
                                       .chosen = with,
                                       .reason = {},
                                       .inputTokens = before.inputTokens,
                                       .atMs = m_context.clock.wallMs(),
                                       .weights = {},
                                       .rows = {},
                                       .rule = {},
                                       .overrules = chosen->id,
                                       .insteadOf = select::ModelRef { chosen->providerId, chosen->model } };
    answerTo(chat, answer->parentId, std::move(live), with);
}

void ChatController::continueAnswer(const QString &messageId)
{
    Chat &chat = currentChat();
    const store::StoredMessage *answer = chat.tree.find(messageId);
    if (!answer || answer->message.role != llm::Role::Assistant || answer->message.text().isEmpty() || live(messageId))
        return;
    touch(chat);
    begin(chat.conversation.id, messageId, goingOn(answer->message, record(messageId)));
}

void ChatController::answerTo(Chat &chat, const QString &userMessageId, LiveAnswer live, const select::ModelRef &by)
{
    store::StoredMessage answer;
    answer.id = newId();
    answer.conversationId = chat.conversation.id;
    answer.parentId = userMessageId;
    answer.message = llm::Message::fromText(llm::Role::Assistant, {});
    answer.providerId = by.model.isEmpty() ? providerId() : by.providerId;
    answer.model = by.model.isEmpty() ? model() : by.model;
    answer.createdMs = m_context.clock.wallMs();
    chat.tree.insert(answer);
    begin(chat.conversation.id, answer.id, std::move(live));
}

void ChatController::begin(const QString &conversationId, const QString &answerId, LiveAnswer live)
{
    const Chat &chat = m_chats.at(conversationId);
    store::StoredMessage &answer = *m_chats.at(conversationId).tree.find(answerId);
    const QList<select::Candidate> order = choose(chat, answer, live);
    run::RunRequest request;
    request.endpoint.providerId = answer.providerId;
    const Prompt prompt = promptFor(chat.conversation, chat.tree, answer, live);
    request.chat.model = answer.model;
    request.askedNs = m_context.clock.nowNs();
    request.conversationId = conversationId;
    request.messageId = answerId;
    request.limits = m_context.endpoints.limits();
    if (!live.before) // of an answer that goes on, the rest alone would be checked
        request.validation = llm::activeOf(chat.conversation.validation);
    request.cache = chat.conversation.cachePolicy;
    request.cacheAnew = live.anew;
    if (live.decision)
        request.decision = select::toJson(*live.decision);
    live.call = std::make_unique<AnswerCall>(m_context, m_fitting, prompt, request, order);
    connectCall(conversationId, answerId, *live.call);
    AnswerCall &call = *live.call;
    m_live[answerId] = std::move(live);
    m_conversationOf.insert(answerId, conversationId);
    m_partials.start();
    Q_EMIT pathChanged();
    Q_EMIT generatingChanged();
    call.start();
}

select::Question ChatController::questionOf(const store::Conversation &conversation, const Prompt &prompt) const
{
    return { .chat = prompt.request,
             .conversationId = conversation.id,
             .tags = conversation.tags,
             .quality = select::qualityFromName(conversation.quality).value_or(select::Quality::Balanced),
             .budgetLeft = m_budgets.left(),
             .barred = m_budgets.usedUp(),
             .fits = m_fitting.shortens(conversation.id),
             .nowMs = m_context.clock.wallMs() };
}

QList<select::Candidate> ChatController::choose(const Chat &chat, store::StoredMessage &answer, LiveAnswer &live)
{
    select::ModelRef ref { answer.providerId, answer.model };
    if (ref != select::autoRef)
        return m_context.chooser.fallbackOrder(ref);
    const Prompt prompt = promptFor(chat.conversation, chat.tree, answer, live);
    const select::Pick pick = m_context.chooser.choose(questionOf(chat.conversation, prompt));
    live.decision = pick.decision;
    if (pick.decision.chosen) {
        answer.providerId = pick.decision.chosen->providerId;
        answer.model = pick.decision.chosen->model;
    }
    return pick.order;
}

void ChatController::connectCall(const QString &conversationId, const QString &answerId, AnswerCall &call)
{
    connect(&call, &AnswerCall::questioned, this,
            [this, answerId](const QString &reason) { Q_EMIT spendingQuestion(answerId, reason); });
    connect(&call, &AnswerCall::warned, this, &ChatController::failed);
    connect(&call, &AnswerCall::launched, this,
            [this, answerId](const QString &model) { Q_EMIT callStarted(answerId, model); });
    connect(&call, &AnswerCall::updated, this,
            [this, answerId](const run::RunUpdate &change) { update(answerId, change); });
    connect(&call, &AnswerCall::finished, this, [this, conversationId, answerId](const profile::RunRecord &record) {
        finish(conversationId, answerId, record);
    });
}

void ChatController::allowSpending(const QString &messageId)
{
    if (const auto found = m_live.find(messageId); found != m_live.end())
        found->second.call->allowSpending();
}

void ChatController::refuseSpending(const QString &messageId)
{
    if (const auto found = m_live.find(messageId); found != m_live.end())
        found->second.call->refuseSpending();
}

void ChatController::update(const QString &answerId, const run::RunUpdate &update)
{
    const auto found = m_live.find(answerId);
    if (found == m_live.end())
        return;
    LiveAnswer &live = found->second;
    live.last = update;
    if (update.restarted) {
        live.text.truncate(live.seam);
        live.reasoning = live.before ? live.before->reasoning : QString();
        live.chunks.clear();
        ++live.askedAgain;
        live.failed = update.failed;
    }
    if (live.before && live.text.size() == live.seam)
        live.last.text = fitted(live.text, update.text);
    live.text += live.last.text;
    live.reasoning += update.reasoning;
    live.chunks += update.chunks;
    Q_EMIT answerUpdated(answerId, live.last);
}

void ChatController::finish(const QString &conversationId, const QString &answerId, const profile::RunRecord &record)
{
    const auto found = m_live.find(answerId);
    if (found == m_live.end())
        return;
    // The handle is the sender of this very signal.
    found->second.call.release()->deleteLater();
    Chat &chat = m_chats.at(conversationId);
    store::StoredMessage &message = *chat.tree.find(answerId);
    message.message = endedMessage(found->second, record.answer);
    message.runId = record.id;
    message.providerId = record.providerId;
    message.model = record.model;
    chat.records.insert(answerId, record);
    m_live.erase(found);
    m_conversationOf.remove(answerId);
    watch(m_context.store.saveMessage(message));
    if (m_live.empty())
        m_partials.stop();
    if (conversationId == m_currentId)
        Q_EMIT answerEnded(answerId);
    Q_EMIT generatingChanged();
    dropIdleChats();
}

void ChatController::storePartials()
{
    for (auto &[id, live] : m_live) {
        const qsizetype length = live.text.size() + live.reasoning.size();
        if (length == live.savedLength)
            continue;
        live.savedLength = length;
        store::StoredMessage partial = *m_chats.at(m_conversationOf.value(id)).tree.find(id);
        partial.message = llm::Message::fromText(llm::Role::Assistant, live.text);
        partial.message.reasoning = live.reasoning;
        watch(m_context.store.saveMessage(partial));
    }
}

void ChatController::selectSibling(const QString &messageId, int step)
{
    ConversationTree &tree = currentChat().tree;
    const QStringList siblings = tree.siblings(messageId);
    const qsizetype index = siblings.indexOf(messageId) + step;
    if (index < 0 || index >= siblings.size())
        return;
    tree.select(siblings.at(index));
    Q_EMIT pathChanged();
}

void ChatController::stop()
{
    const QStringList answers = m_conversationOf.keys(m_currentId);
    for (const QString &answer : answers)
        stopAnswer(answer);
}

void ChatController::stopAnswer(const QString &messageId)
{
    const auto found = m_live.find(messageId);
    if (found == m_live.end())
        return;
    found->second.call->cancel();
}

void ChatController::retryNow(const QString &messageId)
{
    const auto found = m_live.find(messageId);
    if (found != m_live.end())
        found->second.call->retryNow();
}

} // namespace talkbench::ui
