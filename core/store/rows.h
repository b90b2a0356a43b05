#pragma once

#include "core/store/sql.h"
#include "core/store/store.h"

#include <compare>
#include <variant>

namespace talkbench::store {

/// The conversation goes with its messages; its runs stay for their figures, without a word of what was said.
struct Removal {
    QString conversationId;
};

/// Writes nothing: answered, it says that all before it is on disk.
struct Barrier { };

/// What can be written, each in one row or a few.
using Change = std::variant<Conversation, Removal, StoredMessage, profile::RunRecord, ModelList, Draft, Barrier>;

/// Writes into an open transaction. An error of the type NoError is none.
QSqlError write(QSqlDatabase &database, const Change &change);

Rows<Conversation> readConversations(QSqlDatabase &database);
Rows<Draft> readDrafts(QSqlDatabase &database);
Rows<StoredMessage> readMessages(QSqlDatabase &database, const QString &conversationId);
/// The newest of which calls.
struct RunQuery {
    int limit = 0; ///< 0: all
    QString conversationId = {}; ///< empty: of every one
    qint64 sinceMs = 0; ///< wall clock, of their starts; 0: all
    QString id = {}; ///< empty: of any
};
Rows<profile::RunRecord> readRuns(QSqlDatabase &database, const RunQuery &query);
/// Where a run stands among all, the oldest first.
struct RunPlace {
    qint64 startedMs = std::numeric_limits<qint64>::min();
    qint64 number = 0; ///< ascending in the order of arrival, from 1

    auto operator<=>(const RunPlace &) const = default;
};
struct PlacedRun {
    RunPlace place;
    profile::RunRecord run;
};
/// The first so many that come after this place.
Rows<PlacedRun> readRunsAfter(QSqlDatabase &database, const RunPlace &place, int limit, const RunFilter &filter);
Rows<Spending> readSpending(QSqlDatabase &database, const SpendingQuery &query);
Rows<ModelList> readModelLists(QSqlDatabase &database);

/// The rows as they will be once `change` is written: what is held in memory shows in every read.
void apply(const Change &change, QList<Conversation> *rows);
void apply(const Change &change, QList<Draft> *rows);
void apply(const Change &change, const QString &conversationId, QList<StoredMessage> *rows);
void apply(const Change &change, const RunQuery &query, QList<profile::RunRecord> *rows);
void apply(const Change &change, const SpendingQuery &query, QList<Spending> *rows);
void apply(const Change &change, QList<ModelList> *rows);
void sortNewestFirst(QList<Conversation> *rows);
void sortNewestFirst(QList<profile::RunRecord> *rows);

} // namespace talkbench::store
