#include "app/commands/chatoptions.h"

#include "app/commands/checks.h"
#include "app/commands/options.h"
#include "app/commands/sampling.h"
#include "core/llm/images.h"

#include <QCommandLineParser>
#include <QFile>
#include <QStringDecoder>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

/// More than any model takes; less than an endless standard input.
constexpr qint64 longestPrompt = 64 << 20;
/// Likewise.
constexpr qint64 largestImage = 100 << 20;

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
                u"--reasoning-effort takes none, minimal, low, medium, high, xhigh or max, not '%1'."_s.arg(effort));
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
        const auto data = contents(path, largestImage);
        const auto part = data ? llm::imagePart(*data) : data.error();
        if (!part)
            return usage(data ? u"%1: %2"_s.arg(path, part.error().message) : part.error().message);
        options.images.append(*part);
    }
    return {};
}

/// The messages of a file, all of which can be sent.
base::Result<QList<llm::Message>> readBefore(const QCommandLineParser &parser)
{
    if (!parser.isSet(u"messages"_s))
        return QList<llm::Message>();
    const QString path = parser.value(u"messages"_s);
    auto messages = messagesFromFile(path);
    if (!messages)
        return messages;
    for (qsizetype i = 0; i < messages->size(); ++i) {
        for (const llm::ContentPart &part : std::as_const(*messages)[i].parts) {
            if (part.kind != llm::ContentPart::Kind::Image || !part.mediaType.isEmpty())
                continue;
            return usage(u"%1: message %2 has a picture that is %3."_s.arg(path).arg(i + 1).arg(
                part.data.isEmpty() ? u"not in the file, as data:image/png;base64,… is"_s
                                    : u"no PNG, JPEG, GIF or WebP"_s));
        }
    }
    return messages;
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

} // namespace

void describeChat(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Asks a model and prints its answer as it streams; the numbers go to stderr. Exit code 0 only for a complete "
        "answer, 3 for a complete one that fails a check of --validate. Without --provider and --base-url the "
        "settings' default provider is asked, at first the built-in "
        "simulator. The key comes from TALKBENCH_API_KEY, else from the keychain."_s);
    addTargetOptions(parser);
    parser.addOptions({
        { { u"m"_s, u"model"_s },
          u"The model; auto: one is chosen by the settings' rules and by what was measured."_s,
          u"M"_s },
        { u"top-p"_s, u"Nucleus sampling."_s, u"P"_s },
        { u"stop"_s, u"Ends the answer where it would say this. May be repeated."_s, u"TEXT"_s },
        { u"reasoning-effort"_s, u"none, minimal, low, medium, high, xhigh or max."_s, u"EFFORT"_s },
        { u"reasoning-budget"_s, u"The most tokens to think with; 0 for none."_s, u"N"_s },
        { u"context-tokens"_s, u"The context to load the model with, where the server loads it (Ollama)."_s, u"N"_s },
        { u"json-mode"_s, u"Ask for an answer that is JSON."_s },
        { u"json-schema"_s, u"Ask for JSON by the schema in this file."_s, u"FILE"_s },
        { u"tools"_s, u"Offer the tools in this JSON file; calls are shown, not made."_s, u"FILE"_s },
        { u"image"_s, u"Show the model this picture (PNG, JPEG, GIF, WebP). May be repeated."_s, u"FILE"_s },
        { u"messages"_s,
          u"The prompt goes on after the messages in this JSON file, as the chat APIs have them: [{\"role\": \"user\", "
          "\"content\": \"…\"}, …]."_s,
          u"FILE"_s },
        { u"header"_s, u"A header of the request, 'Name: value'. May be repeated."_s, u"HEADER"_s },
        { u"no-stream"_s, u"Ask for the answer in one piece."_s },
        { u"cache"_s,
          u"Whether a kept answer will do: off, deterministic (temperature 0 or a seed), always, or refresh: ask anew "
          u"and "
          "keep the answer."_s,
          u"POLICY"_s },
        { u"cache-ttl"_s,
          u"The oldest kept answer that will do, and how long this one is kept: 90s, 30m, 12h, 7d; 0 for ever."_s,
          u"TIME"_s },
        { u"over-budget"_s, u"Send even where a budget says to ask first."_s },
        { u"receipt"_s,
          u"Print what the answer cost, class by class, and what it would have cost with the favourite models, to "
          "stderr; JSON always has it."_s },
        { u"json"_s, u"Print one JSON object instead of text."_s },
        { { u"h"_s, u"help"_s }, u"Shows this."_s },
    });
    addSamplingOptions(parser);
    addCheckOptions(parser);
    addFitOptions(parser);
    addChoiceOptions(parser);
    parser.addPositionalArgument(u"prompt"_s, u"The question; - reads it from standard input."_s, u"PROMPT"_s);
}

base::Result<ChatCommandOptions> readChatOptions(const QCommandLineParser &parser)
{
    ChatCommandOptions options;
    options.chat.stream = !parser.isSet(u"no-stream"_s);
    options.json = parser.isSet(u"json"_s);
    options.receipt = parser.isSet(u"receipt"_s);
    options.overBudget = parser.isSet(u"over-budget"_s);
    const auto target = readTarget(parser);
    const auto given = headers(parser.values(u"header"_s));
    const auto text = prompt(parser);
    const auto sampling = readSampling(parser);
    const auto topP = number<double>(parser, u"top-p"_s, 0, 1);
    const auto reasoningBudget = number<int>(parser, u"reasoning-budget"_s, 0, 10'000'000);
    const auto contextTokens = number<int>(parser, u"context-tokens"_s, 1, 100'000'000);
    const auto before = readBefore(parser);
    const auto shape = readShape(parser, options);
    const auto cache = readCache(parser, options);
    const auto validation = readChecks(parser);
    const auto fit = readFit(parser);
    const auto choice = readChoice(parser);
    for (const base::Error *error :
         { target ? nullptr : &target.error(), given ? nullptr : &given.error(), text ? nullptr : &text.error(),
           sampling ? nullptr : &sampling.error(), topP ? nullptr : &topP.error(),
           reasoningBudget ? nullptr : &reasoningBudget.error(), contextTokens ? nullptr : &contextTokens.error(),
           before ? nullptr : &before.error(), shape ? nullptr : &shape.error(), cache ? nullptr : &cache.error(),
           validation ? nullptr : &validation.error(), fit ? nullptr : &fit.error(),
           choice ? nullptr : &choice.error() }) {
        if (error)
            return *error;
    }
    options.target = *target;
    options.target.model = parser.value(u"model"_s);
    options.target.headers = *given;
    options.prompt = *text;
    options.system = sampling->system;
    options.chat.temperature = sampling->options.temperature;
    options.chat.topP = *topP;
    options.chat.maxTokens = sampling->options.maxTokens;
    options.chat.seed = sampling->options.seed;
    options.chat.reasoningBudget = *reasoningBudget;
    options.chat.contextTokens = *contextTokens;
    options.validation = *validation;
    options.before = *before;
    options.fit = *fit;
    options.fit.overBudget = options.overBudget;
    options.timeoutMs = sampling->timeoutMs;
    options.choice = *choice;
    return options;
}

} // namespace talkbench::app
