#include "core/store/begunruns.h"

#include "core/base/processlock.h"
#include "core/llm/message.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace talkbench::store {

namespace {

QString withoutStart(const QString &text, const QString &start)
{
    return text.mid(std::min(start.size(), text.size()));
}

/// A message that goes on holds what earlier calls brought, and one that is asked for again may still hold what failed.
QSqlError addKept(QSqlDatabase &database, profile::RunRecord &record)
{
    const auto message = read<llm::Message>(
        database, u"SELECT body FROM messages WHERE id = ?"_s, { text(record.messageId) }, [](const QSqlQuery &query) {
            return llm::messageFromJson(QJsonDocument::fromJson(query.value(0).toString().toUtf8()).object());
        });
    if (message.error.isValid() || message.rows.isEmpty())
        return message.error;
    QString kept = message.rows.constFirst().text();
    QString reasoning = message.rows.constFirst().reasoning;
    const auto before = read<profile::RunRecord>(
        database, u"SELECT record FROM runs WHERE conversation_id = ? AND message_id = ? AND id <> ?"_s,
        { text(record.conversationId), text(record.messageId), text(record.id) },
        [](const QSqlQuery &query) { return profile::runRecordFromJson(unpacked(query.value(0))); });
    for (const profile::RunRecord &run : before.rows) {
        kept = withoutStart(kept, run.answer.text);
        reasoning = withoutStart(reasoning, run.answer.reasoning);
    }
    for (const profile::Attempt &failed : std::as_const(record.earlierAttempts)) {
        if (!failed.text.isEmpty() && failed.text.startsWith(kept))
            return before.error;
    }
    record.answer.text = kept;
    record.answer.reasoning = reasoning;
    return before.error;
}

} // namespace

BegunRuns::BegunRuns(const QString &databasePath)
    : m_path(databasePath), m_owner(QUuid::createUuid().toString(QUuid::Id128)), m_lock(lockPath(m_owner))
{
}

QString BegunRuns::lockPath(const QString &owner) const
{
    return m_path + u".calls-"_s + owner;
}

QSqlError BegunRuns::write(QSqlDatabase &database)
{
    // Without a lock the others would take this process for dead.
    if (m_waiting.isEmpty() || (!m_lock.isLocked() && !base::lockForProcess(m_lock)))
        return {};
    QSqlQuery query(database);
    if (!query.prepare(u"INSERT INTO begun_runs (id, owner, record) VALUES (?,?,?) ON CONFLICT(id) "
                       "DO UPDATE SET owner = excluded.owner, record = excluded.record"_s))
        return query.lastError();
    for (const profile::RunRecord &record : std::as_const(m_waiting)) {
        const QByteArray json = QJsonDocument(profile::toJson(record)).toJson(QJsonDocument::Compact);
        query.bindValue(0, text(record.id));
        query.bindValue(1, m_owner);
        query.bindValue(2, QString::fromUtf8(json));
        if (!query.exec())
            return query.lastError();
    }
    return {};
}

Rows<QString> BegunRuns::others(QSqlDatabase &database) const
{
    Rows<QString> owners = read<QString>(database, u"SELECT DISTINCT owner FROM begun_runs"_s, {},
                                         [](const QSqlQuery &query) { return query.value(0).toString(); });
    const QFileInfo file(lockPath({}));
    const QStringList locks = file.dir().entryList({ file.fileName() + u'*' }, QDir::Files);
    for (const QString &lock : locks) {
        if (const QString owner = lock.mid(file.fileName().size()); !owners.rows.contains(owner))
            owners.rows.append(owner);
    }
    owners.rows.removeAll(m_owner);
    return owners;
}

std::unique_ptr<QLockFile> BegunRuns::lockOfDead(const QString &owner) const
{
    auto lock = std::make_unique<QLockFile>(lockPath(owner));
    if (!base::lockForProcess(*lock))
        lock.reset();
    return lock;
}

Rows<profile::RunRecord> readBegun(QSqlDatabase &database, const QString &owner)
{
    auto begun = read<profile::RunRecord>(
        database, u"SELECT record FROM begun_runs WHERE owner = ? ORDER BY rowid"_s, { text(owner) },
        [](const QSqlQuery &query) { return profile::runRecordFromJson(unpacked(query.value(0))); });
    for (profile::RunRecord &record : begun.rows) {
        if (!begun.error.isValid() && !record.answer.finished && !record.messageId.isEmpty())
            begun.error = addKept(database, record);
    }
    return begun;
}

} // namespace talkbench::store
