#include "core/cost/contextfit.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 usualAnswer = 4'096;
constexpr qint64 summaryTokens = 512;
constexpr std::array policyNames { "drop"_L1, "cut"_L1, "summarise"_L1 };

const auto summarise =
    u"Sum up the conversation below for whoever goes on with it: what was asked, what was decided, names, "
    "numbers and open questions. At most 250 words, no introduction."_s;

/// Tokens of a prompt.
class Scale {
public:
    Scale(const QString &providerId, const llm::ChatRequest &request, const TokenCounter &counter,
          const CountText &count)
        : m_providerId(providerId), m_request(request), m_counter(counter), m_count(count)
    {
    }

    TokenCount prompt(const QList<llm::Message> &messages) const
    {
        return m_counter.countPrompt(m_providerId, m_request.model, messages, m_request.options.tools, m_count);
    }
    TokenCount text(const QList<llm::Message> &messages) const
    {
        qint64 tokens = 0;
        for (const llm::Message &message : messages)
            tokens += m_count ? m_count(message.text()) : m_counter.tokenizerFor(m_request.model).count(message.text());
        return m_counter.textOf(m_providerId, m_request.model, tokens);
    }
    /// In tokens of the vocabulary that is counted with.
    qint64 counted(const QList<llm::Message> &messages, const QList<llm::Tool> &tools = {}) const
    {
        return m_counter.countTemplated(m_request.model, messages, tools, m_count);
    }
    TokenCount ofCounted(qint64 counted) const { return m_counter.ofTemplated(m_providerId, m_request.model, counted); }
    const QList<llm::Tool> &tools() const { return m_request.options.tools; }

private:
    const QString &m_providerId;
    const llm::ChatRequest &m_request;
    const TokenCounter &m_counter;
    const CountText &m_count;
};

/// Which end of a count has to have room.
enum class End { Most, Expected };

/// Tokens of single messages as shares of a room: what fills it together is a prompt of just so many tokens, whose error is
/// less than the sum of its messages'.
class Shares {
public:
    Shares(const Scale &scale, qint64 room, End end)
        : m_scale(scale), m_empty(scale.counted({})),
          m_factor(static_cast<double>(room) / static_cast<double>(most(scale, room, end))),
          m_budget(room - share(scale.counted({}, scale.tools())))
    {
    }

    /// Less what a prompt has beside its messages: the answer's beginning, tools.
    qint64 budget() const { return m_budget; }
    qint64 summary() const { return share(summaryTokens); }
    CountMessage each() const
    {
        return [this](const llm::Message &message) { return share(m_scale.counted({ message }) - m_empty); };
    }

private:
    /// Tokens of the vocabulary that have room.
    static qint64 most(const Scale &scale, qint64 room, End end)
    {
        qint64 fits = 1;
        qint64 tooMany = 2 * room + 2; // no model counts less than half
        while (tooMany - fits > 1) {
            const qint64 tried = fits + (tooMany - fits) / 2;
            const TokenCount count = scale.ofCounted(tried);
            ((end == End::Most ? count.high : count.tokens) <= room ? fits : tooMany) = tried;
        }
        return fits;
    }
    qint64 share(qint64 counted) const
    {
        return static_cast<qint64>(std::ceil(static_cast<double>(counted) * m_factor));
    }

    const Scale &m_scale;
    const qint64 m_empty;
    const double m_factor;
    const qint64 m_budget;
};

void weigh(ContextFit &result, const Scale &scale)
{
    result.prompt = scale.prompt(result.fit.messages);
    result.text = scale.text(result.fit.messages);
}

/// Of what is to fit.
void weighFitted(ContextFit &result, const Scale &scale)
{
    weigh(result, scale);
    result.isUnsure = result.prompt.high > result.room;
}

/// `what` says of how many tokens.
base::Error tooLong(const QString &what, qint64 tokens, qint64 room, const QString &why = {})
{
    const QLocale english = QLocale::c();
    return { base::ErrorKind::ContextTooLong,
             u"The prompt can't be made to fit: %1, and %2 have room. %3"_s
                 .arg(what.arg(english.toString(tokens)), english.toString(room), why)
                 .trimmed(),
             {},
             0,
             std::nullopt };
}

Fit fitted(const Scale &scale, const QList<llm::Message> &messages, const ContextRules &rules, End end)
{
    const Shares shares(scale, *rules.room, end);
    return fitPrompt(messages, { rules.pinned, shares.budget(), *rules.policy, shares.summary() }, shares.each());
}

/// What is to be summed up, still in its messages, so that turns can go from it.
llm::ChatRequest requestOfTurns(const QString &model, const QList<llm::Message> &messages, const Fit &fit)
{
    llm::ChatRequest request;
    request.model = model;
    request.messages = { llm::Message::fromText(llm::Role::System, summarise) };
    for (const LeftOut &part : fit.leftOut) {
        const llm::Message &message = messages.at(part.message);
        request.messages.append(
            llm::Message::fromText(message.role, u"%1:\n%2\n\n"_s.arg(llm::roleName(message.role), message.text())));
    }
    request.options.maxTokens = static_cast<int>(summaryTokens);
    return request;
}

Fit fitToSumUp(const QString &providerId, const llm::ChatRequest &turns, qint64 room, const TokenCounter &counter)
{
    const ContextFit dropped = fitToContext(providerId, turns, { room, FitPolicy::DropOldestTurns, {} }, counter);
    if (!dropped.problem)
        return dropped.fit;
    return fitToContext(providerId, turns, { room, FitPolicy::CutLongestMessage, {} }, counter).fit;
}

QString lackOf(const Fit &kept)
{
    if (kept.turns > 0)
        return kept.turns == 1 ? u"The summary leaves out the oldest turn."_s
                               : u"The summary leaves out the %1 oldest turns."_s.arg(kept.turns);
    if (kept.leftOut.isEmpty())
        return {};
    return kept.leftOut.size() == 1
        ? u"The summary leaves out a part of the longest message."_s
        : u"The summary leaves out parts of the %1 longest messages."_s.arg(kept.leftOut.size());
}

} // namespace

QString fitPolicyName(FitPolicy policy)
{
    return policyNames[static_cast<std::size_t>(policy)];
}

std::optional<FitPolicy> fitPolicyFromName(const QString &name)
{
    const auto *found = std::find(policyNames.begin(), policyNames.end(), name);
    return found == policyNames.end() ? std::nullopt
                                      : std::optional(static_cast<FitPolicy>(found - policyNames.begin()));
}

std::optional<qint64> promptRoom(const llm::ChatOptions &options, const std::optional<llm::ModelInfo> &model)
{
    std::optional<qint64> context = model ? model->contextTokens : std::nullopt;
    if (options.contextTokens)
        context = *options.contextTokens;
    if (!context || *context <= 0)
        return std::nullopt;
    const qint64 longest = model ? model->maxOutputTokens.value_or(usualAnswer) : usualAnswer;
    const qint64 answer = options.maxTokens ? *options.maxTokens : std::min(longest, *context / 4);
    return std::max<qint64>(*context - answer, 1);
}

QString ContextFit::decision() const
{
    const auto number = [](qint64 tokens) { return QLocale::c().toString(tokens); };
    if (problem)
        return u"sent whole: %1"_s.arg(problem->message);
    const QString atMost = isUnsure
        ? u"It may still be too long: up to %1 tokens, where %2 have room."_s.arg(number(prompt.high), number(room))
        : QString();
    if (fit.leftOut.isEmpty())
        return atMost;
    const QString size = isForError()
        ? u"About %1 of %2 tokens went: they may be up to %3, and %4 have room."_s.arg(
            number(tokensLeftOut()), number(wanted), number(wantedHigh), number(room))
        : u"About %1 of %2 tokens went; %3 have room."_s.arg(number(tokensLeftOut()), number(wanted), number(room));
    return QStringList { fit.reason, summaryLacks, size, atMost }.join(u' ').trimmed();
}

ContextFit fitToContext(const QString &providerId, const llm::ChatRequest &request, const ContextRules &rules,
                        const TokenCounter &counter, const CountText &count)
{
    const Scale scale(providerId, request, counter, count);
    ContextFit result;
    result.fit.messages = request.messages;
    result.room = rules.room.value_or(0);
    weigh(result, scale);
    result.wanted = result.prompt.tokens;
    result.wantedHigh = result.prompt.high;
    if (!rules.room || !rules.policy || result.wantedHigh <= *rules.room)
        return result;
    const qint64 empty = scale.ofCounted(scale.counted({}, scale.tools())).tokens;
    if (empty > *rules.room) {
        result.problem = tooLong(u"even an empty one, with its tools, has about %1 tokens"_s, empty, *rules.room);
        return result;
    }
    const bool isExpectedToFit = result.wanted <= *rules.room;
    Fit fit = fitted(scale, request.messages, rules, End::Most);
    if (!fit.problem.isEmpty() && !isExpectedToFit)
        fit = fitted(scale, request.messages, rules, End::Expected);
    if (!fit.problem.isEmpty() && fit.wantsSummary) {
        ContextFit dropped =
            fitToContext(providerId, request, { rules.room, FitPolicy::DropOldestTurns, rules.pinned }, counter, count);
        if (!dropped.fit.leftOut.isEmpty())
            dropped.fit.reason += u" There is no room for a summary."_s;
        return dropped;
    }
    if (!fit.problem.isEmpty() && isExpectedToFit) {
        result.isUnsure = true;
        return result;
    }
    if (!fit.problem.isEmpty()) {
        result.problem =
            tooLong(u"about %1 tokens remain"_s, scale.prompt(fit.messages).tokens, *rules.room, fit.problem);
        return result;
    }
    result.fit = fit;
    weighFitted(result, scale);
    return result;
}

base::Result<ContextFit> withSummary(const ContextFit &fit, const QString &summary, const QString &providerId,
                                     const llm::ChatRequest &request, const TokenCounter &counter)
{
    const CountText none;
    const Scale scale(providerId, request, counter, none);
    ContextFit result = fit;
    result.fit.messages = withSummary(fit.fit, summary);
    result.fit.wantsSummary = false;
    weighFitted(result, scale);
    if (result.prompt.tokens > fit.room)
        return tooLong(u"about %1 tokens remain"_s, result.prompt.tokens, fit.room, u"The summary is too long."_s);
    return result;
}

SummaryRequest summaryRequest(const QString &providerId, const llm::ModelInfo &model,
                              const QList<llm::Message> &messages, const Fit &fit, const TokenCounter &counter)
{
    SummaryRequest result;
    result.chat = requestOfTurns(model.id, messages, fit);
    if (const auto room = promptRoom(result.chat.options, model)) {
        const Fit kept = fitToSumUp(providerId, result.chat, *room, counter);
        result.chat.messages = kept.messages;
        result.lacks = lackOf(kept);
    }
    QString text;
    for (const llm::Message &turn : result.chat.messages.mid(1))
        text += turn.text();
    result.chat.messages = { result.chat.messages.first(), llm::Message::fromText(llm::Role::User, text) };
    return result;
}

} // namespace talkbench::cost
