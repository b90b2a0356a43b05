#include "app/commands/fitting.h"

#include "app/commands/options.h"
#include "app/commands/terminal.h"

#include <QCommandLineParser>

namespace talkbench::app {

using namespace Qt::StringLiterals;

namespace {

/// Characters of a prompt that is counted though nothing depends on it: a tenth of a second at worst.
constexpr qsizetype countedAnyway = 100'000;

bool isShort(const llm::ChatRequest &request)
{
    qsizetype characters = 0;
    for (const llm::Message &message : request.messages)
        characters += message.text().size();
    return characters <= countedAnyway;
}

std::optional<llm::ModelInfo> infoIn(const QList<store::ModelList> &lists, const run::RunRequest &request)
{
    for (const store::ModelList &list : lists) {
        if (list.providerId != request.endpoint.providerId)
            continue;
        for (const llm::ModelInfo &model : list.models) {
            if (model.id == request.chat.model)
                return model;
        }
    }
    return std::nullopt;
}

base::Result<run::RunRequest> fitted(run::RunRequest request, const FitOptions &options,
                                     std::optional<llm::ModelInfo> model, const cost::TokenCounter &counter)
{
    if (options.contextTokens) {
        model = model.value_or(llm::ModelInfo());
        model->contextTokens = options.contextTokens;
    }
    cost::ContextRules rules;
    rules.room = cost::promptRoom(request.chat.options, model);
    rules.policy = options.policy;
    if (options.policy && !rules.room && options.needsContext)
        return usage(u"--fit needs --context-limit: nobody has told the context of %1."_s.arg(request.chat.model));
    const cost::ContextFit fit = cost::fitToContext(request.endpoint.providerId, request.chat, rules, counter);
    if (fit.problem)
        return *fit.problem;
    if (const QString decision = fit.decision(); !decision.isEmpty())
        request.steps.append({ u"fit"_s, decision });
    request.chat.messages = fit.fit.messages;
    request.promptTokens = fit.prompt;
    return request;
}

} // namespace

void addFitOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { u"fit"_s,
          u"What gives way where the prompt is longer than the model's context: off (nothing; the default), cut (whole "
          "sentences out of the middle of the longest message) or drop (the oldest turns)."_s,
          u"POLICY"_s },
        { u"context-limit"_s, u"The tokens of the model's context, where its server doesn't tell; with --fit."_s,
          u"N"_s },
    });
}

base::Result<FitOptions> readFit(const QCommandLineParser &parser)
{
    FitOptions options;
    const auto limit = number<qint64>(parser, u"context-limit"_s, 1, 100'000'000);
    if (!limit)
        return limit.error();
    options.contextTokens = *limit;
    const QString policy = parser.value(u"fit"_s);
    if (!parser.isSet(u"fit"_s) || policy == "off"_L1)
        return options;
    options.policy = cost::fitPolicyFromName(policy);
    if (!options.policy || options.policy == cost::FitPolicy::SummariseOlder)
        return usage(u"--fit takes drop, cut or off, not '%1'."_s.arg(policy));
    return options;
}

void fitRequest(Session &session, QObject *context, const run::RunRequest &request, const FitOptions &options,
                const std::function<void(const base::Result<run::RunRequest> &)> &then)
{
    if (!options.policy && !isShort(request.chat)) {
        then(request);
        return;
    }
    session.whenCounting(context, [&session, context, request, options, then](const cost::TokenCounter *counter) {
        if (!counter) {
            then(request);
            return;
        }
        if (!options.policy || options.contextTokens) {
            then(fitted(request, options, std::nullopt, *counter));
            return;
        }
        session.store().modelLists().then(
            context, [request, options, then, counter = *counter](const base::Result<QList<store::ModelList>> &lists) {
                const auto model = lists ? infoIn(*lists, request) : std::nullopt;
                then(fitted(request, options, model, counter));
            });
    });
}

} // namespace talkbench::app
