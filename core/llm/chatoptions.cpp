#include "core/llm/chatoptions.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <array>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array efforts {
    std::pair { ReasoningEffort::None, "none" }, std::pair { ReasoningEffort::Minimal, "minimal" },
    std::pair { ReasoningEffort::Low, "low" },   std::pair { ReasoningEffort::Medium, "medium" },
    std::pair { ReasoningEffort::High, "high" }, std::pair { ReasoningEffort::XHigh, "xhigh" },
    std::pair { ReasoningEffort::Max, "max" },
};
constexpr std::array formats {
    std::pair { ResponseFormat::Kind::Text, "text" },
    std::pair { ResponseFormat::Kind::JsonObject, "json_object" },
    std::pair { ResponseFormat::Kind::JsonSchema, "json_schema" },
};
constexpr std::array choices {
    std::pair { ToolChoice::Kind::Auto, "auto" },
    std::pair { ToolChoice::Kind::None, "none" },
    std::pair { ToolChoice::Kind::Required, "required" },
    std::pair { ToolChoice::Kind::Named, "named" },
};

template <typename T, std::size_t N>
QString nameOf(const std::array<std::pair<T, const char *>, N> &table, T value)
{
    for (const auto &[known, name] : table) {
        if (known == value)
            return QString::fromLatin1(name);
    }
    return {};
}

template <typename T, std::size_t N>
std::optional<T> named(const std::array<std::pair<T, const char *>, N> &table, const QString &name)
{
    for (const auto &[value, known] : table) {
        if (name == QLatin1String(known))
            return value;
    }
    return std::nullopt;
}

template <typename T>
void put(QJsonObject &object, QLatin1String key, const std::optional<T> &value)
{
    if (value)
        object.insert(key, *value);
}

template <typename T>
std::optional<T> number(const QJsonObject &object, QLatin1String key)
{
    const QJsonValue value = object[key];
    return value.isDouble() ? std::optional(static_cast<T>(value.toDouble())) : std::nullopt;
}

QJsonObject toJson(const ResponseFormat &format)
{
    QJsonObject object { { u"type"_s, nameOf(formats, format.kind) } };
    if (format.kind == ResponseFormat::Kind::JsonSchema) {
        object.insert("name"_L1, format.name);
        object.insert("schema"_L1, format.schema);
    }
    return object;
}

ResponseFormat formatFromJson(const QJsonObject &object)
{
    return { named(formats, object["type"_L1].toString()).value_or(ResponseFormat::Kind::Text),
             object["name"_L1].toString(), object["schema"_L1].toObject() };
}

QJsonArray toJson(const QList<Tool> &tools)
{
    QJsonArray array;
    for (const Tool &tool : tools)
        array.append(QJsonObject {
            { u"name"_s, tool.name }, { u"description"_s, tool.description }, { u"parameters"_s, tool.parameters } });
    return array;
}

void appendTools(const QJsonObject &object, QList<Tool> &tools)
{
    for (const QLatin1String list : { "tools"_L1, "functions"_L1, "functionDeclarations"_L1 }) {
        if (object[list].isArray())
            tools.append(toolsFromJson(object[list]));
    }
    const QJsonObject function = object["function"_L1].isObject() ? object["function"_L1].toObject() : object;
    Tool tool { function["name"_L1].toString(), function["description"_L1].toString(), {} };
    for (const QLatin1String key :
         { "parameters"_L1, "input_schema"_L1, "inputSchema"_L1, "parametersJsonSchema"_L1 }) {
        if (tool.parameters.isEmpty())
            tool.parameters = function[key].toObject();
    }
    if (!tool.name.isEmpty())
        tools.append(tool);
}

} // namespace

QString reasoningEffortName(ReasoningEffort effort)
{
    return nameOf(efforts, effort);
}

std::optional<ReasoningEffort> reasoningEffortFromName(const QString &name)
{
    return named(efforts, name);
}

QJsonObject toJson(const ChatOptions &options)
{
    QJsonObject object;
    if (!options.stream)
        object.insert("stream"_L1, false);
    put(object, "temperature"_L1, options.temperature);
    put(object, "top_p"_L1, options.topP);
    put(object, "max_tokens"_L1, options.maxTokens);
    put(object, "seed"_L1, options.seed);
    if (!options.stop.isEmpty())
        object.insert("stop"_L1, QJsonArray::fromStringList(options.stop));
    if (options.reasoningEffort)
        object.insert("reasoning_effort"_L1, reasoningEffortName(*options.reasoningEffort));
    put(object, "reasoning_budget"_L1, options.reasoningBudget);
    if (options.responseFormat.kind != ResponseFormat::Kind::Text)
        object.insert("response_format"_L1, toJson(options.responseFormat));
    if (!options.tools.isEmpty())
        object.insert("tools"_L1, toJson(options.tools));
    if (options.toolChoice)
        object.insert("tool_choice"_L1,
                      QJsonObject { { u"type"_s, nameOf(choices, options.toolChoice->kind) },
                                    { u"name"_s, options.toolChoice->name } });
    put(object, "context_tokens"_L1, options.contextTokens);
    return object;
}

ChatOptions chatOptionsFromJson(const QJsonObject &object)
{
    ChatOptions options;
    options.stream = object["stream"_L1].toBool(true);
    options.temperature = number<double>(object, "temperature"_L1);
    options.topP = number<double>(object, "top_p"_L1);
    options.maxTokens = number<int>(object, "max_tokens"_L1);
    if (object["seed"_L1].isDouble())
        options.seed = object["seed"_L1].toInteger();
    const QJsonArray stop = object["stop"_L1].toArray();
    for (const auto &word : stop)
        options.stop.append(word.toString());
    options.reasoningEffort = reasoningEffortFromName(object["reasoning_effort"_L1].toString());
    options.reasoningBudget = number<int>(object, "reasoning_budget"_L1);
    options.responseFormat = formatFromJson(object["response_format"_L1].toObject());
    options.tools = toolsFromJson(object["tools"_L1]);
    if (const QJsonValue choice = object["tool_choice"_L1]; choice.isObject())
        options.toolChoice = ToolChoice { named(choices, choice["type"_L1].toString()).value_or(ToolChoice::Kind::Auto),
                                          choice["name"_L1].toString() };
    options.contextTokens = number<int>(object, "context_tokens"_L1);
    return options;
}

base::Result<QJsonObject> schemaFromText(const QString &text)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8(), &problem);
    const auto error = [](const QString &message) {
        return base::Error { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
    };
    if (text.trimmed().isEmpty())
        return error(u"the schema is empty"_s);
    if (problem.error != QJsonParseError::NoError)
        return error(u"%1 at character %2"_s.arg(problem.errorString()).arg(problem.offset));
    if (!document.isObject())
        return error(u"a schema is a JSON object"_s);
    return document.object();
}

QString schemaText(const QJsonObject &schema)
{
    return QString::fromUtf8(QJsonDocument(schema).toJson(QJsonDocument::Indented)).trimmed();
}

QList<Tool> toolsFromJson(const QJsonValue &value)
{
    QList<Tool> tools;
    if (value.isObject())
        appendTools(value.toObject(), tools);
    const QJsonArray array = value.toArray();
    for (const auto &one : array)
        appendTools(one.toObject(), tools);
    return tools;
}

} // namespace talkbench::llm
