#include "core/llm/providers/optionwriter.h"

#include "core/llm/providers/modelrules.h"
#include "core/llm/providers/wire.h"

#include <QSet>

#include <algorithm>
#include <array>
#include <limits>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

/// An effort in tokens, for models that take a budget.
constexpr std::array effortBudgets {
    std::pair { ReasoningEffort::Minimal, 1024 }, std::pair { ReasoningEffort::Low, 2048 },
    std::pair { ReasoningEffort::Medium, 8192 },  std::pair { ReasoningEffort::High, 16384 },
    std::pair { ReasoningEffort::XHigh, 32768 },  std::pair { ReasoningEffort::Max, 65536 },
};

constexpr std::array efforts { ReasoningEffort::None,   ReasoningEffort::Minimal, ReasoningEffort::Low,
                               ReasoningEffort::Medium, ReasoningEffort::High,    ReasoningEffort::XHigh,
                               ReasoningEffort::Max };

int distance(ReasoningEffort a, ReasoningEffort b)
{
    return std::abs(static_cast<int>(a) - static_cast<int>(b));
}

/// The nearest of those the model knows; switching off is never another word for thinking less.
ReasoningEffort nearest(ReasoningEffort wanted, const QJsonArray &known)
{
    std::optional<ReasoningEffort> best;
    for (const ReasoningEffort effort : efforts) {
        const bool allowed = known.isEmpty() || known.contains(reasoningEffortName(effort));
        const bool another = effort != wanted && effort == ReasoningEffort::None;
        if (allowed && !another && (!best || distance(effort, wanted) < distance(*best, wanted)))
            best = effort;
    }
    return best.value_or(wanted);
}

void merge(QJsonObject &body, const QJsonObject &extra)
{
    for (auto it = extra.begin(); it != extra.end(); ++it) {
        if (it.value().isObject() && body[it.key()].isObject()) {
            QJsonObject inner = body[it.key()].toObject();
            merge(inner, it.value().toObject());
            body.insert(it.key(), inner);
        } else {
            body.insert(it.key(), it.value());
        }
    }
}

/// Takes out "name" or "outer.name"; undefined if it isn't there.
QJsonValue take(QJsonObject &body, const QString &path)
{
    const qsizetype dot = path.indexOf(u'.');
    if (dot < 0)
        return body.contains(path) ? body.take(path) : QJsonValue(QJsonValue::Undefined);
    const QString outer = path.first(dot);
    if (!body.value(outer).isObject())
        return QJsonValue(QJsonValue::Undefined);
    QJsonObject inner = body.value(outer).toObject();
    QJsonValue taken = take(inner, path.sliced(dot + 1));
    if (inner.isEmpty())
        body.remove(outer);
    else
        body.insert(outer, inner);
    return taken;
}

/// Without the calls that no later message answers; whether there were any.
bool dropOpenCalls(QList<Message> &messages)
{
    QSet<QString> answered;
    bool dropped = false;
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
        if (message->role == Role::Tool)
            answered.insert(message->toolCallId);
        if (message->toolCalls.removeIf([&answered](const ToolCall &call) { return !answered.contains(call.id); })
            > 0) {
            message->replay.reset();
            dropped = true;
        }
    }
    if (dropped)
        messages.removeIf([](const Message &message) {
            return message.role == Role::Assistant && message.toolCalls.isEmpty() && message.text().isEmpty();
        });
    return dropped;
}

} // namespace

OptionWriter::OptionWriter(const ChatRequest &request, const Endpoint &endpoint, const QString &protocol)
    : m_request(request), m_endpoint(endpoint), m_rule(modelRule(request.model, protocol)), m_messages(request.messages)
{
    if (dropOpenCalls(m_messages))
        notSent("tool_calls"_L1, u"a call that got no result can't be sent back"_s);
    if (m_rule["system_role"_L1].toString() != "user"_L1)
        return;
    for (Message &message : m_messages) {
        if (message.role == Role::System)
            message.role = Role::User;
    }
}

QString OptionWriter::model() const
{
    return m_request.model.isEmpty() ? u"the model"_s : m_request.model;
}

void OptionWriter::notSent(QLatin1StringView option, const QString &reason)
{
    const QString name(option);
    if (std::none_of(m_unsent.cbegin(), m_unsent.cend(), [&name](const Unsent &one) { return one.option == name; }))
        m_unsent.append({ name, reason });
}

void OptionWriter::noSuchOption(QLatin1StringView option)
{
    notSent(option, u"this protocol has no such option"_s);
}

bool OptionWriter::maySend(QLatin1StringView option)
{
    if (m_rule["refuses"_L1].toArray().contains(option)) {
        notSent(option, u"%1 refuses it"_s.arg(model()));
        return false;
    }
    if (m_endpoint.quirks["refuses"_L1].toArray().contains(option)) {
        notSent(option, u"this provider refuses it"_s);
        return false;
    }
    return true;
}

template <typename T>
void OptionWriter::put(QJsonObject &body, QLatin1StringView option, const QString &name, const std::optional<T> &value)
{
    if (!value)
        return;
    if (name.isEmpty())
        noSuchOption(option);
    else if (maySend(option))
        body.insert(name, *value);
}

bool OptionWriter::samplingAllowed(QLatin1StringView option, bool thinking)
{
    if (thinking) {
        notSent(option, u"it can't be set while the model reasons"_s);
        return false;
    }
    const QString effort = m_rule["sampling_with_effort"_L1].toString();
    const QString asked = options().reasoningEffort ? reasoningEffortName(*options().reasoningEffort) : QString();
    if (!effort.isEmpty() && asked != effort) {
        notSent(option, u"%1 takes it with the reasoning effort '%2' only"_s.arg(model(), effort));
        return false;
    }
    return true;
}

QString OptionWriter::Range::inWords() const
{
    if (withoutLeast && most)
        return u"more than %1, up to %2"_s.arg(*least).arg(*most);
    if (least && most)
        return u"%1 to %2"_s.arg(*least).arg(*most);
    return least ? u"%1 and more"_s.arg(*least) : u"up to %1"_s.arg(*most);
}

OptionWriter::Range OptionWriter::vendorRange(QLatin1StringView option) const
{
    const QJsonObject row = m_endpoint.quirks["ranges"_L1][option].toObject();
    const auto limit = [&row](QLatin1StringView key) {
        return row.contains(key) ? std::optional(row[key].toDouble()) : std::nullopt;
    };
    const std::optional<double> above = limit("above"_L1);
    return { above ? above : limit("least"_L1), limit("most"_L1), above.has_value() };
}

bool OptionWriter::temperatureFits(double temperature, const QString &whose, const Range &range)
{
    const bool tooLow =
        range.least && (temperature < *range.least || (range.withoutLeast && temperature <= *range.least));
    if (!tooLow && !(range.most && temperature > *range.most))
        return true;
    notSent("temperature"_L1, u"%1 takes %2"_s.arg(whose, range.inWords()));
    return false;
}

bool OptionWriter::temperatureFits(double temperature)
{
    const QJsonArray range = m_rule["temperature"_L1].toArray();
    return (range.size() != 2 || temperatureFits(temperature, model(), { range[0].toDouble(), range[1].toDouble() }))
        && temperatureFits(temperature, u"this provider"_s, vendorRange("temperature"_L1));
}

int OptionWriter::fitted(QLatin1StringView option, int wanted)
{
    const Range range = vendorRange(option);
    const int fit = static_cast<int>(std::min(std::max<double>(wanted, range.least.value_or(wanted)),
                                              range.most.value_or(std::numeric_limits<int>::max())));
    if (fit != wanted)
        notSent(option, u"this provider takes %1: %2 was asked for"_s.arg(range.inWords()).arg(fit));
    return fit;
}

void OptionWriter::putStop(QJsonObject &body, const QString &name)
{
    if (options().stop.isEmpty())
        return;
    QStringList words = options().stop;
    const std::optional<double> most = vendorRange("stop"_L1).most;
    const bool tooMany = most && static_cast<double>(words.size()) > *most;
    if (tooMany)
        words.resize(static_cast<qsizetype>(*most));
    put(body, "stop"_L1, name, std::optional(QJsonArray::fromStringList(words)));
    if (tooMany)
        notSent("stop"_L1, u"this provider takes up to %1: the first of them were sent"_s.arg(*most));
}

void OptionWriter::putSampling(QJsonObject &body, const Names &names, bool thinking)
{
    const ChatOptions &set = options();
    const bool exclusive = m_rule["exclusive"_L1].toArray().contains("top_p"_L1);
    if (set.temperature && samplingAllowed("temperature"_L1, thinking) && temperatureFits(*set.temperature))
        put(body, "temperature"_L1, names.temperature, set.temperature);
    if (set.topP && exclusive && body.contains(names.temperature))
        notSent("top_p"_L1, u"%1 takes it or a temperature, not both"_s.arg(model()));
    else if (set.topP && samplingAllowed("top_p"_L1, thinking))
        put(body, "top_p"_L1, names.topP, set.topP);
    if (set.maxTokens)
        put(body, "max_tokens"_L1, names.maxTokens, std::optional(fitted("max_tokens"_L1, *set.maxTokens)));
    put(body, "seed"_L1, names.seed, set.seed);
    putStop(body, names.stop);
    put(body, "context_tokens"_L1, names.contextTokens, set.contextTokens);
}

bool OptionWriter::reasons()
{
    bool able = m_rule["reasoning"_L1].toString() != "none"_L1;
    if (options().reasoningEffort) {
        if (!able && *options().reasoningEffort != ReasoningEffort::None)
            notSent("reasoning_effort"_L1, u"%1 does not reason"_s.arg(model()));
        able = able && maySend("reasoning_effort"_L1);
    }
    if (options().reasoningBudget && !able)
        notSent("reasoning_budget"_L1, u"%1 does not reason"_s.arg(model()));
    return able && (options().reasoningEffort || options().reasoningBudget);
}

QString OptionWriter::effort()
{
    if (!reasons())
        return {};
    if (options().reasoningBudget)
        notSent("reasoning_budget"_L1, u"%1 takes an effort, not a number of tokens"_s.arg(model()));
    if (!options().reasoningEffort)
        return {};
    const ReasoningEffort wanted = *options().reasoningEffort;
    const bool cantBeOff = wanted == ReasoningEffort::None && !m_rule["off"_L1].toBool(true);
    const QJsonArray known = m_rule["efforts"_L1].toArray(m_endpoint.quirks["efforts"_L1].toArray());
    if (wanted == ReasoningEffort::None && !cantBeOff)
        return reasoningEffortName(wanted);
    const ReasoningEffort sent = nearest(wanted, known);
    if (sent != wanted)
        notSent("reasoning_effort"_L1,
                u"%1 does not know '%2': '%3' was asked for"_s.arg(model(), reasoningEffortName(wanted),
                                                                   reasoningEffortName(sent)));
    return reasoningEffortName(sent);
}

std::optional<int> OptionWriter::budget()
{
    if (!reasons())
        return std::nullopt;
    const bool off = options().reasoningBudget ? *options().reasoningBudget == 0
                                               : options().reasoningEffort == ReasoningEffort::None;
    if (off && m_rule["off"_L1].toBool(true))
        return 0;
    if (options().reasoningBudget && options().reasoningEffort)
        notSent("reasoning_effort"_L1, u"the reasoning budget says it already"_s);
    int wanted = options().reasoningBudget.value_or(0);
    for (const auto &[effort, tokens] : effortBudgets) {
        if (!options().reasoningBudget && options().reasoningEffort == effort)
            wanted = tokens;
    }
    const QJsonArray range = m_rule["budget"_L1].toArray();
    const int fit = range.size() == 2 ? std::clamp(wanted, range[0].toInt(), range[1].toInt()) : wanted;
    if (off)
        notSent(reasoningOption(),
                u"%1 can't but reason: %2 tokens, its least, were asked for"_s.arg(model()).arg(fit));
    else if (options().reasoningBudget && fit != wanted)
        notSent("reasoning_budget"_L1,
                u"%1 takes %2 to %3 tokens: %4 were asked for"_s.arg(model())
                    .arg(range[0].toInt())
                    .arg(range[1].toInt())
                    .arg(fit));
    return fit;
}

QLatin1StringView OptionWriter::reasoningOption() const
{
    return options().reasoningBudget ? "reasoning_budget"_L1 : "reasoning_effort"_L1;
}

std::optional<int> OptionWriter::budgetWithinMaxTokens(int least)
{
    const std::optional<int> asked = budget();
    const std::optional<int> most = options().maxTokens;
    if (!asked || *asked == 0 || !most || *asked < *most)
        return asked;
    if (*most <= least) {
        notSent(reasoningOption(),
                u"reasoning needs more than %1 tokens, and max_tokens is %2"_s.arg(least).arg(*most));
        return std::nullopt;
    }
    const int fit = std::max(least, *most / 2);
    notSent(reasoningOption(), u"max_tokens leaves room for %1 tokens of reasoning: they were asked for"_s.arg(fit));
    return fit;
}

std::optional<bool> OptionWriter::thinkingSwitch(bool takesBudget, bool takesEffort)
{
    if (!reasons())
        return std::nullopt;
    if (options().reasoningBudget && !takesBudget)
        notSent("reasoning_budget"_L1, u"it can only be switched on and off here"_s);
    if (!options().reasoningEffort)
        return takesBudget ? std::optional(*options().reasoningBudget > 0) : std::nullopt;
    const bool on = *options().reasoningEffort != ReasoningEffort::None;
    if (on && !takesEffort)
        notSent("reasoning_effort"_L1, u"it can only be switched on and off here: it was switched on"_s);
    return on;
}

EncodedRequest OptionWriter::request(const QString &path, QJsonObject body, const QString &standardAuth, bool sse) const
{
    QList<Unsent> unsent = m_unsent;
    merge(body, m_endpoint.quirks["body"_L1].toObject());
    const QJsonObject without = m_endpoint.quirks["without"_L1].toObject();
    for (auto it = without.begin(); it != without.end(); ++it) {
        const QJsonValue taken = take(body, it.key());
        if (taken.isUndefined())
            continue;
        const QString instead = it.value().toString();
        if (instead.isEmpty())
            unsent.append({ it.key(), u"the server refuses it"_s });
        else
            body.insert(instead, taken);
    }
    return { jsonRequest(m_endpoint, path, body, sse && m_request.options.stream, standardAuth), unsent };
}

} // namespace talkbench::llm
