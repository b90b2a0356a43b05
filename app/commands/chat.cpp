#include "app/commands/chat.h"

#include "app/commands/checks.h"
#include "app/commands/interrupts.h"
#include "app/commands/options.h"
#include "app/commands/receipt.h"
#include "app/commands/terminal.h"
#include "app/resultjson.h"
#include "core/cost/tokencount.h"
#include "core/profile/format.h"
#include "core/run/bill.h"
#include "core/validate/validators.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

enum ExitCode { Complete = 0, Failed = 1, BadUsage = 2, Invalid = 3, Interrupted = 130 };

/// Whole means that the model said all it wanted, or all it was allowed to.
bool isComplete(const profile::RunRecord &record)
{
    using enum llm::FinishReason;
    const auto reason = record.answer.finishReason;
    return record.ok() && (!reason || reason == Stop || reason == ToolCalls);
}

bool isInvalid(const profile::RunRecord &record)
{
    return validate::outcomeOf(record.validation) == profile::Verdict::Outcome::Failed;
}

QString whyIncomplete(const llm::Answer &answer)
{
    switch (*answer.finishReason) {
    case llm::FinishReason::Length:
        return u"it stopped at the length limit (%1)"_s.arg(answer.finishReasonRaw);
    case llm::FinishReason::Refusal:
        return u"the model refused (%1)"_s.arg(answer.finishReasonRaw);
    default:
        return answer.finishReasonRaw;
    }
}

bool printJson(const profile::RunRecord &record, const QList<cost::Elsewhere> &elsewhere = {})
{
    QJsonObject object = resultJson(record);
    object.insert("receipt"_L1, run::receiptJson(record));
    object.insert("same_turn_elsewhere"_L1, toJson(elsewhere, run::answerUsd(record)));
    return write(stdout, QString::fromUtf8(QJsonDocument(object).toJson()));
}

void complain(const base::Error &error)
{
    const QString wait = error.retryAfterMs
        ? u" The server asks to wait %1."_s.arg(profile::formatMs(static_cast<double>(*error.retryAfterMs)))
        : QString();
    writeLine(stderr, u"talkbench chat: %1%2"_s.arg(error.message.simplified(), wait));
}

/// Says why there was no call, on stdout too if JSON is to stand there. Gives the exit code.
int failed(const base::Error &error, const Target &target, bool json)
{
    profile::RunRecord record;
    record.providerId = target.provider;
    record.model = target.model;
    record.answer.error = error;
    if (json)
        printJson(record);
    complain(error);
    const bool isUsage = error.kind == base::ErrorKind::Usage;
    return error.kind == base::ErrorKind::Cancelled ? Interrupted : isUsage ? BadUsage : Failed;
}

} // namespace

ChatCommand::ChatCommand(Session &session, const ChatCommandOptions &options)
    : m_session(session), m_options(options), m_target(options.target)
{
}

void ChatCommand::start()
{
    m_askedNs = m_session.clock().nowNs();
    if (m_options.target.isAutomatic())
        m_session.measure(this, [this] { choose(); });
    else if (m_session.chooser().policy().hedgeFactor > 0)
        m_session.measure(this, [this] { resolve(); });
    else
        resolve();
}

void ChatCommand::choose()
{
    if (m_session.ledger().budgets().isEmpty()) {
        chooseWith({});
        return;
    }
    m_session.ledger().read({}, this, [this](const base::Result<QList<cost::Spent>> &spent) {
        if (spent)
            chooseWith(*spent);
        else
            fail(spent.error());
    });
}

void ChatCommand::chooseWith(const QList<cost::Spent> &spent)
{
    const QList<cost::Budget> rows = m_session.ledger().budgets();
    const QStringList providers = m_session.chooser().policy().providers();
    m_pick = m_session.chooser().choose({ .chat = chatRequest({}),
                                          .tags = m_options.choice.tags,
                                          .quality = m_options.choice.quality.value_or(select::Quality::Balanced),
                                          .budgetLeft = cost::budgetLeft(rows, spent, providers),
                                          .barred = cost::usedUp(rows, spent),
                                          .fits = m_options.fit.policy.has_value(),
                                          .nowMs = m_session.clock().wallMs() });
    const select::Decision &decision = m_pick->decision;
    if (!decision.chosen) {
        fail({ base::ErrorKind::Config, decision.reason, {}, 0, std::nullopt });
        return;
    }
    writeLine(stderr, u"talkbench chat: auto: %1 (%2)"_s.arg(decision.reason, select::toText(*decision.chosen)));
    m_target.provider = decision.chosen->providerId;
    m_target.model = decision.chosen->model;
    m_target.isChosen = true;
    resolve();
}

void ChatCommand::resolve()
{
    m_session.resolve(m_target, this, [this](const base::Result<Resolved> &resolved) { onResolved(resolved); });
}

llm::ChatRequest ChatCommand::chatRequest(const QString &model) const
{
    llm::ChatRequest chat;
    chat.model = model;
    chat.options = m_options.chat;
    if (!m_options.system.isEmpty())
        chat.messages.append(llm::Message::fromText(llm::Role::System, m_options.system));
    chat.messages.append(m_options.before);
    llm::Message question = llm::Message::fromText(llm::Role::User, m_options.prompt);
    question.parts.append(m_options.images);
    chat.messages.append(question);
    return chat;
}

void ChatCommand::onResolved(const base::Result<Resolved> &resolved)
{
    if (!resolved) {
        fail(resolved.error());
        return;
    }
    if (!resolved->model.isEmpty()) {
        send(resolved->endpoint, resolved->model);
        return;
    }
    m_session.runs()
        .listModels(resolved->endpoint)
        .then(this,
              [this, endpoint = resolved->endpoint](const run::ModelResult &models) { pickModel(endpoint, models); });
}

/// No model was named: the simulator's first will do, and a server's only one. Else a person has to choose.
void ChatCommand::pickModel(const llm::Endpoint &endpoint, const run::ModelResult &models)
{
    if (!models) {
        fail(models.error());
        return;
    }
    const bool anyWillDo = endpoint.providerId == config::simulatorId;
    if (models->size() == 1 || (anyWillDo && !models->isEmpty())) {
        send(endpoint, models->constFirst().id);
        return;
    }
    QStringList ids;
    for (const llm::ModelInfo &model : *models)
        ids.append(model.id);
    constexpr qsizetype enough = 12;
    const QString names =
        ids.first(qMin(ids.size(), enough)).join(u", "_s) + (ids.size() > enough ? u", …"_s : QString());
    fail(usage(ids.isEmpty() ? u"The server lists no model: name one with --model."_s
                             : u"Which model? Name one with --model: %1"_s.arg(names)));
}

run::RunRequest ChatCommand::requestFor(const llm::Endpoint &endpoint, const QString &model) const
{
    run::RunRequest request;
    request.endpoint = endpoint;
    request.chat = chatRequest(model);
    if (m_pick)
        request.decision = select::toJson(m_pick->decision);
    request.askedNs = m_askedNs;
    request.limits = m_session.limits();
    if (m_options.timeoutMs)
        request.limits.totalMs = *m_options.timeoutMs;
    request.validation = m_options.validation;
    for (const QString &other : m_options.validation.fallbackModels)
        request.fallbacks.append({ endpoint, other });
    request.cache = m_options.cache;
    request.cacheTtlMs = m_options.cacheTtlMs;
    return request;
}

void ChatCommand::send(const llm::Endpoint &endpoint, const QString &model)
{
    const auto onFitted = [this](const base::Result<run::RunRequest> &fitted) {
        if (fitted)
            checkBudgets(*fitted);
        else
            fail(fitted.error());
    };
    FitOptions fit = m_options.fit;
    fit.needsContext = !m_pick;
    fitRequest(m_session, this, requestFor(endpoint, model), fit, onFitted);
}

void ChatCommand::checkBudgets(const run::RunRequest &request)
{
    QStringList problems;
    cost::budgetsFromSetting(m_session.settings().value("budgets").toMap(), &problems);
    for (const QString &problem : std::as_const(problems))
        writeLine(stderr, u"talkbench chat: %1"_s.arg(problem));
    m_session.ledger().judge({ request }, nullptr, this, [this, request](const base::Result<run::Judged> &judged) {
        if (!judged) {
            fail(judged.error());
            return;
        }
        m_spent = judged->spent;
        onVerdict(judged->verdict, request);
    });
}

void ChatCommand::onVerdict(const cost::Verdict &verdict, const run::RunRequest &request)
{
    using enum cost::BudgetAction;
    if (verdict.action == Refuse || (verdict.action == Ask && !m_options.overBudget)) {
        const QString hint = verdict.action == Ask ? u" --over-budget sends it nevertheless."_s : QString();
        fail({ base::ErrorKind::Budget, u"Not sent. %1%2"_s.arg(verdict.reason, hint), {}, 0, std::nullopt });
        return;
    }
    if (verdict.action)
        writeLine(stderr, u"talkbench chat: %1"_s.arg(verdict.reason));
    dispatch(request);
}

void ChatCommand::dispatch(const run::RunRequest &request)
{
    const select::ModelRef ref { request.endpoint.providerId, request.chat.model };
    run::Relay::Plan plan;
    plan.order = m_pick ? m_pick->order : m_session.chooser().fallbackOrder(ref);
    plan.inputTokens = request.promptTokens.value_or(cost::roughCount(request.chat.messages)).tokens;
    plan.fits = m_options.fit.policy.has_value();
    plan.hedgeAfterMs = m_session.chooser().hedgeDelayMs(ref);
    const auto made = [this](const select::ModelRef &other, QObject *context, const auto &then) {
        prepare(other, context, then);
    };
    m_run = std::make_unique<run::Relay>(m_session.runs(), m_scheduler, made, request, plan);
    connect(m_run.get(), &run::Run::updated, this, &ChatCommand::onUpdated);
    connect(m_run.get(), &run::Run::finished, this, &ChatCommand::onFinished);
}

/// Of headers and routes only those of the settings: what the command line gave is for the server it named.
void ChatCommand::prepare(const select::ModelRef &ref, QObject *context,
                          const std::function<void(const run::Relay::RequestResult &)> &then)
{
    Target target;
    target.provider = ref.providerId;
    target.isChosen = true;
    FitOptions fit = m_options.fit;
    fit.needsContext = false;
    if (m_session.chooser().fallbackOrder(ref).constFirst().contextTokens)
        fit.contextTokens.reset(); // what was said of the first is not of this one
    const auto onFitted = [this, context, then](const run::Relay::RequestResult &fitted) {
        if (fitted)
            sendWithin(*fitted, context, then);
        else
            then(fitted.error());
    };
    m_session.resolve(target, context, [this, ref, fit, context, onFitted](const base::Result<Resolved> &resolved) {
        if (resolved)
            fitRequest(m_session, context, requestFor(resolved->endpoint, ref.model), fit, onFitted);
        else
            onFitted(resolved.error());
    });
}

void ChatCommand::sendWithin(const run::RunRequest &request, QObject *context,
                             const std::function<void(const run::Relay::RequestResult &)> &then)
{
    m_session.ledger().judge({ request }, nullptr, context,
                             [this, request, then](const base::Result<run::Judged> &judged) {
                                 if (const auto refusal = run::refusalOf(judged, m_options.overBudget))
                                     then(*refusal);
                                 else
                                     then(request);
                             });
}

void ChatCommand::interrupt()
{
    if (m_run)
        m_run->cancel();
    else
        fail({ base::ErrorKind::Cancelled, u"Stopped."_s, {}, 0, std::nullopt });
}

void ChatCommand::onUpdated(const run::RunUpdate &update)
{
    if (update.step && std::exchange(m_step, update.step) != update.step)
        writeLine(stderr, u"talkbench chat: %1"_s.arg(select::inWords(*update.step, m_session.providerNames())));
    if (update.retryAtNs != 0 && update.retryAtNs != m_retryAtNs && update.lastError) {
        m_retryAtNs = update.retryAtNs;
        const double seconds = static_cast<double>(update.retryAtNs - base::SystemClock().nowNs()) / 1e9;
        writeLine(stderr,
                  u"talkbench chat: %1 (trying again in %2 s)"_s.arg(update.lastError->message.simplified())
                      .arg(std::max(0.0, seconds), 0, 'f', 1));
    }
    if (update.restarted) {
        const QStringList said = complaints(update.failed);
        for (const QString &line : said)
            writeLine(stderr, u"talkbench chat: %1 (asking again)"_s.arg(line));
    }
    if (m_options.json || isHeld() || update.text.isEmpty())
        return;
    print(update.text);
}

/// A character can come in two halves. Once nobody takes the text any more, no more of it is asked for.
void ChatCommand::print(const QString &text)
{
    const QString joined = std::exchange(m_half, {}) + text;
    const qsizetype whole = joined.size() - (joined.back().isHighSurrogate() ? 1 : 0);
    m_half = joined.sliced(whole);
    m_endsLine = joined.endsWith(u'\n');
    if (m_written && !write(stdout, joined.first(whole))) {
        m_written = false;
        m_run->cancel();
    }
}

void ChatCommand::onFinished(const profile::RunRecord &record)
{
    report(record);
    QCoreApplication::exit(!m_written               ? Failed
                               : isInvalid(record)  ? Invalid
                               : isComplete(record) ? Complete
                               : record.cancelled() ? Interrupted
                                                    : Failed);
}

void ChatCommand::report(const profile::RunRecord &record)
{
    const QString text = record.answer.text.isEmpty() ? record.answer.refusal : record.answer.text;
    if (isHeld() && !m_options.json && !text.isEmpty())
        print(text);
    if (m_options.json)
        m_written = printJson(record, elsewhere(record));
    else if (!m_endsLine)
        m_written = writeLine(stdout, m_half) && m_written;
    for (const profile::Decision &decision : record.trace.decisions) {
        if (decision.stage == "options"_L1 || decision.stage == "fit"_L1)
            writeLine(stderr, u"talkbench chat: %1"_s.arg(decision.reason));
    }
    sayWhyNobody(record);
    const llm::Answer &answer = record.answer;
    if (!m_written)
        printed(false, "chat");
    else if (answer.error)
        complain(*answer.error);
    else if (!isComplete(record))
        writeLine(stderr, u"talkbench chat: the answer is not complete: %1"_s.arg(whyIncomplete(answer)));
    const QStringList said = complaints(record.validation);
    for (const QString &line : said)
        writeLine(stderr, u"talkbench chat: %1"_s.arg(line));
    const bool hasNumbers = !record.trace.chunks.isEmpty() || record.cached;
    if (!m_options.json && hasNumbers)
        writeLine(stderr, profile::numbersLine(profile::numbersOf(record)));
    const QStringList passed =
        cost::passedBy(record.costUsd.value_or(0), record.providerId, m_session.ledger().budgets(), m_spent);
    for (const QString &line : passed)
        writeLine(stderr, u"talkbench chat: %1"_s.arg(line));
    if (!m_options.json && m_options.receipt && run::hasReceipt(record))
        write(stderr, receiptText(record, elsewhere(record)));
}

/// Of a call that failed, why no other model was asked (after the last one).
void ChatCommand::sayWhyNobody(const profile::RunRecord &record)
{
    const QList<profile::Decision> &decisions = record.trace.decisions;
    const auto last = std::find_if(decisions.crbegin(), decisions.crend(), select::isHandover);
    if (!record.answer.error || last == decisions.crend() || m_step == *last)
        return;
    writeLine(stderr, u"talkbench chat: %1"_s.arg(select::inWords(*last, m_session.providerNames())));
}

QList<cost::Elsewhere> ChatCommand::elsewhere(const profile::RunRecord &record) const
{
    QList<cost::ModelRef> models;
    const auto favourites = config::favouriteModels(m_session.settings());
    for (const auto &[providerId, model] : favourites)
        models.append({ providerId, model });
    return run::elsewhere(record, models, m_session.prices());
}

void ChatCommand::fail(const base::Error &error)
{
    QCoreApplication::exit(failed(error, m_options.target, m_options.json));
}

int chatCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describeChat(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench chat"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "chat");
    const auto chat = parsed ? readChatOptions(parser) : usage(parser.errorText());
    const bool json = parser.isSet(u"json"_s);
    if (!chat) {
        failed(chat.error(), {}, json);
        return BadUsage;
    }
    const Interrupts interrupts;
    Session session(options);
    if (const auto opened = session.open(); !opened)
        return failed(opened.error(), chat->target, json);
    ChatCommand command(session, *chat);
    QObject::connect(&interrupts, &Interrupts::received, &command, &ChatCommand::interrupt);
    QMetaObject::invokeMethod(&command, &ChatCommand::start, Qt::QueuedConnection);
    return QCoreApplication::exec();
}

} // namespace talkbench::app
