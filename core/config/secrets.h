#pragma once

#include "core/base/result.h"
#include "core/config/secretbackend.h"

#include <QFuture>
#include <QHash>
#include <QObject>

#include <chrono>
#include <memory>

namespace talkbench::config {

/// Keys in the system keychain. Where there is none, they are kept in memory for this run, and persistent() says so.
/// Needs an event loop. A keychain that doesn't answer counts as none until it does.
class Secrets : public QObject {
    Q_OBJECT

public:
    explicit Secrets(QObject *parent = nullptr);
    /// The backend and how long it may take.
    Secrets(std::unique_ptr<SecretBackend> backend, std::chrono::milliseconds limit, QObject *parent = nullptr);
    ~Secrets() override;

    /// Empty where none is stored.
    QFuture<QString> read(const QString &id);
    /// The value is usable at once, even where the keychain refused it: then the error says that it is for this run only.
    QFuture<base::Result<void>> write(const QString &id, const QString &secret);
    QFuture<base::Result<void>> remove(const QString &id);
    /// False once the keychain has failed, until it works.
    bool persistent() const { return m_persistent; }

Q_SIGNALS:
    void persistentChanged(bool persistent);

private:
    using Outcome = SecretBackend::Outcome;
    SecretBackend::Done bounded(const SecretBackend::Done &done);
    void setPersistent(bool persistent);

    std::unique_ptr<SecretBackend> m_backend;
    std::chrono::milliseconds m_limit;
    QHash<QString, QString> m_memory;
    quint64 m_changes =
        0; ///< writes and removals so far: a read that began before one must not bring the old value back
    bool m_persistent = true;
};

} // namespace talkbench::config
