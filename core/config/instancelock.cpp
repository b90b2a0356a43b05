#include "core/config/instancelock.h"

#include <QCryptographicHash>
#include <QDir>
#include <QLocalSocket>

#include <memory>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr int activationWaitMs = 500;

/// A hash: the path itself can be longer than a socket's name may be.
QString serverName(const QString &dir)
{
    const QByteArray path = QFileInfo(dir).canonicalFilePath().toUtf8();
    const QByteArray hash = QCryptographicHash::hash(path, QCryptographicHash::Sha256).toHex().left(24);
    return u"talkbench-"_s + QString::fromLatin1(hash);
}

} // namespace

InstanceLock::InstanceLock(const QString &dir, QObject *parent)
    : QObject(parent), m_dir(dir), m_lock(dir + u"/talkbench.lock"_s)
{
    m_lock.setStaleLockTime(0); // never by age: only the death of its process makes a lock stale
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, [this] {
        while (const std::unique_ptr<QLocalSocket> socket { m_server.nextPendingConnection() })
            Q_EMIT activated();
    });
}

base::Result<void> InstanceLock::acquire()
{
    if (!m_lock.tryLock(0)) {
        base::Error error {
            .kind = base::ErrorKind::Config, .message = {}, .detail = {}, .httpStatus = 0, .retryAfterMs = {}
        };
        qint64 pid = 0;
        QString host;
        QString program;
        if (m_lock.error() == QLockFile::LockFailedError && m_lock.getLockInfo(&pid, &host, &program))
            error.message =
                u"Talkbench is already running on the data folder %1 (process %2). Close it, or choose another "
                "folder with --data-dir."_s.arg(m_dir)
                    .arg(pid);
        else
            error.message = u"The data folder %1 can't be locked: it can't be written to. Choose another one with "
                            "--data-dir."_s.arg(m_dir);
        return error;
    }
    const QString name = serverName(m_dir);
    QLocalServer::removeServer(name); // of a process that died
    m_server.listen(name); // without it a second start can't raise this window, and nothing else is lost
    return {};
}

bool InstanceLock::activateOther(const QString &dir)
{
    QLocalSocket socket;
    socket.connectToServer(serverName(dir), QIODevice::WriteOnly);
    return socket.waitForConnected(activationWaitMs);
}

} // namespace talkbench::config
