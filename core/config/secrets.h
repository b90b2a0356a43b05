#pragma once

#include "core/base/result.h"

#include <QFuture>
#include <QHash>
#include <QObject>

namespace talkbench::config {

/// Keys in the system keychain. Where there is none, they are kept in memory for this run, and persistent() says so.
class Secrets : public QObject
{
    Q_OBJECT

public:
    explicit Secrets(QObject *parent = nullptr);

    /// Empty where none is stored.
    QFuture<QString> read(const QString &id);
    /// The value is usable at once, even where the keychain refused it.
    QFuture<base::Result<void>> write(const QString &id, const QString &secret);
    QFuture<base::Result<void>> remove(const QString &id);
    /// False once the keychain has failed.
    bool persistent() const { return m_persistent; }

private:
    QHash<QString, QString> m_memory;
    bool m_persistent = true;
};

} // namespace talkbench::config
