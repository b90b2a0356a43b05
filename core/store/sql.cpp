#include "core/store/sql.h"

#include <QJsonDocument>

namespace talkbench::store {

namespace {

constexpr qsizetype compressFrom = 1024;

} // namespace

QVariant packed(const QJsonObject &object)
{
    const QByteArray json = QJsonDocument(object).toJson(QJsonDocument::Compact);
    if (json.size() >= compressFrom) {
        const QByteArray small = qCompress(json);
        if (small.size() < json.size())
            return small;
    }
    return QString::fromUtf8(json);
}

QJsonObject unpacked(const QVariant &value)
{
    const bool compressed = value.typeId() == QMetaType::QByteArray;
    return QJsonDocument::fromJson(compressed ? qUncompress(value.toByteArray()) : value.toString().toUtf8()).object();
}

QSqlError run(QSqlDatabase &database, const QString &statement, const QVariantList &values)
{
    QSqlQuery query(database);
    if (!query.prepare(statement))
        return query.lastError();
    for (const QVariant &value : values)
        query.addBindValue(value);
    return query.exec() ? QSqlError() : query.lastError();
}

} // namespace talkbench::store
