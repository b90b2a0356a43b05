#include "core/base/processlock.h"

#include <QDateTime>
#include <QFileInfo>
#include <QLockFile>

namespace talkbench::base {

namespace {

/// Who makes a lock names itself at once.
constexpr qint64 namelessMs = 1000;

bool isNameless(const QLockFile &lock)
{
    qint64 process = 0;
    QString host;
    QString program;
    const QDateTime made = QFileInfo(lock.fileName()).lastModified();
    return made.isValid() && made.msecsTo(QDateTime::currentDateTime()) > namelessMs
        && !lock.getLockInfo(&process, &host, &program);
}

} // namespace

bool lockForProcess(QLockFile &lock, int waitMs)
{
    lock.setStaleLockTime(0);
    if (lock.tryLock(waitMs))
        return true;
    // Where its maker lives, it holds the file itself, too, and it is not removed.
    return lock.error() == QLockFile::LockFailedError && isNameless(lock) && lock.removeStaleLockFile()
        && lock.tryLock(0);
}

} // namespace talkbench::base
