#include "ui/endpoints.h"

#include "core/config/endpoints.h"
#include "core/config/secrets.h"
#include "core/config/settings.h"
#include "ui/whenready.h"

namespace talkbench::ui {

namespace {

void finish(QPromise<base::Result<llm::Endpoint>> &promise, const base::Result<llm::Endpoint> &result)
{
    promise.addResult(result);
    promise.finish();
}

base::Error configError(const QString &message)
{
    base::Error error;
    error.kind = base::ErrorKind::Config;
    error.message = message;
    return error;
}

} // namespace

Endpoints::Endpoints(config::Settings &settings, config::Secrets &secrets, QObject *parent)
    : QObject(parent), m_settings(settings), m_secrets(secrets)
{
}

Endpoints::~Endpoints()
{
    for (const Promise &promise : m_waiting)
        promise->finish();
}

QFuture<base::Result<llm::Endpoint>> Endpoints::resolve(const QString &providerId)
{
    const auto promise = std::make_shared<QPromise<base::Result<llm::Endpoint>>>();
    promise->start();
    if (providerId == config::simulatorId && !m_simulator)
        m_waiting.push_back(promise);
    else
        answer(providerId, promise);
    return promise->future();
}

void Endpoints::answer(const QString &providerId, const Promise &promise)
{
    const auto provider = m_settings.provider(providerId);
    if (!provider) {
        finish(*promise, configError(tr("There is no provider “%1” any more. Choose another model.").arg(providerId)));
        return;
    }
    if (providerId == config::simulatorId && !*m_simulator) {
        finish(*promise, m_simulator->error());
        return;
    }
    if (const auto variable = config::checkKeyVariable(*provider); !variable) {
        finish(*promise, variable.error());
        return;
    }
    whenReady(this, config::endpointOf(m_settings, m_secrets, *provider),
              [promise](const llm::Endpoint &endpoint) { finish(*promise, endpoint); });
}

void Endpoints::setSimulator(const base::Result<QUrl> &url)
{
    m_simulator = url;
    if (url) {
        QUrl api = *url;
        api.setPath(QStringLiteral("/v1"));
        m_settings.setSimulatorUrl(api);
    }
    for (const Promise &promise : std::exchange(m_waiting, {}))
        answer(config::simulatorId, promise);
}

net::TransportLimits Endpoints::limits() const
{
    return { .connectMs = m_settings.value("limits/connect_ms").toInt(),
             .firstByteMs = m_settings.value("limits/first_byte_ms").toInt(),
             .idleMs = m_settings.value("limits/idle_ms").toInt(),
             .totalMs = m_settings.value("limits/total_ms").toInt() };
}

} // namespace talkbench::ui
