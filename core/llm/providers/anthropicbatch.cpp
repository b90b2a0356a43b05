#include "core/llm/providers/anthropicbatch.h"

#include "core/llm/providers/anthropic.h"
#include "core/llm/providers/batchwire.h"
#include "core/llm/providers/servererror.h"
#include "core/llm/providers/wire.h"

#include <QDateTime>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

const QString protocolName = u"anthropic"_s;

base::Result<RemoteBatch> batchFrom(const QJsonObject &object)
{
    RemoteBatch batch;
    batch.id = pathId(object["id"_L1]);
    batch.status = object["processing_status"_L1].toString();
    if (batch.id.isEmpty() || batch.status.isEmpty())
        return notABatch(QJsonDocument(object).toJson(QJsonDocument::Compact));
    batch.ended = batch.status == "ended"_L1;
    const QJsonObject counts = object["request_counts"_L1].toObject();
    for (const auto name : { "succeeded"_L1, "errored"_L1, "canceled"_L1, "expired"_L1 })
        batch.done += count(counts, { name }).value_or(0);
    batch.total = batch.done + count(counts, { "processing"_L1 }).value_or(0);
    batch.createdMs = QDateTime::fromString(object["created_at"_L1].toString(), Qt::ISODateWithMs).toMSecsSinceEpoch();
    return batch;
}

} // namespace

base::Result<QByteArray> AnthropicBatch::entry(const QString &customId, const ChatRequest &request,
                                               const Endpoint &endpoint) const
{
    const auto body = batchBody(protocolName, request, endpoint);
    if (!body)
        return body.error();
    return QJsonDocument(QJsonObject { { u"custom_id"_s, customId }, { u"params"_s, *body } })
        .toJson(QJsonDocument::Compact);
}

base::HttpRequest AnthropicBatch::createRequest(const QString &, const QByteArrayList &entries, const QString &,
                                                const Endpoint &endpoint) const
{
    base::HttpRequest made = Anthropic::apiRequest(endpoint, "POST", u"messages/batches"_s);
    made.headers.emplaceBack("Content-Type", "application/json");
    made.body = R"({"requests":[)" + entries.join(',') + "]}";
    return made;
}

base::HttpRequest AnthropicBatch::stateRequest(const QString &id, const Endpoint &endpoint) const
{
    return Anthropic::apiRequest(endpoint, "GET", u"messages/batches/"_s + id);
}

base::HttpRequest AnthropicBatch::cancelRequest(const QString &id, const Endpoint &endpoint) const
{
    base::HttpRequest made = Anthropic::apiRequest(endpoint, "POST", u"messages/batches/%1/cancel"_s.arg(id));
    made.headers.emplaceBack("Content-Type", "application/json");
    return made;
}

base::Result<RemoteBatch> AnthropicBatch::parseState(const QByteArray &body) const
{
    return batchFrom(jsonDocument(body).object());
}

base::HttpRequest AnthropicBatch::listRequest(const QString &after, const Endpoint &endpoint) const
{
    base::HttpRequest made = Anthropic::apiRequest(endpoint, "GET", u"messages/batches"_s);
    made.url.setQuery(after.isEmpty() ? u"limit=100"_s : u"limit=100&after_id="_s + after);
    return made;
}

base::Result<RemoteBatches> AnthropicBatch::parseList(const QByteArray &body) const
{
    return batchList(body, batchFrom);
}

/// Not by results_url: the key goes to the endpoint's own server, wherever that points.
QList<base::HttpRequest> AnthropicBatch::resultRequests(const RemoteBatch &batch, const Endpoint &endpoint) const
{
    return { Anthropic::apiRequest(endpoint, "GET", u"messages/batches/%1/results"_s.arg(batch.id)) };
}

base::Result<BatchOutcome> AnthropicBatch::parseOutcome(const QByteArray &line) const
{
    const QJsonObject row = jsonDocument(line).object();
    const QJsonObject result = row["result"_L1].toObject();
    const QString type = result["type"_L1].toString();
    BatchOutcome outcome;
    outcome.customId = row["custom_id"_L1].toString();
    if (outcome.customId.isEmpty() || type.isEmpty())
        return notABatch(line);
    if (type == "expired"_L1)
        outcome.kind = BatchOutcome::Kind::Expired;
    else if (type == "canceled"_L1)
        outcome.kind = BatchOutcome::Kind::Cancelled;
    else if (type == "succeeded"_L1)
        outcome.answer = batchAnswer(protocolName, 200, result["message"_L1].toObject());
    else
        outcome.answer.error = serverError(result["error"_L1].toObject());
    return outcome;
}

} // namespace talkbench::llm
