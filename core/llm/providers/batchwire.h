#pragma once

#include "core/llm/batchapi.h"

#include <QJsonObject>

/// What the batch APIs share.
namespace talkbench::llm {

/// The body of a request that a batch holds, as the protocol's own encoder writes it: whole answers, no stream.
base::Result<QJsonObject> batchBody(const QString &protocol, const ChatRequest &request, const Endpoint &endpoint);

/// An id that goes into a path; empty if it could lead elsewhere.
QString pathId(const QJsonValue &value);

/// The answer that a whole body is, by the protocol's own decoder.
Answer batchAnswer(const QString &protocol, int status, const QJsonObject &body);

/// That a server's answer is none of a batch API.
base::Error notABatch(const QByteArray &body);

/// The batches of {"data": […], "has_more", "last_id"}, which both APIs send.
base::Result<RemoteBatches> batchList(const QByteArray &body, base::Result<RemoteBatch> (*read)(const QJsonObject &));

} // namespace talkbench::llm
