#include "core/bench/batchjournal.h"

#include <QJsonDocument>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

base::Error storageError(const QString &message, const QString &detail = {})
{
    return { base::ErrorKind::Storage, message, detail, 0, std::nullopt };
}

} // namespace

base::Result<void> BatchJournal::open(const QString &path)
{
    m_path = path;
    m_lock = std::make_unique<QLockFile>(path + u".lock"_s);
    m_lock->setStaleLockTime(0); // a batch may take days
    m_file.setFileName(path);
    if (!m_file.open(QIODevice::ReadWrite | QIODevice::Unbuffered))
        return storageError(u"%1 can't be written: %2."_s.arg(path, m_file.errorString()));
    if (!m_lock->tryLock())
        return storageError(u"Another batch is writing %1."_s.arg(path));
    qint64 whole = 0;
    while (!m_file.atEnd()) {
        const QByteArray line = m_file.readLine();
        if (!line.endsWith('\n'))
            break;
        const QJsonObject row = QJsonDocument::fromJson(line).object();
        const QString key = row["key"_L1].toString();
        if (key.isEmpty())
            return storageError(
                u"%1 holds something else than the results of a batch: choose another file."_s.arg(path));
        m_entries.insert(key, { row["ok"_L1].toBool(), whole, line.size() });
        whole += line.size();
    }
    if (!m_file.resize(whole) || !m_file.seek(whole))
        return storageError(u"%1 can't be written: %2."_s.arg(path, m_file.errorString()));
    return {};
}

base::Result<void> BatchJournal::append(const QJsonObject &row)
{
    const QByteArray line = QJsonDocument(row).toJson(QJsonDocument::Compact) + '\n';
    const qint64 offset = m_file.size();
    if (!m_file.seek(offset) || m_file.write(line) != line.size()) {
        const QString why = m_file.errorString();
        m_file.resize(offset); // a part of a line would hide the next
        return storageError(u"%1 can't be written: %2."_s.arg(m_path, why));
    }
    m_entries.insert(row["key"_L1].toString(), { row["ok"_L1].toBool(), offset, line.size() });
    return {};
}

QJsonObject BatchJournal::row(const Entry &entry) const
{
    if (!m_file.seek(entry.offset))
        return {};
    return QJsonDocument::fromJson(m_file.read(entry.size)).object();
}

} // namespace talkbench::bench
