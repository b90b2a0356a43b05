#pragma once

#include "core/base/result.h"

#include <QLocalServer>
#include <QLockFile>
#include <QObject>

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

Q_SIGNALS:
    /// Another start on the same folder asked this one to come forward.
    void activated();

private:
    QString m_dir;
    QLockFile m_lock;
    QLocalServer m_server;
};

} // namespace talkbench::config
