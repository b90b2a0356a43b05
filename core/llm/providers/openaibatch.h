#pragma once

#include "core/llm/batchapi.h"

namespace talkbench::llm {

/// OpenAI's /v1/files and /v1/batches, which Groq and others have, too.
class OpenAiBatch final : public BatchApi {
public:
    /// `path`: what each request of the batch is for.
    OpenAiBatch(QString protocol, QString path) : m_protocol(std::move(protocol)), m_path(std::move(path)) { }

    const QString &protocol() const { return m_protocol; }

    base::Result<QByteArray> entry(const QString &customId, const ChatRequest &request,
                                   const Endpoint &endpoint) const override;
    std::optional<base::HttpRequest> uploadRequest(const QByteArrayList &entries,
                                                   const Endpoint &endpoint) const override;
    base::Result<QString> parseUpload(const QByteArray &body) const override;
    std::optional<base::HttpRequest> deleteRequest(const QString &file, const Endpoint &endpoint) const override;
    bool keepsTags() const override { return true; }
    base::HttpRequest createRequest(const QString &file, const QByteArrayList &entries, const QString &tag,
                                    const Endpoint &endpoint) const override;
    base::HttpRequest stateRequest(const QString &id, const Endpoint &endpoint) const override;
    base::HttpRequest cancelRequest(const QString &id, const Endpoint &endpoint) const override;
    base::Result<RemoteBatch> parseState(const QByteArray &body) const override;
    base::HttpRequest listRequest(const QString &after, const Endpoint &endpoint) const override;
    base::Result<RemoteBatches> parseList(const QByteArray &body) const override;
    QList<base::HttpRequest> resultRequests(const RemoteBatch &batch, const Endpoint &endpoint) const override;
    base::Result<BatchOutcome> parseOutcome(const QByteArray &line) const override;

private:
    const QString m_protocol;
    const QString m_path;
};

} // namespace talkbench::llm
