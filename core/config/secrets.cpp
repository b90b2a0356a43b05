#include "core/config/secrets.h"

#include <QPointer>
#include <QPromise>
#include <QTimer>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

template <typename T>
std::shared_ptr<QPromise<T>> startedPromise()
{
    auto promise = std::make_shared<QPromise<T>>();
    promise->start();
    return promise;
}

template <typename T>
void finish(QPromise<T> &promise, T value)
{
    promise.addResult(std::move(value));
    promise.finish();
}

base::Error notKept(const QString &message, const QString &why)
{
    return { .kind = base::ErrorKind::Config, .message = message, .detail = why, .httpStatus = 0, .retryAfterMs = {} };
}

} // namespace

Secrets::Secrets(QObject *parent) : Secrets(systemKeychain(), std::chrono::seconds(3), parent)
{
}

Secrets::Secrets(std::unique_ptr<SecretBackend> backend, std::chrono::milliseconds limit, QObject *parent)
    : QObject(parent), m_backend(std::move(backend)), m_limit(limit)
{
}

Secrets::~Secrets() = default;

void Secrets::setPersistent(bool persistent)
{
    if (std::exchange(m_persistent, persistent) != persistent)
        Q_EMIT persistentChanged(persistent);
}

/// `done` is called once, at the limit at the latest. An answer that comes later (the user unlocked the keychain in the
/// meantime) still tells whether there is a keychain.
SecretBackend::Done Secrets::bounded(const SecretBackend::Done &done)
{
    auto waiting = std::make_shared<bool>(true);
    const auto finishOnce = [this, waiting, done](const SecretBackend::Reply &reply) {
        setPersistent(reply.outcome != Outcome::Failed);
        if (std::exchange(*waiting, false))
            done(reply);
    };
    QTimer::singleShot(m_limit, this, [waiting, finishOnce] {
        if (*waiting)
            finishOnce({ .outcome = Outcome::Failed, .secret = {}, .why = u"The keychain did not answer."_s });
    });
    return [self = QPointer<Secrets>(this), finishOnce](const SecretBackend::Reply &reply) {
        if (self)
            finishOnce(reply);
    };
}

QFuture<QString> Secrets::read(const QString &id)
{
    auto promise = startedPromise<QString>();
    if (m_memory.contains(id) || !m_persistent) {
        finish(*promise, m_memory.value(id));
        return promise->future();
    }
    m_backend->read(id, bounded([this, id, promise, changes = m_changes](const SecretBackend::Reply &reply) {
                        if (reply.outcome == Outcome::Ok && changes == m_changes)
                            m_memory.insert(id, reply.secret);
                        finish(*promise, m_memory.value(id));
                    }));
    return promise->future();
}

QFuture<base::Result<void>> Secrets::write(const QString &id, const QString &secret)
{
    ++m_changes;
    m_memory.insert(id, secret);
    auto promise = startedPromise<base::Result<void>>();
    m_backend->write(
        id, secret, bounded([promise](const SecretBackend::Reply &reply) {
            if (reply.outcome == Outcome::Ok)
                finish(*promise, base::Result<void>());
            else
                finish(*promise,
                       base::Result<void>(notKept(
                           u"There is no system keychain: what is secret is kept in memory until Talkbench ends."_s,
                           reply.why)));
        }));
    return promise->future();
}

QFuture<base::Result<void>> Secrets::remove(const QString &id)
{
    ++m_changes;
    m_memory.remove(id);
    auto promise = startedPromise<base::Result<void>>();
    m_backend->remove(
        id, bounded([promise](const SecretBackend::Reply &reply) {
            if (reply.outcome == Outcome::Failed)
                finish(*promise,
                       base::Result<void>(notKept(
                           u"The key is forgotten here, but the system keychain could not be asked to forget it."_s,
                           reply.why)));
            else
                finish(*promise, base::Result<void>());
        }));
    return promise->future();
}

} // namespace talkbench::config
