#pragma once

#include "core/run/errand.h"

#include <QPromise>

#include <memory>

namespace talkbench::run {

/// A request to a provider that is no chat: to its batches, its files.
struct BodyRequest {
    llm::Endpoint endpoint; ///< whose protocol reads the errors, and whose secrets no error tells
    base::HttpRequest http;
    net::TransportLimits limits;
    qsizetype largestBody = usualLargestBody; ///< a longer one is an error of kind TooLarge
};

/// The body of an answer with a status of success.
using BodyResult = base::Result<QByteArray>;
using BodyPromise = QPromise<BodyResult>;

class BodyQuery final : public Errand {
    Q_OBJECT

public:
    BodyQuery(const BodyRequest &request, std::shared_ptr<BodyPromise> promise, const base::Clock &clock);
    /// Keeps the promise, whatever happened.
    ~BodyQuery() override;

    void begin() override;

private:
    void keep(const BodyResult &result);

    const BodyRequest m_request;
    const std::shared_ptr<BodyPromise> m_promise;
};

} // namespace talkbench::run
