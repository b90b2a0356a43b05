#pragma once

#include <QString>

#include <functional>
#include <memory>

namespace talkbench::config {

/// Where secrets are kept for good. Asynchronous; never answering is allowed.
class SecretBackend {
public:
    enum class Outcome { Ok, NotFound, Failed };

    struct Reply {
        Outcome outcome = Outcome::Failed;
        QString secret; ///< of a read
        QString why; ///< of a failure, for a person
    };
    using Done = std::function<void(const Reply &)>;

    virtual ~SecretBackend() = default;
    virtual void read(const QString &id, const Done &done) = 0;
    virtual void write(const QString &id, const QString &secret, const Done &done) = 0;
    virtual void remove(const QString &id, const Done &done) = 0;
};

/// The system's keychain (Secret Service, KWallet) through QtKeychain.
std::unique_ptr<SecretBackend> systemKeychain();

} // namespace talkbench::config
