#pragma once

#include "core/run/errand.h"
#include "core/run/run.h"

#include <QPromise>

namespace talkbench::run {

using ModelPromise = QPromise<ModelResult>;

/// Asks a server for its list of models.
class ModelQuery final : public Errand {
    Q_OBJECT

public:
    ModelQuery(const llm::Endpoint &endpoint, std::shared_ptr<ModelPromise> promise, const base::Clock &clock);
    /// Keeps the promise, whatever happened.
    ~ModelQuery() override;

    void begin() override;

private:
    void askPage(const base::HttpRequest &request);
    void onPage(const base::HttpRequest &request, const Fetched &fetched);
    void keep(const ModelResult &result);

    const llm::Endpoint m_endpoint;
    const std::shared_ptr<ModelPromise> m_promise;
    const llm::Provider *m_provider = nullptr;
    QList<llm::ModelInfo> m_models; ///< of the pages so far
    int m_pages = 0;
};

} // namespace talkbench::run
