#include "core/llm/providers/batchwire.h"

#include "core/llm/providers/wire.h"

#include <QRegularExpression>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

base::Result<QJsonObject> batchBody(const QString &protocol, const ChatRequest &request, const Endpoint &endpoint)
{
    ChatRequest whole = request;
    whole.options.stream = false;
    const auto encoded = providerFor(protocol)->encode(whole, endpoint);
    if (!encoded)
        return encoded.error();
    QJsonObject body = QJsonDocument::fromJson(encoded->http.body).object();
    body.remove("stream"_L1);
    return body;
}

QString pathId(const QJsonValue &value)
{
    static const QRegularExpression plain(u"\\A[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\\z"_s);
    const QString id = value.toString();
    return plain.match(id).hasMatch() ? id : QString();
}

Answer batchAnswer(const QString &protocol, int status, const QJsonObject &body)
{
    const StreamEvents events =
        providerFor(protocol)->decoder()->document({ status, {} }, QJsonDocument(body).toJson(QJsonDocument::Compact));
    Answer answer;
    for (const StreamEvent &event : events)
        answer.apply(event);
    return answer;
}

base::Error notABatch(const QByteArray &body)
{
    return { base::ErrorKind::BadEvent,
             u"The server answered with something that is no batch. Does it have a batch API?"_s,
             QString::fromUtf8(body.left(2000)), 0, std::nullopt };
}

base::Result<RemoteBatches> batchList(const QByteArray &body, base::Result<RemoteBatch> (*read)(const QJsonObject &))
{
    const QJsonObject list = jsonDocument(body).object();
    if (!list["data"_L1].isArray())
        return notABatch(body);
    RemoteBatches batches;
    const QJsonArray rows = list["data"_L1].toArray();
    for (const auto &row : rows) {
        const auto batch = read(row.toObject());
        if (!batch)
            return batch.error();
        batches.batches.append(*batch);
    }
    if (list["has_more"_L1].toBool() && !batches.batches.isEmpty())
        batches.after = batches.batches.constLast().id;
    return batches;
}

} // namespace talkbench::llm
