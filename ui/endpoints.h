#pragma once

#include "core/base/result.h"
#include "core/llm/provider.h"
#include "core/net/httptransport.h"

#include <QFuture>
#include <QObject>
#include <QPromise>

#include <memory>
#include <vector>

namespace talkbench::config {
class Secrets;
class Settings;
} // namespace talkbench::config

namespace talkbench::ui {

/// Providers by id, ready to be called: what the settings say, joined with the key from the keychain. A call to the
/// simulator waits until it listens.
class Endpoints final : public QObject {
    Q_OBJECT

public:
    Endpoints(config::Settings &settings, config::Secrets &secrets, QObject *parent = nullptr);
    ~Endpoints() override;

    QFuture<base::Result<llm::Endpoint>> resolve(const QString &providerId);
    net::TransportLimits limits() const;

    /// Said once by whoever started the simulator: its root, or why it did not start.
    void setSimulator(const base::Result<QUrl> &url);

private:
    using Promise = std::shared_ptr<QPromise<base::Result<llm::Endpoint>>>;
    void answer(const QString &providerId, const Promise &promise);

    config::Settings &m_settings;
    config::Secrets &m_secrets;
    std::optional<base::Result<QUrl>> m_simulator;
    std::vector<Promise> m_waiting;
};

} // namespace talkbench::ui
