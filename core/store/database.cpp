#include "core/store/database.h"

#include "core/base/processlock.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLockFile>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>

#include <array>

using namespace Qt::StringLiterals;

namespace talkbench::store {

namespace {

constexpr int busyTimeoutMs = 5000;

// Primary result codes of SQLite (sqlite.org/rescode.html).
enum Code {
    Perm = 3,
    Busy = 5,
    Locked = 6,
    ReadOnly = 8,
    Io = 10,
    Corrupt = 11,
    Full = 13,
    CantOpen = 14,
    TooBig = 18,
    Constraint = 19,
    Mismatch = 20,
    NotADatabase = 26
};

int codeOf(const QSqlError &error)
{
    return error.nativeErrorCode().toInt() & 0xff;
}

base::Error storageError(const QString &message, const QString &detail = {})
{
    return {
        .kind = base::ErrorKind::Storage, .message = message, .detail = detail, .httpStatus = 0, .retryAfterMs = {}
    };
}

QSqlDatabase connectionTo(const QString &path, const QString &options)
{
    auto database =
        QSqlDatabase::addDatabase(u"QSQLITE"_s, u"talkbench-"_s + QUuid::createUuid().toString(QUuid::Id128));
    database.setDatabaseName(path);
    database.setConnectOptions(options);
    return database;
}

/// The connection is closed and forgotten; `database` must be the last handle on it.
void forget(QSqlDatabase &database)
{
    const QString name = database.connectionName();
    database.close();
    database = {};
    QSqlDatabase::removeDatabase(name);
}

QString timestamp()
{
    return QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd-HHmmss-zzz"_s);
}

} // namespace

bool isDamage(const QSqlError &error)
{
    const int code = codeOf(error);
    return code == Corrupt || code == NotADatabase;
}

bool isRefusal(const QSqlError &error)
{
    const int code = codeOf(error);
    return code == Constraint || code == TooBig || code == Mismatch;
}

struct Database::Inspection {
    bool readable = true;
    int version = 0;
};

Database::Database(const QString &path, std::span<const Migration> steps) : m_path(path), m_steps(steps)
{
}

Database::~Database()
{
    close();
}

void Database::close()
{
    if (m_connection.isValid())
        forget(m_connection);
}

int Database::newestVersion() const
{
    return m_steps.empty() ? 0 : m_steps.back().version;
}

base::Result<QString> Database::open()
{
    close();
    const QString folder = QFileInfo(m_path).path();
    if (!QDir().mkpath(folder))
        return storageError(u"The data folder %1 can't be made."_s.arg(folder));

    // One process at a time makes, migrates or moves the file. Where no lock can be made (a read-only folder), nothing
    // of that can be done either, and the steps below say why.
    QLockFile lock(m_path + u".opening"_s);
    if (!base::lockForProcess(lock, busyTimeoutMs) && lock.error() == QLockFile::LockFailedError)
        return storageError(u"Another Talkbench is opening the database %1. Try again in a moment."_s.arg(m_path));

    const auto inspection = inspect();
    if (!inspection)
        return inspection.error();
    QString keptAside;
    int version = inspection->version;
    if (version > newestVersion())
        return storageError(
            u"The database %1 was written by a newer Talkbench (its format is %2, this program knows up to %3). "
            "Use the newer program or another data folder; nothing was changed."_s.arg(m_path)
                .arg(version)
                .arg(newestVersion()));
    if (!inspection->readable) {
        auto moved = moveAside();
        if (!moved)
            return moved;
        keptAside = *moved;
        version = 0;
    }
    auto ready = connectTo();
    if (ready)
        ready = migrate(version);
    if (!ready) {
        close();
        return ready.error();
    }
    return keptAside;
}

/// Looks at the file through a read-only connection: one that could write would carry the log into a damaged file when
/// it is closed.
base::Result<Database::Inspection> Database::inspect() const
{
    if (QFileInfo(m_path).size() == 0) // or absent: SQLite would throw a log away that has lost its database
        return Inspection { .readable = QFileInfo(m_path + u"-wal"_s).size() == 0, .version = 0 };

    auto database = connectionTo(m_path, u"QSQLITE_OPEN_READONLY;QSQLITE_BUSY_TIMEOUT=%1"_s.arg(busyTimeoutMs));
    Inspection result;
    QSqlError error;
    {
        if (!database.open())
            error = database.lastError();
        QSqlQuery query(database);
        const auto ask = [&](const QString &statement) {
            if (error.isValid())
                return QVariant();
            if (!query.exec(statement))
                error = query.lastError();
            return query.next() ? query.value(0) : QVariant();
        };
        result.version = ask(u"PRAGMA user_version"_s).toInt();
        if (result.version >= 0 && result.version <= newestVersion()) {
            const bool whole = ask(u"PRAGMA quick_check(1)"_s).toString() == u"ok";
            const bool foreign = result.version == 0 && ask(u"SELECT count(*) FROM sqlite_master"_s).toInt() > 0;
            result.readable = whole && !foreign;
        }
    }
    forget(database);
    if (result.version < 0 || isDamage(error))
        return Inspection { .readable = false, .version = 0 };
    if (error.isValid())
        return describe(error);
    return result;
}

/// Moves the database with its log and shared memory beside itself. Never overwrites.
base::Result<QString> Database::moveAside() const
{
    const QString target = u"%1.unreadable-%2"_s.arg(m_path, timestamp());
    for (const char *suffix : { "", "-wal", "-shm" }) {
        const QString from = m_path + QLatin1String(suffix);
        if (!QFile::exists(from))
            continue;
        QFile file(from);
        if (!file.rename(target + QLatin1String(suffix)))
            return storageError(u"The database %1 is unreadable and can't be moved aside."_s.arg(m_path),
                                file.errorString());
    }
    return target;
}

base::Result<void> Database::connectTo()
{
    if (!QFile::exists(m_path)) {
        // Made here rather than by SQLite so that only its owner may read it; the log takes the same permissions.
        QFile file(m_path);
        if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner))
            return storageError(u"The data folder %1 can't be written to."_s.arg(QFileInfo(m_path).path()),
                                file.errorString());
    }
    m_connection = connectionTo(m_path, u"QSQLITE_BUSY_TIMEOUT=%1"_s.arg(busyTimeoutMs));
    if (!m_connection.open())
        return describe(m_connection.lastError());
    for (const auto &pragma : { u"PRAGMA journal_mode = WAL"_s, u"PRAGMA synchronous = NORMAL"_s }) {
        if (auto done = execute(pragma); !done)
            return done;
    }
    return {};
}

base::Result<void> Database::migrate(int from)
{
    if (from > 0 && from < newestVersion()) {
        const QString copy = u"%1.v%2-%3"_s.arg(m_path).arg(from).arg(timestamp());
        if (auto done = execute(u"VACUUM INTO '%1'"_s.arg(QString(copy).replace(u'\'', u"''"_s))); !done) {
            QFile::remove(copy);
            return done;
        }
        QFile::setPermissions(copy, QFile::ReadOwner | QFile::WriteOwner);
    }
    if (from < newestVersion()) {
        if (auto done = execute(u"BEGIN IMMEDIATE"_s); !done)
            return done;
        for (const Migration &step : m_steps) {
            if (step.version <= from)
                continue;
            for (const char *statement : step.statements) {
                if (auto done = execute(QString::fromUtf8(statement)); !done)
                    return done;
            }
            if (auto done = execute(u"PRAGMA user_version = %1"_s.arg(step.version)); !done)
                return done;
        }
        if (auto done = execute(u"COMMIT"_s); !done)
            return done;
    }
    return execute(u"PRAGMA foreign_keys = ON"_s); // after the steps, which may rebuild tables
}

base::Result<void> Database::execute(const QString &statement)
{
    QSqlQuery query(m_connection);
    if (!query.exec(statement))
        return describe(query.lastError());
    return {};
}

bool Database::begin(QSqlError *error)
{
    QSqlQuery query(m_connection);
    // IMMEDIATE: a reader that turns into a writer would be refused at once instead of waiting for its turn.
    const bool done = query.exec(u"BEGIN IMMEDIATE"_s);
    if (!done)
        *error = query.lastError();
    return done;
}

bool Database::commit(QSqlError *error)
{
    QSqlQuery query(m_connection);
    const bool done = query.exec(u"COMMIT"_s);
    if (!done)
        *error = query.lastError();
    return done;
}

void Database::rollback()
{
    QSqlQuery(m_connection).exec(u"ROLLBACK"_s);
}

base::Error Database::describe(const QSqlError &error) const
{
    const QString folder = QFileInfo(m_path).path();
    const auto sentence = [&]() -> QString {
        switch (codeOf(error)) {
        case Full:
            return u"The disk is full: nothing can be saved in %1."_s.arg(folder);
        case Perm:
        case ReadOnly:
        case CantOpen:
            return u"The database in %1 can't be opened for writing."_s.arg(folder);
        case Busy:
        case Locked:
            return u"Another program keeps the database in %1 locked."_s.arg(folder);
        case Io:
            return u"The disk failed to read or write in %1: it may be full or gone."_s.arg(folder);
        case Corrupt:
        case NotADatabase:
            return u"The database in %1 is damaged. It is moved aside at the next start."_s.arg(folder);
        default:
            return u"The database in %1 refused the operation."_s.arg(folder);
        }
    };
    return storageError(sentence(), u"%1 (SQLite %2)"_s.arg(error.text().trimmed(), error.nativeErrorCode()));
}

} // namespace talkbench::store
