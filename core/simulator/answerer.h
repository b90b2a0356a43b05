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
    Answerer(const Wire &wire, ChatInput input, Script script, const Knobs &knobs, Truth truth, TruthLog &log);

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

    const Knobs m_knobs;
    const ChatInput m_input;
    const Script m_script;
    const Reply m_reply;
    const std::unique_ptr<Framer> m_framer;
    int m_unsentTokens = 0; ///< of pieces whose frames are empty: the next one's count
    Truth m_truth;
    TruthLog &m_log;
    base::SystemClock m_clock;
};

} // namespace talkbench::simulator
