#include "core/config/instancelock.h"

#include "core/base/processlock.h"

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QDir>
#include <QJsonDocument>
#include <QLocalSocket>
#include <QThread>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr int activationWaitMs = 500;
constexpr int changeWaitMs = 2000;
constexpr unsigned long pauseMs = 10; // a change takes about as long
/// Of what others ask for, which is a line: this, or a change as JSON.
constexpr qint64 longestLine = 4 << 20;
const QByteArray activation = "activate\n";

base::Error configError(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

/// A hash: the path itself can be longer than a socket's name may be.
QString serverName(const QString &dir)
{
    const QByteArray path = QFileInfo(dir).canonicalFilePath().toUtf8();
    const QByteArray hash = QCryptographicHash::hash(path, QCryptographicHash::Sha256).toHex().left(24);
    return u"talkbench-"_s + QString::fromLatin1(hash);
}

QString lockPath(const QString &dir)
{
    return dir + u"/talkbench.lock"_s;
}

/// Locks, or has `socket` at the window that holds the folder. What neither locks nor listens is at its end soon: a command that
/// makes a change, or a window that closes.
bool lockOrConnect(QLockFile &lock, QLocalSocket &socket, const QString &dir)
{
    for (const QDeadlineTimer deadline(changeWaitMs); !base::lockForProcess(lock); QThread::msleep(pauseMs)) {
        if (lock.error() != QLockFile::LockFailedError)
            return false;
        socket.connectToServer(serverName(dir));
        if (socket.waitForConnected(activationWaitMs) || deadline.hasExpired())
            return false;
    }
    return true;
}

base::Error whyNotLocked(const QLockFile &lock, const QString &dir)
{
    if (lock.error() != QLockFile::LockFailedError)
        return configError(u"The data folder %1 can't be locked: it can't be written to. Choose another one with "
                           "--data-dir."_s.arg(dir));
    qint64 pid = 0;
    QString host;
    QString program;
    const QString who = lock.getLockInfo(&pid, &host, &program) ? u"process %1"_s.arg(pid) : u"another process"_s;
    return configError(u"Talkbench is already running on the data folder %1 (%2). Close it, or choose another "
                       "folder with --data-dir."_s.arg(dir, who));
}

/// What a window answers to `line`; unset where it doesn't.
std::optional<QString> ask(QLocalSocket &window, const QByteArray &line)
{
    const QDeadlineTimer deadline(changeWaitMs);
    window.write(line + '\n');
    while (!window.canReadLine()) {
        if (!window.waitForReadyRead(static_cast<int>(deadline.remainingTime())))
            return std::nullopt;
    }
    return QString::fromUtf8(window.readLine()).trimmed();
}

} // namespace

InstanceLock::InstanceLock(const QString &dir, QObject *parent) : QObject(parent), m_dir(dir), m_lock(lockPath(dir))
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &InstanceLock::onConnection);
}

void InstanceLock::onConnection()
{
    while (QLocalSocket *socket = m_server.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(*socket); });
        read(*socket);
    }
}

/// One line, answered by one: empty, or why not.
void InstanceLock::read(QLocalSocket &socket)
{
    if (!socket.canReadLine()) {
        if (socket.bytesAvailable() > longestLine)
            socket.abort();
        return;
    }
    const QByteArray line = socket.readLine();
    if (line == activation) {
        Q_EMIT activated();
        return;
    }
    const auto changed = answer(line);
    socket.write((changed ? QByteArray() : changed.error().message.simplified().toUtf8()) + '\n');
    socket.flush();
}

base::Result<void> InstanceLock::answer(const QByteArray &line) const
{
    const QJsonObject asked = QJsonDocument::fromJson(line).object();
    if (!m_change || asked.isEmpty())
        return configError(u"The open window takes no such change."_s);
    return m_change(asked);
}

base::Result<void> InstanceLock::acquire()
{
    QLocalSocket window;
    if (!lockOrConnect(m_lock, window, m_dir))
        return whyNotLocked(m_lock, m_dir);
    const QString name = serverName(m_dir);
    QLocalServer::removeServer(name); // of a process that died
    m_server.listen(name); // without it a second start can't raise this window, and nothing else is lost
    return {};
}

bool InstanceLock::activateOther(const QString &dir)
{
    QLocalSocket socket;
    socket.connectToServer(serverName(dir), QIODevice::WriteOnly);
    return socket.waitForConnected(activationWaitMs) && socket.write(activation) > 0
        && socket.waitForBytesWritten(activationWaitMs);
}

base::Result<void> InstanceLock::make(const QString &dir, const QJsonObject &asked, const Change &change)
{
    QLockFile lock(lockPath(dir));
    QLocalSocket window;
    if (lockOrConnect(lock, window, dir))
        return change(asked);
    if (window.state() != QLocalSocket::ConnectedState)
        return whyNotLocked(lock, dir);
    const auto problem = ask(window, QJsonDocument(asked).toJson(QJsonDocument::Compact));
    if (!problem)
        return configError(u"The open window does not answer. "_s + whyNotLocked(lock, dir).message);
    return problem->isEmpty() ? base::Result<void>() : configError(*problem);
}

} // namespace talkbench::config
