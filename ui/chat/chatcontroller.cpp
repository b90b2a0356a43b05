#include "ui/chat/chatcontroller.h"

#include "core/config/settings.h"
#include "core/run/runservice.h"
#include "core/store/cachestore.h"
#include "ui/endpoints.h"
#include "ui/whenready.h"

#include <QUuid>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

constexpr int partialsMs = 2'000;

/// Of a message's calls, which come newest first, the newest that said something, else the newest.
void keepRecord(QHash<QString, profile::RunRecord> &records, const profile::RunRecord &record)
{
    if (record.messageId.isEmpty())
        return;
    const auto known = records.constFind(record.messageId);
    if (known == records.cend() || (known->trace.firstContentNs == 0 && record.trace.firstContentNs != 0))
        records.insert(record.messageId, record);
}

} // namespace

ChatController::ChatController(AppContext &context, QObject *parent)
    : QObject(parent), m_context(context), m_fitting(context), m_budgets(context)
{
    useDefaultModel();
    useLastModel();
    m_chats.emplace(QString(), Chat());
    m_removal.setSingleShot(true);
    m_removal.setInterval(undoRemoveMs);
    connect(&m_removal, &QTimer::timeout, this, &ChatController::settleRemoval);
    m_partials.setInterval(partialsMs);
    connect(&m_partials, &QTimer::timeout, this, &ChatController::storePartials);
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key.startsWith("default/"_L1)) {
            m_context.settings.setValue("chat/last_model", QVariantMap());
            useDefaultModel();
            Q_EMIT modelChanged();
        }
    });
    connect(&context.settings, &config::Settings::providersChanged, this, &ChatController::modelChanged);
    connect(&m_fitting, &PromptFitting::failed, this, &ChatController::failed);
    connect(&context.store, &store::Store::runsRewritten, this, &ChatController::reloadRecords);
}

ChatController::~ChatController()
{
    storePartials();
    settleRemoval();
}

void ChatController::useDefaultModel()
{
    m_providerId = m_context.settings.value("default/provider").toString();
    m_model = m_context.settings.value("default/model").toString();
    if (m_context.settings.value("default/auto").toBool()) {
        m_providerId = select::autoRef.providerId;
        m_model = select::autoRef.model;
    }
}

/// Unless its provider has gone.
void ChatController::useLastModel()
{
    const QVariantMap last = m_context.settings.value("chat/last_model").toMap();
    const select::ModelRef ref { last.value(u"provider"_s).toString(), last.value(u"model"_s).toString() };
    if (ref != select::autoRef && !m_context.settings.provider(ref.providerId))
        return;
    m_providerId = ref.providerId;
    m_model = ref.model;
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
    m_context.settings.setValue("chat/last_model",
                                QVariantMap { { u"provider"_s, providerId }, { u"model"_s, model } });
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

const llm::Validation &ChatController::validation() const
{
    return m_chats.at(m_currentId).conversation.validation;
}

void ChatController::setOptions(const QString &systemPrompt, const llm::ChatOptions &options,
                                std::optional<profile::CachePolicy> cachePolicy, const llm::Validation &validation)
{
    store::Conversation &conversation = currentChat().conversation;
    conversation.systemPrompt = systemPrompt;
    conversation.options = options;
    conversation.cachePolicy = cachePolicy;
    conversation.validation = validation;
    saveListed(conversation);
}

/// One without a message is stored with its first.
void ChatController::saveListed(const store::Conversation &conversation)
{
    store::Conversation *known = listed(conversation.id);
    if (!known)
        return;
    *known = conversation;
    watch(m_context.store.saveConversation(conversation));
}

select::Quality ChatController::quality() const
{
    return select::qualityFromName(m_chats.at(m_currentId).conversation.quality).value_or(select::Quality::Balanced);
}

void ChatController::setQuality(select::Quality quality)
{
    if (quality == this->quality())
        return;
    store::Conversation &conversation = currentChat().conversation;
    conversation.quality = select::qualityName(quality);
    saveListed(conversation);
}

Prompt ChatController::nextPrompt(const QString &typed) const
{
    const Chat &chat = m_chats.at(m_currentId);
    store::StoredMessage answer;
    answer.parentId = chat.tree.leaf();
    answer.providerId = providerId();
    answer.model = model();
    Prompt prompt = promptFor(chat.conversation, chat.tree, answer, {});
    prompt.ids.append(QString());
    prompt.authors.append(select::ModelRef());
    prompt.request.messages.append(llm::Message::fromText(llm::Role::User, typed));
    prompt.models = { { answer.providerId, answer.model } };
    if (prompt.models.constFirst() != select::autoRef)
        return prompt;
    select::Question question = questionOf(chat.conversation, prompt);
    question.seed = 1; // the same words, the same model
    const select::Pick pick = m_context.chooser.choose(question);
    prompt.models.clear();
    for (const select::Candidate &candidate : pick.order)
        prompt.models.append(candidate.ref);
    return pick.decision.chosen ? madeFor(prompt, *pick.decision.chosen) : prompt;
}

bool ChatController::isPinned(const QString &messageId) const
{
    return m_chats.at(m_currentId).conversation.pinned.contains(messageId);
}

void ChatController::setPinned(const QString &messageId, bool pinned)
{
    store::Conversation &conversation = currentChat().conversation;
    conversation.pinned.removeAll(messageId);
    if (pinned)
        conversation.pinned.append(messageId);
    if (store::Conversation *known = listed(m_currentId))
        *known = conversation;
    watch(m_context.store.saveConversation(conversation));
    Q_EMIT pinsChanged();
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
    m_budgets.setConversation(conversationId);
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
                      keepRecord(opened->records, record);
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

/// Of the chats in memory.
void ChatController::reloadRecords()
{
    for (const auto &[conversationId, opened] : m_chats) {
        if (conversationId.isEmpty())
            continue;
        const auto take = [this, id = conversationId](const base::Result<QList<profile::RunRecord>> &runs) {
            Chat *reloaded = chat(id);
            if (!reloaded || !runs)
                return;
            for (const profile::RunRecord &record : *runs) {
                const auto known = reloaded->records.find(record.messageId);
                if (known == reloaded->records.end() || known->id != record.id)
                    continue;
                *known = record;
                if (id == m_currentId)
                    Q_EMIT recordChanged(record.messageId);
            }
        };
        whenReady(this, m_context.store.runs(0, conversationId), take);
    }
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

void ChatController::setTags(const QString &conversationId, const QStringList &tags)
{
    store::Conversation *conversation = listed(conversationId);
    if (!conversation || conversation->tags == tags)
        return;
    conversation->tags = tags;
    if (Chat *opened = chat(conversationId))
        opened->conversation.tags = tags;
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

void ChatController::forgetAnswers(const QString &conversationId)
{
    const profile::CacheFilter filter { .model = {}, .conversationId = conversationId };
    whenReady(this, m_context.cache.clear(filter),
              [this](const std::optional<qint64> &gone) { Q_EMIT answersForgotten(gone); });
    m_context.runs.clearCache(filter); // what is in memory
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

} // namespace talkbench::ui
