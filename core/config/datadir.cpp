#include "core/config/datadir.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

base::Error unusable(const QString &message)
{
    return { .kind = base::ErrorKind::Storage, .message = message, .detail = {}, .httpStatus = 0, .retryAfterMs = {} };
}

} // namespace

QString defaultDataDir()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + u"/talkbench"_s;
}

base::Result<QString> prepareDataDir(const QString &chosen)
{
    const QString path = QDir::cleanPath(QDir(chosen.isEmpty() ? defaultDataDir() : chosen).absolutePath());
    const QFileInfo folder(path);
    if (!folder.exists()) {
        const QDir parent(folder.path());
        const auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;
        if (!parent.mkpath(u"."_s) || (!parent.mkdir(folder.fileName(), ownerOnly) && !QFileInfo(path).isDir()))
            return unusable(u"The data folder %1 can't be made. Choose another one with --data-dir."_s.arg(path));
    }
    if (!QFileInfo(path).isDir())
        return unusable(u"%1 is not a folder. Choose another one with --data-dir."_s.arg(path));
    if (const QFileInfo made(path); !made.isReadable() || !made.isExecutable())
        return unusable(u"The data folder %1 can't be opened. Choose another one with --data-dir."_s.arg(path));
    return path;
}

QString keepAside(const QString &path)
{
    const QString now = QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd-HHmmss-zzz"_s);
    const QString target = u"%1.unreadable-%2"_s.arg(path, now);
    return QFile::rename(path, target) ? target : QString();
}

} // namespace talkbench::config
