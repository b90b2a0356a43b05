#include "core/simulator/toolcalls.h"

#include "core/simulator/schemavalue.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::simulator {

namespace {

constexpr std::size_t mostCalls = 64;

/// get_currentWeather → current, weather: what a prompt would say.
QStringList nounsOf(const QString &name)
{
    static const QRegularExpression humps(u"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+"_s);
    static const QStringList verbs { u"get"_s,  u"set"_s, u"fetch"_s,   u"find"_s, u"lookup"_s,  u"look"_s, u"up"_s,
                                     u"read"_s, u"run"_s, u"do"_s,      u"call"_s, u"tool"_s,    u"the"_s,  u"for"_s,
                                     u"and"_s,  u"by"_s,  u"current"_s, u"list"_s, u"function"_s };
    QStringList nouns;
    const QStringList words = name.split(humps, Qt::SkipEmptyParts);
    for (const QString &word : words) {
        if (word.size() > 2 && !verbs.contains(word.toLower()))
            nouns << word.toLower();
    }
    return nouns;
}

bool speaksOf(const QString &prompt, const Tool &tool)
{
    const QString lower = prompt.toLower();
    const QStringList nouns = nounsOf(tool.name);
    return lower.contains(tool.name.toLower())
        || std::any_of(nouns.begin(), nouns.end(), [&](const QString &noun) { return lower.contains(noun); });
}

bool asksForATool(const QString &prompt)
{
    static const QRegularExpression words(u"\\b(tools?|function call|call a function)\\b"_s,
                                          QRegularExpression::CaseInsensitiveOption);
    return words.match(prompt).hasMatch();
}

std::vector<const Tool *> mentioned(const ChatInput &input, const QString &prompt)
{
    std::vector<const Tool *> list;
    for (const Tool &tool : input.tools) {
        if (speaksOf(prompt, tool))
            list.push_back(&tool);
    }
    if (list.empty() && (asksForATool(prompt) || input.toolChoice == ToolChoice::Required))
        list.push_back(&input.tools.front());
    return list;
}

std::vector<const Tool *> called(const ChatInput &input, const Knobs &knobs, const QString &prompt)
{
    if (input.tools.empty() || input.toolChoice == ToolChoice::None)
        return {};
    const bool answered = !input.turns.empty() && input.turns.back().role == u"tool";
    if (answered && input.toolChoice != ToolChoice::Required)
        return {};
    const auto only = std::find_if(input.tools.begin(), input.tools.end(),
                                   [&](const Tool &tool) { return tool.name == input.onlyTool; });
    std::vector<const Tool *> list;
    if (only != input.tools.end())
        list.push_back(&*only);
    else
        list = mentioned(input, prompt);
    if (!knobs.toolCalls)
        return list;
    if (list.empty())
        list.push_back(&input.tools.front());
    const std::vector<const Tool *> some = list;
    list.resize(std::min<std::size_t>(static_cast<std::size_t>(*knobs.toolCalls), mostCalls));
    for (std::size_t i = 0; i < list.size(); ++i)
        list[i] = some[i % some.size()];
    return list;
}

} // namespace

std::vector<ToolCall> chooseCalls(const ChatInput &input, const Knobs &knobs, quint64 number)
{
    const QString prompt = lastUserText(input.turns);
    std::vector<const Tool *> tools = called(input, knobs, prompt);
    if (!input.parallelTools && tools.size() > 1)
        tools.resize(1);
    std::vector<ToolCall> calls;
    for (const Tool *tool : tools) {
        const QJsonObject arguments = valueOf(tool->parameters, prompt).toObject();
        calls.push_back({ u"sim%1x%2"_s.arg(number).arg(calls.size()), tool->name,
                          QString::fromUtf8(QJsonDocument(arguments).toJson(QJsonDocument::Compact)) });
    }
    return calls;
}

} // namespace talkbench::simulator
