#include "app/commands/chat.h"

#include "app/commands/checks.h"
#include "app/commands/interrupts.h"
#include "app/commands/options.h"
#include "app/commands/terminal.h"
#include "app/resultjson.h"
#include "core/llm/images.h"
#include "core/profile/format.h"
#include "core/validate/validators.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QStringDecoder>

#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

/// More than any model takes; less than an endless standard input.
constexpr qint64 longestPrompt = 64 << 20;

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

void describe(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Asks a model and prints its answer as it streams; the numbers go to stderr. Exit code 0 only for a complete "
        "answer, 3 for a complete one that fails a check of --validate. Without --provider and --base-url the "
        "settings' default provider is asked, at first the built-in "
        "simulator. The key comes from TALKBENCH_API_KEY, else from the keychain."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { { u"m"_s, u"model"_s }, u"The model."_s, u"M"_s },
        { { u"s"_s, u"system"_s }, u"A system prompt."_s, u"TEXT"_s },
        { u"temperature"_s, u"Sampling temperature."_s, u"T"_s },
        { u"top-p"_s, u"Nucleus sampling."_s, u"P"_s },
        { u"max-tokens"_s, u"The most tokens of the answer."_s, u"N"_s },
        { u"seed"_s, u"Sampling seed, where the provider has one."_s, u"N"_s },
        { u"stop"_s, u"Ends the answer where it would say this. May be repeated."_s, u"TEXT"_s },
        { u"reasoning-effort"_s, u"none, minimal, low, medium, high or xhigh."_s, u"EFFORT"_s },
        { u"reasoning-budget"_s, u"The most tokens to think with; 0 for none."_s, u"N"_s },
        { u"context-tokens"_s, u"The context to load the model with, where the server loads it (Ollama)."_s, u"N"_s },
        { u"json-mode"_s, u"Ask for an answer that is JSON."_s },
        { u"json-schema"_s, u"Ask for JSON by the schema in this file."_s, u"FILE"_s },
        { u"tools"_s, u"Offer the tools in this JSON file; calls are shown, not made."_s, u"FILE"_s },
        { u"image"_s, u"Show the model this picture (PNG, JPEG, GIF, WebP). May be repeated."_s, u"FILE"_s },
        { u"header"_s, u"A header of the request, 'Name: value'. May be repeated."_s, u"HEADER"_s },
        { u"no-stream"_s, u"Ask for the answer in one piece."_s },
        { u"timeout"_s, u"The longest the whole answer may take, in seconds."_s, u"S"_s },
        { u"cache"_s,
          u"Whether a kept answer will do: off, deterministic (temperature 0 or a seed), always, or refresh: ask anew "
          u"and "
          "keep the answer."_s,
          u"POLICY"_s },
        { u"cache-ttl"_s,
          u"The oldest kept answer that will do, and how long this one is kept: 90s, 30m, 12h, 7d; 0 for ever."_s,
          u"TIME"_s },
        { u"over-budget"_s, u"Send even where a budget says to ask first."_s },
        { u"json"_s, u"Print one JSON object instead of text."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    addCheckOptions(parser);
    parser.addPositionalArgument(u"prompt"_s, u"The question; - reads it from standard input."_s, u"PROMPT"_s);
}

base::Result<base::HttpHeaders> headers(const QStringList &lines)
{
    base::HttpHeaders result;
    for (const QString &line : lines) {
        const qsizetype colon = line.indexOf(u':');
        if (colon < 1 || line.contains(u'\n') || line.contains(u'\r'))
            return usage(u"--header takes 'Name: value'."_s); // not quoted: it may hold a key
        result.append({ line.first(colon).trimmed().toUtf8(), line.sliced(colon + 1).trimmed().toUtf8() });
    }
    return result;
}

base::Result<QString> prompt(const QCommandLineParser &parser)
{
    const QStringList words = parser.positionalArguments();
    if (words.size() != 1)
        return usage(words.isEmpty() ? u"There is no prompt; - reads it from standard input."_s
                                     : u"There is more than one prompt: put it in quotation marks."_s);
    QString text = words.first();
    if (text == u"-"_s) {
        QFile input;
        if (!input.open(stdin, QIODevice::ReadOnly))
            return usage(u"Standard input can't be read."_s);
        const QByteArray bytes = input.read(longestPrompt + 1);
        if (bytes.size() > longestPrompt)
            return usage(u"The prompt is longer than %1 MiB."_s.arg(longestPrompt >> 20));
        QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless); // half a letter is an error
        text = decoder(bytes);
        if (decoder.hasError() || text.contains(QChar::Null))
            return usage(u"Standard input is not text in UTF-8."_s);
    }
    if (text.trimmed().isEmpty())
        return usage(u"The prompt is empty."_s);
    return text;
}

/// What is read from files, and what has few words.
base::Result<void> readShape(const QCommandLineParser &parser, ChatCommandOptions &options)
{
    options.chat.stop = parser.values(u"stop"_s);
    if (const QString effort = parser.value(u"reasoning-effort"_s); !effort.isEmpty()) {
        options.chat.reasoningEffort = llm::reasoningEffortFromName(effort);
        if (!options.chat.reasoningEffort)
            return usage(
                u"--reasoning-effort takes none, minimal, low, medium, high or xhigh, not '%1'."_s.arg(effort));
    }
    using Kind = llm::ResponseFormat::Kind;
    if (parser.isSet(u"json-mode"_s))
        options.chat.responseFormat.kind = Kind::JsonObject;
    if (parser.isSet(u"json-schema"_s)) {
        const auto schema = jsonFile(parser.value(u"json-schema"_s));
        if (!schema)
            return schema.error();
        options.chat.responseFormat = { Kind::JsonSchema, u"answer"_s, schema->toObject() };
    }
    if (parser.isSet(u"tools"_s)) {
        const auto tools = jsonFile(parser.value(u"tools"_s));
        if (!tools)
            return tools.error();
        options.chat.tools = llm::toolsFromJson(*tools);
        if (options.chat.tools.isEmpty())
            return usage(u"%1 describes no tool."_s.arg(parser.value(u"tools"_s)));
    }
    const QStringList images = parser.values(u"image"_s);
    for (const QString &path : images) {
        const auto data = contents(path);
        const auto part = data ? llm::imagePart(*data) : data.error();
        if (!part)
            return usage(data ? u"%1: %2"_s.arg(path, part.error().message) : part.error().message);
        options.images.append(*part);
    }
    return {};
}

/// "90s", "30m", "12h", "7d", or seconds.
std::optional<qint64> durationFrom(QString text)
{
    constexpr std::pair<QChar, qint64> units[] = {
        { u's', 1000 }, { u'm', 60'000 }, { u'h', 3'600'000 }, { u'd', 86'400'000 }
    };
    qint64 unitMs = 1000;
    for (const auto &[letter, ms] : units) {
        if (!text.endsWith(letter))
            continue;
        unitMs = ms;
        text.chop(1);
        break;
    }
    bool ok = false;
    const double count = text.toDouble(&ok);
    const double ms = count * static_cast<double>(unitMs);
    return ok && ms >= 0 && ms < 1e15 ? std::optional(static_cast<qint64>(ms)) : std::nullopt;
}

base::Result<void> readCache(const QCommandLineParser &parser, ChatCommandOptions &options)
{
    if (const QString policy = parser.value(u"cache"_s); parser.isSet(u"cache"_s)) {
        options.cache = profile::cachePolicyFromName(policy);
        if (!options.cache)
            return usage(u"--cache takes off, deterministic, always or refresh, not '%1'."_s.arg(policy));
    }
    if (const QString ttl = parser.value(u"cache-ttl"_s); parser.isSet(u"cache-ttl"_s)) {
        options.cacheTtlMs = durationFrom(ttl);
        if (!options.cacheTtlMs)
            return usage(u"--cache-ttl takes a time as 90s, 30m, 12h or 7d, not '%1'."_s.arg(ttl));
    }
    return {};
}

base::Result<ChatCommandOptions> readOptions(const QCommandLineParser &parser)
{
    ChatCommandOptions options;
    options.system = parser.value(u"system"_s);
    options.chat.stream = !parser.isSet(u"no-stream"_s);
    options.json = parser.isSet(u"json"_s);
    options.overBudget = parser.isSet(u"over-budget"_s);
    const auto target = readTarget(parser);
    const auto given = headers(parser.values(u"header"_s));
    const auto text = prompt(parser);
    const auto temperature = number<double>(parser, u"temperature"_s, 0, 10);
    const auto topP = number<double>(parser, u"top-p"_s, 0, 1);
    const auto maxTokens = number<int>(parser, u"max-tokens"_s, 1, 10'000'000);
    const auto seed = number<qint64>(parser, u"seed"_s, 0, 9'007'199'254'740'992);
    const auto reasoningBudget = number<int>(parser, u"reasoning-budget"_s, 0, 10'000'000);
    const auto contextTokens = number<int>(parser, u"context-tokens"_s, 1, 100'000'000);
    const auto shape = readShape(parser, options);
    const auto cache = readCache(parser, options);
    const auto validation = readChecks(parser);
    const auto timeout = number<double>(parser, u"timeout"_s, 0.001, 86'400);
    for (const base::Error *error :
         { target ? nullptr : &target.error(), given ? nullptr : &given.error(), text ? nullptr : &text.error(),
           temperature ? nullptr : &temperature.error(), topP ? nullptr : &topP.error(),
           maxTokens ? nullptr : &maxTokens.error(), seed ? nullptr : &seed.error(),
           reasoningBudget ? nullptr : &reasoningBudget.error(), contextTokens ? nullptr : &contextTokens.error(),
           shape ? nullptr : &shape.error(), cache ? nullptr : &cache.error(),
           validation ? nullptr : &validation.error(), timeout ? nullptr : &timeout.error() }) {
        if (error)
            return *error;
    }
    options.target = *target;
    options.target.model = parser.value(u"model"_s);
    options.target.headers = *given;
    options.prompt = *text;
    options.chat.temperature = *temperature;
    options.chat.topP = *topP;
    options.chat.maxTokens = *maxTokens;
    options.chat.seed = *seed;
    options.chat.reasoningBudget = *reasoningBudget;
    options.chat.contextTokens = *contextTokens;
    options.validation = *validation;
    if (*timeout)
        options.timeoutMs = static_cast<int>(std::ceil(**timeout * 1000));
    return options;
}

bool printJson(const profile::RunRecord &record)
{
    return write(stdout, QString::fromUtf8(QJsonDocument(resultJson(record)).toJson()));
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
    return error.kind == base::ErrorKind::Cancelled ? Interrupted : Failed;
}

} // namespace

ChatCommand::ChatCommand(Session &session, const ChatCommandOptions &options) : m_session(session), m_options(options)
{
}

void ChatCommand::start()
{
    m_session.resolve(m_options.target, this, [this](const base::Result<Resolved> &resolved) { onResolved(resolved); });
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

void ChatCommand::send(const llm::Endpoint &endpoint, const QString &model)
{
    run::RunRequest request;
    request.endpoint = endpoint;
    request.chat.model = model;
    request.chat.options = m_options.chat;
    if (!m_options.system.isEmpty())
        request.chat.messages.append(llm::Message::fromText(llm::Role::System, m_options.system));
    llm::Message question = llm::Message::fromText(llm::Role::User, m_options.prompt);
    question.parts.append(m_options.images);
    request.chat.messages.append(question);
    request.limits = m_session.limits();
    if (m_options.timeoutMs)
        request.limits.totalMs = *m_options.timeoutMs;
    request.validation = m_options.validation;
    for (const QString &other : m_options.validation.fallbackModels)
        request.fallbacks.append({ endpoint, other });
    request.cache = m_options.cache;
    request.cacheTtlMs = m_options.cacheTtlMs;
    checkBudgets(request);
}

void ChatCommand::checkBudgets(const run::RunRequest &request)
{
    QStringList problems;
    const QList<cost::Budget> budgets =
        cost::budgetsFromSetting(m_session.settings().value("budgets").toMap(), &problems);
    for (const QString &problem : std::as_const(problems))
        writeLine(stderr, u"talkbench chat: %1"_s.arg(problem));
    if (budgets.isEmpty()) {
        dispatch(request);
        return;
    }
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(m_session.clock().wallMs());
    const cost::PeriodStarts starts = cost::periodStarts(now);
    const auto onSpending = [this, budgets, request, now](const base::Result<QList<store::Spending>> &spending) {
        if (!spending) {
            fail(spending.error());
            return;
        }
        QList<cost::Spent> spent;
        for (const store::Spending &row : *spending)
            spent.append({ row.providerId, row.conversationUsd, row.dayUsd, row.monthUsd });
        const auto planned = cost::planCall(request.endpoint.providerId, request.chat, m_session.prices(), now);
        onVerdict(cost::check(budgets, spent, planned), request);
    };
    m_session.store().spending({ request.conversationId, starts.dayMs, starts.monthMs }).then(this, onSpending);
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
    m_run = m_session.runs().start(request);
    connect(m_run.get(), &run::Run::updated, this, &ChatCommand::onUpdated);
    connect(m_run.get(), &run::Run::finished, this, &ChatCommand::onFinished);
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
        m_written = printJson(record);
    else if (!m_endsLine)
        m_written = writeLine(stdout, m_half) && m_written;
    for (const profile::Decision &decision : record.trace.decisions) {
        if (decision.stage == "options"_L1)
            writeLine(stderr, u"talkbench chat: %1"_s.arg(decision.reason));
    }
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
}

void ChatCommand::fail(const base::Error &error)
{
    QCoreApplication::exit(failed(error, m_options.target, m_options.json));
}

int chatCommand(const QStringList &arguments, const GlobalOptions &options)
{
    QCommandLineParser parser;
    describe(parser);
    const bool parsed = parser.parse(QStringList { u"talkbench chat"_s } + arguments);
    if (parsed && parser.isSet(u"help"_s))
        return printHelp(parser, "chat");
    const auto chat = parsed ? readOptions(parser) : usage(parser.errorText());
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
