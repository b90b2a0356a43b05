#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QLocalServer>
#include <QLockFile>
#include <QObject>

#include <functional>

class QLocalSocket;

namespace talkbench::config {

/// One window a data folder. A lock left behind by a process that died is taken over.
class InstanceLock final : public QObject {
    Q_OBJECT

public:
    explicit InstanceLock(const QString &dir, QObject *parent = nullptr);

    /// Waits two seconds at most for a command that changes something there, and for no window. An error names the process that
    /// holds the folder.
    base::Result<void> acquire();
    /// Asks the window that holds `dir` to come forward. Waits half a second at most; false where none listens.
    static bool activateOther(const QString &dir);

    /// Makes what is asked for, or says why it can't be.
    using Change = std::function<base::Result<void>(const QJsonObject &asked)>;
    /// One change of what is kept in `dir`, alone with it: by `change`, or by the window that holds the folder, which would
    /// write over what is written beside it. Waits two seconds at most for others to end theirs. An error: why it was not made.
    static base::Result<void> make(const QString &dir, const QJsonObject &asked, const Change &change);
    /// Makes the changes that others ask this window for; until then they are refused.
    void setChange(const Change &change) { m_change = change; }

Q_SIGNALS:
    /// Another start on the same folder asked this one to come forward.
    void activated();

private:
    void onConnection();
    void read(QLocalSocket &socket);
    base::Result<void> answer(const QByteArray &line) const;

    QString m_dir;
    QLockFile m_lock;
    QLocalServer m_server;
    Change m_change;
};

} // namespace talkbench::config
