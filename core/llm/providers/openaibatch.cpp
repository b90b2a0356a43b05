#include "core/llm/providers/openaibatch.h"

#include "core/llm/providers/batchwire.h"
#include "core/llm/providers/servererror.h"
#include "core/llm/providers/wire.h"

#include <QCryptographicHash>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

/// Of a batch's metadata: how it is found again.
constexpr auto tagName = "talkbench"_L1;

/// Why the whole batch was refused: {"errors": {"data": [{"code", "message", "line"}]}}.
base::Error refusalOf(const QJsonObject &batch)
{
    const QJsonObject first = batch["errors"_L1]["data"_L1].toArray().first().toObject();
    base::Error error = serverError({ { u"error"_s, first } });
    if (first.isEmpty())
        error.message = u"The provider could not use the batch, and does not say why."_s;
    else if (const auto line = count(first, { "line"_L1 }))
        error.message = u"Request %1 of the batch: %2"_s.arg(*line).arg(error.message);
    error.kind = error.kind == base::ErrorKind::Server ? base::ErrorKind::InvalidRequest : error.kind;
    return error;
}

base::Result<RemoteBatch> batchFrom(const QJsonObject &object)
{
    RemoteBatch batch;
    batch.id = pathId(object["id"_L1]);
    batch.status = object["status"_L1].toString();
    if (batch.id.isEmpty() || batch.status.isEmpty())
        return notABatch(QJsonDocument(object).toJson(QJsonDocument::Compact));
    const QJsonObject counts = object["request_counts"_L1].toObject();
    batch.total = count(counts, { "total"_L1 }).value_or(0);
    batch.done = count(counts, { "completed"_L1 }).value_or(0) + count(counts, { "failed"_L1 }).value_or(0);
    batch.tag = object["metadata"_L1][tagName].toString();
    batch.createdMs = count(object, { "created_at"_L1 }).value_or(0) * 1000;
    for (const auto name : { "output_file_id"_L1, "error_file_id"_L1 }) {
        if (const QString file = pathId(object[name]); !file.isEmpty())
            batch.files.append(file);
    }
    static const QStringList ends { u"failed"_s, u"completed"_s, u"expired"_s, u"cancelled"_s };
    batch.ended = ends.contains(batch.status);
    if (batch.status == "failed"_L1)
        batch.refusal = refusalOf(object);
    return batch;
}

} // namespace

base::Result<QByteArray> OpenAiBatch::entry(const QString &customId, const ChatRequest &request,
                                            const Endpoint &endpoint) const
{
    const auto body = batchBody(m_protocol, request, endpoint);
    if (!body)
        return body.error();
    const QJsonObject line {
        { u"custom_id"_s, customId }, { u"method"_s, u"POST"_s }, { u"url"_s, m_path }, { u"body"_s, *body }
    };
    return QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
}

std::optional<base::HttpRequest> OpenAiBatch::uploadRequest(const QByteArrayList &entries,
                                                            const Endpoint &endpoint) const
{
    const QByteArray lines = entries.join();
    // Of the content's own hash, so that it can't stand in it.
    const QByteArray boundary =
        "talkbench-" + QCryptographicHash::hash(lines, QCryptographicHash::Sha256).toHex().first(40);
    base::HttpRequest made = request(endpoint, "POST", u"files"_s);
    made.headers.emplaceBack("Content-Type", "multipart/form-data; boundary=" + boundary);
    made.body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--" + boundary
        + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"talkbench.jsonl\"\r\n"
          "Content-Type: application/jsonl\r\n\r\n"
        + lines + "\r\n--" + boundary + "--\r\n";
    return made;
}

base::Result<QString> OpenAiBatch::parseUpload(const QByteArray &body) const
{
    const QString id = pathId(jsonDocument(body)["id"_L1]);
    if (id.isEmpty())
        return notABatch(body);
    return id;
}

std::optional<base::HttpRequest> OpenAiBatch::deleteRequest(const QString &file, const Endpoint &endpoint) const
{
    return request(endpoint, "DELETE", u"files/"_s + file);
}

base::HttpRequest OpenAiBatch::createRequest(const QString &file, const QByteArrayList &, const QString &tag,
                                             const Endpoint &endpoint) const
{
    return jsonRequest(endpoint, u"batches"_s,
                       { { u"input_file_id"_s, file },
                         { u"endpoint"_s, m_path },
                         { u"completion_window"_s, u"24h"_s },
                         { u"metadata"_s, QJsonObject { { QString(tagName), tag } } } },
                       false);
}

base::HttpRequest OpenAiBatch::stateRequest(const QString &id, const Endpoint &endpoint) const
{
    return request(endpoint, "GET", u"batches/"_s + id);
}

base::HttpRequest OpenAiBatch::cancelRequest(const QString &id, const Endpoint &endpoint) const
{
    base::HttpRequest made = request(endpoint, "POST", u"batches/%1/cancel"_s.arg(id));
    made.headers.emplaceBack("Content-Type", "application/json");
    return made;
}

base::Result<RemoteBatch> OpenAiBatch::parseState(const QByteArray &body) const
{
    return batchFrom(jsonDocument(body).object());
}

base::HttpRequest OpenAiBatch::listRequest(const QString &after, const Endpoint &endpoint) const
{
    base::HttpRequest made = request(endpoint, "GET", u"batches"_s);
    made.url.setQuery(after.isEmpty() ? u"limit=100"_s : u"limit=100&after="_s + after);
    return made;
}

base::Result<RemoteBatches> OpenAiBatch::parseList(const QByteArray &body) const
{
    return batchList(body, batchFrom);
}

QList<base::HttpRequest> OpenAiBatch::resultRequests(const RemoteBatch &batch, const Endpoint &endpoint) const
{
    QList<base::HttpRequest> requests;
    for (const QString &file : batch.files)
        requests.append(request(endpoint, "GET", u"files/%1/content"_s.arg(file)));
    return requests;
}

base::Result<BatchOutcome> OpenAiBatch::parseOutcome(const QByteArray &line) const
{
    const QJsonObject row = jsonDocument(line).object();
    BatchOutcome outcome;
    outcome.customId = row["custom_id"_L1].toString();
    if (outcome.customId.isEmpty())
        return notABatch(line);
    const QString code = row["error"_L1]["code"_L1].toString();
    if (code == "batch_expired"_L1)
        outcome.kind = BatchOutcome::Kind::Expired;
    else if (code == "batch_cancelled"_L1)
        outcome.kind = BatchOutcome::Kind::Cancelled;
    else if (row["error"_L1].isObject())
        outcome.answer.error = serverError(row);
    else
        outcome.answer = batchAnswer(m_protocol, row["response"_L1]["status_code"_L1].toInt(),
                                     row["response"_L1]["body"_L1].toObject());
    return outcome;
}

} // namespace talkbench::llm
