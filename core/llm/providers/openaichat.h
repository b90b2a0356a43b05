#pragma once

#include "core/llm/provider.h"

namespace talkbench::llm {

class OptionWriter;

/// OpenAI's chat completions and the many servers that speak them.
class OpenAiChat final : public Provider {
public:
    QString protocol() const override;
    base::Framing framing() const override { return base::Framing::Sse; }
    base::Result<EncodedRequest> encode(const ChatRequest &request, const Endpoint &endpoint) const override;
    std::unique_ptr<Decoder> decoder() const override;
    base::HttpRequest modelsRequest(const Endpoint &endpoint) const override;
    base::Result<QList<ModelInfo>> parseModels(const QByteArray &body) const override;

    /// The body alone, for protocols that differ in the address only.
    static QJsonObject body(OptionWriter &writer, const ChatRequest &request, const Endpoint &endpoint);
};

} // namespace talkbench::llm
