#pragma once

#include "core/store/cachestore.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>

#include <functional>
#include <map>
#include <variant>

namespace talkbench::store {

struct CacheSave {
    QByteArray key;
    profile::CacheEntry entry;
};
struct CacheUse {
    QByteArray key;
    profile::CacheHit hit;
    qint64 nowMs = 0;
};
struct CacheMiss { };
using CacheChange = std::variant<CacheSave, CacheUse, CacheMiss>;

/// The kept answers in a SQLite file of their own. A file that is damaged or of another version is thrown away with a line
/// in the log: losing it loses nothing but time. Used and destroyed in the thread that opened it; what can't be read or
/// written (a full disk, a folder that may not be written to) is as if it were not there.
class CacheFile final {
public:
    explicit CacheFile(const QString &path);
    ~CacheFile();
    Q_DISABLE_COPY_MOVE(CacheFile)

    std::optional<profile::CacheEntry> find(const QByteArray &key, qint64 nowMs);
    /// In one transaction. An entry larger than an eighth of the limit is left out.
    void write(const QList<CacheChange> &changes, const CacheLimits &limits);
    /// One small step towards a file without what has expired, within its limits, without holes. False: it is.
    bool tidy(const CacheLimits &limits, qint64 nowMs);
    /// How many went; unset where it can't be opened or written.
    std::optional<qint64> clear(const profile::CacheFilter &filter);
    profile::CacheStats stats();
    /// That there are answers of, sorted.
    QStringList models();
    void close();

private:
    bool ensureOpen();
    bool connectTo();
    bool make();
    bool isOurs();
    void throwAway(const QString &why);
    bool execute(const QString &statement);
    /// Its rows, if it worked; else null. Damage is dealt with.
    QSqlQuery *run(const QString &statement, const QVariantList &values);
    /// In one transaction: all of the work or, where it gives false, nothing.
    bool together(const std::function<bool()> &work);
    bool freePages();
    std::optional<qint64> remove(const QString &which, const QVariantList &values);
    bool put(const CacheChange &change, const CacheLimits &limits);
    void fail(const QSqlError &error);

    const QString m_path;
    QSqlDatabase m_connection;
    /// Prepared once each.
    std::map<QString, QSqlQuery> m_queries;
    bool m_refused = false; ///< said once
};

} // namespace talkbench::store
