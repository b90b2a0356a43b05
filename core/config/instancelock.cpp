#include "core/config/instancelock.h"

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr int activationWaitMs = 500;
constexpr int changeWaitMs = 2000;
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

} // namespace

InstanceLock::InstanceLock(const QString &dir, QObject *parent)
    : QObject(parent), m_dir(dir), m_lock(dir + u"/talkbench.lock"_s)
{
    m_lock.setStaleLockTime(0); // never by age: only the death of its process makes a lock stale
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
    const auto changed = change(line);
    socket.write((changed ? QByteArray() : changed.error().message.simplified().toUtf8()) + '\n');
    socket.flush();
}

base::Result<void> InstanceLock::change(const QByteArray &asked) const
{
    const QJsonObject object = QJsonDocument::fromJson(asked).object();
    const QString key = object["key"_L1].toString();
    if (!m_change || key.isEmpty())
        return configError(u"The open window takes no such change."_s);
    return m_change(key, object["value"_L1].toVariant());
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
    return socket.waitForConnected(activationWaitMs) && socket.write(activation) > 0
        && socket.waitForBytesWritten(activationWaitMs);
}

base::Result<void> InstanceLock::changeOther(const QString &dir, const QString &key, const QVariant &value)
{
    const QJsonObject asked { { u"key"_s, key }, { u"value"_s, QJsonValue::fromVariant(value) } };
    QLocalSocket socket;
    socket.connectToServer(serverName(dir));
    QDeadlineTimer deadline(changeWaitMs);
    const auto left = [&deadline] { return static_cast<int>(deadline.remainingTime()); };
    if (!socket.waitForConnected(left()))
        return configError(u"The open window does not listen."_s);
    socket.write(QJsonDocument(asked).toJson(QJsonDocument::Compact) + '\n');
    while (!socket.canReadLine()) {
        if (!socket.waitForReadyRead(left()))
            return configError(u"The open window does not answer."_s);
    }
    const QByteArray problem = socket.readLine().trimmed();
    if (!problem.isEmpty())
        return configError(QString::fromUtf8(problem));
    return {};
}

} // namespace talkbench::config
