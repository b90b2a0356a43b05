#pragma once

#include "core/base/result.h"
#include "core/llm/message.h"
#include "core/profile/runrecord.h"

#include <QFuture>
#include <QObject>
#include <QThread>

namespace talkbench::store {

struct Conversation
{
    QString id;
    QString title;
    QString providerId;
    QString model;
    qint64 createdMs = 0;
    qint64 updatedMs = 0;

    bool operator==(const Conversation &) const = default;
};

/// A message in the tree of its conversation: regenerating and editing add siblings, nothing is overwritten.
struct StoredMessage
{
    QString id;
    QString conversationId;
    QString parentId; ///< empty for the first
    llm::Message message;
    QString providerId; ///< of an answer
    QString model;
    QString runId;      ///< of an answer: its RunRecord
    qint64 createdMs = 0;

    bool operator==(const StoredMessage &) const = default;
};

/// Conversations and runs in SQLite. Lives in the caller's thread; the connection in the db thread. Calls are carried
/// out in order; writes that come together share a transaction.
class Store : public QObject
{
    Q_OBJECT

public:
    /// `dir` is the data folder. Nothing is opened before open().
    explicit Store(const QString &dir, QObject *parent = nullptr);
    ~Store() override; ///< waits until all that was asked is on disk

    struct Opened
    {
        /// Where an unreadable database was moved to; empty if it was fine.
        QString keptAside;
    };
    QFuture<base::Result<Opened>> open();

    /// Newest first.
    QFuture<base::Result<QList<Conversation>>> conversations();
    QFuture<base::Result<void>> saveConversation(const Conversation &conversation);
    QFuture<base::Result<void>> removeConversation(const QString &id);
    /// In order of creation.
    QFuture<base::Result<QList<StoredMessage>>> messages(const QString &conversationId);
    QFuture<base::Result<void>> saveMessage(const StoredMessage &message);
    QFuture<base::Result<void>> saveRun(const profile::RunRecord &record);
    /// Newest first.
    QFuture<base::Result<QList<profile::RunRecord>>> runs(int limit, const QString &conversationId = {});

Q_SIGNALS:
    /// A write failed (a full disk): what could not be kept is held in memory and tried again.
    void writeFailed(const talkbench::base::Error &error);
    void writeRecovered();

private:
    class Worker;
    QThread m_thread;
    std::unique_ptr<Worker> m_worker;
};

} // namespace talkbench::store
