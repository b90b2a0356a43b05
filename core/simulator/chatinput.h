#pragma once

#include "core/simulator/simulatortext.h"

#include <QJsonObject>
#include <QStringList>

#include <optional>
#include <vector>

namespace talkbench::simulator {

struct Tool {
    QString name;
    QString description;
    QJsonObject parameters; ///< a JSON schema
};

enum class ToolChoice { Auto, None, Required };

/// A chat request, whatever protocol it came in.
struct ChatInput {
    QString model;
    std::vector<Turn> turns;
    bool stream = false;
    bool includeUsage = false;
    bool jsonArray = false; ///< Gemini without `alt=sse`: the stream is one array
    std::optional<bool> think; ///< unset: as the model does
    bool thinksByItself = true; ///< without being asked, if it is such a model
    bool showThoughts = true; ///< they are sent, not only counted
    bool json = false;
    QJsonObject schema; ///< of the JSON; empty: any object
    std::optional<int> maxTokens;
    std::optional<quint64> seed; ///< of the text
    QStringList stops;
    std::vector<Tool> tools;
    ToolChoice toolChoice = ToolChoice::Auto;
    QString onlyTool; ///< the one that must be called
    bool parallelTools = true;
    QJsonObject body; ///< the request's own words, for the protocols that repeat some
};

} // namespace talkbench::simulator
