#pragma once

#include "core/base/http.h"
#include "core/llm/provider.h"
#include "core/net/ndjsonparser.h"
#include "core/net/sseparser.h"

#include <QByteArray>

#include <memory>
#include <optional>

namespace talkbench::run {

/// One response body to events: looks what it is (a stream, a whole JSON document, an error's body; the content type is
/// not trusted), cuts it into frames and has the protocol's decoder read them. The live call and `talkbench decode` use
/// the same one. head(), then bytes() any number of times, then end(), then incomplete().
class BodyDecoder final {
public:
    /// A body larger than this ends in ErrorKind::TooLarge.
    static constexpr qsizetype standardLimit = qsizetype(256) << 20;

    /// `streamed`: what was asked for. Errors quote the server: llm::withoutSecrets() is the caller's.
    BodyDecoder(const llm::Provider &provider, bool streamed, qsizetype limit = standardLimit);

    void head(const base::HttpHead &head) { m_head = head; }
    llm::StreamEvents bytes(QByteArrayView bytes);
    /// The body has ended, well or not: what was held back comes out.
    llm::StreamEvents end();
    /// After end(): ErrorKind::Truncated (or BadEvent, where events could not be read) if neither a terminal event nor an
    /// error has come, or nothing but a terminal event: no content, no reason to finish. The partial answer stays what it
    /// is. A transport's own error says more and goes before this one.
    std::optional<base::Error> incomplete() const;

    /// The stream has said itself that nothing follows: "[DONE]".
    bool saidDone() const { return m_saidDone; }
    /// After end(): frames that the protocol has no place for. The half of one that a cut stream ends with isn't counted.
    int badFrames() const { return m_badBeforeEnd; }

private:
    enum class Shape { Unknown, Frames, Document, Refused };

    Shape shapeOf(char firstByte) const;
    void take(const QList<base::Frame> &frames, llm::StreamEvents &events);
    void refuse(const base::Error &error, llm::StreamEvents &events);
    llm::StreamEvents noted(llm::StreamEvents events);

    base::Framing m_framing;
    bool m_streamed;
    qsizetype m_limit;
    std::unique_ptr<llm::Decoder> m_decoder;
    base::HttpHead m_head;
    Shape m_shape = Shape::Unknown;
    /// Until the shape is known, all there is; of a document, all of it.
    QByteArray m_held;
    net::SseParser m_sse;
    net::NdJsonParser m_ndjson;
    qsizetype m_received = 0;
    int m_badBeforeEnd = 0;
    bool m_headersRead = false;
    bool m_saidDone = false;
    bool m_failed = false;
    bool m_finished = false;
    bool m_answered = false;
};

} // namespace talkbench::run
