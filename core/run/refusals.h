#pragma once

#include "core/llm/provider.h"
#include "core/llm/providers/refusedparameter.h"

#include <QHash>

namespace talkbench::run {

/// What servers have refused in the bodies of requests to their models, for as long as the program runs.
class Refusals {
public:
    void learn(const llm::Endpoint &endpoint, const QString &model, const llm::RefusedParameter &refused);
    /// In the words of the endpoint's protocol, without what it refuses. An error: of kind Config where there is no such protocol, else
    /// the protocol's.
    base::Result<llm::EncodedRequest> encode(const llm::ChatRequest &chat, const llm::Endpoint &endpoint) const;

private:
    /// The endpoint, with what it refuses left out ("without").
    llm::Endpoint applied(llm::Endpoint endpoint, const QString &model) const;

    QHash<QString, QJsonObject> m_without; ///< by server and model
};

} // namespace talkbench::run
