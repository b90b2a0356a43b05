#pragma once

#include <QJsonObject>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>

namespace talkbench::store {

template <typename T>
struct Rows {
    QList<T> rows;
    QSqlError error;
};

/// QtSql binds a null string as NULL; here an empty one is meant.
inline QVariant text(const QString &value)
{
    return value.isNull() ? QStringLiteral("") : value;
}

/// As JSON: text, or a blob where qCompress made it smaller.
QVariant packed(const QJsonObject &object);
QJsonObject unpacked(const QVariant &value);

/// An error of the type NoError is none.
QSqlError run(QSqlDatabase &database, const QString &statement, const QVariantList &values);

template <typename T, typename FromRow>
Rows<T> read(QSqlDatabase &database, const QString &statement, const QVariantList &values, FromRow fromRow)
{
    Rows<T> result;
    QSqlQuery query(database);
    query.setForwardOnly(true);
    if (query.prepare(statement)) {
        for (const QVariant &value : values)
            query.addBindValue(value);
        if (query.exec()) {
            while (query.next())
                result.rows.append(fromRow(query));
        }
    }
    result.error = query.lastError();
    return result;
}

} // namespace talkbench::store
