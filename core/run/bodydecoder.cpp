#include "core/run/bodydecoder.h"

#include "core/llm/providers/retryafter.h"
#include "core/llm/providers/servertimings.h"

#include <utility>
#include <variant>

namespace talkbench::run {

using namespace Qt::StringLiterals;
using base::Framing;
using llm::StreamEvents;

namespace {

/// The place of the first byte that is neither a byte order mark nor white space; -1 if there is none yet.
qsizetype firstByte(QByteArrayView bytes)
{
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\xEF' && c != '\xBB' && c != '\xBF')
            return i;
    }
    return -1;
}

QByteArray withoutMark(const QByteArray &body)
{
    return body.startsWith("\xEF\xBB\xBF") ? body.mid(3) : body;
}

} // namespace

BodyDecoder::BodyDecoder(const llm::Provider &provider, bool streamed, qsizetype limit)
    : m_framing(provider.framing()), m_streamed(streamed), m_limit(limit), m_decoder(provider.decoder())
{
}

StreamEvents BodyDecoder::bytes(QByteArrayView bytes)
{
    StreamEvents events;
    m_received += bytes.size();
    if (m_shape == Shape::Refused)
        return events;
    if (m_received > m_limit) {
        refuse(net::tooLargeError(u"answer"_s, m_limit), events);
        return noted(events);
    }
    QByteArray released;
    if (m_shape == Shape::Unknown) {
        m_held.append(bytes);
        const qsizetype first = firstByte(bytes);
        if (first < 0)
            return events;
        m_shape = shapeOf(bytes[first]);
        if (m_shape == Shape::Frames) {
            released = std::exchange(m_held, {});
            bytes = released;
        }
    } else if (m_shape == Shape::Document) {
        m_held.append(bytes);
    }
    if (m_shape == Shape::Frames)
        take(m_framing == Framing::Sse ? m_sse.feed(bytes) : m_ndjson.feed(bytes), events);
    return noted(events);
}

StreamEvents BodyDecoder::end()
{
    StreamEvents events;
    m_badBeforeEnd = m_decoder->badFrames();
    if (m_shape == Shape::Frames) {
        take(m_framing == Framing::Sse ? m_sse.end() : m_ndjson.end(), events);
        events.append(m_decoder->end());
    } else if (m_shape == Shape::Document || m_head.status >= 300) {
        events.append(m_decoder->document(m_head, withoutMark(m_held)));
    }
    m_held.clear();
    return noted(events);
}

std::optional<base::Error> BodyDecoder::incomplete() const
{
    if (m_failed || (m_finished && m_answered))
        return std::nullopt;
    base::Error error;
    error.kind = base::ErrorKind::Truncated;
    error.httpStatus = m_head.status;
    error.message = m_received == 0 ? u"The server closed the connection without an answer."_s
        : m_finished                ? u"The server ended the stream without an answer."_s
        : m_answered                ? u"The answer broke off before its end; what had come is kept."_s
                                    : u"The answer broke off before any of it had come."_s;
    error.detail = m_finished
        ? u"The body of %1 bytes has a terminal event, but no content and no reason to finish."_s.arg(m_received)
        : u"The body ended after %1 bytes without the provider's terminal event."_s.arg(m_received);
    // The last event of a cut stream is half an event; one before it is a protocol error.
    if (m_badBeforeEnd > 0) {
        error.kind = base::ErrorKind::BadEvent;
        error.message = u"The server sent events that this protocol does not know. Is the protocol right?"_s;
    }
    return error;
}

BodyDecoder::Shape BodyDecoder::shapeOf(char firstByte) const
{
    const bool json = firstByte == '{' || firstByte == '[';
    if (m_head.status >= 300 || firstByte == '<')
        return Shape::Document;
    if (json && (m_framing == Framing::Sse || !m_streamed || firstByte == '['))
        return Shape::Document;
    return Shape::Frames;
}

void BodyDecoder::take(const QList<base::Frame> &frames, StreamEvents &events)
{
    for (const base::Frame &frame : frames) {
        events.append(m_decoder->frame(frame));
        m_saidDone = m_saidDone || frame.data.trimmed() == "[DONE]";
    }
    const std::optional<base::Error> &error = m_framing == Framing::Sse ? m_sse.error() : m_ndjson.error();
    if (error)
        refuse(*error, events);
}

void BodyDecoder::refuse(const base::Error &error, StreamEvents &events)
{
    m_shape = Shape::Refused;
    m_held.clear();
    events.append(llm::Failure { error });
}

/// Keeps what incomplete() needs.
StreamEvents BodyDecoder::noted(StreamEvents events)
{
    if (!m_headersRead) {
        m_headersRead = true;
        const llm::ServerInfo said {
            {}, {}, llm::timingsFromHeaders(m_head.headers), llm::rateLimitsFromHeaders(m_head.headers)
        };
        if (!said.timings.isEmpty() || !said.limits.isEmpty())
            events.prepend(said);
    }
    for (llm::StreamEvent &event : events) {
        if (auto *failure = std::get_if<llm::Failure>(&event)) {
            m_failed = true;
            failure->error.httpStatus = m_head.status;
        } else if (const auto *finish = std::get_if<llm::Finish>(&event)) {
            m_finished = true;
            m_answered = m_answered || finish->reason || !finish->raw.isEmpty();
        } else if (!std::holds_alternative<llm::ServerInfo>(event)) {
            m_answered = true;
        }
    }
    return events;
}

} // namespace talkbench::run
