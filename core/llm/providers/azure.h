#pragma once

#include "core/llm/provider.h"

namespace talkbench::llm {

/// Azure OpenAI: chat completions under another address, with the key in another header.
class Azure final : public Provider {
public:
    QString protocol() const override;
    base::Framing framing() const override { return base::Framing::Sse; }
    base::Result<EncodedRequest> encode(const ChatRequest &request, const Endpoint &endpoint) const override;
    std::unique_ptr<Decoder> decoder() const override;
    base::HttpRequest modelsRequest(const Endpoint &endpoint) const override;
    base::Result<QList<ModelInfo>> parseModels(const QByteArray &body) const override;
};

} // namespace talkbench::llm
