#pragma once

#include "core/base/result.h"

#include <QFile>
#include <QHash>
#include <QJsonObject>
#include <QLockFile>

#include <memory>

namespace talkbench::bench {

/// The results of a batch, a JSON object a line, and at once what has been done: each is in the file before the next
/// begins, so that a batch that was killed goes on where it was. One process at a time.
class BatchJournal {
public:
    struct Entry {
        bool ok = false;
        /// The object's place in the file.
        qint64 offset = 0;
        qint64 size = 0;
    };

    /// Reads what is there; half a line at the end, of a process that was killed, is cut off. An error: a file that can't be
    /// written, that another process has open, or that holds something else.
    base::Result<void> open(const QString &path);
    /// `row` has "key" and "ok".
    base::Result<void> append(const QJsonObject &row);
    /// Reads one back.
    QJsonObject row(const Entry &entry) const;

    /// By key; the last one counts.
    const QHash<QString, Entry> &entries() const { return m_entries; }
    QString path() const { return m_path; }

private:
    QString m_path;
    mutable QFile m_file;
    std::unique_ptr<QLockFile> m_lock;
    QHash<QString, Entry> m_entries;
};

} // namespace talkbench::bench
