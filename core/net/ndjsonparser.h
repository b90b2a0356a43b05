#pragma once

#include "core/base/frame.h"
#include "core/net/linesplitter.h"
#include "core/net/parserlimits.h"

#include <QList>

#include <optional>

namespace talkbench::net {

/// Newline-delimited JSON, incremental: each line that isn't blank is an Event, the unterminated last one too.
/// Whether a line is JSON is for the decoder to say. Only the line limit applies.
class NdJsonParser final {
public:
    explicit NdJsonParser(const ParserLimits &limits = {});

    /// The frames that these bytes complete. Nothing more comes after an error.
    QList<base::Frame> feed(QByteArrayView bytes);
    /// The body's end: the line it left unterminated.
    QList<base::Frame> end();
    /// Set once a limit is passed.
    const std::optional<base::Error> &error() const { return m_error; }

private:
    bool takeLine(QByteArrayView line);

    ParserLimits m_limits;
    LineSplitter m_lines;
    QList<base::Frame> m_frames;
    std::optional<base::Error> m_error;
    bool m_firstLine = true;
};

} // namespace talkbench::net
