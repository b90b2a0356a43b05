#include "core/net/sseparser.h"

#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using base::Frame;

SseParser::SseParser(const ParserLimits &limits) : m_limits(limits), m_lines(limits.line)
{
}

QList<Frame> SseParser::feed(QByteArrayView bytes)
{
    if (!m_error && !m_lines.feed(bytes, [this](QByteArrayView line) { return takeLine(line); }))
        fail(u"line"_s, m_limits.line);
    return std::exchange(m_frames, {});
}

QList<Frame> SseParser::end()
{
    if (!m_error && m_lines.end([this](QByteArrayView line) { return takeLine(line); }))
        dispatch();
    return std::exchange(m_frames, {});
}

bool SseParser::takeLine(QByteArrayView line)
{
    if (std::exchange(m_firstLine, false) && line.startsWith("\xEF\xBB\xBF"))
        line = line.sliced(3);
    if (line.isEmpty()) {
        dispatch();
        return true;
    }
    const qsizetype colon = line.indexOf(':');
    QByteArrayView value = colon < 0 ? QByteArrayView() : line.sliced(colon + 1);
    if (value.startsWith(' '))
        value = value.sliced(1);
    if (colon == 0) {
        m_frames.append({ .kind = Frame::Kind::Comment, .name = {}, .data = value.toByteArray() });
        return true;
    }
    return takeField(colon < 0 ? line : line.first(colon), value, line);
}

bool SseParser::takeField(QByteArrayView name, QByteArrayView value, QByteArrayView line)
{
    const bool isData = name == "data";
    const bool isEvent = !isData && name == "event";
    if (!isData && !isEvent && name != "id" && name != "retry")
        return join(m_stray, line);
    flushStray();
    if (isData)
        return join(m_data, value);
    if (isEvent)
        m_name = value.toByteArray();
    return true;
}

bool SseParser::join(std::optional<QByteArray> &text, QByteArrayView line)
{
    if (line.size() + (text ? text->size() + 1 : 0) > m_limits.event) {
        fail(u"event"_s, m_limits.event);
        return false;
    }
    if (text)
        text->append('\n').append(line);
    else
        text = line.toByteArray();
    return true;
}

void SseParser::dispatch()
{
    if (m_data)
        m_frames.append({ .kind = Frame::Kind::Event, .name = std::move(m_name), .data = *std::move(m_data) });
    m_name.clear();
    m_data.reset();
    flushStray();
}

void SseParser::flushStray()
{
    if (m_stray)
        m_frames.append({ .kind = Frame::Kind::Stray, .name = {}, .data = *std::move(m_stray) });
    m_stray.reset();
}

void SseParser::fail(const QString &part, qsizetype limit)
{
    if (!m_error)
        m_error = tooLargeError(part, limit);
}

} // namespace talkbench::net
