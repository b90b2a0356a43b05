#include "ui/chat/promptfitting.h"

#include "core/config/settings.h"
#include "core/cost/pricelayers.h"
#include "core/cost/tokensoftyping.h"
#include "core/run/ledger.h"
#include "ui/endpoints.h"
#include "ui/modellists.h"
#include "ui/whenready.h"

#include <QHash>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

/// Counted on the spot: under a millisecond.
constexpr qsizetype shortPrompt = 16'384;

qsizetype characters(const llm::ChatRequest &request)
{
    qsizetype sum = 0;
    for (const llm::Message &message : request.messages)
        sum += message.text().size();
    return sum;
}

std::optional<llm::ModelInfo> infoOf(const AppContext &context, const QString &providerId, const QString &model)
{
    const QList<llm::ModelInfo> models = context.models.of(providerId).models;
    const auto found =
        std::find_if(models.begin(), models.end(), [&](const llm::ModelInfo &info) { return info.id == model; });
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(context.clock.wallMs()).toUTC();
    return cost::withLimits(found == models.end() ? std::nullopt : std::optional(*found),
                            context.prices.limitsOf(providerId, model, now));
}

QString cutOf(const llm::Message &message, const cost::LeftOut &part)
{
    return message.parts.at(part.part).text.sliced(part.from, part.length);
}

QString noSummariser()
{
    return PromptFitting::tr("No model to summarise with is chosen in the settings.");
}

QString noSummaryText(const QString &why)
{
    return PromptFitting::tr("There is no summary of the older turns: %1").arg(why);
}

} // namespace

Prompt madeFor(const Prompt &prompt, const select::ModelRef &ref)
{
    Prompt made = prompt;
    made.providerId = ref.providerId;
    made.request.model = ref.model;
    for (qsizetype i = 0; i < made.request.messages.size(); ++i) {
        if (made.authors.value(i) != ref)
            made.request.messages[i].replay.reset();
    }
    return made;
}

/// What has been counted of the prompt before: of one that grows by a key only that is counted again.
struct PromptFitting::Memory {
    std::shared_ptr<const cost::TokenCounter> counter; ///< keeps the tokenizer
    const cost::Tokenizer *tokenizer = nullptr;
    std::unique_ptr<cost::TokensOfTyping> typing;
    QHash<QString, qint64> counts;

    cost::ContextFit fit(const std::shared_ptr<const cost::TokenCounter> &with, const Prompt &prompt,
                         const cost::ContextRules &rules)
    {
        counter = with;
        const cost::Tokenizer *wanted = &counter->tokenizerFor(prompt.request.model);
        if (std::exchange(tokenizer, wanted) != wanted) {
            typing = std::make_unique<cost::TokensOfTyping>(*wanted);
            counts.clear();
        }
        const QString last = prompt.request.messages.isEmpty() ? QString() : prompt.request.messages.last().text();
        QHash<QString, qint64> used;
        used.insert(last, typing->count(last));
        const auto count = [&](const QString &text) {
            if (const auto known = used.constFind(text); known != used.constEnd())
                return *known;
            const auto before = counts.constFind(text);
            const qint64 tokens = before != counts.constEnd() ? *before : tokenizer->count(text);
            used.insert(text, tokens);
            return tokens;
        };
        cost::ContextFit result = fitToContext(prompt.providerId, prompt.request, rules, *counter, count);
        counts.clear();
        for (const llm::Message &message : prompt.request.messages)
            counts.insert(message.text(), used.value(message.text()));
        return result;
    }
};

PromptFitting::PromptFitting(AppContext &context, QObject *parent)
    : QObject(parent), m_context(context), m_memory(std::make_shared<Memory>())
{
    m_pool.setMaxThreadCount(1);
    connect(&context.settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == "context/policy"_L1 || key == "context/summary_model"_L1)
            Q_EMIT changed();
    });
}

PromptFitting::~PromptFitting()
{
    m_pool.waitForDone();
}

void PromptFitting::setSendsAll(const QString &conversationId, bool sendsAll)
{
    if (sendsAll)
        m_sendAll.insert(conversationId);
    else
        m_sendAll.remove(conversationId);
    Q_EMIT changed();
}

bool PromptFitting::shortens(const QString &conversationId) const
{
    return policy() && !sendsAll(conversationId);
}

std::optional<cost::FitPolicy> PromptFitting::policy() const
{
    return cost::fitPolicyFromName(m_context.settings.value("context/policy").toString());
}

/// Who sums up what has no room.
std::optional<select::ModelRef> PromptFitting::summariser() const
{
    return select::modelRefFromText(m_context.settings.value("context/summary_model").toString());
}

cost::ContextRules PromptFitting::rulesFor(const Prompt &prompt) const
{
    cost::ContextRules rules;
    const auto info = infoOf(m_context, prompt.providerId, prompt.request.model);
    rules.room = cost::promptRoom(prompt.request.options, info);
    rules.policy = policy();
    if (rules.policy == cost::FitPolicy::SummariseOlder && !summariser())
        rules.policy = cost::FitPolicy::DropOldestTurns;
    for (const QString &id : prompt.pinned) {
        if (const qsizetype index = prompt.ids.indexOf(id); index >= 0)
            rules.pinned.insert(index);
    }
    return rules;
}

/// In order: one thread.
void PromptFitting::judge(const Prompt &prompt, const cost::ContextRules &rules, const Judged &then)
{
    m_pool.start([this, prompt, rules, then, memory = m_memory, counter = m_context.tokens] {
        const cost::ContextFit fit = memory->fit(counter, prompt, rules);
        QMetaObject::invokeMethod(
            this, [fit, then] { then(fit); }, Qt::QueuedConnection);
    });
}

void PromptFitting::plan(const Prompt &prompt)
{
    const quint64 number = ++m_plans;
    if (!m_context.tokens)
        return;
    cost::ContextRules rules = rulesFor(prompt);
    PromptPlan plan;
    plan.policy = policy();
    plan.hasSummariser = summariser().has_value();
    plan.sendsAll = sendsAll(prompt.conversationId);
    if (plan.sendsAll)
        rules.policy.reset();
    judge(prompt, rules, [this, number, plan, prompt](const cost::ContextFit &fit) {
        if (number != m_plans)
            return;
        PromptPlan made = plan;
        made.fit = fit;
        for (const cost::LeftOut &part : fit.fit.leftOut) {
            const QString id = prompt.ids.value(part.message);
            if (part.part < 0)
                made.leftOut.insert(id);
            else
                made.shortened.insert(id, cutOf(prompt.request.messages.at(part.message), part));
        }
        Q_EMIT planned(made);
    });
}

void PromptFitting::fit(const Prompt &prompt, const run::RunRequest &request, const Then &then)
{
    cost::ContextRules rules = rulesFor(prompt);
    if (sendsAll(prompt.conversationId))
        rules.policy.reset();
    if (!m_context.tokens) {
        then(request);
        return;
    }
    const bool lacksSummariser = policy() == cost::FitPolicy::SummariseOlder && !summariser();
    const auto act = [this, prompt, request, then, lacksSummariser](const cost::ContextFit &fit) {
        if (fit.fit.wantsSummary)
            summarise(prompt, request, fit, then);
        else if (lacksSummariser && !fit.fit.leftOut.isEmpty())
            then(run::fitted(request, fit, noSummaryText(noSummariser())));
        else
            then(run::fitted(request, fit));
    };
    if (characters(prompt.request) <= shortPrompt)
        act(fitToContext(prompt.providerId, prompt.request, rules, *m_context.tokens));
    else
        judge(prompt, rules, act);
}

void PromptFitting::summarise(const Prompt &prompt, const run::RunRequest &request, const cost::ContextFit &fit,
                              const Then &then)
{
    const std::optional<select::ModelRef> chosen = summariser();
    if (!chosen) { // any more
        dropInstead(prompt, request, noSummariser(), then);
        return;
    }
    m_summaries[request.messageId] = nullptr;
    whenReady(this, m_context.endpoints.resolve(chosen->providerId),
              [this, ref = *chosen, prompt, request, fit, then](const base::Result<llm::Endpoint> &endpoint) {
                  if (m_summaries.count(request.messageId) == 0)
                      return;
                  if (endpoint)
                      makeSummaryCall(*endpoint, ref, prompt, request, fit, then);
                  else
                      dropInstead(prompt, request, endpoint.error().message, then);
              });
}

/// Aside: it counts.
void PromptFitting::makeSummaryCall(const llm::Endpoint &endpoint, const select::ModelRef &ref, const Prompt &prompt,
                                    const run::RunRequest &request, const cost::ContextFit &fit, const Then &then)
{
    llm::ModelInfo model = infoOf(m_context, ref.providerId, ref.model).value_or(llm::ModelInfo());
    model.id = ref.model;
    m_pool.start([=, this, counter = m_context.tokens] {
        const run::SummaryCall call = run::summaryCall(endpoint, model, request, fit, *counter);
        const auto ask = [this, call, prompt, request, then] {
            if (m_summaries.count(request.messageId) > 0)
                askForSummary(call, prompt, request, then);
        };
        QMetaObject::invokeMethod(this, ask, Qt::QueuedConnection);
    });
}

/// Unless a budget is against it.
void PromptFitting::askForSummary(const run::SummaryCall &call, const Prompt &prompt, const run::RunRequest &request,
                                  const Then &then)
{
    m_context.ledger.judge(
        { call.request }, m_context.tokens.get(), this, [=, this](const base::Result<run::Judged> &judged) {
            const auto found = m_summaries.find(request.messageId);
            if (found == m_summaries.end())
                return;
            if (const auto refusal = run::refusalOf(judged, false)) {
                dropInstead(prompt, request, refusal->message, then);
                return;
            }
            found->second = m_context.runs.start(call.request);
            connect(found->second.get(), &run::Run::finished, this, [=, this](const profile::RunRecord &record) {
                const auto ended = m_summaries.find(request.messageId);
                if (ended == m_summaries.end())
                    return;
                ended->second.release()->deleteLater(); // it is the sender
                m_summaries.erase(ended);
                const auto summed = run::withSummary(call.fit, record, request, *m_context.tokens);
                if (summed)
                    then(run::fitted(request, *summed));
                else
                    dropInstead(prompt, request, summed.error().message, then);
            });
        });
}

void PromptFitting::dropInstead(const Prompt &prompt, const run::RunRequest &request, const QString &why,
                                const Then &then)
{
    m_summaries.erase(request.messageId);
    cost::ContextRules rules = rulesFor(prompt);
    rules.policy = cost::FitPolicy::DropOldestTurns;
    judge(prompt, rules, [this, request, why, then](const cost::ContextFit &fit) {
        Q_EMIT failed({ base::ErrorKind::Config, noSummaryText(why), {}, 0, std::nullopt });
        then(run::fitted(request, fit, noSummaryText(why)));
    });
}

} // namespace talkbench::ui
