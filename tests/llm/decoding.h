#pragma once

#include "core/llm/answer.h"
#include "core/run/bodydecoder.h"

#include <QtTest>

namespace talkbench {

/// JSON written with ` for ", for moc 6.4 reads the inside of raw strings as code.
inline QByteArray js(const char *text)
{
    return QByteArray(text).replace('`', '"');
}

/// A body as the client sees it, read in pieces that end at `cuts`.
inline llm::Answer decoded(const QString &protocol, const QByteArray &body, int status = 200,
                           const QList<qsizetype> &cuts = {}, const base::HttpHeaders &headers = {})
{
    run::BodyDecoder decoder(*llm::providerFor(protocol), true);
    decoder.head({ status, headers });
    llm::Answer answer;
    const auto apply = [&answer](const llm::StreamEvents &events) {
        for (const llm::StreamEvent &event : events)
            answer.apply(event);
    };
    QList<qsizetype> ends = cuts;
    ends.append(body.size());
    qsizetype start = 0;
    for (const qsizetype cut : std::as_const(ends)) {
        apply(decoder.bytes(QByteArrayView(body).sliced(start, cut - start)));
        start = cut;
    }
    apply(decoder.end());
    if (!answer.error)
        answer.error = decoder.incomplete();
    return answer;
}

inline QByteArray json(const llm::Answer &answer)
{
    return QJsonDocument(llm::toJson(answer)).toJson();
}

/// The body's answer, after a check that no split of it into two reads, nor reading byte by byte, changes anything.
inline llm::Answer decodedAnyhow(const QString &protocol, const QByteArray &body, int status = 200)
{
    const llm::Answer whole = decoded(protocol, body, status);
    QList<qsizetype> everyByte;
    for (qsizetype cut = 1; cut < body.size(); ++cut) {
        everyByte.append(cut);
        if (json(decoded(protocol, body, status, { cut })) != json(whole))
            QTest::qFail(qPrintable(QStringLiteral("differs when cut at %1").arg(cut)), __FILE__, __LINE__);
    }
    if (json(decoded(protocol, body, status, everyByte)) != json(whole))
        QTest::qFail("differs byte by byte", __FILE__, __LINE__);
    return whole;
}

/// Each JSON text as one SSE event.
inline QByteArray sse(const QList<QByteArray> &events)
{
    QByteArray body;
    for (const QByteArray &event : events)
        body += "data: " + event + "\n\n";
    return body;
}

inline base::ErrorKind kindOf(const llm::Answer &answer)
{
    return answer.error ? answer.error->kind : base::ErrorKind::Usage;
}

} // namespace talkbench
