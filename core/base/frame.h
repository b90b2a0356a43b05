#pragma once

#include <QByteArray>

namespace talkbench::base {

/// How a response body is cut into frames.
enum class Framing { Sse, NdJson };

/// One unit of a streamed body: what the parsers in net make and the decoders in llm take.
struct Frame {
    enum class Kind {
        Event, ///< an SSE event's joined data, or one NDJSON line
        Comment, ///< an SSE comment (keep-alive)
        Stray, ///< a line that is neither a field nor a comment, such as a bare JSON error after SSE events
    };

    Kind kind = Kind::Event;
    /// SSE `event:` name, empty where none was sent.
    QByteArray name;
    QByteArray data;

    bool operator==(const Frame &) const = default;
};

} // namespace talkbench::base
