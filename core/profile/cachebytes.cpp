#include "core/profile/cachebytes.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

namespace talkbench::profile {

using namespace Qt::StringLiterals;

namespace {

constexpr quint32 largest = 64U << 20;
/// It is read more often than written, and stays in memory or on a disk either way.
constexpr int quick = 1;

} // namespace

QByteArray packed(const CacheEntry &entry)
{
    const QJsonObject object { { u"run"_s, toJson(entry.original) },
                               { u"stored_ms"_s, entry.storedMs },
                               { u"expires_ms"_s, entry.expiresMs } };
    return qCompress(QJsonDocument(object).toJson(QJsonDocument::Compact), quick);
}

std::optional<CacheEntry> unpackedEntry(const QByteArray &bytes)
{
    // qUncompress() believes the size that stands before the data.
    if (bytes.size() < qsizetype(sizeof(quint32)) || qFromBigEndian<quint32>(bytes.constData()) > largest)
        return std::nullopt;
    const QJsonObject object = QJsonDocument::fromJson(qUncompress(bytes)).object();
    if (!object["run"_L1].isObject())
        return std::nullopt;
    return CacheEntry { runRecordFromJson(object["run"_L1].toObject()), object["stored_ms"_L1].toInteger(),
                        object["expires_ms"_L1].toInteger() };
}

} // namespace talkbench::profile
