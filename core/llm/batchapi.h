#pragma once

#include "core/llm/answer.h"
#include "core/llm/provider.h"

#include <optional>

namespace talkbench::llm {

/// A provider's batch: requests handed over together, answered within a day, usually at half the price.
struct RemoteBatch {
    QString id; ///< letters, digits, '_', '-' and '.' only
    QString status; ///< the server's own word
    /// No more will come; its results can be had.
    bool ended = false;
    /// The server took it back as a whole: nothing was asked, nothing is to be paid.
    std::optional<base::Error> refusal = {};
    qint64 total = 0; ///< requests; 0 where the server has not counted them yet
    qint64 done = 0; ///< of those: answered, failed, expired or cancelled
    /// What createRequest() gave it, where the API keeps such a thing.
    QString tag = {};
    qint64 createdMs = 0; ///< Unix time by the server's clock
    QStringList files = {}; ///< that hold its results, where they are files
};

struct RemoteBatches {
    QList<RemoteBatch> batches; ///< newest first
    QString after; ///< for the next, older page; empty: there is none
};

/// What became of one request of a batch.
struct BatchOutcome {
    enum class Kind {
        Answered, ///< or failed: the answer has the error
        Expired, ///< its day was over before its turn came; nothing is to be paid
        Cancelled, ///< likewise, with the batch
    };

    QString customId;
    Kind kind = Kind::Answered;
    Answer answer = {};
};

/// A protocol's batch API: requests and answers as bytes. Pure, stateless, no I/O. What the server's answers mean as errors
/// is read as for any call of the protocol.
class BatchApi {
public:
    virtual ~BatchApi() = default;

    /// One request of a batch, in bytes that need no more than to be put together. `customId`: at most 64 of the letters, digits,
    /// '_' and '-', once in each batch.
    virtual base::Result<QByteArray> entry(const QString &customId, const ChatRequest &request,
                                           const Endpoint &endpoint) const = 0;
    /// Where the entries go as a file before the batch is made; unset: they go with createRequest().
    virtual std::optional<base::HttpRequest> uploadRequest(const QByteArrayList &entries,
                                                           const Endpoint &endpoint) const = 0;
    virtual base::Result<QString> parseUpload(const QByteArray &body) const = 0;
    /// Of an uploaded file that is of no more use; unset where none is uploaded.
    virtual std::optional<base::HttpRequest> deleteRequest(const QString &file, const Endpoint &endpoint) const = 0;

    /// Whether a batch can be found again by its tag.
    virtual bool keepsTags() const = 0;
    /// Of the uploaded file, or else of the entries.
    virtual base::HttpRequest createRequest(const QString &file, const QByteArrayList &entries, const QString &tag,
                                            const Endpoint &endpoint) const = 0;
    virtual base::HttpRequest stateRequest(const QString &id, const Endpoint &endpoint) const = 0;
    virtual base::HttpRequest cancelRequest(const QString &id, const Endpoint &endpoint) const = 0;
    /// Of the answers to these three.
    virtual base::Result<RemoteBatch> parseState(const QByteArray &body) const = 0;

    virtual base::HttpRequest listRequest(const QString &after, const Endpoint &endpoint) const = 0;
    virtual base::Result<RemoteBatches> parseList(const QByteArray &body) const = 0;

    /// Of a batch that has ended: each answer is lines for parseOutcome().
    virtual QList<base::HttpRequest> resultRequests(const RemoteBatch &batch, const Endpoint &endpoint) const = 0;
    virtual base::Result<BatchOutcome> parseOutcome(const QByteArray &line) const = 0;
};

/// The batch API that goes with a protocol; null where there is none that we speak.
const BatchApi *batchApiFor(const QString &protocol);

} // namespace talkbench::llm
