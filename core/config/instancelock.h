#pragma once

#include "core/base/result.h"

#include <QLocalServer>
#include <QLockFile>
#include <QObject>
#include <QVariant>

#include <functional>

class QLocalSocket;

namespace talkbench::config {

/// One window a data folder. A lock left behind by a process that died is taken over.
class InstanceLock final : public QObject {
    Q_OBJECT

public:
    explicit InstanceLock(const QString &dir, QObject *parent = nullptr);

    /// An error names the process that holds the folder.
    base::Result<void> acquire();
    /// Asks the window that holds `dir` to come forward. Waits half a second at most; false where none listens.
    static bool activateOther(const QString &dir);
    /// Has the window that holds `dir` change a setting: what is written beside it, it would write over. Waits two seconds at
    /// most. An error: why the change was not made.
    static base::Result<void> changeOther(const QString &dir, const QString &key, const QVariant &value);

    using Change = std::function<base::Result<void>(const QString &key, const QVariant &value)>;
    /// What makes the changes that others ask for; until then they are refused.
    void setChange(const Change &change) { m_change = change; }

Q_SIGNALS:
    /// Another start on the same folder asked this one to come forward.
    void activated();

private:
    void onConnection();
    void read(QLocalSocket &socket);
    base::Result<void> change(const QByteArray &asked) const;

    QString m_dir;
    QLockFile m_lock;
    QLocalServer m_server;
    Change m_change;
};

} // namespace talkbench::config
