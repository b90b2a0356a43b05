#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace talkbench::simulator {

struct Turn {
    QString role; ///< system, user, assistant or tool
    QString text;
    int images = 0;
};

struct TextRequest {
    std::vector<Turn> turns;
    quint64 seed = 1;
    QString model;
    int sections = 4; ///< of an ordinary answer
    int tokens = 0; ///< at least so many; 0: as the prompt asks
    bool json = false;
};

/// The answer in markdown: the same for the same request. It looks at the last user turn, quotes and discusses it, knows the turns
/// before it and what a tool answered after it, and makes as much as is asked for ('hi', 'write 500 words', 'a table', 'in Rust', 'a long answer').
QString composeText(const TextRequest &request);

/// Plain prose, as a model thinks aloud, of at least so many tokens.
QString composeReasoning(const TextRequest &request, int tokens);

/// Cuts a text into the simulator's tokens, whose concatenation is the text: a short word with the blank before it, a piece of
/// a long one, a CJK character, a mark.
QStringList tokenize(const QString &text);

/// What the last user turn says, without blanks around it; empty where there is none.
QString lastUserText(const std::vector<Turn> &turns);

/// As chat templates do it: the texts' tokens, a few for each turn, and a good many for each image.
int countPromptTokens(const std::vector<Turn> &turns);

} // namespace talkbench::simulator
