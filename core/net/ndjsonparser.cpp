#include "core/net/ndjsonparser.h"

#include <utility>

namespace talkbench::net {

using namespace Qt::StringLiterals;
using base::Frame;

NdJsonParser::NdJsonParser(const ParserLimits &limits) : m_limits(limits), m_lines(limits.line)
{
}

QList<Frame> NdJsonParser::feed(QByteArrayView bytes)
{
    if (!m_error && !m_lines.feed(bytes, [this](QByteArrayView line) { return takeLine(line); }))
        m_error = tooLargeError(u"line"_s, m_limits.line);
    return std::exchange(m_frames, {});
}

QList<Frame> NdJsonParser::end()
{
    if (!m_error)
        m_lines.end([this](QByteArrayView line) { return takeLine(line); });
    return std::exchange(m_frames, {});
}

bool NdJsonParser::takeLine(QByteArrayView line)
{
    if (std::exchange(m_firstLine, false) && line.startsWith("\xEF\xBB\xBF"))
        line = line.sliced(3);
    if (!line.trimmed().isEmpty())
        m_frames.append({ .kind = Frame::Kind::Event, .name = {}, .data = line.toByteArray() });
    return true;
}

} // namespace talkbench::net
