#pragma once

#include "core/simulator/chatinput.h"
#include "core/simulator/models.h"
#include "core/simulator/toolcalls.h"

namespace talkbench::simulator {

/// One chunk of the answer: whole tokens of one block.
struct Piece {
    enum class Kind { Reasoning, Text, Refusal, ToolCall };

    Kind kind = Kind::Text;
    QString text; ///< of a call: a part of its arguments
    int firstToken = 1; ///< counted over the whole answer
    int tokens = 1;
    double delayMs = 0; ///< after the piece before it; the first one's counts from the request
    int call = 0; ///< which of Script::calls
    /// A block is the reasoning, the text, the refusal or one call.
    bool beginsBlock = false;
    bool endsBlock = false;
};

enum class Ending { Stop, StopSequence, Length, ToolCalls, Filter, Refusal };

/// All that will be sent and when: a pure function of the request, the knobs and the number of the request.
struct Script {
    std::vector<Piece> pieces;
    std::vector<ToolCall> calls; ///< those that are begun; the last one's arguments may be cut
    int promptTokens = 0;
    int cacheRead = 0; ///< of the prompt's
    int cacheWrite = 0; ///< of the rest
    int reasoningTokens = 0;
    int answerTokens = 0; ///< all others
    Ending ending = Ending::Stop;
    QString stopSequence;
    double ttftMs = 0;

    QString reasoning() const;
    QString text() const;
    QString refusal() const;
    int outputTokens() const { return reasoningTokens + answerTokens; }
    /// The filter let nothing through.
    bool promptFiltered() const { return ending == Ending::Filter && pieces.empty(); }
};

Script writeScript(const ChatInput &input, const Model &model, const Knobs &knobs, quint64 number);

/// Of the turns and the tools.
int countPromptTokens(const ChatInput &input);

/// Whether this request is to fail.
bool drawError(const Knobs &knobs, quint64 number);

} // namespace talkbench::simulator
