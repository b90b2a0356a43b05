#pragma once

#include "core/llm/batchapi.h"

namespace talkbench::llm {

/// Anthropic's Message Batches. They keep no tag, so that one whose answer was lost is known by its results only.
class AnthropicBatch final : public BatchApi {
public:
    base::Result<QByteArray> entry(const QString &customId, const ChatRequest &request,
                                   const Endpoint &endpoint) const override;
    std::optional<base::HttpRequest> uploadRequest(const QByteArrayList &, const Endpoint &) const override
    {
        return std::nullopt;
    }
    base::Result<QString> parseUpload(const QByteArray &) const override { return QString(); }
    std::optional<base::HttpRequest> deleteRequest(const QString &, const Endpoint &) const override
    {
        return std::nullopt;
    }
    bool keepsTags() const override { return false; }
    base::HttpRequest createRequest(const QString &file, const QByteArrayList &entries, const QString &tag,
                                    const Endpoint &endpoint) const override;
    base::HttpRequest stateRequest(const QString &id, const Endpoint &endpoint) const override;
    base::HttpRequest cancelRequest(const QString &id, const Endpoint &endpoint) const override;
    base::Result<RemoteBatch> parseState(const QByteArray &body) const override;
    base::HttpRequest listRequest(const QString &after, const Endpoint &endpoint) const override;
    base::Result<RemoteBatches> parseList(const QByteArray &body) const override;
    QList<base::HttpRequest> resultRequests(const RemoteBatch &batch, const Endpoint &endpoint) const override;
    base::Result<BatchOutcome> parseOutcome(const QByteArray &line) const override;
};

} // namespace talkbench::llm
