#pragma once

#include "core/base/result.h"
#include "core/store/schema.h"

#include <QSqlDatabase>

class QSqlError;

namespace talkbench::store {

/// The one connection to a database file. Used and destroyed in the thread that opened it.
class Database final {
public:
    explicit Database(const QString &path, std::span<const Migration> steps = migrations());
    ~Database();
    Q_DISABLE_COPY_MOVE(Database)

    /// Makes, checks and migrates the file. The value is where an unreadable database was moved to, empty if it was
    /// fine. A database of a newer version is refused and not touched.
    base::Result<QString> open();
    bool isOpen() const { return m_connection.isOpen(); }
    void close();
    QSqlDatabase &connection() { return m_connection; }

    bool begin(QSqlError *error);
    bool commit(QSqlError *error);
    void rollback();

    /// What SQLite said, for a person.
    base::Error describe(const QSqlError &error) const;

private:
    struct Inspection;
    base::Result<Inspection> inspect() const;
    base::Result<QString> moveAside() const;
    base::Result<void> connectTo();
    base::Result<void> migrate(int from);
    base::Result<void> execute(const QString &statement);
    int newestVersion() const;

    QString m_path;
    std::span<const Migration> m_steps;
    QSqlDatabase m_connection;
};

/// True where the value itself was refused (a constraint, its size), so that trying again is of no use.
bool isRefusal(const QSqlError &error);
/// True where the file is no database any more.
bool isDamage(const QSqlError &error);

} // namespace talkbench::store
