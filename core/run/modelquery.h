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
    void keep(const ModelResult &result);

    const llm::Endpoint m_endpoint;
    const std::shared_ptr<ModelPromise> m_promise;
};

} // namespace talkbench::run
