#pragma once

#include "core/base/frame.h"
#include "core/net/linesplitter.h"
#include "core/net/parserlimits.h"

#include <QList>

#include <optional>

namespace talkbench::net {

/// Server-sent events (WHATWG HTML, "Interpreting an event stream"), incremental. Where servers depart from the
/// standard it keeps what they sent: comments are frames, for their time counts; lines that are no field are Stray,
/// consecutive ones joined; the last event needs no blank line. `id` and `retry` are of no use here and ignored.
class SseParser final {
public:
    explicit SseParser(const ParserLimits &limits = {});

    /// The frames that these bytes complete. Nothing more comes after an error.
    QList<base::Frame> feed(QByteArrayView bytes);
    /// The body's end: what it left unterminated.
    QList<base::Frame> end();
    /// Set once a limit is passed.
    const std::optional<base::Error> &error() const { return m_error; }

private:
    bool takeLine(QByteArrayView line);
    bool takeField(QByteArrayView name, QByteArrayView value, QByteArrayView line);
    bool join(std::optional<QByteArray> &text, QByteArrayView line);
    void dispatch();
    void flushStray();
    void fail(const QString &part, qsizetype limit);

    ParserLimits m_limits;
    LineSplitter m_lines;
    QList<base::Frame> m_frames;
    QByteArray m_name;
    std::optional<QByteArray> m_data;
    std::optional<QByteArray> m_stray;
    std::optional<base::Error> m_error;
    bool m_firstLine = true;
};

} // namespace talkbench::net
