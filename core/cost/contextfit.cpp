#include "core/cost/contextfit.h"

#include <QLocale>

#include <algorithm>
#include <array>

namespace talkbench::cost {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 usualAnswer = 4'096;
constexpr qint64 summaryTokens = 512;
constexpr std::array policyNames { "drop"_L1, "cut"_L1, "summarise"_L1 };

const auto summarise =
    u"Sum up the conversation below for whoever goes on with it: what was asked, what was decided, names, "
    "numbers and open questions. At most 250 words, no introduction."_s;

/// Tokens of single messages, and of what a prompt has beside them.
class Scale {
public:
    Scale(const QString &providerId, const llm::ChatRequest &request, const TokenCounter &counter,
          const CountText &count)
        : m_providerId(providerId), m_request(request), m_counter(counter), m_count(count), m_frame(prompt({}).tokens)
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
    /// Without the messages: the answer's beginning, tools.
    qint64 frame() const { return m_frame; }
    CountMessage each() const
    {
        return [this](const llm::Message &message) { return prompt({ message }).tokens - m_frame; };
    }

private:
    const QString &m_providerId;
    const llm::ChatRequest &m_request;
    const TokenCounter &m_counter;
    const CountText &m_count;
    const qint64 m_frame;
};

void weigh(ContextFit &result, const Scale &scale)
{
    result.prompt = scale.prompt(result.fit.messages);
    result.text = scale.text(result.fit.messages);
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
    const QLocale english = QLocale::c();
    if (problem)
        return u"sent whole: %1"_s.arg(problem->message);
    if (fit.leftOut.isEmpty())
        return {};
    return u"%1 About %2 of %3 tokens went; %4 have room."_s.arg(fit.reason, english.toString(tokensLeftOut()),
                                                                 english.toString(wanted), english.toString(room));
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
    if (!rules.room || !rules.policy || result.wanted <= *rules.room)
        return result;
    const auto fit = fitPrompt(
        request.messages, { rules.pinned, *rules.room - scale.frame(), *rules.policy, summaryTokens }, scale.each());
    if (!fit) {
        result.problem = fit.error();
        return result;
    }
    result.fit = *fit;
    weigh(result, scale);
    return result;
}

base::Result<ContextFit> withSummary(const ContextFit &fit, const QString &summary, const QString &providerId,
                                     const llm::ChatRequest &request, const TokenCounter &counter)
{
    const CountText none;
    const Scale scale(providerId, request, counter, none);
    const auto messages = withSummary(fit.fit, summary, fit.room - scale.frame(), scale.each());
    if (!messages)
        return messages.error();
    ContextFit result = fit;
    result.fit.messages = *messages;
    result.fit.wantsSummary = false;
    weigh(result, scale);
    return result;
}

llm::ChatRequest summaryRequest(const QString &model, const QList<llm::Message> &messages, const Fit &fit)
{
    QString text;
    for (const LeftOut &part : fit.leftOut) {
        const llm::Message &message = messages.at(part.message);
        text += u"%1:\n%2\n\n"_s.arg(llm::roleName(message.role), message.text());
    }
    llm::ChatRequest request;
    request.model = model;
    request.messages = { llm::Message::fromText(llm::Role::System, summarise),
                         llm::Message::fromText(llm::Role::User, text) };
    request.options.maxTokens = static_cast<int>(summaryTokens);
    return request;
}

} // namespace talkbench::cost
