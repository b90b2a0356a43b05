#pragma once

#include "core/base/result.h"
#include "core/simulator/knobs.h"

#include <QUrl>

#include <memory>

namespace talkbench::simulator {

/// The loopback server. start() returns once it listens; its threads are its own. Destroying it closes every connection.
///
/// It speaks OpenAI's chat completions and Responses, Azure's deployments, Anthropic's Messages, Google's Gemini and Ollama's own API, and
/// OpenAI's and Anthropic's batches; routes.cpp has the table of addresses. GET /sim/requests gives how many chats it has been asked for,
/// those of batches included. The header `x-sim-id` of an answer (the answer's own id too, where its protocol has one) names it
/// for GET /sim/truth/<id>, which gives, once the answer has ended: {id, number, model, request_received_ns, headers_ns,
/// chunks: [{ns, bytes, tokens}], end_ns, complete}, in base::Clock's nanoseconds; a chunk is one frame with reasoning, text or a part of
/// a tool call, stamped just before its last byte is written. The newest 20,000 are kept.
class Simulator {
public:
    explicit Simulator(Knobs knobs);
    ~Simulator();

    /// Port 0: any free one. Loopback only. Gives the server's root, such as http://127.0.0.1:8089.
    base::Result<QUrl> start(quint16 port = 0);
    /// Ends every stream at once. A simulator that was stopped stays so.
    void stop();

private:
    class Server;
    std::unique_ptr<Server> m_server;
};

} // namespace talkbench::simulator
