#pragma once

#include "core/store/begunruns.h"
#include "core/store/database.h"
#include "core/store/rows.h"

#include <QObject>
#include <QPromise>
#include <QTimer>

#include <memory>

namespace talkbench::store {

/// An answer on its way back to the caller; std::shared_ptr, because queued calls are copied.
template <typename T>
using Reply = std::shared_ptr<QPromise<base::Result<T>>>;

/// The store's half in the db thread: the connection, the writes that wait for their transaction, the retries.
class Worker final : public QObject {
    Q_OBJECT

public:
    Worker(const QString &path, std::chrono::milliseconds retryInterval);

    void open(const Reply<Store::Opened> &reply);
    void enqueue(const Change &change, const Reply<void> &reply);
    /// Written with what is written next, and soon.
    void begin(const profile::RunRecord &record);
    void endInterrupted(const RunEnding &ending, const Reply<void> &reply);
    void readConversations(const Reply<QList<Conversation>> &reply);
    void readDrafts(const Reply<QList<Draft>> &reply);
    void readMessages(const QString &conversationId, const Reply<QList<StoredMessage>> &reply);
    void readRuns(const RunQuery &query, const Reply<QList<profile::RunRecord>> &reply);
    struct RunJob {
        RunFilter filter;
        RunRewrite rewrite;
        RunPlace after = {}; ///< of the last run that was put to it
        bool hasWritten = false;
    };
    void rewriteRuns(RunJob job, const Reply<void> &reply);
    void visitRuns(const RunFilter &filter, const RunVisit &visit, const RunPlace &after, const Reply<void> &reply);
    void readSpending(const SpendingQuery &query, const Reply<QList<Spending>> &reply);
    void readModelLists(const Reply<QList<ModelList>> &reply);
    /// The last flush; the connection is closed.
    void finish();

Q_SIGNALS:
    void runsRewritten();
    void committed(int writes);
    void writeFailed(const talkbench::base::Error &error);
    void writeRecovered();

private:
    struct Write {
        Change change;
        Reply<void> reply; ///< null once answered
    };

    std::optional<base::Error> ensureOpen();
    void flush();
    std::optional<base::Error> writePending();
    void fail(const base::Error &error);
    void recover();
    base::Result<bool> rewritePage(RunJob &job);
    std::optional<base::Error> endRunsOf(const QString &owner, const RunEnding &ending);
    template <typename T, typename Read, typename Apply>
    void answer(const Reply<QList<T>> &reply, Read read, Apply apply);

    Database m_database;
    QString m_keptAside;
    QList<Write> m_pending;
    BegunRuns m_begun;
    QTimer m_soon; ///< until m_begun is written without company
    bool m_flushPosted = false;
    std::optional<base::Error> m_failure; ///< why m_pending is not written yet
    QTimer m_retry;
};

} // namespace talkbench::store
