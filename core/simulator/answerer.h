#pragma once

#include "core/base/clock.h"
#include "core/simulator/httpserver.h"
#include "core/simulator/truthlog.h"
#include "core/simulator/wire.h"

#include <memory>

namespace talkbench::simulator {

/// Sends one answer: its script through a wire, paced by deadlines, with the faults the knobs ask for, every chunk stamped.
class Answerer : public std::enable_shared_from_this<Answerer> {
public:
    Answerer(const Wire &wire, const ChatInput &input, const Knobs &knobs, Truth truth, TruthLog &log);

    /// Waits for the first token's time.
    void awaitFirst(ClientLink &link) const;

    HttpOut answer();

private:
    bool stream(ClientLink &link);
    bool whole(ClientLink &link, const QByteArray &body);
    bool sendPieces(ClientLink &link);
    bool sendKeepAlives(ClientLink &link, int chunk) const;
    bool waitForFirst(ClientLink &link) const;
    bool sendContent(ClientLink &link, const QByteArray &frame, int tokens);
    /// Breaks off as the cut says; what follows the last whole chunk, for half of it.
    bool breakOff(ClientLink &link, const QByteArray &next);
    bool cutBefore(int token) const;
    void close(bool complete);
    qint64 deadlineAfter(double ms) const;
    ServerTimes times() const;

    const Wire &m_wire;
    const Knobs m_knobs;
    const Script m_script;
    const bool m_streaming;
    Reply m_reply;
    Truth m_truth;
    TruthLog &m_log;
    base::SystemClock m_clock;
};

} // namespace talkbench::simulator
