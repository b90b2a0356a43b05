#pragma once

#include "core/select/chooser.h"
#include "core/store/store.h"
#include "ui/appcontext.h"
#include "ui/budgetwatch.h"
#include "ui/chat/conversationtree.h"
#include "ui/chat/liveanswer.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <optional>

namespace talkbench::ui {

/// Conversations, their messages and the calls that answer them, without a widget. A prompt is stored before it is sent,
/// an answer when it ends however it ends, and every few seconds while it grows; calls go on while another conversation
/// is on display. Destroying it stores what has come.
class ChatController final : public QObject {
    Q_OBJECT

public:
    explicit ChatController(AppContext &context, QObject *parent = nullptr);
    ~ChatController() override;

    /// Fetches the list of conversations; conversationsChanged() follows.
    void load();
    /// Newest first.
    const QList<store::Conversation> &conversations() const { return m_conversations; }

    /// Empty while a new conversation has no message yet.
    QString currentId() const { return m_currentId; }
    QString currentTitle() const;
    const ConversationTree &tree() const { return m_chats.at(m_currentId).tree; }
    /// Of an answer that has ended, where one is known.
    const profile::RunRecord *record(const QString &messageId) const;
    const LiveAnswer *live(const QString &messageId) const;
    bool isGenerating(const QString &conversationId) const;

    QString providerId() const;
    QString model() const;
    void setModel(const QString &providerId, const QString &model);

    /// What is sent with every message of the current conversation.
    QString systemPrompt() const;
    llm::ChatOptions options() const;
    /// Unset: as the settings say.
    std::optional<profile::CachePolicy> cachePolicy() const;
    const llm::Validation &validation() const;
    void setOptions(const QString &systemPrompt, const llm::ChatOptions &options,
                    std::optional<profile::CachePolicy> cachePolicy = {}, const llm::Validation &validation = {});

    /// How good answers are wanted where models are chosen automatically.
    select::Quality quality() const;
    void setQuality(select::Quality quality);

    /// As it would be sent if the user's next turn were this. With 'Auto' for a model that might be chosen.
    Prompt nextPrompt(const QString &typed = {}) const;
    PromptFitting &fitting() { return m_fitting; }
    /// A pinned message stays in the prompt, however long that gets.
    bool isPinned(const QString &messageId) const;
    void setPinned(const QString &messageId, bool pinned);

    void newConversation();
    void open(const QString &conversationId);
    void rename(const QString &conversationId, const QString &title);
    void setTags(const QString &conversationId, const QStringList &tags);
    /// Gone from the list at once, from the disk after undoRemoveMs or with the window.
    void remove(const QString &conversationId);
    /// What was on display when it was removed is so again.
    void undoRemove();
    /// Takes the conversation's answers out of the response cache; the conversation keeps them.
    void forgetAnswers(const QString &conversationId);

    void send(const QString &text, const QList<llm::ContentPart> &pictures = {});
    void editAndResend(const QString &messageId, const QString &text);
    /// Always asks: a kept answer won't do.
    void regenerate(const QString &messageId);
    /// As above, with this model instead of the one that was chosen; the new call's record says so.
    void overrule(const QString &messageId, const select::ModelRef &with);
    /// The model goes on where this answer stopped; what comes is added to it.
    void continueAnswer(const QString &messageId);
    void selectSibling(const QString &messageId, int step);
    /// Ends every call of the current conversation.
    void stop();
    void stopAnswer(const QString &messageId);
    void retryNow(const QString &messageId);
    /// Sends what a budget holds back, see spendingQuestion().
    void allowSpending(const QString &messageId);
    /// Doesn't.
    void refuseSpending(const QString &messageId);

    static constexpr int undoRemoveMs = 8'000;

Q_SIGNALS:
    /// The store has told its conversations, or why it can't.
    void loaded();
    void conversationsChanged();
    /// Another conversation is on display, or its messages have been loaded.
    void currentChanged();
    /// Messages were added to the current conversation, or another branch was chosen.
    void pathChanged();
    void modelChanged();
    void pinsChanged();
    void answerUpdated(const QString &messageId, const talkbench::run::RunUpdate &update);
    void answerEnded(const QString &messageId);
    /// An ended answer of the current conversation: its cost was recomputed.
    void recordChanged(const QString &messageId);
    /// Whoever wants to follow the calls of the window: with its model.
    void callStarted(const QString &messageId, const QString &model);
    void generatingChanged();
    /// A budget says to ask: allowSpending() or refuseSpending().
    void spendingQuestion(const QString &messageId, const QString &reason);
    void removed(const QString &title);
    /// How many the response cache had kept.
    void answersForgotten(const std::optional<qint64> &count);
    void removalSettled();
    void failed(const talkbench::base::Error &error);

private:
    struct Chat {
        store::Conversation conversation;
        ConversationTree tree;
        QHash<QString, profile::RunRecord> records;
    };

    Chat *chat(const QString &conversationId);
    Chat &currentChat();
    store::Conversation *listed(const QString &conversationId);
    void touch(Chat &chat);
    void saveListed(const store::Conversation &conversation);
    void useDefaultModel();
    void useLastModel();
    void show(const QString &conversationId);
    void dropIdleChats();
    void reloadRecords();
    QString addUserMessage(Chat &chat, const QString &parentId, const QString &text,
                           const QList<llm::ContentPart> &pictures);
    void answerTo(Chat &chat, const QString &userMessageId, LiveAnswer live = {}, const select::ModelRef &by = {});
    void begin(const QString &conversationId, const QString &answerId, LiveAnswer live = {});
    select::Question questionOf(const store::Conversation &conversation, const Prompt &prompt) const;
    /// Of an answer for 'Auto' the model; of any, who is asked where it fails. Empty where there is no model.
    QList<select::Candidate> choose(const Chat &chat, store::StoredMessage &answer, LiveAnswer &live);
    void connectCall(const QString &conversationId, const QString &answerId, AnswerCall &call);
    void update(const QString &answerId, const run::RunUpdate &update);
    void finish(const QString &conversationId, const QString &answerId, const profile::RunRecord &record);
    void storePartials();
    void settleRemoval();
    void watch(const QFuture<base::Result<void>> &write);

    AppContext &m_context;
    PromptFitting m_fitting;
    BudgetWatch m_budgets;
    QList<store::Conversation> m_conversations;
    std::map<QString, Chat> m_chats; ///< "" is the conversation that has no message yet
    std::map<QString, LiveAnswer> m_live; ///< by message
    QHash<QString, QString> m_conversationOf; ///< of a live answer
    QString m_currentId;
    QString m_providerId;
    QString m_model;
    std::optional<store::Conversation> m_removed;
    bool m_removedWasShown = false;
    QTimer m_removal;
    QTimer m_partials;
};

} // namespace talkbench::ui
