#pragma once

#include "core/profile/runrecord.h"
#include "core/store/sql.h"

#include <QHash>
#include <QLockFile>

#include <memory>

namespace talkbench::store {

/// The calls of this process that have begun and not ended: a row each, so that those of a process that dies are not lost. A lock
/// file beside the database tells whether the process that a row belongs to still runs. Lives in the db thread.
class BegunRuns final {
public:
    explicit BegunRuns(const QString &databasePath);

    /// In place of what was said of the call before. Waits for write().
    void add(const profile::RunRecord &record) { m_waiting.insert(record.id, record); }
    /// The call has ended; its row goes with the write of its run.
    void drop(const QString &id) { m_waiting.remove(id); }
    bool isWaiting() const { return !m_waiting.isEmpty(); }
    /// Into an open transaction; once that is committed, written().
    QSqlError write(QSqlDatabase &database);
    void written() { m_waiting.clear(); }

    /// Other processes that have left rows, or their lock.
    Rows<QString> others(QSqlDatabase &database) const;
    /// The lock of a process that has died, so that nobody else takes its calls over, too; null if it may still run.
    std::unique_ptr<QLockFile> lockOfDead(const QString &owner) const;

private:
    QString lockPath(const QString &owner) const;

    const QString m_path;
    const QString m_owner;
    QLockFile m_lock; ///< from the first row on
    QHash<QString, profile::RunRecord> m_waiting; ///< by their ids
};

/// The calls that a process had begun, with as much of their answers as their messages have kept.
Rows<profile::RunRecord> readBegun(QSqlDatabase &database, const QString &owner);

} // namespace talkbench::store
