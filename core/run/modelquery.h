#pragma once

#include "core/run/run.h"

#include <QObject>
#include <QPromise>

#include <memory>

namespace talkbench::run {

using ModelPromise = QPromise<ModelResult>;

/// Asks a server for its list of models.
class ModelQuery final : public QObject {
    Q_OBJECT

public:
    ModelQuery(const llm::Endpoint &endpoint, std::shared_ptr<ModelPromise> promise);
    /// Keeps the promise, whatever happened.
    ~ModelQuery() override;

    QUrl url() const { return m_request.url; }
    bool started() const { return m_transfer != nullptr; }
    bool done() const { return m_done; }
    void start(net::HttpTransport &transport);

Q_SIGNALS:
    void finished();

private:
    void finish(const ModelResult &result);
    void onFinished(const std::optional<base::Error> &error);

    const llm::Provider *m_provider;
    base::HttpRequest m_request;
    std::shared_ptr<ModelPromise> m_promise;
    std::unique_ptr<net::Transfer> m_transfer;
    base::HttpHead m_head;
    QByteArray m_body;
    bool m_done = false;
};

} // namespace talkbench::run
