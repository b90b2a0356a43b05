#pragma once

#include "core/llm/provider.h"

namespace talkbench::llm {

/// Anthropic's Messages. It has no seed: that option is not sent.
class Anthropic final : public Provider {
public:
    QString protocol() const override;
    base::Framing framing() const override { return base::Framing::Sse; }
    base::Result<EncodedRequest> encode(const ChatRequest &request, const Endpoint &endpoint) const override;
    std::unique_ptr<Decoder> decoder() const override;
    base::HttpRequest modelsRequest(const Endpoint &endpoint) const override;
    base::Result<QList<ModelInfo>> parseModels(const QByteArray &body) const override;

    /// A request of the API's other parts: "messages/batches".
    static base::HttpRequest apiRequest(const Endpoint &endpoint, const QByteArray &method, const QString &path);
};

} // namespace talkbench::llm
