#include "core/run/attempt.h"

#include "core/llm/providers/servererror.h"
#include "core/run/fetch.h"
#include "core/run/redirect.h"

#include <algorithm>
#include <utility>

namespace talkbench::run {

using namespace Qt::StringLiterals;

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>; // clang before 17 needs it

/// The part of an event that counts as content.
struct Content {
    profile::ChunkKind kind = profile::ChunkKind::Text;
    QString text;
    bool present = false;
};

Content contentOf(const llm::StreamEvent &event)
{
    using profile::ChunkKind;
    return std::visit(Overloaded {
                          [](const llm::TextDelta &delta) {
                              return Content { ChunkKind::Text, delta.text, !delta.text.isEmpty() };
                          },
                          [](const llm::RefusalDelta &delta) {
                              return Content { ChunkKind::Text, delta.text, !delta.text.isEmpty() };
                          },
                          [](const llm::ReasoningDelta &delta) {
                              return Content { ChunkKind::Reasoning, delta.text, !delta.text.isEmpty() };
                          },
                          [](const llm::ToolCallDelta &delta) {
                              const QString text = delta.name + delta.arguments;
                              return Content { ChunkKind::ToolCall, text, !text.isEmpty() };
                          },
                          [](const auto &) { return Content {}; },
                      },
                      event);
}

} // namespace

Attempt::Attempt(const llm::Provider &provider, bool streamed, const profile::Trace &trace)
    : m_protocol(provider.protocol()), m_decoder(provider, streamed), m_trace(trace)
{
}

Attempt::~Attempt() = default;

void Attempt::start(net::HttpTransport &transport, const base::HttpRequest &request, const net::TransportLimits &limits,
                    const base::Clock &clock, Scheduler &scheduler)
{
    m_scheduler = &scheduler;
    m_url = request.url;
    m_bodyBytes = request.body.size();
    m_sentKey = std::any_of(request.headers.cbegin(), request.headers.cend(),
                            [](const auto &header) { return base::carriesKey(header.first); });
    m_trace.dispatchedNs = clock.nowNs();
    m_transfer = transport.start(request, limits);
    connect(m_transfer.get(), &net::Transfer::phase, this, &Attempt::onPhase);
    connect(m_transfer.get(), &net::Transfer::head, this, &Attempt::onHead);
    connect(m_transfer.get(), &net::Transfer::bytes, this, &Attempt::onBytes);
    connect(m_transfer.get(), &net::Transfer::finished, this, &Attempt::onFinished);
}

void Attempt::abort(const base::Error &error, qint64 ns)
{
    if (m_transfer && complete()) {
        endComplete();
        return;
    }
    dropTransfer();
    finish(error, ns);
}

void Attempt::dropTransfer()
{
    if (!m_transfer)
        return;
    m_transfer->disconnect(this);
    m_transfer.reset();
    take(m_decoder.end(), m_lastBytesNs);
}

/// The answer ended with its last bytes, whenever the connection would.
void Attempt::endComplete()
{
    dropTransfer();
    finish(verdict(std::nullopt), m_lastBytesNs);
}

std::optional<qint64> Attempt::tokensUsed() const
{
    if (m_answer.usage)
        return m_answer.usage->inputTotal() + m_answer.usage->outputTotal();
    const bool neverSent = m_trace.sentNs == 0 && m_trace.headersNs == 0;
    if (neverSent || m_trace.httpStatus >= 300)
        return 0;
    return std::nullopt;
}

std::optional<bool> Attempt::shouldRetry() const
{
    const QByteArray said = base::headerValue(m_head.headers, "x-should-retry").trimmed().toLower();
    if (said == "true" || said == "false")
        return said == "true";
    return std::nullopt;
}

void Attempt::onPhase(net::Phase phase, qint64 ns)
{
    stamp(m_trace, phase, ns);
    if (phase == net::Phase::Sent)
        m_trace.bytesSent = m_bodyBytes;
    Q_EMIT stamped();
}

void Attempt::onHead(const base::HttpHead &head, qint64 ns)
{
    m_head = head;
    m_trace.headersNs = ns;
    m_trace.httpStatus = head.status;
    m_trace.bytesSent = m_bodyBytes;
    m_decoder.head(head);
    Q_EMIT stamped();
}

void Attempt::onBytes(const QByteArray &bytes, qint64 ns)
{
    if (m_trace.firstByteNs == 0)
        m_trace.firstByteNs = ns;
    m_trace.bytesReceived += bytes.size();
    m_lastBytesNs = ns;
    take(m_decoder.bytes(bytes), ns);
    if (m_answer.error
        && (m_answer.error->kind == base::ErrorKind::TooLarge || m_answer.error->kind == base::ErrorKind::NotJson))
        onFinished(std::nullopt, ns); // nothing that follows can be of use
    if (complete())
        linger();
}

void Attempt::linger()
{
    const qint64 ms = m_answer.usage || m_decoder.saidDone() ? lingerMs : usageLingerMs;
    if (std::exchange(m_lingersMs, ms) == ms)
        return;
    m_lingerTimer = std::make_unique<QObject>();
    m_scheduler->after(ms, m_lingerTimer.get(), [this] {
        m_lingerTimer.release()->deleteLater(); // its own call is running
        if (m_transfer)
            endComplete();
    });
}

void Attempt::take(const llm::StreamEvents &events, qint64 ns)
{
    QString text;
    QString reasoning;
    QList<profile::ChunkStamp> chunks;
    for (const llm::StreamEvent &event : events) {
        m_answer.apply(event);
        const Content content = contentOf(event);
        if (!content.present)
            continue;
        chunks.append({ ns, static_cast<quint32>(content.text.size()), content.kind });
        if (content.kind == profile::ChunkKind::Text)
            text += content.text;
        else if (content.kind == profile::ChunkKind::Reasoning)
            reasoning += content.text;
        if (m_trace.firstContentNs == 0)
            m_trace.firstContentNs = ns;
        if (m_trace.firstOutputNs == 0 && content.kind != profile::ChunkKind::Reasoning)
            m_trace.firstOutputNs = ns;
        m_trace.lastContentNs = ns;
    }
    if (chunks.isEmpty())
        return;
    m_trace.chunks.append(chunks);
    Q_EMIT content(text, reasoning, chunks);
}

void Attempt::onFinished(const std::optional<base::Error> &error, qint64 ns)
{
    m_transfer->disconnect(this);
    m_transfer.release()->deleteLater(); // it is the sender
    take(m_decoder.end(), m_lastBytesNs != 0 ? m_lastBytesNs : ns);
    finish(verdict(error), ns);
}

void Attempt::finish(const std::optional<base::Error> &error, qint64 ns)
{
    m_trace.endNs = ns;
    m_answer.error = error;
    if (const int bad = m_decoder.badFrames(); bad > 0)
        m_trace.decisions.append({ u"stream"_s, u"events that could not be read, left out: %1"_s.arg(bad) });
    Q_EMIT finished();
}

/// The provider's terminal event makes an answer complete, whatever the socket says afterwards; without one it is not.
std::optional<base::Error> Attempt::verdict(const std::optional<base::Error> &transportError) const
{
    using base::ErrorKind;
    if (transportError && transportError->kind == ErrorKind::Proxy) // a 407 is the proxy's answer, not the provider's
        return transportError;
    if (m_head.status >= 300 && m_head.status < 400)
        return redirectError(m_head, m_url, m_protocol);
    if (m_answer.error)
        return m_answer.error->kind == ErrorKind::Auth && !m_sentKey ? llm::withoutKey(*m_answer.error)
                                                                     : m_answer.error;
    if (m_head.status >= 400) {
        return base::Error { m_head.status >= 500 ? ErrorKind::Server : ErrorKind::InvalidRequest,
                             u"The server answered with HTTP status %1."_s.arg(m_head.status),
                             {},
                             m_head.status,
                             {} };
    }
    const auto missing = m_decoder.incomplete();
    return missing && transportError ? transportError : missing;
}

} // namespace talkbench::run
