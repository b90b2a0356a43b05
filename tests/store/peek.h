#pragma once

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>
#include <QVariant>

namespace talkbench::store {

/// A connection of the test's own to look at, or lock, the file behind the store's back.
class Peek final {
public:
    explicit Peek(const QString &path) : m_name(QUuid::createUuid().toString())
    {
        m_database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_name);
        m_database.setDatabaseName(path);
        m_database.open();
    }

    ~Peek()
    {
        m_database.close();
        m_database = {};
        QSqlDatabase::removeDatabase(m_name);
    }

    QVariant ask(const QString &statement)
    {
        QSqlQuery query(m_database);
        if (!query.exec(statement))
            qWarning("%s: %s", qPrintable(statement), qPrintable(query.lastError().text()));
        return query.next() ? query.value(0) : QVariant();
    }

    /// How SQLite would go about it, a step a line.
    QString plan(const QString &statement)
    {
        QSqlQuery query(m_database);
        query.exec(QStringLiteral("EXPLAIN QUERY PLAN ") + statement);
        QStringList steps;
        while (query.next())
            steps << query.value(3).toString();
        return steps.join(u'\n');
    }

private:
    QString m_name;
    QSqlDatabase m_database;
};

} // namespace talkbench::store
