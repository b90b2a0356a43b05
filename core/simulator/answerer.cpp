#include "core/simulator/answerer.h"

#include <algorithm>
#include <utility>

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

/// The middle of a frame's first line of data.
qsizetype middleOfJson(const QByteArray &frame)
{
    const qsizetype start = std::max<qsizetype>(0, frame.indexOf('{'));
    const qsizetype end = frame.indexOf('\n', start);
    return (start + (end < 0 ? frame.size() : end)) / 2;
}

double totalMs(const Script &script)
{
    double sum = script.pieces.empty() ? script.ttftMs : 0;
    for (const Piece &piece : script.pieces)
        sum += piece.delayMs;
    return sum;
}

} // namespace

Answerer::Answerer(const Wire &wire, ChatInput input, Script script, const Knobs &knobs, Truth truth, TruthLog &log)
    : m_knobs(knobs), m_input(std::move(input)),
      m_script(std::move(script)), m_reply { truth.id, m_input.model, base::SystemClock().wallMs() / 1000, knobs.crlf,
                                             m_input.includeUsage && !knobs.noUsage },
      m_framer(wire.framer(m_reply, m_input, m_script)), m_truth(std::move(truth)), m_log(log)
{
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
    const auto self = shared_from_this();
    if (m_input.stream) {
        out.contentType = m_framer->type();
        out.headers.emplaceBack("Cache-Control", "no-cache");
        out.body = [self](ClientLink &link) { return self->stream(link); };
        return out;
    }
    const ServerTimes planned { static_cast<qint64>(totalMs(m_script) * 1e6),
                                static_cast<qint64>(m_script.ttftMs * 1e6),
                                static_cast<qint64>((totalMs(m_script) - m_script.ttftMs) * 1e6) };
    const QByteArray body = m_framer->whole(planned);
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
    m_truth.chunks.push_back({ m_clock.nowNs(), static_cast<int>(body.size()), m_script.outputTokens() });
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
    const QByteArray ending = m_framer->ending(times());
    const QByteArray done = m_knobs.noDone ? QByteArray() : m_framer->done(times());
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
        for (int i = 1; i * m_knobs.waitCommentsMs < firstMs; ++i) {
            if (!link.waitUntil(deadlineAfter(i * m_knobs.waitCommentsMs)) || !link.write(m_framer->comment()))
                return false;
        }
    }
    if (!link.waitUntil(deadlineAfter(firstMs)))
        return false;
    const QByteArray opening = m_framer->opening();
    return opening.isEmpty() || link.write(opening);
}

bool Answerer::sendPieces(ClientLink &link)
{
    double elapsedMs = 0;
    int chunk = 0;
    for (const Piece &piece : m_script.pieces) {
        elapsedMs += piece.delayMs;
        if (!link.waitUntil(deadlineAfter(elapsedMs)))
            return false;
        const QByteArray frame = m_framer->piece(piece);
        if (cutBefore(piece.firstToken + piece.tokens - 1))
            return breakOff(link, frame);
        m_unsentTokens += piece.tokens;
        if (!frame.isEmpty() && !sendContent(link, frame, std::exchange(m_unsentTokens, 0)))
            return false;
        if (!sendKeepAlives(link, ++chunk))
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
    if (m_knobs.comments > 0 && chunk % m_knobs.comments == 0 && !link.write(m_framer->comment()))
        return false;
    return m_knobs.pings <= 0 || chunk % m_knobs.pings != 0 || link.write(m_framer->ping());
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
        link.write(next.left(middleOfJson(next)));
        break;
    case Cut::Kind::Rst:
        link.resetOnClose();
        break;
    case Cut::Kind::Error:
        link.write(m_framer->streamError());
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
