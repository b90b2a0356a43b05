#pragma once

#include "core/base/result.h"

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace talkbench::llm {

enum class ReasoningEffort { None, Minimal, Low, Medium, High, XHigh, Max };

QString reasoningEffortName(ReasoningEffort effort); // "none", "minimal", "low", "medium", "high", "xhigh", "max"
std::optional<ReasoningEffort> reasoningEffortFromName(const QString &name);

/// What the answer's text has to be.
struct ResponseFormat {
    enum class Kind { Text, JsonObject, JsonSchema };

    Kind kind = Kind::Text;
    /// JsonSchema only: a name without spaces, and the JSON schema itself.
    QString name;
    QJsonObject schema;

    bool operator==(const ResponseFormat &) const = default;
};

/// A function that the model may ask for. Passed through: Talkbench shows the calls, it doesn't make them.
struct Tool {
    QString name;
    QString description;
    /// A JSON schema of the arguments' object.
    QJsonObject parameters;

    bool operator==(const Tool &) const = default;
};

struct ToolChoice {
    enum class Kind { Auto, None, Required, Named };

    Kind kind = Kind::Auto;
    /// Named only: the tool's name.
    QString name;

    bool operator==(const ToolChoice &) const = default;
};

/// Unset options are not sent. A set one that can't be sent is named in EncodedRequest::unsent.
struct ChatOptions {
    bool stream = true;
    std::optional<double> temperature;
    std::optional<double> topP;
    std::optional<int> maxTokens;
    std::optional<qint64> seed;
    QStringList stop;
    /// How hard to think, and the most tokens to think with. Models know one of the two, or neither.
    std::optional<ReasoningEffort> reasoningEffort;
    std::optional<int> reasoningBudget;
    ResponseFormat responseFormat;
    QList<Tool> tools;
    std::optional<ToolChoice> toolChoice;
    /// The size of the context to load the model with: Ollama's num_ctx.
    std::optional<int> contextTokens;

    bool operator==(const ChatOptions &) const = default;
};

/// What differs from the defaults: {"stream", "temperature", "top_p", "max_tokens", "seed", "stop": […],
/// "reasoning_effort", "reasoning_budget", "response_format": {"type": "json_object" | "json_schema", "name", "schema"},
/// "tools": [{"name", "description", "parameters"}], "tool_choice": {"type", "name"}, "context_tokens"}
QJsonObject toJson(const ChatOptions &options);
ChatOptions chatOptionsFromJson(const QJsonObject &object);

/// A JSON schema as a person writes it; an error says what is no JSON object.
base::Result<QJsonObject> schemaFromText(const QString &text);
QString schemaText(const QJsonObject &schema);

/// Tools as people have them: [{"name", "description", "parameters"}], or any vendor's own shape (OpenAI's
/// {"type": "function", "function": {…}}, Anthropic's "input_schema", Gemini's "functionDeclarations"). Empty: none found.
QList<Tool> toolsFromJson(const QJsonValue &value);

} // namespace talkbench::llm
