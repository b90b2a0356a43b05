#include "ui/chat/chatcontroller.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "ui/budgetcheck.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

#include <QUuid>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int partialsMs = 2'000;
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

ChatController::ChatController(AppContext &context, QObject *parent)
    : QObject(parent), m_context(context), m_providerId(context.settings.value("default/provider").toString()),
      m_model(context.settings.value("default/model").toString())
{
    m_chats.emplace(QString(), Chat());
    m_removal.setSingleShot(true);
    m_removal.setInterval(undoRemoveMs);
    connect(&m_removal, &QTimer::timeout, this, &ChatController::settleRemoval);
    m_partials.setInterval(partialsMs);
    connect(&m_partials, &QTimer::timeout, this, &ChatController::storePartials);
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == "default/provider"_L1 || key == "default/model"_L1) {
            m_providerId = m_context.settings.value("default/provider").toString();
            m_model = m_context.settings.value("default/model").toString();
            Q_EMIT modelChanged();
        }
    });
    connect(&context.settings, &config::Settings::providersChanged, this, &ChatController::modelChanged);
}

ChatController::~ChatController()
{
    storePartials();
    settleRemoval();
}

void ChatController::load()
{
    whenReady(this, m_context.store.conversations(), [this](const base::Result<QList<store::Conversation>> &result) {
        Q_EMIT loaded();
        if (!result) {
            Q_EMIT failed(result.error());
            return;
        }
        // What was begun before the list came stays in front.
        QList<store::Conversation> all = m_conversations;
        for (const store::Conversation &conversation : *result)
            if (!listed(conversation.id))
                all.append(conversation);
        m_conversations = all;
        Q_EMIT conversationsChanged();
    });
}

void ChatController::watch(const QFuture<base::Result<void>> &write)
{
    whenReady(this, write, [this](const base::Result<void> &result) {
        if (!result)
            Q_EMIT failed(result.error());
    });
}

ChatController::Chat *ChatController::chat(const QString &conversationId)
{
    const auto found = m_chats.find(conversationId);
    return found == m_chats.end() ? nullptr : &found->second;
}

ChatController::Chat &ChatController::currentChat()
{
    return m_chats.at(m_currentId);
}

store::Conversation *ChatController::listed(const QString &conversationId)
{
    const auto found = std::find_if(m_conversations.begin(), m_conversations.end(),
                                    [&](const store::Conversation &c) { return c.id == conversationId; });
    return found == m_conversations.end() ? nullptr : &*found;
}

QString ChatController::currentTitle() const
{
    return m_chats.at(m_currentId).conversation.title;
}

const profile::RunRecord *ChatController::record(const QString &messageId) const
{
    const auto &records = m_chats.at(m_currentId).records;
    const auto found = records.constFind(messageId);
    return found == records.constEnd() ? nullptr : &found.value();
}

const LiveAnswer *ChatController::live(const QString &messageId) const
{
    const auto found = m_live.find(messageId);
    return found == m_live.end() ? nullptr : &found->second;
}

bool ChatController::isGenerating(const QString &conversationId) const
{
    return std::find(m_conversationOf.begin(), m_conversationOf.end(), conversationId) != m_conversationOf.end();
}

QString ChatController::providerId() const
{
    QString own = m_chats.at(m_currentId).conversation.providerId;
    return own.isEmpty() ? m_providerId : own;
}

QString ChatController::model() const
{
    QString own = m_chats.at(m_currentId).conversation.model;
    if (!own.isEmpty())
        return own;
    if (!m_model.isEmpty())
        return m_model;
    const auto provider = m_context.settings.provider(providerId());
    return provider ? provider->defaultModel : QString();
}

void ChatController::setModel(const QString &providerId, const QString &model)
{
    m_providerId = providerId;
    m_model = model;
    Chat &chat = currentChat();
    chat.conversation.providerId = providerId;
    chat.conversation.model = model;
    if (!m_currentId.isEmpty())
        touch(chat);
    Q_EMIT modelChanged();
}

QString ChatController::systemPrompt() const
{
    return m_chats.at(m_currentId).conversation.systemPrompt;
}

llm::ChatOptions ChatController::options() const
{
    return m_chats.at(m_currentId).conversation.options;
}

std::optional<profile::CachePolicy> ChatController::cachePolicy() const
{
    return m_chats.at(m_currentId).conversation.cachePolicy;
}

void ChatController::setOptions(const QString &systemPrompt, const llm::ChatOptions &options,
                                std::optional<profile::CachePolicy> cachePolicy)
{
    store::Conversation &conversation = currentChat().conversation;
    conversation.systemPrompt = systemPrompt;
    conversation.options = options;
    conversation.cachePolicy = cachePolicy;
    store::Conversation *known = listed(m_currentId);
    if (!known)
        return; // stored with its first message
    *known = conversation;
    watch(m_context.store.saveConversation(conversation));
}

void ChatController::touch(Chat &chat)
{
    chat.conversation.updatedMs = m_context.clock.wallMs();
    m_conversations.removeIf([&](const store::Conversation &c) { return c.id == chat.conversation.id; });
    m_conversations.prepend(chat.conversation);
    watch(m_context.store.saveConversation(chat.conversation));
    Q_EMIT conversationsChanged();
}

void ChatController::newConversation()
{
    m_chats[QString()] = Chat();
    show({});
}

void ChatController::show(const QString &conversationId)
{
    m_currentId = conversationId;
    dropIdleChats();
    Q_EMIT currentChanged();
    Q_EMIT modelChanged();
}

/// Only what is on display or being answered stays in memory.
void ChatController::dropIdleChats()
{
    std::erase_if(m_chats, [this](const auto &entry) {
        return !entry.first.isEmpty() && entry.first != m_currentId && !isGenerating(entry.first);
    });
}

void ChatController::open(const QString &conversationId)
{
    if (conversationId == m_currentId)
        return;
    if (chat(conversationId)) {
        show(conversationId);
        return;
    }
    const store::Conversation *conversation = listed(conversationId);
    if (!conversation)
        return;
    m_chats[conversationId].conversation = *conversation;
    show(conversationId);
    whenReady(this, m_context.store.runs(0, conversationId),
              [this, conversationId](const base::Result<QList<profile::RunRecord>> &runs) {
                  Chat *opened = chat(conversationId);
                  if (!opened || !runs)
                      return;
                  for (const profile::RunRecord &record : *runs)
                      if (!record.messageId.isEmpty() && !opened->records.contains(record.messageId))
                          opened->records.insert(record.messageId, record);
              });
    whenReady(this, m_context.store.messages(conversationId),
              [this, conversationId](const base::Result<QList<store::StoredMessage>> &messages) {
                  Chat *opened = chat(conversationId);
                  if (!messages)
                      Q_EMIT failed(messages.error());
                  if (!opened || !messages)
                      return;
                  for (const store::StoredMessage &message : *messages)
                      if (!opened->tree.find(message.id))
                          opened->tree.insert(message);
                  if (conversationId == m_currentId)
                      Q_EMIT currentChanged();
              });
}

void ChatController::rename(const QString &conversationId, const QString &title)
{
    store::Conversation *conversation = listed(conversationId);
    if (!conversation || title.trimmed().isEmpty())
        return;
    conversation->title = title.trimmed();
    if (Chat *opened = chat(conversationId))
        opened->conversation.title = conversation->title;
    watch(m_context.store.saveConversation(*conversation));
    Q_EMIT conversationsChanged();
}

void ChatController::remove(const QString &conversationId)
{
    const store::Conversation *conversation = listed(conversationId);
    if (!conversation)
        return;
    settleRemoval();
    m_removed = *conversation;
    m_removedWasShown = m_currentId == conversationId;
    const QStringList answers = m_conversationOf.keys(conversationId);
    for (const QString &answer : answers)
        stopAnswer(answer);
    m_conversations.removeIf([&](const store::Conversation &c) { return c.id == conversationId; });
    if (m_currentId == conversationId)
        newConversation();
    m_removal.start();
    Q_EMIT conversationsChanged();
    Q_EMIT removed(m_removed->title);
}

void ChatController::undoRemove()
{
    if (!m_removed)
        return;
    m_removal.stop();
    const QString id = m_removed->id;
    m_conversations.append(*std::exchange(m_removed, std::nullopt));
    std::sort(m_conversations.begin(), m_conversations.end(),
              [](const store::Conversation &a, const store::Conversation &b) { return a.updatedMs > b.updatedMs; });
    Q_EMIT conversationsChanged();
    if (m_removedWasShown)
        open(id);
    Q_EMIT removalSettled();
}

void ChatController::settleRemoval()
{
    if (!m_removed)
        return;
    m_removal.stop();
    watch(m_context.store.removeConversation(m_removed->id));
    m_context.runs.clearCache({ .model = {}, .conversationId = m_removed->id });
    m_removed.reset();
    Q_EMIT removalSettled();
}

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
    if (!answer->message.text().isEmpty()) {
        answerTo(chat, answer->parentId, true);
        return;
    }
    // Nothing came: the same message is tried again, no branch is worth keeping.
    store::StoredMessage again = *answer;
    again.providerId = providerId();
    again.model = model();
    chat.tree.insert(again);
    chat.records.remove(messageId);
    LiveAnswer live;
    live.anew = true;
    begin(chat.conversation.id, messageId, std::move(live));
}

void ChatController::continueAnswer(const QString &messageId)
{
    Chat &chat = currentChat();
    const store::StoredMessage *answer = chat.tree.find(messageId);
    if (!answer || answer->message.role != llm::Role::Assistant || answer->message.text().isEmpty() || live(messageId))
        return;
    touch(chat);
    begin(chat.conversation.id, messageId, goingOn(answer->message));
}

void ChatController::answerTo(Chat &chat, const QString &userMessageId, bool anew)
{
    store::StoredMessage answer;
    answer.id = newId();
    answer.conversationId = chat.conversation.id;
    answer.parentId = userMessageId;
    answer.message = llm::Message::fromText(llm::Role::Assistant, {});
    answer.providerId = providerId();
    answer.model = model();
    answer.createdMs = m_context.clock.wallMs();
    chat.tree.insert(answer);
    LiveAnswer live;
    live.anew = anew;
    begin(chat.conversation.id, answer.id, std::move(live));
}

void ChatController::begin(const QString &conversationId, const QString &answerId, LiveAnswer live)
{
    m_live[answerId] = std::move(live);
    m_conversationOf.insert(answerId, conversationId);
    m_partials.start();
    Q_EMIT pathChanged();
    Q_EMIT generatingChanged();
    const QString provider = chat(conversationId)->tree.find(answerId)->providerId;
    whenReady(this, m_context.endpoints.resolve(provider),
              [this, conversationId, answerId](const base::Result<llm::Endpoint> &endpoint) {
                  if (!this->live(answerId))
                      return;
                  if (endpoint)
                      start(conversationId, answerId, *endpoint);
                  else
                      fail(conversationId, answerId, endpoint.error());
              });
}

void ChatController::start(const QString &conversationId, const QString &answerId, const llm::Endpoint &endpoint)
{
    const Chat &chat = m_chats.at(conversationId);
    const store::StoredMessage &answer = *chat.tree.find(answerId);
    run::RunRequest request;
    request.endpoint = endpoint;
    request.chat = chatRequest(chat.conversation, chat.tree, answer, m_live.at(answerId));
    request.conversationId = conversationId;
    request.messageId = answerId;
    request.limits = m_context.endpoints.limits();
    request.validation = chat.conversation.validation;
    for (const QString &other : request.validation.fallbackModels)
        request.fallbacks.append({ endpoint, other });
    request.cache = chat.conversation.cachePolicy;
    request.cacheAnew = m_live.at(answerId).anew;
    m_live.at(answerId).held = request;
    checkBudgets(this, m_context, request,
                 [this, conversationId, answerId](const base::Result<cost::Verdict> &verdict) {
                     if (!live(answerId))
                         return;
                     if (verdict)
                         judge(conversationId, answerId, *verdict);
                     else
                         fail(conversationId, answerId, verdict.error());
                 });
}

void ChatController::judge(const QString &conversationId, const QString &answerId, const cost::Verdict &verdict)
{
    using enum cost::BudgetAction;
    const base::Error error { base::ErrorKind::Budget, verdict.reason, {}, 0, std::nullopt };
    if (verdict.action == Refuse) {
        fail(conversationId, answerId, error);
        return;
    }
    if (verdict.action == Ask) {
        Q_EMIT spendingQuestion(answerId, verdict.reason);
        return;
    }
    if (verdict.action)
        Q_EMIT failed(error);
    launch(conversationId, answerId);
}

void ChatController::allowSpending(const QString &messageId)
{
    if (const auto found = m_live.find(messageId); found != m_live.end() && found->second.held)
        launch(m_conversationOf.value(messageId), messageId);
}

void ChatController::launch(const QString &conversationId, const QString &answerId)
{
    LiveAnswer &live = m_live.at(answerId);
    const QString model = live.held->chat.model;
    live.run = m_context.runs.start(*std::exchange(live.held, std::nullopt));
    connect(live.run.get(), &run::Run::updated, this,
            [this, answerId](const run::RunUpdate &change) { update(answerId, change); });
    connect(live.run.get(), &run::Run::finished, this,
            [this, conversationId, answerId](const profile::RunRecord &record) {
                finish(conversationId, answerId, record);
            });
    Q_EMIT callStarted(answerId, model);
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
    if (found->second.run)
        found->second.run.release()->deleteLater();
    Chat &chat = m_chats.at(conversationId);
    store::StoredMessage &message = *chat.tree.find(answerId);
    message.message = endedMessage(found->second, record.answer);
    message.runId = record.id;
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

/// A call that could not even begin.
void ChatController::fail(const QString &conversationId, const QString &answerId, const base::Error &error)
{
    const store::StoredMessage &message = *m_chats.at(conversationId).tree.find(answerId);
    profile::RunRecord record;
    record.conversationId = conversationId;
    record.messageId = answerId;
    record.providerId = message.providerId;
    record.model = message.model;
    record.startedWallMs = m_context.clock.wallMs();
    record.answer.error = error;
    finish(conversationId, answerId, record);
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
    if (found->second.run) {
        found->second.run->cancel();
        return;
    }
    base::Error error;
    error.kind = base::ErrorKind::Cancelled;
    error.message = tr("Stopped.");
    fail(m_conversationOf.value(messageId), messageId, error);
}

void ChatController::retryNow(const QString &messageId)
{
    const auto found = m_live.find(messageId);
    if (found != m_live.end() && found->second.run)
        found->second.run->retryNow();
}

} // namespace talkbench::ui
