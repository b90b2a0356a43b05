#pragma once

#include "core/simulator/chatinput.h"
#include "core/simulator/knobs.h"

namespace talkbench::simulator {

struct ToolCall {
    QString id; ///< unique among an answer's and a server's calls; protocols put their own prefix before it
    QString name;
    QString arguments; ///< a JSON object's text
};

/// The calls that an answer makes: as many as the knob says; else those that the tool choice demands; else the tools of which
/// the prompt speaks. None where there are no tools, or where a tool has just answered.
std::vector<ToolCall> chooseCalls(const ChatInput &input, const Knobs &knobs, quint64 number);

} // namespace talkbench::simulator
