#pragma once

#include "core/simulator/wire.h"

namespace talkbench::simulator {

/// The protocols, one of each.
struct Wires {
    const std::unique_ptr<Wire> openAi = openAiWire();
    const std::unique_ptr<Wire> responses = responsesWire();
    const std::unique_ptr<Wire> azure = azureWire();
    const std::unique_ptr<Wire> anthropic = anthropicWire();
    const std::unique_ptr<Wire> gemini = geminiWire();
    const std::unique_ptr<Wire> ollama = ollamaWire();
};

class BatchDesk;
struct Knobs;
using DeskAction = Told (BatchDesk::*)(const Asked &asked, const Knobs &knobs);

/// Where a request leads.
struct Place {
    const Wire &wire; ///< for an unknown address: the one whose errors its client would understand
    Told (*tell)(const Wire &wire, const Asked &asked) = nullptr;
    DeskAction desk = nullptr; ///< null as `tell` is: a chat
    QByteArray name; ///< the model, deployment, file or batch in the path
    int problem = 0; ///< 404 or 405, else 0
};

/// By the table of addresses in routes.cpp.
Place placeOf(const HttpIn &in, const Wires &wires);

} // namespace talkbench::simulator
