#include "core/cost/promptfit.h"

#include "core/cost/sentences.h"

#include <QLocale>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

using Messages = QList<llm::Message>;
using Turn = QList<qsizetype>;

qint64 sum(const QList<qint64> &tokens)
{
    return std::accumulate(tokens.begin(), tokens.end(), qint64(0));
}

/// Indices of each turn's messages, system messages left out. A turn doesn't end before its tools have answered.
QList<Turn> turnsOf(const Messages &messages)
{
    QList<Turn> turns;
    QSet<QString> openCalls;
    for (qsizetype i = 0; i < messages.size(); ++i) {
        const llm::Message &message = messages[i];
        if (message.role == llm::Role::System)
            continue;
        if (turns.isEmpty() || (message.role == llm::Role::User && openCalls.isEmpty()))
            turns.append(Turn());
        turns.last().append(i);
        for (const llm::ToolCall &call : message.toolCalls)
            openCalls.insert(call.id);
        openCalls.remove(message.toolCallId);
    }
    return turns;
}

/// Where the turns that must stay begin: with the last message of the user.
bool isLast(const Turn &turn, const Messages &messages)
{
    const auto isUser = [](const llm::Message &message) { return message.role == llm::Role::User; };
    const auto found = std::find_if(messages.rbegin(), messages.rend(), isUser);
    return found == messages.rend() || turn.last() >= messages.size() - 1 - (found - messages.rbegin());
}

Fit dropTurns(const Messages &messages, const FitRules &rules, const QList<qint64> &tokens)
{
    const bool summarise = rules.policy == FitPolicy::SummariseOlder;
    const qint64 budget = rules.budgetTokens - (summarise ? rules.summaryTokens : 0);
    Fit fit { messages, {}, sum(tokens), summarise, {} };
    QSet<qsizetype> dropped;
    const QList<Turn> turns = turnsOf(messages);
    for (const Turn &turn : turns) {
        if (fit.tokens <= budget || isLast(turn, messages))
            break;
        if (std::any_of(turn.begin(), turn.end(), [&](qsizetype i) { return rules.pinned.contains(i); }))
            continue;
        ++fit.turns;
        for (const qsizetype i : turn) {
            dropped.insert(i);
            fit.leftOut.append({ i, -1, 0, messages[i].text().size(), tokens[i] });
            fit.tokens -= tokens[i];
        }
    }
    if (fit.tokens > budget)
        fit.problem = u"The system prompt, pinned turns and the last turn always stay."_s;
    fit.messages.clear();
    for (qsizetype i = 0; i < messages.size(); ++i) {
        if (!dropped.contains(i))
            fit.messages.append(messages[i]);
    }
    const QString what = fit.turns == 1 ? u"the oldest turn"_s : u"the %1 oldest turns"_s.arg(fit.turns);
    fit.reason = (summarise ? u"To fit, %1 become a summary."_s : u"To fit, %1 were left out."_s).arg(what);
    if (fit.turns == 1)
        fit.reason.replace(summarise ? u"become"_s : u"were"_s, summarise ? u"becomes"_s : u"was"_s);
    return fit;
}

QString mark(qsizetype characters)
{
    return u"\n\n[… %1 characters left out …]\n\n"_s.arg(QLocale::c().toString(characters));
}

/// Units of a text from one up to another, which isn't among them.
struct Units {
    qsizetype from = 0;
    qsizetype until = 0;
};

/// Cuts units out of a message's longest text.
class MiddleCut {
public:
    MiddleCut(const llm::Message &message, const CountMessage &count) : m_message(message), m_count(count)
    {
        const auto length = [](const llm::ContentPart &part) { return part.text.size(); };
        const auto shorter = [&](const auto &a, const auto &b) { return length(a) < length(b); };
        m_part = std::max_element(message.parts.begin(), message.parts.end(), shorter) - message.parts.begin();
        if (!message.parts.isEmpty())
            m_points = cutPoints(message.parts[m_part].text);
    }

    /// The first and the last sentence stay.
    bool canCut() const { return m_points.size() > 3; }
    qsizetype part() const { return m_part; }
    qsizetype from(const Units &units) const { return m_points[units.from]; }
    qsizetype length(const Units &units) const { return m_points[units.until] - m_points[units.from]; }

    llm::Message cut(const Units &units) const
    {
        llm::Message message = m_message;
        message.parts[m_part].text.replace(from(units), length(units), mark(length(units)));
        return message;
    }

    /// Whose cut leaves at most `most` tokens, and hardly less than it need; all that may go if none does.
    Units toLeave(qint64 most)
    {
        countUnits();
        constexpr int tries = 8; // tokens of a whole are not quite the sum of its parts'
        for (qint64 wanted = most, i = 0; i < tries; ++i) {
            const auto units = middleOf(m_before.constLast() - wanted);
            if (!units)
                break;
            const qint64 left = m_count(cut(*units));
            if (left <= most)
                return *units;
            wanted -= left - most;
        }
        return { 1, m_points.size() - 2 };
    }

private:
    qint64 countText(const QString &text) const
    {
        llm::Message message = m_message;
        message.parts[m_part].text = text;
        return m_count(message);
    }
    /// The first counts with all that the message has beside its text, and with the mark.
    void countUnits()
    {
        const QString &text = m_message.parts[m_part].text;
        const qint64 empty = countText({});
        m_before = { countText(mark(text.size())) };
        for (qsizetype i = 1; i < m_points.size(); ++i)
            m_before.append(m_before.constLast() + countText(text.mid(m_points[i - 1], m_points[i] - m_points[i - 1]))
                            - empty);
    }
    qint64 tokens(const Units &units) const { return m_before[units.until] - m_before[units.from]; }
    /// By how much more stays on one side of it.
    qint64 offCentre(const Units &units) const
    {
        return std::abs(m_before[units.from] - m_before[0] - (m_before.constLast() - m_before[units.until]));
    }

    /// For each first unit the fewest that have `gone` tokens together.
    QList<Units> runsOf(qint64 gone) const
    {
        QList<Units> runs;
        const qsizetype end = m_points.size() - 2;
        Units units { 1, 2 };
        for (; units.from < end; ++units.from) {
            units.until = std::max(units.until, units.from + 1);
            while (units.until < end && tokens(units) < gone)
                ++units.until;
            if (tokens(units) < gone)
                break;
            runs.append(units);
        }
        return runs;
    }

    /// Of those that leave nearly as much as any the one nearest to the middle.
    std::optional<Units> middleOf(qint64 gone) const
    {
        const QList<Units> runs = runsOf(gone);
        if (runs.isEmpty())
            return std::nullopt;
        const auto stays = [this](const Units &units) { return m_before.constLast() - tokens(units); };
        qint64 most = 0;
        for (const Units &units : runs)
            most = std::max(most, stays(units));
        std::optional<Units> best;
        for (const Units &units : runs) {
            if (stays(units) >= most - most / 8 && (!best || offCentre(units) < offCentre(*best)))
                best = units;
        }
        return best;
    }

    const llm::Message &m_message;
    const CountMessage &m_count;
    qsizetype m_part = 0;
    QList<qsizetype> m_points;
    QList<qint64> m_before; ///< tokens before each point
};

Fit cutMessages(const Messages &messages, const FitRules &rules, QList<qint64> tokens, const CountMessage &count)
{
    Fit fit { messages, {}, sum(tokens), false, {} };
    QList<qsizetype> order;
    for (qsizetype i = 0; i < messages.size(); ++i) {
        if (messages[i].role != llm::Role::System && !rules.pinned.contains(i))
            order.append(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](qsizetype a, qsizetype b) { return tokens[a] > tokens[b]; });
    for (const qsizetype i : order) {
        if (fit.tokens <= rules.budgetTokens)
            break;
        MiddleCut cut(messages[i], count);
        if (!cut.canCut())
            continue;
        const qint64 others = fit.tokens - tokens[i];
        const Units units = cut.toLeave(rules.budgetTokens - others);
        const llm::Message shortened = cut.cut(units);
        const qint64 left = count(shortened);
        if (left >= tokens[i])
            continue; // the mark is longer than what it stands for
        fit.messages[i] = shortened;
        fit.leftOut.append({ i, cut.part(), cut.from(units), cut.length(units), tokens[i] - left });
        fit.tokens = others + left;
    }
    if (fit.tokens > rules.budgetTokens)
        fit.problem = u"Messages are cut between sentences, not within one or a code block."_s;
    fit.reason = fit.leftOut.size() == 1 ? u"To fit, the longest message was cut."_s
                                         : u"To fit, the %1 longest messages were cut."_s.arg(fit.leftOut.size());
    return fit;
}

} // namespace

Fit fitPrompt(const Messages &messages, const FitRules &rules, const CountMessage &count)
{
    QList<qint64> tokens;
    for (const llm::Message &message : messages)
        tokens.append(count(message));
    if (sum(tokens) <= rules.budgetTokens)
        return Fit { messages, {}, sum(tokens), false, {} };
    return rules.policy == FitPolicy::CutLongestMessage ? cutMessages(messages, rules, tokens, count)
                                                        : dropTurns(messages, rules, tokens);
}

Messages withSummary(const Fit &fit, const QString &summary)
{
    Messages messages = fit.messages;
    const auto isOther = [](const llm::Message &given) { return given.role != llm::Role::System; };
    messages.insert(std::find_if(messages.begin(), messages.end(), isOther),
                    llm::Message::fromText(llm::Role::System, u"Summary of the conversation so far:\n\n"_s + summary));
    return messages;
}

} // namespace talkbench::cost
