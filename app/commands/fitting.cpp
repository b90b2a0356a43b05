#include "app/commands/fitting.h"

#include "app/commands/options.h"
#include "app/commands/terminal.h"
#include "core/cost/pricelayers.h"
#include "core/run/summary.h"

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

std::optional<llm::ModelInfo> infoIn(const QList<store::ModelList> &lists, const select::ModelRef &ref)
{
    for (const store::ModelList &list : lists) {
        if (list.providerId != ref.providerId)
            continue;
        for (const llm::ModelInfo &model : list.models) {
            if (model.id == ref.model)
                return model;
        }
    }
    return std::nullopt;
}

/// Whether there is somebody to ask for a summary.
base::Result<void> checkSummary(const Session &session, const run::RunRequest &request, const FitOptions &options)
{
    if (options.policy != cost::FitPolicy::SummariseOlder)
        return {};
    if (!options.summaryModel)
        return usage(u"--fit summarise needs --summary-model: the settings name none."_s);
    const QString &provider = options.summaryModel->providerId;
    if (provider == request.endpoint.providerId)
        return {};
    const auto known = session.checkProvider(provider);
    return known ? known : usage(u"%1 can't sum up: %2"_s.arg(toText(*options.summaryModel), known.error().message));
}

/// One prompt on its way to be fitted. Ends itself.
class Fitting final : public QObject {
    Q_OBJECT

public:
    using Then = std::function<void(const base::Result<run::RunRequest> &)>;

    Fitting(Session &session, QObject *context, const run::RunRequest &request, const FitOptions &options,
            const cost::TokenCounter &counter, const Then &then)
        : QObject(context), m_session(session), m_request(request), m_options(options), m_counter(counter), m_then(then)
    {
    }

    void start()
    {
        if (m_options.policy)
            whenKnown(asked(), [this](const llm::ModelInfo &model) { fit(model); });
        else
            fit({});
    }

private:
    select::ModelRef asked() const { return { m_request.endpoint.providerId, m_request.chat.model }; }
    void whenKnown(const select::ModelRef &ref, const std::function<void(const llm::ModelInfo &)> &then);
    void fit(const llm::ModelInfo &model);
    void summarise();
    void askAt(const llm::Endpoint &endpoint);
    void judge(const run::RunRequest &summary);
    void ask(const run::RunRequest &summary);
    void onSummary(const profile::RunRecord &record);
    void dropInstead(const QString &why);
    void end(const base::Result<run::RunRequest> &result)
    {
        deleteLater();
        m_then(result);
    }

    Session &m_session;
    const run::RunRequest m_request;
    const FitOptions m_options;
    const cost::TokenCounter m_counter;
    const Then m_then;
    cost::ContextRules m_rules;
    cost::ContextFit m_fit;
    std::unique_ptr<run::Run> m_run;
};

/// What the command line, the model's server or the table has told of it.
void Fitting::whenKnown(const select::ModelRef &ref, const std::function<void(const llm::ModelInfo &)> &then)
{
    if (m_options.contextTokens && ref == asked()) {
        then({ ref.model, {}, m_options.contextTokens });
        return;
    }
    m_session.store().modelLists().then(this, [this, ref, then](const base::Result<QList<store::ModelList>> &lists) {
        const auto limits = m_session.prices().limitsOf(
            ref.providerId, ref.model, QDateTime::fromMSecsSinceEpoch(m_session.clock().wallMs()).toUTC());
        const auto told = cost::withLimits(lists ? infoIn(*lists, ref) : std::nullopt, limits);
        llm::ModelInfo model = told.value_or(llm::ModelInfo());
        model.id = ref.model;
        then(model);
    });
}

void Fitting::fit(const llm::ModelInfo &model)
{
    m_rules.room = cost::promptRoom(m_request.chat.options, model);
    m_rules.policy = m_options.policy;
    if (m_options.policy && !m_rules.room && m_options.needsContext) {
        end(usage(u"--fit needs --context-limit: nobody has told the context of %1."_s.arg(m_request.chat.model)));
        return;
    }
    m_fit = cost::fitToContext(m_request.endpoint.providerId, m_request.chat, m_rules, m_counter);
    if (m_fit.problem)
        end(*m_fit.problem);
    else if (m_fit.fit.wantsSummary)
        summarise();
    else
        end(run::fitted(m_request, m_fit));
}

/// The server that is asked anyway is reached as the command line says.
void Fitting::summarise()
{
    Target target;
    target.provider = m_options.summaryModel->providerId;
    target.isChosen = true;
    if (target.provider == m_request.endpoint.providerId) {
        askAt(m_request.endpoint);
        return;
    }
    m_session.resolve(target, this, [this](const base::Result<Resolved> &resolved) {
        if (resolved)
            askAt(resolved->endpoint);
        else
            dropInstead(resolved.error().message);
    });
}

void Fitting::askAt(const llm::Endpoint &endpoint)
{
    whenKnown(*m_options.summaryModel, [this, endpoint](const llm::ModelInfo &model) {
        const run::SummaryCall call = run::summaryCall(endpoint, model, m_request, m_fit, m_counter);
        m_fit = call.fit;
        judge(call.request);
    });
}

void Fitting::judge(const run::RunRequest &summary)
{
    m_session.ledger().judge({ summary }, nullptr, this, [this, summary](const base::Result<run::Judged> &judged) {
        if (const auto refusal = run::refusalOf(judged, m_options.overBudget))
            dropInstead(refusal->message);
        else
            ask(summary);
    });
}

void Fitting::ask(const run::RunRequest &summary)
{
    writeLine(stderr, u"talkbench chat: asking %1 for a summary of older turns"_s.arg(toText(*m_options.summaryModel)));
    m_run = m_session.runs().start(summary);
    connect(m_run.get(), &run::Run::finished, this, &Fitting::onSummary);
}

void Fitting::onSummary(const profile::RunRecord &record)
{
    m_run.release()->deleteLater(); // it is the sender
    const auto summed = run::withSummary(m_fit, record, m_request, m_counter);
    if (summed)
        end(run::fitted(m_request, *summed));
    else
        dropInstead(summed.error().message);
}

void Fitting::dropInstead(const QString &why)
{
    m_rules.policy = cost::FitPolicy::DropOldestTurns;
    const cost::ContextFit fit = cost::fitToContext(m_request.endpoint.providerId, m_request.chat, m_rules, m_counter);
    const QString said = u"There is no summary of the older turns: %1"_s.arg(why);
    if (fit.problem)
        end(*fit.problem);
    else
        end(run::fitted(m_request, fit, said));
}

} // namespace

void addFitOptions(QCommandLineParser &parser)
{
    parser.addOptions({
        { u"fit"_s,
          u"What gives way where the prompt is longer than the model's context: off (nothing; the default), cut (whole "
          "sentences out of the middle of the longest message), drop (the oldest turns) or summarise (a model's "
          "summary goes in the place of the oldest turns)."_s,
          u"POLICY"_s },
        { u"summary-model"_s, u"Who sums older turns up, with --fit summarise; else the settings' one."_s, u"P/M"_s },
        { u"context-limit"_s,
          u"The tokens of the model's context, where neither its server nor the table tells; with --fit."_s, u"N"_s },
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
    if (parser.isSet(u"fit"_s) && policy != "off"_L1) {
        options.policy = cost::fitPolicyFromName(policy);
        if (!options.policy)
            return usage(u"--fit takes drop, cut, summarise or off, not '%1'."_s.arg(policy));
    }
    if (!parser.isSet(u"summary-model"_s))
        return options;
    if (options.policy != cost::FitPolicy::SummariseOlder)
        return usage(u"--summary-model goes with --fit summarise."_s);
    options.summaryModel = select::modelRefFromText(parser.value(u"summary-model"_s));
    if (!options.summaryModel)
        return usage(u"--summary-model takes provider/model, not '%1'."_s.arg(parser.value(u"summary-model"_s)));
    return options;
}

void fitRequest(Session &session, QObject *context, const run::RunRequest &request, const FitOptions &options,
                const std::function<void(const base::Result<run::RunRequest> &)> &then)
{
    if (!options.policy && !isShort(request.chat)) {
        then(request);
        return;
    }
    FitOptions complete = options;
    if (!complete.summaryModel)
        complete.summaryModel = select::modelRefFromText(session.settings().value("context/summary_model").toString());
    if (const auto checked = checkSummary(session, request, complete); !checked) {
        then(checked.error());
        return;
    }
    session.whenCounting(context, [&session, context, request, complete, then](const cost::TokenCounter *counter) {
        if (counter)
            (new Fitting(session, context, request, complete, *counter, then))->start();
        else
            then(request);
    });
}

} // namespace talkbench::app

#include "fitting.moc"
