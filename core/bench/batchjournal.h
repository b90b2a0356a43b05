#pragma once

#include "core/base/result.h"

#include <QFile>
#include <QHash>
#include <QJsonObject>
#include <QLockFile>
#include <QMap>

#include <memory>
#include <optional>

namespace talkbench::bench {

/// Requests that go to a provider as one batch: kept before they are sent, so that none is sent twice.
struct Submission {
    enum class State {
        Sending, ///< on its way: whether the provider has it is not known
        Sent, ///< the provider has it, under its `remote` id
        Collected, ///< its results are in the journal
        Void, ///< nothing was asked
    };

    QString tag; ///< the batch's name with us
    QString server; ///< BatchTarget::server
    QString model;
    State state = State::Sending;
    QString file; ///< of the uploaded requests, where the provider takes a file
    QString remote; ///< the batch's name with the provider
    qint64 sentMs = 0; ///< Unix time
    QMap<QString, QString> prompts; ///< the requests: key → the prompt's id

    bool isOpen() const { return state == State::Sending || state == State::Sent; }
};

/// The results of a batch, a JSON object a line, and at once what has been done: each is in the file before the next
/// begins, so that a batch that was killed goes on where it was. One process at a time.
class BatchJournal {
public:
    struct Entry {
        bool ok = false;
        bool invalid = false; ///< a check failed when it came
        std::optional<double> costUsd; ///< unset: unknown
        /// The object's place in the file.
        qint64 offset = 0;
        qint64 size = 0;
        bool unpriced = false; ///< it used tokens whose cost nobody knows
        bool unchecked = false; ///< whoever keeps it says so: not all of its checks could be made
    };

    /// Reads what is there. Nothing is changed before the first append(), which ends a last line that lacks its end, or takes
    /// away what a process that was killed has left of a row. An error: a file that can't be written, that another process
    /// has open, or that holds something else: it stays as it is.
    base::Result<void> open(const QString &path);
    /// The same of a file that is not to be written: another process may have it open. It is neither made nor changed.
    base::Result<void> look(const QString &path);
    /// `row` has "key" and "ok".
    base::Result<void> append(const QJsonObject &row);
    /// On the disk when it returns. A later one of the same tag counts.
    base::Result<void> append(const Submission &submission);
    /// Reads one back.
    QJsonObject row(const Entry &entry) const;

    /// By key; the last one counts.
    const QHash<QString, Entry> &entries() const { return m_entries; }
    /// By tag.
    const QMap<QString, Submission> &submissions() const { return m_submissions; }
    /// The provider has, or may have, requests whose results are not here.
    bool hasOpenSubmission() const;
    QString path() const { return m_path; }

private:
    /// Where the file does not end with a line's end.
    struct BrokenOff {
        qint64 whole = 0; ///< bytes of the rows
        QByteArray missing; ///< of the last of them
    };

    base::Result<void> place(const QString &path);
    base::Result<void> readLines();
    bool isHalfARow(const QByteArray &line) const;
    bool endLastLine();
    base::Result<qint64> write(const QByteArray &line);
    static Entry entryOf(const QJsonObject &row, qint64 offset, qint64 size);
    bool take(const QByteArray &line, qint64 offset);

    QString m_path;
    mutable QFile m_file;
    std::unique_ptr<QLockFile> m_lock;
    std::optional<BrokenOff> m_brokenOff;
    QHash<QString, Entry> m_entries;
    QMap<QString, Submission> m_submissions;
};

} // namespace talkbench::bench
