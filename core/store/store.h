#pragma once

#include "core/base/result.h"
#include "core/base/spent.h"
#include "core/llm/chatoptions.h"
#include "core/llm/message.h"
#include "core/llm/modelinfo.h"
#include "core/llm/validation.h"
#include "core/profile/cacheentry.h"
#include "core/profile/runrecord.h"
#include "core/store/workerthread.h"

#include <QFuture>
#include <QObject>
#include <QStringList>

#include <chrono>
#include <functional>
#include <limits>
#include <optional>

namespace talkbench::store {

struct Conversation {
    QString id;
    QString title;
    QString providerId;
    QString model;
    qint64 createdMs = 0;
    qint64 updatedMs = 0;
    /// Sent with every message; empty for none.
    QString systemPrompt = {};
    llm::ChatOptions options = {};
    /// Unset: as the settings say.
    std::optional<profile::CachePolicy> cachePolicy = {};
    /// Ids of messages that stay in the prompt, however long it gets.
    QStringList pinned = {};
    llm::Validation validation = {};
    /// How good its answers are wanted where models are chosen automatically, by name; empty: balanced.
    QString quality = {};
    /// Words of the user's own, which rules may ask for.
    QStringList tags = {};

    bool operator==(const Conversation &) const = default;
};

/// A message in the tree of its conversation: regenerating and editing add siblings, nothing is overwritten.
struct StoredMessage {
    QString id;
    QString conversationId;
    QString parentId; ///< empty for the first
    llm::Message message;
    QString providerId; ///< of an answer
    QString model;
    QString runId; ///< of an answer: its RunRecord
    qint64 createdMs = 0;

    bool operator==(const StoredMessage &) const = default;
};

/// What a provider's server last said it serves: shown at once, and asked for again when it is old.
struct ModelList {
    /// Lists older than this are worth asking for again.
    static constexpr qint64 freshMs = qint64(24) * 3600 * 1000;

    QString providerId;
    qint64 fetchedMs = 0; ///< wall clock
    QList<llm::ModelInfo> models;

    bool operator==(const ModelList &) const = default;
};

/// What was typed in a conversation and not sent.
struct Draft {
    /// Of which the page that compares keeps its prompt.
    static constexpr QLatin1StringView comparison { "compare" };

    QString conversationId; ///< empty for the conversation that has no message yet
    QString text; ///< empty: there is none any more

    bool operator==(const Draft &) const = default;
};

/// Of recorded calls.
using Spending = base::Spent;

/// Which runs.
struct RunFilter {
    qint64 fromMs = 0; ///< wall clock of the start
    qint64 untilMs = std::numeric_limits<qint64>::max(); ///< the first that is too late
    QString model; ///< empty: of any
};

/// What is to become of a run; unset: it stays as it is. Called in the db thread.
using RunRewrite = std::function<std::optional<profile::RunRecord>(const profile::RunRecord &run)>;

/// Is shown a run. Called in the db thread.
using RunVisit = std::function<void(const profile::RunRecord &run)>;

/// What a call that was cut off by the end of its program becomes: begun, with as much of its answer as was kept. Called in the db
/// thread.
using RunEnding = std::function<profile::RunRecord(const profile::RunRecord &begun)>;

/// Of which calls.
struct SpendingQuery {
    QString conversationId; ///< empty: of none
    qint64 dayStartMs = 0; ///< wall clock
    qint64 monthStartMs = 0;
};

class Worker;

/// Conversations, runs and the lists of models, in SQLite. Lives in the caller's thread; the connection in the db thread. Calls are carried
/// out in order; writes that come together share a transaction, and a read sees every write asked for before it.
///
/// A write's future is answered when it is on disk, and needs no event loop. Its error (kind Storage) says that it is
/// not on disk now: it is held in memory, shown by every read, and tried again until it is kept, unless the value
/// itself was refused (a message of an unknown conversation or parent).
class Store : public QObject {
    Q_OBJECT

public:
    struct Options {
        /// Between two attempts at writes that failed.
        std::chrono::milliseconds retryInterval = std::chrono::seconds(5);
    };

    /// `dir` is the data folder. Nothing is opened before open().
    explicit Store(const QString &dir, QObject *parent = nullptr);
    Store(const QString &dir, const Options &options, QObject *parent = nullptr);
    ~Store() override; ///< waits until all that was asked is on disk

    static QString databasePath(const QString &dir);

    struct Opened {
        /// Where an unreadable database was moved to; empty if it was fine.
        QString keptAside;
    };
    /// An error: a folder that can't be written to, a database of a newer Talkbench (which is not touched).
    QFuture<base::Result<Opened>> open();

    /// Newest first.
    QFuture<base::Result<QList<Conversation>>> conversations();
    QFuture<base::Result<void>> saveConversation(const Conversation &conversation);
    /// Its messages go too. Its runs stay for their figures, without their words.
    QFuture<base::Result<void>> removeConversation(const QString &id);
    QFuture<base::Result<QList<Draft>>> drafts();
    QFuture<base::Result<void>> saveDraft(const Draft &draft);
    /// In the order in which they were first saved.
    QFuture<base::Result<QList<StoredMessage>>> messages(const QString &conversationId);
    /// The conversation, and the parent where there is one, must have been saved before.
    QFuture<base::Result<void>> saveMessage(const StoredMessage &message);
    QFuture<base::Result<void>> saveRun(const profile::RunRecord &record);
    /// Answered when every write asked for before is on disk; the error is a write's. From any thread: behind what is on its way
    /// to the store's own.
    QFuture<base::Result<void>> settled();
    /// Of a call that has begun, until saveRun() of the same id: as it is to be kept if this process dies before that. On disk
    /// with the next write, and within 20 ms. No read shows it.
    void saveBegun(const profile::RunRecord &record);
    /// Makes runs of the calls that processes which have died had begun. Those of a process that runs stay as they are.
    QFuture<base::Result<void>> endInterrupted(const RunEnding &ending);
    /// Newest first. `limit` 0: all. Without a conversation: of every one. `sinceMs`: none that began before (wall clock).
    QFuture<base::Result<QList<profile::RunRecord>>> runs(int limit, const QString &conversationId = {},
                                                          qint64 sinceMs = 0);
    /// The one of this id, or none.
    QFuture<base::Result<QList<profile::RunRecord>>> run(const QString &id);
    /// Shows every run on disk to `visit`, the oldest first, a few hundred at a time: what else is asked comes in between.
    QFuture<base::Result<void>> visitRuns(const RunFilter &filter, const RunVisit &visit);
    /// Puts every run to `rewrite`, the oldest first, a few hundred in a transaction: what else is asked comes in between. An
    /// error (kind Storage): the transactions before it are on disk, nothing is held in memory.
    QFuture<base::Result<void>> rewriteRuns(const RunFilter &filter, const RunRewrite &rewrite);
    /// One a provider that was called since the month began or in the conversation, in no order.
    QFuture<base::Result<QList<Spending>>> spending(const SpendingQuery &query);
    /// One a provider, in no order.
    QFuture<base::Result<QList<ModelList>>> modelLists();
    /// In place of the provider's list before.
    QFuture<base::Result<void>> saveModelList(const ModelList &list);

Q_SIGNALS:
    /// Runs that had been kept are not what they were.
    void runsRewritten();
    /// A transaction with so many writes is on disk.
    void committed(int writes);
    /// Writes began to fail (a full disk): what could not be kept is held in memory and tried again.
    void writeFailed(const talkbench::base::Error &error);
    void writeRecovered();

private:
    WorkerThread<Worker> m_worker;
};

} // namespace talkbench::store
