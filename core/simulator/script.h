#pragma once

#include "core/simulator/models.h"
#include "core/simulator/simulatortext.h"

#include <QStringList>

#include <vector>

namespace talkbench::simulator {

/// A chat request, whatever protocol it came in.
struct ChatInput {
    QString model;
    std::vector<Turn> turns;
    bool stream = false;
    bool includeUsage = false;
    bool think = true;
    bool json = false;
    std::optional<int> maxTokens;
    std::optional<quint64> seed; ///< of the text
    QStringList stops;
};

/// One chunk of the answer: whole tokens of one kind.
struct Piece {
    enum class Kind { Reasoning, Text };

    Kind kind = Kind::Text;
    QString text;
    int firstToken = 1; ///< counted over the whole answer
    int tokens = 1;
    double delayMs = 0; ///< after the piece before it; the first one's counts from the request
};

/// All that will be sent and when: a pure function of the request, the knobs and the number of the request.
struct Script {
    std::vector<Piece> pieces;
    int promptTokens = 0;
    int reasoningTokens = 0;
    int textTokens = 0;
    bool cutByLength = false;
    double ttftMs = 0;

    QString reasoning() const;
    QString text() const;
};

Script writeScript(const ChatInput &input, const Model &model, const Knobs &knobs, quint64 number);

/// Whether this request is to fail.
bool drawError(const Knobs &knobs, quint64 number);

} // namespace talkbench::simulator
