#include "core/store/cachefile.h"

#include "core/base/logging.h"
#include "core/profile/cachebytes.h"
#include "core/store/database.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUuid>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::store {

namespace {

constexpr int version = 1;
constexpr int busyTimeoutMs = 100;
/// Rows that one step of tidying takes away: some milliseconds' work.
constexpr int slice = 200;
constexpr int pagesOfAStep = 256;
/// Of a row: its key, its numbers, its places in the indices.
constexpr qint64 rowBytes = 300;

// The totals are kept by the table itself: counting a million rows takes longer than a chat may wait.
constexpr std::array schema {
    "CREATE TABLE answers ("
    " id INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL UNIQUE,"
    " model TEXT NOT NULL,"
    " conversation_id TEXT NOT NULL,"
    " stored_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL," // 0: never
    " used_ms INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " entry BLOB NOT NULL)", // as profile::packed() makes it
    "CREATE INDEX answers_by_use ON answers(used_ms)",
    "CREATE INDEX answers_by_expiry ON answers(expires_ms) WHERE expires_ms > 0",
    "CREATE INDEX answers_by_model ON answers(model)",
    "CREATE INDEX answers_by_conversation ON answers(conversation_id) WHERE conversation_id <> ''",
    "CREATE TRIGGER answer_added AFTER INSERT ON answers BEGIN"
    " UPDATE totals SET entries = entries + 1, bytes = bytes + NEW.bytes; END",
    "CREATE TRIGGER answer_removed AFTER DELETE ON answers BEGIN"
    " UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes; END",
};
constexpr const char *totalsTable =
    "CREATE TABLE totals (entries INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " hits INTEGER NOT NULL DEFAULT 0, misses INTEGER NOT NULL DEFAULT 0,"
    " saved_ms REAL NOT NULL DEFAULT 0, saved_usd REAL NOT NULL DEFAULT 0)";

/// How many rows have to go, if they are all of about the same size.
qint64 rowsOver(const profile::CacheStats &now, const CacheLimits &limits)
{
    const qint64 tooMany = now.entries - limits.entries;
    if (now.bytes <= limits.bytes || now.entries <= 0)
        return tooMany;
    return std::max(tooMany, (now.bytes - limits.bytes) / std::max<qint64>(now.bytes / now.entries, 1) + 1);
}

QVariant text(const QString &value)
{
    return value.isNull() ? u""_s : value; // QtSql binds a null string as NULL
}

} // namespace

CacheFile::CacheFile(const QString &path) : m_path(path)
{
}

CacheFile::~CacheFile()
{
    close();
}

void CacheFile::close()
{
    m_queries.clear();
    if (!m_connection.isValid())
        return;
    const QString name = m_connection.connectionName();
    m_connection.close();
    m_connection = {};
    QSqlDatabase::removeDatabase(name);
}

bool CacheFile::ensureOpen()
{
    if (m_connection.isOpen())
        return true;
    if (connectTo() && isOurs())
        return true;
    close();
    return false;
}

bool CacheFile::connectTo()
{
    QDir().mkpath(QFileInfo(m_path).path());
    if (!QFile::exists(m_path)) {
        QFile file(m_path); // only its owner may read it; that it can't be made shows when it is connected to
        std::ignore = file.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner);
    }
    m_connection =
        QSqlDatabase::addDatabase(u"QSQLITE"_s, u"talkbench-cache-"_s + QUuid::createUuid().toString(QUuid::Id128));
    m_connection.setDatabaseName(m_path);
    m_connection.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=%1"_s.arg(busyTimeoutMs));
    if (m_connection.open())
        return true;
    fail(m_connection.lastError());
    return false;
}

/// A new file is made ours; one that is not is thrown away, once.
bool CacheFile::isOurs()
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        QSqlQuery query(m_connection);
        const bool readable = query.exec(u"PRAGMA user_version"_s) && query.next();
        const int found = readable ? query.value(0).toInt() : -1;
        const QSqlError error = query.lastError();
        query.finish();
        if (found == version)
            return execute(u"PRAGMA synchronous = NORMAL"_s);
        if (readable && found == 0 && m_connection.tables().isEmpty())
            return make();
        if (!readable && !isDamage(error)) {
            fail(error);
            return false;
        }
        throwAway(readable ? u"it is of another version"_s : error.text());
        if (!connectTo())
            return false;
    }
    return false;
}

bool CacheFile::make()
{
    bool made = execute(u"PRAGMA auto_vacuum = INCREMENTAL"_s) && execute(u"PRAGMA journal_mode = WAL"_s)
        && execute(u"PRAGMA synchronous = NORMAL"_s) && execute(u"BEGIN IMMEDIATE"_s);
    made = made && execute(QString::fromLatin1(totalsTable)) && execute(u"INSERT INTO totals DEFAULT VALUES"_s);
    for (const char *statement : schema)
        made = made && execute(QString::fromLatin1(statement));
    return made && execute(u"PRAGMA user_version = %1"_s.arg(version)) && execute(u"COMMIT"_s);
}

void CacheFile::throwAway(const QString &why)
{
    qCWarning(base::logStore, "The response cache is begun anew: %s.", qUtf8Printable(why.trimmed()));
    close();
    for (const char *suffix : { "", "-wal", "-shm" })
        QFile::remove(m_path + QLatin1String(suffix));
}

void CacheFile::fail(const QSqlError &error)
{
    if (isDamage(error))
        throwAway(error.text());
    else if (!std::exchange(m_refused, true))
        qCWarning(base::logStore, "The response cache can't be used: %s.", qUtf8Printable(error.text().trimmed()));
}

bool CacheFile::execute(const QString &statement)
{
    QSqlQuery query(m_connection);
    if (query.exec(statement))
        return true;
    const QSqlError error = query.lastError();
    query.clear();
    fail(error);
    return false;
}

QSqlQuery *CacheFile::run(const QString &statement, const QVariantList &values)
{
    auto found = m_queries.find(statement);
    if (found == m_queries.end()) {
        QSqlQuery query(m_connection);
        query.setForwardOnly(true);
        query.prepare(statement);
        found = m_queries.emplace(statement, std::move(query)).first;
    }
    QSqlQuery &query = found->second;
    for (qsizetype i = 0; i < values.size(); ++i)
        query.bindValue(int(i), values[i]);
    if (query.exec())
        return &query;
    const QSqlError error = query.lastError();
    m_queries.erase(found);
    fail(error);
    return nullptr;
}

std::optional<profile::CacheEntry> CacheFile::find(const QByteArray &key, qint64 nowMs)
{
    if (!ensureOpen())
        return std::nullopt;
    QSqlQuery *query = run(u"SELECT entry FROM answers WHERE key = ?"_s, { key });
    if (!query || !query->next()) {
        if (query)
            query->finish();
        return std::nullopt;
    }
    const auto entry = profile::unpackedEntry(query->value(0).toByteArray());
    query->finish();
    return entry && !entry->expired(nowMs) ? entry : std::nullopt;
}

bool CacheFile::together(const std::function<bool()> &work)
{
    if (!run(u"BEGIN IMMEDIATE"_s, {}))
        return false;
    if (work() && run(u"COMMIT"_s, {}))
        return true;
    if (m_connection.isOpen()) // it was not thrown away
        run(u"ROLLBACK"_s, {});
    return false;
}

void CacheFile::write(const QList<CacheChange> &changes, const CacheLimits &limits)
{
    if (!ensureOpen())
        return;
    together([&] {
        return std::all_of(changes.begin(), changes.end(),
                           [&](const CacheChange &change) { return put(change, limits); });
    });
}

bool CacheFile::put(const CacheChange &change, const CacheLimits &limits)
{
    if (std::holds_alternative<CacheMiss>(change))
        return run(u"UPDATE totals SET misses = misses + 1"_s, {});
    if (const auto *use = std::get_if<CacheUse>(&change)) {
        return run(u"UPDATE totals SET hits = hits + 1, saved_ms = saved_ms + ?, saved_usd = saved_usd + ?"_s,
                   { use->hit.savedMs.value_or(0), use->hit.savedUsd.value_or(0) })
            && run(u"UPDATE answers SET used_ms = ? WHERE key = ?"_s, { use->nowMs, use->key });
    }
    const auto &[key, entry] = std::get<CacheSave>(change);
    const QByteArray bytes = profile::packed(entry);
    if (!run(u"DELETE FROM answers WHERE key = ?"_s, { key }))
        return false;
    if (bytes.size() > limits.bytes / 8)
        return true;
    return run(u"INSERT INTO answers (key, model, conversation_id, stored_ms, expires_ms, used_ms, bytes, entry) "
               "VALUES (?,?,?,?,?,?,?,?)"_s,
               { key, text(entry.original.model), text(entry.original.conversationId), entry.storedMs, entry.expiresMs,
                 entry.storedMs, bytes.size() + rowBytes, bytes });
}

std::optional<qint64> CacheFile::remove(const QString &which, const QVariantList &values)
{
    const QSqlQuery *query = run(u"DELETE FROM answers WHERE "_s + which, values);
    return query ? std::optional<qint64>(query->numRowsAffected()) : std::nullopt;
}

bool CacheFile::tidy(const CacheLimits &limits, qint64 nowMs)
{
    if (!ensureOpen())
        return false;
    if (remove(u"id IN (SELECT id FROM answers WHERE expires_ms > 0 AND expires_ms <= ? LIMIT ?)"_s, { nowMs, slice })
        > 0)
        return true;
    const profile::CacheStats now = stats();
    if (const qint64 over = rowsOver(now, limits); over > 0) {
        return remove(u"id IN (SELECT id FROM answers ORDER BY used_ms LIMIT ?)"_s, { std::min<qint64>(over, slice) })
            > 0;
    }
    QSqlQuery *holes = ensureOpen() ? run(u"PRAGMA freelist_count"_s, {}) : nullptr;
    const int pages = holes && holes->next() ? holes->value(0).toInt() : 0;
    if (holes)
        holes->finish();
    return pages > pagesOfAStep && freePages();
}

/// One by one: of `incremental_vacuum(256)`, a page a step of the statement, QtSql takes the first step only.
bool CacheFile::freePages()
{
    return together([this] {
        for (int i = 0; i < pagesOfAStep; ++i) {
            QSqlQuery *query = run(u"PRAGMA incremental_vacuum(1)"_s, {});
            if (!query)
                return false;
            query->finish(); // a statement on its way lets no transaction end
        }
        return true;
    });
}

std::optional<qint64> CacheFile::clear(const profile::CacheFilter &filter)
{
    if (!ensureOpen())
        return std::nullopt;
    if (!filter.model.isEmpty() && !filter.conversationId.isEmpty())
        return remove(u"model = ? AND conversation_id = ?"_s, { filter.model, filter.conversationId });
    if (!filter.model.isEmpty())
        return remove(u"model = ?"_s, { filter.model });
    if (!filter.conversationId.isEmpty())
        return remove(u"conversation_id = ? AND conversation_id <> ''"_s, { filter.conversationId });
    // Row by row, with their triggers, a million takes half a minute.
    const qint64 entries = stats().entries;
    m_queries.clear();
    const bool done = together([this] {
        bool made = execute(u"DROP TABLE answers"_s);
        for (const char *statement : schema)
            made = made && execute(QString::fromLatin1(statement));
        return made && execute(u"UPDATE totals SET entries = 0, bytes = 0"_s);
    });
    return done ? std::optional(entries) : std::nullopt;
}

profile::CacheStats CacheFile::stats()
{
    profile::CacheStats stats;
    QSqlQuery *query =
        ensureOpen() ? run(u"SELECT entries, bytes, hits, misses, saved_ms, saved_usd FROM totals"_s, {}) : nullptr;
    if (query && query->next())
        stats = { query->value(0).toLongLong(), query->value(1).toLongLong(), query->value(2).toLongLong(),
                  query->value(3).toLongLong(), query->value(4).toDouble(),   query->value(5).toDouble() };
    if (query)
        query->finish();
    return stats;
}

QStringList CacheFile::models()
{
    QStringList models;
    QSqlQuery *query =
        ensureOpen() ? run(u"SELECT DISTINCT model FROM answers WHERE model <> '' ORDER BY model"_s, {}) : nullptr;
    while (query && query->next())
        models << query->value(0).toString();
    if (query)
        query->finish();
    return models;
}

} // namespace talkbench::store
