#pragma once

#include "core/base/clock.h"
#include "core/base/http.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QList>
#include <QUrl>

/// What came back, byte for byte: no library's mercy between the test and the wire.
struct RawAnswer {
    enum class End { Whole, Fin, Reset, Timeout };

    int status = 0;
    talkbench::base::HttpHeaders headers;
    QByteArray body; ///< without the chunks' framing
    QList<QByteArray> chunks; ///< as the server framed them
    QList<qint64> readNs; ///< of each read
    QList<qsizetype> readSizes;
    End end = End::Timeout;

    QByteArray header(const char *name) const { return talkbench::base::headerValue(headers, name); }
    QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
    /// The data of each SSE event; [DONE] too.
    QList<QByteArray> events() const;
    /// The JSON of each event or NDJSON line.
    QList<QJsonObject> objects() const;
    QString openAiText(const QString &key = QStringLiteral("content")) const;
    QString ollamaText(const QString &key = QStringLiteral("content")) const;
};

using RawHeaders = QList<std::pair<QByteArray, QByteArray>>;

/// A blocking HTTP/1.1 client on a plain socket, which sees how a connection ends.
class RawClient {
public:
    explicit RawClient(const QUrl &server);
    ~RawClient();
    Q_DISABLE_COPY_MOVE(RawClient)

    RawAnswer get(const QByteArray &path, const RawHeaders &headers = {});
    RawAnswer post(const QByteArray &path, const QJsonObject &body, const RawHeaders &headers = {});
    RawAnswer postBytes(const QByteArray &path, const QByteArray &body, const RawHeaders &headers = {});

    void send(const QByteArray &path, const QByteArray &body, const RawHeaders &headers = {});
    RawAnswer receive();
    /// Waits for bytes, without reading all.
    bool receiveSome();
    void close();

private:
    void sendRaw(const QByteArray &bytes);

    int m_socket = -1;
    talkbench::base::SystemClock m_clock;
};

/// A chat request of one user message.
QJsonObject chatBody(const QString &prompt, bool stream = true, const QString &model = QStringLiteral("sim-small"));
