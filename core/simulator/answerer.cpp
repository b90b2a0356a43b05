#include "core/simulator/answerer.h"

namespace talkbench::simulator {

namespace {

/// Between the halves of a split character, so that they arrive apart.
constexpr qint64 splitPauseNs = 2'000'000;

/// The place inside the first character of several bytes, -1 where there is none.
qsizetype insideCharacter(const QByteArray &bytes)
{
    for (qsizetype i = 0; i + 1 < bytes.size(); ++i) {
        if (static_cast<unsigned char>(bytes[i]) >= 0xc0)
            return i + 1;
    }
    return -1;
}

double totalMs(const Script &script)
{
    double sum = script.pieces.empty() ? script.ttftMs : 0;
    for (const Piece &piece : script.pieces)
        sum += piece.delayMs;
    return sum;
}

} // namespace

Answerer::Answerer(const Wire &wire, const ChatInput &input, const Knobs &knobs, Truth truth, TruthLog &log)
    : m_wire(wire), m_knobs(knobs), m_script(writeScript(input, *modelByName(input.model), knobs, truth.number)),
      m_streaming(input.stream), m_truth(std::move(truth)), m_log(log)
{
    m_reply.id = m_truth.id;
    m_reply.model = input.model;
    m_reply.createdS = m_clock.wallMs() / 1000;
    m_reply.crlf = knobs.crlf;
    m_reply.usage = !knobs.noUsage && (input.includeUsage || !input.stream);
    m_reply.nullUsage = m_reply.usage && input.stream;
    m_truth.chunks.reserve(m_script.pieces.size());
}

void Answerer::awaitFirst(ClientLink &link) const
{
    link.waitUntil(deadlineAfter(m_script.ttftMs));
}

HttpOut Answerer::answer()
{
    m_truth.headersNs = m_clock.nowNs(); // they leave as soon as this returns
    HttpOut out;
    out.headers = { { "x-sim-id", m_truth.id }, { "x-request-id", m_truth.id } };
    const auto self = shared_from_this();
    if (m_streaming) {
        out.contentType = m_wire.streamType();
        out.headers.emplaceBack("Cache-Control", "no-cache");
        out.body = [self](ClientLink &link) { return self->stream(link); };
        return out;
    }
    const ServerTimes planned { static_cast<qint64>(totalMs(m_script) * 1e6),
                                static_cast<qint64>(m_script.ttftMs * 1e6),
                                static_cast<qint64>((totalMs(m_script) - m_script.ttftMs) * 1e6) };
    const QByteArray body = m_wire.whole(m_reply, m_script, planned);
    out.length = body.size();
    out.body = [self, body](ClientLink &link) { return self->whole(link, body); };
    return out;
}

bool Answerer::whole(ClientLink &link, const QByteArray &body)
{
    if (!link.waitUntil(deadlineAfter(totalMs(m_script)))) {
        close(false);
        return false;
    }
    if (m_knobs.cut.kind != Cut::Kind::None) {
        close(false);
        link.write(body.left(body.size() / 2));
        if (m_knobs.cut.kind == Cut::Kind::Rst)
            link.resetOnClose();
        return false;
    }
    m_truth.chunks.push_back(
        { m_clock.nowNs(), static_cast<int>(body.size()), m_script.reasoningTokens + m_script.textTokens });
    close(true);
    return link.write(body);
}

bool Answerer::stream(ClientLink &link)
{
    if (!waitForFirst(link) || !sendPieces(link)) {
        if (m_truth.endNs == 0)
            close(false);
        return false;
    }
    const QByteArray ending = m_wire.ending(m_reply, m_script, times());
    const QByteArray done = m_knobs.noDone ? QByteArray() : m_wire.done(m_reply, m_script, times());
    if (m_knobs.cut.kind != Cut::Kind::None)
        return breakOff(link, ending + done);
    close(true); // before the last write: who has read the end finds the stamps
    if (!ending.isEmpty() && !link.write(ending))
        return false;
    if (!done.isEmpty() && !link.write(done))
        return false;
    link.finish();
    return true;
}

bool Answerer::waitForFirst(ClientLink &link) const
{
    const double firstMs = m_script.pieces.empty() ? m_script.ttftMs : m_script.pieces.front().delayMs;
    if (m_knobs.waitCommentsMs > 0) {
        for (double ms = m_knobs.waitCommentsMs; ms < firstMs; ms += m_knobs.waitCommentsMs) {
            if (!link.waitUntil(deadlineAfter(ms)) || !link.write(m_wire.comment(m_reply)))
                return false;
        }
    }
    if (!link.waitUntil(deadlineAfter(firstMs)))
        return false;
    const QByteArray opening = m_wire.opening(m_reply);
    return opening.isEmpty() || link.write(opening);
}

bool Answerer::sendPieces(ClientLink &link)
{
    double elapsedMs = 0;
    int chunk = 0;
    for (const Piece &piece : m_script.pieces) {
        elapsedMs += piece.delayMs;
        if (cutBefore(piece.firstToken + piece.tokens - 1))
            return breakOff(link, m_wire.piece(m_reply, piece));
        if (!link.waitUntil(deadlineAfter(elapsedMs)))
            return false;
        if (!sendContent(link, m_wire.piece(m_reply, piece), piece.tokens) || !sendKeepAlives(link, ++chunk))
            return false;
    }
    return true;
}

bool Answerer::sendContent(ClientLink &link, const QByteArray &frame, int tokens)
{
    QByteArray rest = frame;
    if (const qsizetype at = m_knobs.splitUtf8 ? insideCharacter(frame) : -1; at > 0) {
        if (!link.write(frame.left(at)) || !link.waitUntil(m_clock.nowNs() + splitPauseNs))
            return false;
        rest = frame.mid(at);
    }
    m_truth.chunks.push_back({ m_clock.nowNs(), static_cast<int>(frame.size()), tokens });
    return link.write(rest);
}

bool Answerer::sendKeepAlives(ClientLink &link, int chunk) const
{
    if (m_knobs.comments > 0 && chunk % m_knobs.comments == 0 && !link.write(m_wire.comment(m_reply)))
        return false;
    return m_knobs.pings <= 0 || chunk % m_knobs.pings != 0 || link.write(m_wire.ping(m_reply));
}

bool Answerer::cutBefore(int token) const
{
    return m_knobs.cut.kind != Cut::Kind::None && token > m_knobs.cut.token;
}

bool Answerer::breakOff(ClientLink &link, const QByteArray &next)
{
    close(false);
    switch (m_knobs.cut.kind) {
    case Cut::Kind::HalfJson:
        link.write(next.left(next.size() / 2));
        break;
    case Cut::Kind::Rst:
        link.resetOnClose();
        break;
    case Cut::Kind::Error:
        link.write(m_wire.streamError(m_reply));
        link.finish();
        return true;
    case Cut::Kind::Fin:
    case Cut::Kind::None:
        break;
    }
    return false;
}

void Answerer::close(bool complete)
{
    m_truth.endNs = m_clock.nowNs();
    m_truth.complete = complete;
    m_log.add(m_truth);
}

qint64 Answerer::deadlineAfter(double ms) const
{
    return m_truth.requestReceivedNs + static_cast<qint64>(ms * 1e6);
}

ServerTimes Answerer::times() const
{
    ServerTimes times;
    times.totalNs = m_clock.nowNs() - m_truth.requestReceivedNs;
    times.promptNs = static_cast<qint64>(m_script.ttftMs * 1e6);
    if (!m_truth.chunks.empty())
        times.answerNs = m_truth.chunks.back().ns - m_truth.chunks.front().ns;
    return times;
}

} // namespace talkbench::simulator
